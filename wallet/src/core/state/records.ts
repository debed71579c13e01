/**
 * What a wallet keeps: pairings, Creds, the history of shares, notices, and the settings that are nobody's business.
 *
 * All of it lies inside the vault, one sealed record per entry; private keys lie beside them and are named by `keyId`.
 * Instants are milliseconds. A record's version rises with every change that an older release could not read; an older
 * one is brought up by `migrations`, step by step, and a newer one is refused.
 */

import { isObject, type Json, type JsonObject, member } from "../encoding";
import { WalletError } from "../errors";
import type { EcPublicJwk } from "../keys";
import type { CredentialConfiguration } from "../openid4vci/configuration";
import type { Wanted } from "../openid4vci/credential";
import type { ConcretePath } from "../sdjwt/sd_jwt";

export const VERSION = 2;

export interface StoredKey {
  readonly keyId: string;
  readonly jwk: EcPublicJwk;
}

export interface StoredSupport {
  readonly email: string | null;
  readonly phone: string | null;
  readonly url: string | null;
}

/** One issuer that this wallet is paired with. */
export interface StoredPairing {
  /** The credential issuer identifier. */
  readonly issuer: string;
  readonly issuerName: string;
  /** Whether signed metadata proved the issuer when it was paired; it must do so ever after. */
  readonly proven: boolean;
  readonly pairedAt: number;
  /** What the tokens are bound to. */
  readonly deviceKey: StoredKey;
  readonly deviceName: string;
  readonly tokenType: "DPoP" | "Bearer";
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly authorizationServer: string | null;
  /** What the token was given for, where the issuer does not speak the pairing profile. */
  readonly wanted: readonly Wanted[];
  /** What the person deleted: it stays away until its revision rises. */
  readonly unwanted: readonly Wanted[];
  /** The certificate its Creds must lead to, base64 of DER, where no anchor is listed for it. */
  readonly pinned: string | null;
  /** `cannot_update` once a refresh was refused without the pairing having ended. */
  readonly state: "active" | "cannot_update";
  /** The report that the issuer was last sent of this device. */
  readonly described: string | null;
  readonly checkedAt: number | null;
  readonly logo: string | null;
  readonly support: StoredSupport;
  readonly tryIt: string | null;
  /** Whether the person wants its notifications. */
  readonly notifications: boolean;
  /** Creds that the issuer promised for later. */
  readonly deferred: readonly StoredDeferred[];
}

/** A Cred that comes later: what to ask for it with, and the keys that were proven for it. */
export interface StoredDeferred {
  readonly wanted: Wanted;
  readonly typeName: string;
  readonly transactionId: string;
  readonly keys: readonly StoredKey[];
  readonly askAgainAt: number;
}

/** One signed copy of a Cred: shown to one requester, so that two of them cannot tell that they met the same person. */
export interface StoredInstance {
  readonly sdJwt: string;
  /** Null where the type is not bound to a key. */
  readonly key: StoredKey | null;
  readonly used: boolean;
}

/** One Cred as it was issued, with what was read out of it when it was verified. */
export interface StoredCred {
  readonly id: string;
  readonly issuer: string;
  readonly configurationId: string;
  readonly configuration: CredentialConfiguration;
  /** At least one; all say the same. */
  readonly instances: readonly StoredInstance[];
  readonly claims: JsonObject;
  readonly disclosable: readonly ConcretePath[];
  readonly authorityKeyIds: readonly string[];
  /** When it came; a refill that changes nothing leaves it. */
  readonly receivedAt: number;
  /** When its instances came. */
  readonly filledAt: number;
  readonly identifier: string | null;
  readonly revision: number | null;
  /** As the status list or the issuer's view last said; expiry is told by `expiresAt`. */
  readonly state: "active" | "suspended" | "revoked";
  readonly expiresAt: number | null;
  readonly firstOpenedAt: number | null;
  readonly checkedAt: number | null;
  readonly notificationId: string | null;
  /** Whether the issuer knows that it was accepted. */
  readonly notified: boolean;
  readonly lastSharedAt: number | null;
}

/** What was shared from one Cred: names of fields, never their values. */
export interface StoredSharedFrom {
  readonly credId: string;
  readonly issuerName: string;
  readonly typeName: string;
  readonly fields: readonly { readonly name: string; readonly label: string }[];
}

/** One answer to a requester; `unknown` while nobody knows whether it arrived. */
export interface StoredShare {
  readonly id: string;
  readonly at: number;
  readonly requester: string;
  readonly address: string;
  readonly proven: boolean;
  readonly purpose: string | null;
  readonly outcome: "unknown" | "accepted" | "not_accepted" | "declined";
  readonly shared: readonly StoredSharedFrom[];
  /** Ids of the Creds that it was about: those shared from, or those that could have answered what was declined. */
  readonly about: readonly string[];
  readonly reference: string | null;
}

export interface StoredNotice {
  readonly id: string;
  readonly kind: "ended" | "withdrawn" | "cannot_update";
  readonly at: number;
  readonly issuer: string;
  readonly issuerName: string;
  readonly credNames: readonly string[];
  readonly support: StoredSupport;
}

export interface StoredSettings {
  readonly autoLockS: number;
  /** What new pairings call this device. */
  readonly deviceName: string;
  readonly syncedAt: number | null;
  /** The latest instant that this wallet has seen: a clock that is set back makes nothing New again. */
  readonly clockMark: number;
}

/** Each kind of record, and what tells its entries apart. */
export interface Kinds {
  readonly pairing: StoredPairing;
  readonly cred: StoredCred;
  readonly share: StoredShare;
  readonly notice: StoredNotice;
  readonly settings: StoredSettings;
}
export type Kind = keyof Kinds;
export type Entry = { [K in Kind]: { readonly kind: K; readonly value: Kinds[K] } }[Kind];

export function keyOf(entry: Entry): string {
  if (entry.kind === "settings") return "settings";
  return `${entry.kind}:${entry.kind === "pairing" ? entry.value.issuer : entry.value.id}`;
}

/** Takes the value of a record from the version that it stands at to the next. */
export type Migration = (kind: string, value: JsonObject) => JsonObject;

/** `MIGRATIONS[0]` takes version 1 to version 2, and so on. */
const MIGRATIONS: readonly Migration[] = [toInstances];

/** Version 2: a Cred has instances; pairings know of promised Creds and of unwanted notifications. */
function toInstances(kind: string, value: JsonObject): JsonObject {
  if (kind === "pairing") return { ...value, notifications: true, deferred: [] };
  if (kind === "share") {
    const shared = member(value, "shared");
    const about = Array.isArray(shared) ? shared.flatMap((from: JsonObject) => member(from, "credId") ?? []) : [];
    return { ...value, about };
  }
  if (kind !== "cred") return value;
  const { sdJwt = null, key = null, receivedAt = 0, lastSharedAt = null, ...others } = value;
  const instance = { sdJwt, key, used: lastSharedAt !== null };
  return { ...others, receivedAt, lastSharedAt, filledAt: receivedAt, instances: [instance] };
}

export function encodeEntry({ kind, value }: Entry): string {
  return JSON.stringify({ version: VERSION, kind, value });
}

/** Read a record. @throws WalletError `newer_version`, or `ours` where it is no record. */
export function decodeEntry(text: string, migrations = MIGRATIONS, current = VERSION): Entry {
  // What `encodeEntry` wrote and the vault sealed: not read as strictly as a stranger's text, which takes much longer.
  const document = parsed(text);
  const [version, kind, value] = isObject(document)
    ? (["version", "kind", "value"] as const).map((name) => member(document, name))
    : [];
  if (typeof version !== "number" || typeof kind !== "string" || !isObject(value as Json | undefined)) {
    throw new WalletError("ours", "expected a record of the vault");
  }
  if (version > current) throw new WalletError("newer_version", `expected records of version ${current} or older`);
  const migrated = migrations
    .slice(version - 1, current - 1)
    .reduce((older, migrate) => migrate(kind, older), value as JsonObject);
  return { kind, value: migrated } as unknown as Entry;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
