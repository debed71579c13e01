/**
 * Credential: ask for one Cred in as many instances as its issuer gives at once, and have it checked and kept.
 *
 * Source: OpenID4VCI 1.0 sections 7, 8.2, 8.3 and 9, appendix F.1.
 * An issuer may promise a Cred for later: the promise is kept with the keys that were proven for it, so that it
 * survives a restart, and asked for at a sync (`deferred.ts`).
 */

import { NoAnswer, PeerRefusal } from "../core/errors";
import { FORM_TYPE } from "../core/oauth/form";
import {
  type CredentialResponse,
  credentialRequest,
  keyProof,
  parseCredentialResponse,
  parseNonceResponse,
  type Wanted,
} from "../core/openid4vci/credential";
import type { StoredCred, StoredKey, StoredPairing } from "../core/state/records";
import { accept } from "./acceptance";
import { keepPromise } from "./deferred";
import { configurationOf, type IssuerDocuments } from "./metadata";
import { signedCall } from "./pairing";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";

// Each instance costs its issuer a signature and this device its size; a sync brings new ones.
const MAX_INSTANCES = 4;

/**
 * Fetch the Cred that `wanted` names, and keep it in place of its predecessor.
 *
 * @throws PeerRefusal, CheckFailed, NoAnswer; NoAnswer `deferred` where it comes later.
 */
export async function fetchCred(
  parts: HolderParts,
  documents: IssuerDocuments,
  pairing: StoredPairing,
  wanted: Wanted,
): Promise<StoredCred> {
  const configuration = configurationOf(documents, wanted);
  const asking = { parts, documents, pairing, wanted };
  const count = configuration.bound ? Math.min(documents.metadata.batchSize, MAX_INSTANCES) : 0;
  const keys = await Promise.all(Array.from({ length: count }, () => parts.vault().newKey()));
  const response = await request(asking, keys);
  if ("transactionId" in response) {
    await keepPromise(parts, documents, pairing.issuer, { wanted, configuration, keys, response });
    throw new NoAnswer("expected the Cred now, got the promise of a later one", "deferred");
  }
  return accept(parts, { documents, pairing, wanted, configuration, keys, ...response });
}

interface Asking {
  readonly parts: HolderParts;
  readonly documents: IssuerDocuments;
  readonly pairing: StoredPairing;
  readonly wanted: Wanted;
}

/** Ask for one Cred, and once more with a fresh nonce where the first was refused (8.3.1.2). */
async function request(asking: Asking, keys: readonly StoredKey[]): Promise<CredentialResponse> {
  try {
    return await requestOnce(asking, keys);
  } catch (error) {
    if (!(error instanceof PeerRefusal) || error.code !== "invalid_nonce") throw error;
    return requestOnce(asking, keys);
  }
}

async function requestOnce(
  { parts, documents, pairing, wanted }: Asking,
  keys: readonly StoredKey[],
): Promise<CredentialResponse> {
  const proofs = keys.length === 0 ? [] : await prove(parts, documents, keys);
  const { credentialEndpoint } = documents.metadata;
  const call = signedCall(parts, pairing, "POST", credentialEndpoint, credentialRequest(wanted, proofs));
  const answer = requireSuccess(await parts.peers.send(call), "a Cred", 200, 202);
  return parseCredentialResponse(answer.body, answer.headers.get("content-type"), keys.length);
}

/** Prove every key, all with one nonce. */
async function prove(
  parts: HolderParts,
  { metadata }: IssuerDocuments,
  keys: readonly StoredKey[],
): Promise<readonly string[]> {
  const nonce = metadata.nonceEndpoint === undefined ? undefined : await fetchNonce(parts, metadata.nonceEndpoint);
  const claims = { audience: metadata.identifier, now: parts.peers.timeAt(metadata.credentialEndpoint), nonce };
  return Promise.all(keys.map((key) => keyProof(parts.vault().signer(key), claims)));
}

async function fetchNonce(parts: HolderParts, endpoint: string): Promise<string> {
  const answer = await parts.peers.post(endpoint, "", FORM_TYPE);
  return parseNonceResponse(requireSuccess(answer, "a nonce").body);
}
