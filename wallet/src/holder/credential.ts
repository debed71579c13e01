/**
 * Credential: fetch one Cred, check it whole, keep it with its key in one step, and tell the issuer.
 *
 * Source: OpenID4VCI 1.0 sections 7, 8.2, 8.3, 11, 13.5 and 14.4, appendix F.1; HAIP 1.0 section 6.1.1 (x5c).
 * Order: nonce, proof, request, checks, status, then the one write; only after it does the issuer hear of acceptance.
 * So
 * after a crash at any point the Cred is here once, or not at all and fetched again.
 */

import { member } from "../core/encoding";
import { CheckFailed, NoAnswer, PeerRefusal } from "../core/errors";
import { OWN_ALGORITHM, type Signer, thumbprint } from "../core/keys";
import { FORM_TYPE } from "../core/oauth/form";
import type { CredentialConfiguration } from "../core/openid4vci/configuration";
import {
  type CredentialResponse,
  credentialRequest,
  keyProof,
  parseCredentialResponse,
  parseNonceResponse,
  type Wanted,
} from "../core/openid4vci/credential";
import { verifyReceived } from "../core/openid4vci/received";
import { parseSdJwt } from "../core/sdjwt/sd_jwt";
import type { VerifiedSdJwtVc, Vouching } from "../core/sdjwt/sd_jwt_vc";
import { all, answers, type Change, credsOf, withCred, withPairingChanged } from "../core/state/contents";
import type { StoredCred, StoredKey, StoredPairing } from "../core/state/records";
import type { Status } from "../core/status/status_token";
import { authorityKeyIds, type Certificate, parseCertificate, parseX5c } from "../core/trust/certificate";
import { refuseSelfSigned } from "../core/trust/chain";
import { newId } from "../store/vault";
import type { IssuerDocuments } from "./metadata";
import { notify, signedCall } from "./pairing";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";
import { fieldsOf } from "./view";

/** Listed anchors, or the one certificate that is pinned: base64 of DER. */
interface Voucher extends Vouching {
  readonly pinned: string | undefined;
}

/** What vouches for the Creds of `pairing`: listed anchors win over a pinned certificate. */
export function vouchersOf({ anchors }: IssuerDocuments, { pinned, issuerName }: StoredPairing): Voucher {
  if (anchors.length > 0 || pinned === null) return { anchors, haip: true, pinned: undefined };
  return { anchors: [{ certificate: parseCertificate(pinned), name: issuerName }], haip: false, pinned };
}

/**
 * Fetch the Cred that `wanted` names, and keep it in place of its predecessor. @throws PeerRefusal, CheckFailed,
 * NoAnswer
 */
export async function fetchCred(
  parts: HolderParts,
  documents: IssuerDocuments,
  pairing: StoredPairing,
  wanted: Wanted,
): Promise<StoredCred> {
  const configuration = configurationOf(documents, wanted);
  const key = configuration.bound ? await parts.vault().newKey() : null;
  const { credential, notificationId = null } = await request({ parts, documents, pairing, wanted }, key);
  if (credential === undefined) throw new NoAnswer("expected the Cred now, got the promise of a later one", "deferred");
  const said = { id: notificationId };
  let made: { readonly cred: StoredCred; readonly pinned: string | undefined };
  try {
    made = await check(parts, { documents, pairing, wanted, configuration, credential, key, notificationId });
  } catch (error) {
    if (error instanceof CheckFailed && !(error instanceof NoAnswer)) {
      const failure = { ...said, event: "credential_failure", description: error.code } as const;
      await notify(parts, documents, pairing, failure);
    }
    throw error;
  }
  const cred = await keep(parts, made.cred, wanted, made.pinned);
  if (!(await notify(parts, documents, pairing, { ...said, event: "credential_accepted" }))) return cred;
  const notified = { ...cred, notified: true };
  await parts.vault().change(withCred(notified));
  return notified;
}

function configurationOf({ metadata }: IssuerDocuments, { configurationId }: Wanted): CredentialConfiguration {
  const configuration = metadata.configurations.get(configurationId);
  if (configuration === undefined) throw new CheckFailed("expected a Cred type that the issuer's metadata describes");
  if (!configuration.bound) return configuration;
  if (!configuration.proofAlgorithms.includes(OWN_ALGORITHM)) {
    throw new CheckFailed(`expected an issuer that takes key proofs of type jwt by ${OWN_ALGORITHM}`);
  }
  if (configuration.needsAttestation) throw new CheckFailed("expected an issuer that takes keys without attestation");
  return configuration;
}

interface Asking {
  readonly parts: HolderParts;
  readonly documents: IssuerDocuments;
  readonly pairing: StoredPairing;
  readonly wanted: Wanted;
}

/** Ask for one Cred, and once more with a fresh nonce where the first was refused (8.3.1.2). */
async function request(asking: Asking, key: StoredKey | null): Promise<CredentialResponse> {
  try {
    return await requestOnce(asking, key);
  } catch (error) {
    if (!(error instanceof PeerRefusal) || error.code !== "invalid_nonce") throw error;
    return requestOnce(asking, key);
  }
}

async function requestOnce(
  { parts, documents, pairing, wanted }: Asking,
  key: StoredKey | null,
): Promise<CredentialResponse> {
  const proof = key === null ? undefined : await prove(parts, documents, parts.vault().signer(key));
  const { credentialEndpoint } = documents.metadata;
  const call = signedCall(parts, pairing, "POST", credentialEndpoint, credentialRequest(wanted, proof));
  const answer = requireSuccess(await parts.peers.send(call), "a Cred", 200, 202);
  return parseCredentialResponse(answer.body, answer.headers.get("content-type"));
}

async function prove(parts: HolderParts, { metadata }: IssuerDocuments, holder: Signer): Promise<string> {
  const nonce = metadata.nonceEndpoint === undefined ? undefined : await fetchNonce(parts, metadata.nonceEndpoint);
  const now = parts.peers.timeAt(metadata.credentialEndpoint);
  return keyProof(holder, { audience: metadata.identifier, now, nonce });
}

async function fetchNonce(parts: HolderParts, endpoint: string): Promise<string> {
  const answer = await parts.peers.post(endpoint, "", FORM_TYPE);
  return parseNonceResponse(requireSuccess(answer, "a nonce").body);
}

/** A Cred that came, not checked yet. */
interface Arrived {
  readonly documents: IssuerDocuments;
  readonly pairing: StoredPairing;
  readonly wanted: Wanted;
  readonly configuration: CredentialConfiguration;
  readonly credential: string;
  readonly key: StoredKey | null;
  readonly notificationId: string | null;
}

async function check(
  parts: HolderParts,
  arrived: Arrived,
): Promise<{ readonly cred: StoredCred; readonly pinned: string | undefined }> {
  const { documents, configuration, credential, key } = arrived;
  const voucher = await vouching(arrived);
  const keyThumbprint = key === null ? undefined : await thumbprint(key.jwk);
  const expected = { configuration, issuer: documents.metadata.identifier, keyThumbprint };
  const verified = await verifyReceived(credential, expected, voucher, parts.now());
  parts.statuses.forget(); // the entry is younger than any list that was kept
  const status = await parts.statuses.statusOf(verified, voucher);
  if (status === "INVALID") throw new CheckFailed("expected a Cred that is not revoked", "revoked");
  return { cred: made(arrived, verified, status, parts.now()), pinned: voucher.pinned };
}

/** Return what vouches; with neither list nor pin, the top certificate of the Cred's own chain is pinned now. */
async function vouching({ documents, pairing, credential }: Arrived): Promise<Voucher> {
  const known = vouchersOf(documents, pairing);
  if (known.anchors.length > 0) return known;
  const { jws } = await parseSdJwt(credential);
  const certificates = parseX5c(member(jws.header, "x5c"));
  certificates.forEach(refuseSelfSigned);
  const top = certificates.at(-1) as Certificate;
  return { anchors: [{ certificate: top, name: documents.name }], haip: false, pinned: top.text };
}

function made(
  { documents, wanted, configuration, credential, key, notificationId }: Arrived,
  { claims, disclosed, chain, expiresAt }: VerifiedSdJwtVc,
  status: Status | undefined,
  now: number,
): StoredCred {
  return {
    id: newId(),
    issuer: documents.metadata.identifier,
    configurationId: wanted.configurationId,
    configuration,
    sdJwt: credential,
    claims,
    disclosable: disclosed.map(({ path }) => path),
    authorityKeyIds: [...authorityKeyIds(chain?.certificates ?? [])],
    key,
    receivedAt: now,
    identifier: wanted.identifier ?? null,
    revision: wanted.revision ?? null,
    state: status === "SUSPENDED" ? "suspended" : "active",
    expiresAt: expiresAt ?? null,
    firstOpenedAt: null,
    checkedAt: status === undefined ? null : now,
    notificationId,
    notified: false,
    lastSharedAt: null,
  };
}

/** Write Cred, key and pin at once. A successor keeps the id; it is New again only where a field changed. */
async function keep(
  parts: HolderParts,
  fresh: StoredCred,
  wanted: Wanted,
  pinned: string | undefined,
): Promise<StoredCred> {
  let kept = fresh;
  const change: Change = (contents) => {
    const before = credsOf(contents, fresh.issuer).find((cred) => answers(cred, fresh.issuer, wanted));
    kept = before === undefined ? fresh : successor(before, fresh);
    const pin = pinned === undefined ? {} : { pinned };
    return all(withPairingChanged(fresh.issuer, pin), withCred(kept))(contents);
  };
  await parts.vault().change(change);
  return kept;
}

function successor(before: StoredCred, fresh: StoredCred): StoredCred {
  const { id, lastSharedAt, receivedAt, firstOpenedAt } = before;
  const isSame = JSON.stringify(fieldsOf(before, "en")) === JSON.stringify(fieldsOf(fresh, "en"));
  return { ...fresh, id, lastSharedAt, ...(isSame ? { receivedAt, firstOpenedAt } : {}) };
}
