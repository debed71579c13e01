/**
 * Deferred: Creds that an issuer promised for later. The promise outlives a restart; each sync asks for what is due.
 *
 * Source: OpenID4VCI 1.0 sections 9, 9.1, 9.2 and 9.3.
 */

import { CheckFailed, NoAnswer, PeerRefusal } from "../core/errors";
import type { CredentialConfiguration } from "../core/openid4vci/configuration";
import {
  type CredentialResponse,
  deferredRequest,
  parseCredentialResponse,
  type Wanted,
} from "../core/openid4vci/credential";
import { type Change, pairingOf, withPairingChanged } from "../core/state/contents";
import type { StoredCred, StoredDeferred, StoredKey, StoredPairing } from "../core/state/records";
import { accept } from "./acceptance";
import { configurationOf, type IssuerDocuments } from "./metadata";
import { signedCall } from "./pairing";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";
import { typeName } from "./view";

const MAX_INTERVAL_MS = 24 * 3600_000; // whatever an issuer says, it is asked once a day

type Promised = Extract<CredentialResponse, { readonly transactionId: string }>;

interface PromisedCred {
  readonly wanted: Wanted;
  readonly configuration: CredentialConfiguration;
  readonly keys: readonly StoredKey[];
  readonly response: Promised;
}

/** Keep what `issuer` promised, with the keys that were proven for it. @throws CheckFailed: it cannot be asked for. */
export async function keepPromise(
  parts: HolderParts,
  { metadata }: IssuerDocuments,
  issuer: string,
  { wanted, configuration, keys, response }: PromisedCred,
): Promise<void> {
  if (metadata.deferredEndpoint === undefined) {
    throw new CheckFailed("expected deferred_credential_endpoint beside a promise of a later Cred");
  }
  const promise: StoredDeferred = {
    wanted,
    typeName: typeName(configuration, wanted.configurationId, parts.language()),
    transactionId: response.transactionId,
    keys,
    askAgainAt: dueAfter(parts.now(), response),
  };
  await parts.vault().change(withPromise(issuer, promise));
}

/** Whether the issuer has promised what is `wanted`, in that revision or a later one. */
export function isPromised({ deferred }: StoredPairing, wanted: Wanted): boolean {
  return deferred.some((promise) => isSame(promise.wanted, wanted) && !isOlder(promise.wanted, wanted));
}

/** Ask for the promised Creds that are due and still `listed`; return what came, and forget what is refused. */
export async function collect(
  parts: HolderParts,
  documents: IssuerDocuments,
  issuer: string,
  listed: readonly Wanted[],
): Promise<readonly StoredCred[]> {
  const came: StoredCred[] = [];
  for (const promise of pairingOf(parts.contents(), issuer)?.deferred ?? []) {
    const isListed = listed.some((wanted) => isSame(wanted, promise.wanted) && !isOlder(promise.wanted, wanted));
    if (!isListed) await parts.vault().change(withoutPromise(issuer, promise));
    else if (promise.askAgainAt <= parts.now()) {
      const cred = await ask(parts, documents, issuer, promise);
      if (cred !== undefined) came.push(cred);
    }
  }
  return came;
}

/** Ask for one promised Cred. One that fails a check is forgotten, so that the next sync asks anew from the start. */
async function ask(
  parts: HolderParts,
  documents: IssuerDocuments,
  issuer: string,
  promise: StoredDeferred,
): Promise<StoredCred | undefined> {
  const pairing = pairingOf(parts.contents(), issuer);
  const endpoint = documents.metadata.deferredEndpoint;
  if (pairing === undefined || endpoint === undefined) return undefined;
  const { wanted, keys, transactionId } = promise;
  try {
    const configuration = configurationOf(documents, wanted);
    const call = signedCall(parts, pairing, "POST", endpoint, deferredRequest(transactionId));
    const answer = requireSuccess(await parts.peers.send(call), "a Cred that was promised", 200, 202);
    const response = parseCredentialResponse(answer.body, answer.headers.get("content-type"), keys.length);
    if ("credentials" in response) {
      return await accept(parts, { documents, pairing, wanted, configuration, keys, ...response });
    }
    const renewed = { ...promise, transactionId: response.transactionId, askAgainAt: dueAfter(parts.now(), response) };
    await parts.vault().change(withPromise(issuer, renewed));
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error;
    const isOver = error instanceof PeerRefusal || !(error instanceof NoAnswer);
    if (isOver) await parts.vault().change(withoutPromise(issuer, promise));
  }
  return undefined;
}

function dueAfter(now: number, { intervalS }: Promised): number {
  return now + Math.min(intervalS * 1000, MAX_INTERVAL_MS);
}

function withPromise(issuer: string, promise: StoredDeferred): Change {
  return (contents) => {
    const others = pairingOf(contents, issuer)?.deferred.filter(({ wanted }) => !isSame(wanted, promise.wanted)) ?? [];
    return withPairingChanged(issuer, { deferred: [...others, promise] })(contents);
  };
}

function withoutPromise(issuer: string, { wanted }: StoredDeferred): Change {
  return (contents) => {
    const others = pairingOf(contents, issuer)?.deferred.filter((promise) => !isSame(promise.wanted, wanted)) ?? [];
    return withPairingChanged(issuer, { deferred: others })(contents);
  };
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.configurationId === other.configurationId && one.identifier === other.identifier;
}

function isOlder(one: Wanted, other: Wanted): boolean {
  return (one.revision ?? 0) < (other.revision ?? 0);
}
