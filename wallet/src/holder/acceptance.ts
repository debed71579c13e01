/**
 * Acceptance: check a Cred that came whole, keep it with its keys in one step, and tell the issuer.
 *
 * Source: OpenID4VCI 1.0 sections 8.3, 11, 13.5 and 14.4; HAIP 1.0 section 6.1.1 (x5c).
 * Order: checks, status, then the one write; only after it does the issuer hear of acceptance. So after a crash at any
 * point the Cred is here once, or not at all and fetched again.
 */

import { member, sortedJson } from "../core/encoding";
import { CheckFailed, NoAnswer } from "../core/errors";
import { thumbprint } from "../core/keys";
import type { CredentialConfiguration } from "../core/openid4vci/configuration";
import type { Wanted } from "../core/openid4vci/credential";
import { type VerifiedInstance, verifyBatch } from "../core/openid4vci/received";
import { parseSdJwt } from "../core/sdjwt/sd_jwt";
import type { Vouching } from "../core/sdjwt/sd_jwt_vc";
import {
  all,
  answers,
  type Change,
  credsOf,
  pairingOf,
  withCred,
  withCredChanged,
  withPairingChanged,
} from "../core/state/contents";
import type { StoredCred, StoredInstance, StoredKey, StoredPairing } from "../core/state/records";
import type { Status } from "../core/status/status_token";
import { authorityKeyIds, type Certificate, parseCertificate, parseX5c } from "../core/trust/certificate";
import { refuseSelfSigned } from "../core/trust/chain";
import { newId } from "../store/vault";
import type { IssuerDocuments } from "./metadata";
import { notify } from "./pairing";
import type { HolderParts } from "./parts";
import { saidOf } from "./fields";

/** Listed anchors, or the one certificate that is pinned: base64 of DER. */
interface Voucher extends Vouching {
  readonly pinned: string | undefined;
}

/** What vouches for the Creds of `pairing`: listed anchors win over a pinned certificate. */
export function vouchersOf({ anchors }: IssuerDocuments, { pinned, issuerName }: StoredPairing): Voucher {
  if (anchors.length > 0 || pinned === null) return { anchors, haip: true, pinned: undefined };
  return { anchors: [{ certificate: parseCertificate(pinned), name: issuerName }], haip: false, pinned };
}

/** A Cred that came, not checked yet. */
export interface Arrived {
  readonly documents: IssuerDocuments;
  readonly pairing: StoredPairing;
  readonly wanted: Wanted;
  readonly configuration: CredentialConfiguration;
  /** One for each key, at most; one without a key where the type is bound to none. */
  readonly credentials: readonly string[];
  readonly keys: readonly StoredKey[];
  readonly notificationId: string | undefined;
}

/** Check what arrived, and keep it in place of its predecessor. @throws CheckFailed, NoAnswer */
export async function accept(parts: HolderParts, arrived: Arrived): Promise<StoredCred> {
  const { documents, pairing, wanted } = arrived;
  const said = { id: arrived.notificationId ?? null };
  let made: { readonly cred: StoredCred; readonly pinned: string | undefined };
  try {
    made = await check(parts, arrived);
  } catch (error) {
    if (error instanceof CheckFailed && !(error instanceof NoAnswer)) {
      const failure = { ...said, event: "credential_failure", description: error.code } as const;
      await notify(parts, documents, pairing, failure);
    }
    throw error;
  }
  const cred = await keep(parts, made.cred, wanted, made.pinned);
  if (!(await notify(parts, documents, pairing, { ...said, event: "credential_accepted" }))) return cred;
  await parts.vault().change(withCredChanged(cred.id, { notified: true }));
  return { ...cred, notified: true };
}

async function check(
  parts: HolderParts,
  arrived: Arrived,
): Promise<{ readonly cred: StoredCred; readonly pinned: string | undefined }> {
  const { documents, configuration, credentials, keys } = arrived;
  const voucher = await vouching(arrived);
  const keysByThumbprint = new Map<string | undefined, StoredKey>();
  for (const key of keys) keysByThumbprint.set(await thumbprint(key.jwk), key);
  const keyThumbprints = [...keysByThumbprint.keys()].filter((known) => known !== undefined);
  const expected = { configuration, issuer: documents.metadata.identifier, keyThumbprints };
  const verified = await verifyBatch(credentials, expected, voucher, parts.now());
  parts.statuses.forget(); // the entries are younger than any list that was kept
  const statuses: (Status | undefined)[] = [];
  for (const instance of verified) statuses.push(await parts.statuses.statusOf(instance.verified, voucher));
  if (statuses.includes("INVALID")) throw new CheckFailed("expected a Cred that is not revoked", "revoked");
  const instances = verified.map(({ keyThumbprint }, at) => ({
    sdJwt: credentials[at] ?? "",
    key: keysByThumbprint.get(keyThumbprint) ?? null,
    used: false,
  }));
  return { cred: made(arrived, verified, instances, statuses, parts.now()), pinned: voucher.pinned };
}

/** Return what vouches; with neither list nor pin, the top certificate of the Cred's own chain is pinned now. */
async function vouching({ documents, pairing, credentials: [credential = ""] }: Arrived): Promise<Voucher> {
  const known = vouchersOf(documents, pairing);
  if (known.anchors.length > 0) return known;
  const { jws } = await parseSdJwt(credential);
  const certificates = parseX5c(member(jws.header, "x5c"));
  certificates.forEach(refuseSelfSigned);
  const top = certificates.at(-1) as Certificate;
  return { anchors: [{ certificate: top, name: documents.name }], haip: false, pinned: top.text };
}

function made(
  { documents, wanted, configuration, notificationId }: Arrived,
  verified: readonly VerifiedInstance[],
  instances: readonly StoredInstance[],
  statuses: readonly (Status | undefined)[],
  now: number,
): StoredCred {
  const { claims, disclosed, chain } = (verified[0] as VerifiedInstance).verified;
  const ends = verified.flatMap(({ verified: { expiresAt } }) => expiresAt ?? []);
  return {
    id: newId(),
    issuer: documents.metadata.identifier,
    configurationId: wanted.configurationId,
    configuration,
    instances,
    claims,
    disclosable: disclosed.map(({ path }) => path),
    authorityKeyIds: [...authorityKeyIds(chain?.certificates ?? [])],
    receivedAt: now,
    filledAt: now,
    identifier: wanted.identifier ?? null,
    revision: wanted.revision ?? null,
    state: statuses.includes("SUSPENDED") ? "suspended" : "active",
    expiresAt: ends.length === 0 ? null : Math.min(...ends),
    firstOpenedAt: null,
    checkedAt: statuses[0] === undefined ? null : now,
    notificationId: notificationId ?? null,
    notified: false,
    lastSharedAt: null,
  };
}

/** Write Cred, keys and pin at once. A successor keeps the id; it is New again only where a field changed. */
async function keep(
  parts: HolderParts,
  fresh: StoredCred,
  wanted: Wanted,
  pinned: string | undefined,
): Promise<StoredCred> {
  const { issuer } = fresh;
  let kept = fresh;
  const change: Change = (contents) => {
    const before = credsOf(contents, issuer).find((cred) => answers(cred, issuer, wanted));
    kept = before === undefined ? fresh : successor(before, fresh);
    const deferred = pairingOf(contents, issuer)?.deferred.filter((promise) => !answers(kept, issuer, promise.wanted));
    const changes = { ...(pinned === undefined ? {} : { pinned }), ...(deferred === undefined ? {} : { deferred }) };
    return all(withPairingChanged(issuer, changes), withCred(kept))(contents);
  };
  await parts.vault().change(change);
  return kept;
}

function successor(before: StoredCred, fresh: StoredCred): StoredCred {
  const { id, lastSharedAt, receivedAt, firstOpenedAt } = before;
  const isSame = sortedJson(saidOf(before.claims)) === sortedJson(saidOf(fresh.claims));
  return { ...fresh, id, lastSharedAt, ...(isSame ? { receivedAt, firstOpenedAt } : {}) };
}
