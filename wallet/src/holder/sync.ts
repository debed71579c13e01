/**
 * Sync: ask each issuer for news; and unpair, and delete.
 *
 * Source: Billfold's pairing profile, items 3 to 7; Token Status List draft 20 section 8.3.
 * Creds are removed only where the token error says that the pairing has ended: a restored server backup must not empty
 * phones. Any other `invalid_grant` keeps them, marked as such that cannot be updated.
 */

import { CheckFailed, PeerRefusal, WalletError } from "../core/errors";
import { inLanguage } from "../core/openid4vci/configuration";
import type { Wanted } from "../core/openid4vci/credential";
import { parseSdJwt } from "../core/sdjwt/sd_jwt";
import { verifySdJwtVc } from "../core/sdjwt/sd_jwt_vc";
import {
  all,
  answers,
  type Change,
  credById,
  credsOf,
  endsSoon,
  isRunningLow,
  nextInstance,
  pairingOf,
  stateAt,
  withCredChanged,
  withNotice,
  withoutCred,
  withoutIssuer,
  withPairing,
  withPairingChanged,
  withSettings,
} from "../core/state/contents";
import type { StoredCred, StoredNotice, StoredPairing } from "../core/state/records";
import { newId } from "../store/vault";
import type { IssuerChange, SyncResult } from "../wallet";
import { vouchersOf } from "./acceptance";
import { collect, isPromised } from "./deferred";
import { issuerError } from "./failure";
import { fetchAuthorizationServer, fetchIssuer, type IssuerDocuments } from "./metadata";
import { fetchAll } from "./pair";
import { describe, endPairing, notify, viewPairing } from "./pairing";
import type { HolderParts } from "./parts";
import { refresh, withTokens } from "./token";
import { pictureOf } from "./look";
import { supportOf, typeName } from "./view";

/** The token endpoint refuses the grant: only that counts for the pairing (pairing profile, item 7). */
class GrantRefused extends CheckFailed {
  constructor(readonly refusal: PeerRefusal) {
    super(refusal.message, refusal.code, { cause: refusal });
  }
}

const STATES = { VALID: "active", SUSPENDED: "suspended", INVALID: "revoked" } as const;

/** Ask every issuer for news, one after another. */
export async function sync(parts: HolderParts): Promise<readonly SyncResult[]> {
  parts.statuses.forget();
  parts.forgetTrust();
  const results: SyncResult[] = [];
  for (const pairing of parts.contents().pairings) results.push(await syncIssuer(parts, pairing));
  const now = parts.now();
  const { clockMark } = parts.contents().settings;
  await parts.vault().change(withSettings({ syncedAt: now, clockMark: Math.max(clockMark, now) }));
  return results;
}

/** End the pairing with `issuer` and remove its Creds. With `force` it goes though the issuer could not be told. */
export async function unpair(parts: HolderParts, issuer: string, force: boolean): Promise<void> {
  const pairing = pairingOf(parts.contents(), issuer);
  if (pairing === undefined) throw new WalletError("gone", "expected an issuer that this wallet is paired with");
  try {
    await tellOfEnd(parts, pairing);
  } catch (error) {
    if (!force) throw error;
  }
  await parts.relay.unsubscribe(issuer).catch(() => undefined);
  await parts.vault().change(withoutIssuer(issuer));
}

/** Change what an issuer calls this device, or whether it may ring; tell it now, else at the next sync. */
export async function changeIssuer(parts: HolderParts, issuer: string, change: IssuerChange): Promise<void> {
  if (pairingOf(parts.contents(), issuer) === undefined) {
    throw new WalletError("gone", "expected an issuer that this wallet is paired with");
  }
  await parts.vault().change(withPairingChanged(issuer, change));
  const pairing = pairingOf(parts.contents(), issuer);
  if (pairing?.state !== "active") return;
  try {
    const { documents, current } = await refreshed(parts, pairing);
    await describe(parts, documents, current);
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error; // not reached: the next sync tells it
  }
}

/** Remove one Cred, and tell its issuer where that can be done; it stays away until its revision rises. */
export async function deleteCred(parts: HolderParts, credId: string): Promise<void> {
  const cred = credById(parts.contents(), credId);
  if (cred === undefined) throw new WalletError("gone", "expected a Cred that this wallet holds");
  await parts.vault().change(withoutCred(credId));
  const pairing = pairingOf(parts.contents(), cred.issuer);
  if (pairing === undefined || cred.notificationId === null) return;
  try {
    const { documents, current } = await refreshed(parts, pairing);
    await notify(parts, documents, current, { id: cred.notificationId, event: "credential_deleted" });
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error; // the issuer does not hear of it: its Cred is gone all the same
  }
}

async function tellOfEnd(parts: HolderParts, pairing: StoredPairing): Promise<void> {
  if (pairing.state !== "active") return;
  try {
    const { documents, current } = await refreshed(parts, pairing);
    for (const { notificationId } of credsOf(parts.contents(), pairing.issuer)) {
      await notify(parts, documents, current, { id: notificationId, event: "credential_deleted" });
    }
    await endPairing(parts, documents, current);
  } catch (error) {
    if (!(error instanceof GrantRefused)) throw error; // else there is nothing left to end
  }
}

async function syncIssuer(parts: HolderParts, pairing: StoredPairing): Promise<SyncResult> {
  try {
    const { documents, current } = await refreshed(parts, pairing);
    return await upToDate(parts, documents, current);
  } catch (error) {
    if (error instanceof GrantRefused) {
      const { refusal } = error;
      return refusal.said.pairingEnded ? ended(parts, pairing, refusal) : cannotUpdate(parts, pairing, refusal);
    }
    const found = issuerError(error);
    if (found.code === "locked") throw found;
    return result(pairing, { outcome: "failed", error: found });
  }
}

/** Return the issuer's documents and `pairing` with a new access token, kept before its first use. */
async function refreshed(
  parts: HolderParts,
  pairing: StoredPairing,
): Promise<{ readonly documents: IssuerDocuments; readonly current: StoredPairing }> {
  const documents = await fetchIssuer(parts, pairing.issuer);
  if (pairing.proven && documents.chain === undefined) {
    // One that was proven must be so for ever, or a stranger could step in.
    throw new CheckFailed("expected an issuer whose identity is proven, as it was when it was paired", "untrusted");
  }
  if (pairing.refreshToken === null) return { documents, current: pairing };
  const server = await fetchAuthorizationServer(parts, documents, pairing.authorizationServer ?? undefined);
  try {
    const tokens = await refresh(parts, documents, server, pairing);
    const current = { ...withTokens(pairing, tokens), ...known(parts, documents, pairing) };
    await parts.vault().change(withPairing(current));
    return { documents, current };
  } catch (error) {
    if (error instanceof PeerRefusal && error.code === "invalid_grant") throw new GrantRefused(error);
    throw error;
  }
}

/** What the issuer says of itself may change; what proves it may come later, and never goes. */
function known(
  parts: HolderParts,
  { metadata, name, chain }: IssuerDocuments,
  pairing: StoredPairing,
): Partial<StoredPairing> {
  return {
    ...(chain === undefined ? {} : { proven: true, issuerName: name }),
    logo: pictureOf(inLanguage(metadata.display, parts.language())?.logo),
    support: supportOf(metadata) ?? pairing.support,
    tryIt: metadata.pairing?.tryIt ?? null,
  };
}

/** Statuses come before new Creds, so that one which was revoked but is still listed is fetched again. */
async function upToDate(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing): Promise<SyncResult> {
  const { issuer } = pairing;
  const listed = await viewPairing(parts, documents, pairing);
  const before = new Map(credsOf(parts.contents(), issuer).map(({ id, state }) => [id, state]));
  if (documents.metadata.pairing !== undefined) await parts.vault().change(withdrawal(parts, pairing, listed));
  const failure = await readStatuses(parts, documents, pairing);
  const changed = credsOf(parts.contents(), issuer).filter(({ id, state }) => before.get(id) !== state);
  const promised = await collect(parts, documents, issuer, listed);
  const refills = listed.filter((wanted) => isToRefill(parts, documents, issuer, wanted));
  const lacking = listed.filter((wanted) => isLacking(parts, issuer, wanted));
  const progress = await fetchAll(parts, documents, issuer, lacking);
  await fetchAll(parts, documents, issuer, refills); // one that fails leaves what is here, and comes at the next sync
  await reportAgain(parts, documents, pairing);
  const current = pairingOf(parts.contents(), issuer);
  if (current !== undefined) await describe(parts, documents, current);
  await parts.vault().change(withPairingChanged(issuer, { checkedAt: parts.now() }));
  return result(pairing, {
    outcome: failure === undefined ? "up_to_date" : "failed",
    received: [...promised, ...progress.received].map(({ id }) => id),
    changed: changed.map(({ id }) => id),
    missing: progress.missing,
    error: failure === undefined ? null : issuerError(failure),
  });
}

/** Whether `wanted` is held, and ends soon, has ended, or would soon have to be shown twice. */
function isToRefill(parts: HolderParts, { metadata }: IssuerDocuments, issuer: string, wanted: Wanted): boolean {
  const held = credsOf(parts.contents(), issuer).find((cred) => answers(cred, issuer, wanted));
  if (held?.state !== "active" || isLacking(parts, issuer, wanted)) return false;
  const comesInBatches = metadata.batchSize > 1 && held.instances.some(({ key }) => key !== null);
  return endsSoon(held, parts.now()) || (comesInBatches && isRunningLow(held));
}

/** Whether `wanted` is not held, or in an older revision, and neither promised nor deleted by the person since. */
function isLacking(parts: HolderParts, issuer: string, wanted: Wanted): boolean {
  const pairing = pairingOf(parts.contents(), issuer);
  if (pairing === undefined || isPromised(pairing, wanted)) return false;
  const { unwanted } = pairing;
  const revision = wanted.revision ?? 0;
  const held = credsOf(parts.contents(), issuer).find((cred) => answers(cred, issuer, wanted));
  if (held !== undefined) return held.state === "revoked" || (held.revision ?? 0) < revision;
  const isSame = (other: Wanted) =>
    other.configurationId === wanted.configurationId && other.identifier === wanted.identifier;
  return !unwanted.some((other) => isSame(other) && (other.revision ?? 0) >= revision);
}

/** Mark as revoked what the issuer's list no longer holds; the list is the whole truth. */
function withdrawal(parts: HolderParts, pairing: StoredPairing, listed: readonly Wanted[]): Change {
  return (contents) => {
    const gone = credsOf(contents, pairing.issuer).filter(
      (cred) => cred.state !== "revoked" && !listed.some((wanted) => answers(cred, pairing.issuer, wanted)),
    );
    if (gone.length === 0) return contents;
    const revoked = gone.map(({ id }) => withCredChanged(id, { state: "revoked" }));
    return all(...revoked, withNotice(notice(parts, "withdrawn", pairing, gone)))(contents);
  };
}

/** Read the status of every Cred that may still change; return what went wrong first, if anything did. */
async function readStatuses(
  parts: HolderParts,
  documents: IssuerDocuments,
  { issuer }: StoredPairing,
): Promise<CheckFailed | undefined> {
  let failure: CheckFailed | undefined;
  for (const cred of credsOf(parts.contents(), issuer)) {
    if (["revoked", "expired"].includes(stateAt(cred, parts.now()))) continue;
    try {
      await readStatus(parts, documents, cred);
    } catch (error) {
      if (!(error instanceof CheckFailed)) throw error;
      failure ??= error;
    }
  }
  return failure;
}

/** Keep the state that the Cred's list tells; the Cred itself is checked first (8.3). */
async function readStatus(parts: HolderParts, documents: IssuerDocuments, cred: StoredCred): Promise<void> {
  const pairing = pairingOf(parts.contents(), cred.issuer);
  if (pairing === undefined) return;
  const vouching = vouchersOf(documents, pairing);
  const verified = await verifySdJwtVc(await parseSdJwt(nextInstance(cred).sdJwt), vouching, parts.now());
  const status = await parts.statuses.statusOf(verified, vouching);
  if (status === undefined) return;
  await parts.vault().change(withCredChanged(cred.id, { state: STATES[status], checkedAt: parts.now() }));
}

/** Report the acceptance of Creds whose first report was lost. */
async function reportAgain(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing): Promise<void> {
  for (const { id, notified, notificationId } of credsOf(parts.contents(), pairing.issuer)) {
    if (notified) continue;
    const accepted = { id: notificationId, event: "credential_accepted" } as const;
    if (await notify(parts, documents, pairing, accepted)) {
      await parts.vault().change(withCredChanged(id, { notified: true }));
    }
  }
}

async function ended(parts: HolderParts, pairing: StoredPairing, error: PeerRefusal): Promise<SyncResult> {
  const creds = credsOf(parts.contents(), pairing.issuer);
  await parts.relay.unsubscribe(pairing.issuer).catch(() => undefined);
  const told = withNotice(notice(parts, "ended", pairing, creds));
  await parts.vault().change(all(withoutIssuer(pairing.issuer), told));
  return result(pairing, { outcome: "ended", error: issuerError(error) });
}

async function cannotUpdate(parts: HolderParts, pairing: StoredPairing, error: PeerRefusal): Promise<SyncResult> {
  if (pairing.state === "active") {
    const creds = credsOf(parts.contents(), pairing.issuer);
    const marked = withPairingChanged(pairing.issuer, { state: "cannot_update" });
    await parts.vault().change(all(marked, withNotice(notice(parts, "cannot_update", pairing, creds))));
  }
  return result(pairing, { outcome: "cannot_update", error: issuerError(error) });
}

function notice(
  parts: HolderParts,
  kind: StoredNotice["kind"],
  { issuer, issuerName, support }: StoredPairing,
  creds: readonly StoredCred[],
): StoredNotice {
  const names = creds.map((cred) => typeName(cred.configuration, cred.configurationId, parts.language()));
  return { id: newId(), kind, at: parts.now(), issuer, issuerName, credNames: names, support };
}

function result(
  { issuer, issuerName }: StoredPairing,
  what: Pick<SyncResult, "outcome"> & Partial<SyncResult>,
): SyncResult {
  return { issuer, issuerName, received: [], changed: [], missing: [], error: null, ...what };
}
