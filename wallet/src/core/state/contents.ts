/**
 * The contents of a vault as one value, and the changes it knows. Every change makes a new value; nothing here stores.
 */

import type { Wanted } from "../openid4vci/credential";
import type { Entry, StoredCred, StoredInstance, StoredNotice, StoredPairing, StoredSettings, StoredShare } from "./records";

export const NEW_FOR_MS = 24 * 3600_000;
const RENEW_AFTER_MS = 24 * 3600_000; // an issuer that gives no later end is asked once a day, not at every sync
export const DEFAULT_AUTO_LOCK_S = 120;

export interface Contents {
  readonly pairings: readonly StoredPairing[];
  /** In the order in which they came. */
  readonly creds: readonly StoredCred[];
  readonly history: readonly StoredShare[];
  readonly notices: readonly StoredNotice[];
  readonly settings: StoredSettings;
}

export type Change = (contents: Contents) => Contents;

export function emptyContents(deviceName: string): Contents {
  const settings = { autoLockS: DEFAULT_AUTO_LOCK_S, deviceName, syncedAt: null, clockMark: 0 };
  return { pairings: [], creds: [], history: [], notices: [], settings };
}

/** Put the entries of a vault together, in the order in which they came about. */
export function fromEntries(entries: readonly Entry[], empty: Contents): Contents {
  const of = <K extends Entry["kind"]>(kind: K) =>
    entries.flatMap((entry) => (entry.kind === kind ? [entry.value as Extract<Entry, { kind: K }>["value"]] : []));
  return {
    pairings: of("pairing").sort((one, other) => one.pairedAt - other.pairedAt),
    creds: of("cred").sort((one, other) => one.receivedAt - other.receivedAt),
    history: of("share").sort((one, other) => one.at - other.at),
    notices: of("notice").sort((one, other) => one.at - other.at),
    settings: of("settings")[0] ?? empty.settings,
  };
}

export function toEntries({ pairings, creds, history, notices, settings }: Contents): readonly Entry[] {
  return [
    ...pairings.map((value): Entry => ({ kind: "pairing", value })),
    ...creds.map((value): Entry => ({ kind: "cred", value })),
    ...history.map((value): Entry => ({ kind: "share", value })),
    ...notices.map((value): Entry => ({ kind: "notice", value })),
    { kind: "settings", value: settings },
  ];
}

export function pairingOf(contents: Contents, issuer: string): StoredPairing | undefined {
  return contents.pairings.find((pairing) => pairing.issuer === issuer);
}

export function credsOf(contents: Contents, issuer: string): readonly StoredCred[] {
  return contents.creds.filter((cred) => cred.issuer === issuer);
}

export function credById(contents: Contents, id: string): StoredCred | undefined {
  return contents.creds.find((cred) => cred.id === id);
}

/** Return the instance to show next: one that was not shown yet, else the last one again. */
export function nextInstance({ instances }: StoredCred): StoredInstance {
  return instances.find(({ used }) => !used) ?? (instances.at(-1) as StoredInstance);
}

/** Whether three quarters of its instances were shown. */
export function isRunningLow({ instances }: StoredCred): boolean {
  return instances.filter(({ used }) => !used).length * 4 <= instances.length;
}

/** Whether nine tenths of its time are over, or all of it. */
export function endsSoon({ expiresAt, filledAt }: StoredCred, now: number): boolean {
  const isOld = now - filledAt > RENEW_AFTER_MS;
  return expiresAt !== null && isOld && (expiresAt - now) * 10 < expiresAt - filledAt;
}

/** Whether `cred` is what its issuer means by `wanted`. */
export function answers(cred: StoredCred, issuer: string, wanted: Wanted): boolean {
  const isSame = cred.configurationId === wanted.configurationId && cred.identifier === (wanted.identifier ?? null);
  return cred.issuer === issuer && isSame;
}

/** Put `entry` in the place of the one that it replaces, or at the end. */
export function put<T>(entries: readonly T[], entry: T, isSame: (other: T) => boolean): readonly T[] {
  return entries.some(isSame) ? entries.map((other) => (isSame(other) ? entry : other)) : [...entries, entry];
}

export const withPairing =
  (pairing: StoredPairing): Change =>
  (contents) => ({
    ...contents,
    pairings: put(contents.pairings, pairing, ({ issuer }) => issuer === pairing.issuer),
  });

/** Change the pairing with `issuer` as it is now; nothing where there is none any more. */
export const withPairingChanged =
  (issuer: string, changes: Partial<StoredPairing>): Change =>
  (contents) => {
    const pairing = pairingOf(contents, issuer);
    return pairing === undefined ? contents : withPairing({ ...pairing, ...changes })(contents);
  };

export const withCred =
  (cred: StoredCred): Change =>
  (contents) => ({ ...contents, creds: put(contents.creds, cred, ({ id }) => id === cred.id) });

/** Change the Cred as it is now; nothing where there is none any more. */
export const withCredChanged =
  (id: string, changes: Partial<StoredCred>): Change =>
  (contents) => {
    const cred = credById(contents, id);
    return cred === undefined ? contents : withCred({ ...cred, ...changes })(contents);
  };

/** Note that `instance` of a Cred was shown. */
export const withShown =
  (id: string, instance: StoredInstance, at: number): Change =>
  (contents) => {
    const instances = credById(contents, id)?.instances ?? [];
    const shown = instances.map((other) => (other.sdJwt === instance.sdJwt ? { ...other, used: true } : other));
    return withCredChanged(id, { lastSharedAt: at, instances: shown })(contents);
  };

/** Remove a Cred, and remember that the person does not want it. */
export const withoutCred =
  (id: string): Change =>
  (contents) => {
    const cred = credById(contents, id);
    if (cred === undefined) return contents;
    const { configurationId, identifier, revision } = cred;
    const wanted = { configurationId, identifier: identifier ?? undefined, revision: revision ?? undefined };
    const pairing = pairingOf(contents, cred.issuer);
    const creds = contents.creds.filter((other) => other.id !== id);
    const unwanted = [...(pairing?.unwanted ?? []), wanted];
    return withPairingChanged(cred.issuer, { unwanted })({ ...contents, creds });
  };

export const withShare =
  (share: StoredShare): Change =>
  (contents) => ({ ...contents, history: put(contents.history, share, ({ id }) => id === share.id) });

export const withNotice =
  (notice: StoredNotice): Change =>
  (contents) => ({ ...contents, notices: [...contents.notices, notice] });

export const withoutNotice =
  (id: string): Change =>
  (contents) => ({ ...contents, notices: contents.notices.filter((notice) => notice.id !== id) });

/** Remove an issuer and its Creds; what was shared stays in the history. */
export const withoutIssuer =
  (issuer: string): Change =>
  (contents) => ({
    ...contents,
    pairings: contents.pairings.filter((pairing) => pairing.issuer !== issuer),
    creds: contents.creds.filter((cred) => cred.issuer !== issuer),
  });

export const withSettings =
  (changes: Partial<StoredSettings>): Change =>
  (contents) => ({ ...contents, settings: { ...contents.settings, ...changes } });

/** One after the other, as one change. */
export const all =
  (...changes: readonly Change[]): Change =>
  (contents) =>
    changes.reduce((current, change) => change(current), contents);

/** Return `now`, or the latest instant seen where the clock was set back. */
export function steadyNow({ settings }: Contents, now: number): number {
  return Math.max(now, settings.clockMark);
}

/** New: until it is opened, and at most 24 hours after its receipt. */
export function isNew(cred: StoredCred, steady: number): boolean {
  return cred.firstOpenedAt === null && steady < cred.receivedAt + NEW_FOR_MS;
}

export type ShownState = "active" | "suspended" | "revoked" | "expired";

/** Expired stays expired, whatever the list said. */
export function stateAt({ expiresAt, state }: StoredCred, now: number): ShownState {
  return expiresAt !== null && now >= expiresAt ? "expired" : state;
}

const BACK_TO_FRONT: readonly ShownState[] = ["expired", "revoked", "suspended", "active"];

/** The stack, back to front: expired, revoked, suspended, active by last use; last what is New and of use. */
export function inStackOrder({ creds }: Contents, now: number, steady: number): readonly StoredCred[] {
  const rank = (cred: StoredCred) => {
    const state = stateAt(cred, now);
    return BACK_TO_FRONT.indexOf(state) + (state === "active" && isNew(cred, steady) ? 1 : 0);
  };
  const used = ({ lastSharedAt, receivedAt }: StoredCred) => lastSharedAt ?? receivedAt;
  return [...creds].sort((one, other) => rank(one) - rank(other) || used(one) - used(other));
}
