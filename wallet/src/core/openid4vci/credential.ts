/**
 * The messages around the credential endpoint: nonce, key proofs, request, response, the Cred that comes later, and the
 * report of what became of it.
 *
 * Source: OpenID4VCI 1.0 sections 7.2, 8.2, 8.3, 9.1, 9.2, 11.1 and appendix F.1.
 */

import { jsonDecodeObject, member } from "../encoding";
import { CheckFailed } from "../errors";
import { signJwt } from "../jose/jws";
import { OWN_ALGORITHM, type Signer } from "../keys";
import { mediaType } from "../oauth/form";
import { objects, optionalText, text } from "../shape";

const MAX_NONCE_BYTES = 16 * 1024;
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** Read the nonce endpoint's answer and return the `c_nonce` (7.2). @throws CheckFailed */
export function parseNonceResponse(body: Uint8Array): string {
  return text(jsonDecodeObject(body, MAX_NONCE_BYTES), "c_nonce");
}

export interface ProofClaims {
  /** The Credential Issuer Identifier. */
  readonly audience: string;
  /** Milliseconds, by the issuer's clock as far as it is known. */
  readonly now: number;
  readonly nonce: string | undefined;
}

/** Return the key proof of `holder`, for a token that came by anonymous access: without `iss` (F.1). */
export function keyProof(holder: Signer, { audience, now, nonce }: ProofClaims): Promise<string> {
  const claims = { aud: audience, iat: Math.floor(now / 1000), ...(nonce === undefined ? {} : { nonce }) };
  return signJwt(holder, { typ: "openid4vci-proof+jwt", alg: OWN_ALGORITHM, jwk: { ...holder.jwk } }, claims);
}

/** A Cred that an issuer has for this wallet; without an identifier it is asked for by its configuration. */
export interface Wanted {
  readonly configurationId: string;
  readonly identifier: string | undefined;
  readonly revision: number | undefined;
}

/** Return the JSON body that asks for one Cred, in as many instances as there are proofs (8.2). */
export function credentialRequest({ configurationId, identifier }: Wanted, proofJwts: readonly string[]): string {
  return JSON.stringify({
    ...(identifier === undefined
      ? { credential_configuration_id: configurationId }
      : { credential_identifier: identifier }),
    ...(proofJwts.length === 0 ? {} : { proofs: { jwt: proofJwts } }),
  });
}

/** Return the JSON body that asks for a Cred that was promised (9.1). */
export function deferredRequest(transactionId: string): string {
  return JSON.stringify({ transaction_id: transactionId });
}

/** The Cred in its instances, in the issuer's order; or the promise of it, to be asked for after `intervalS`. */
export type CredentialResponse =
  | { readonly credentials: readonly string[]; readonly notificationId: string | undefined }
  | { readonly transactionId: string; readonly intervalS: number };

/**
 * Read the response to a request with `keys` proven keys: never more instances than those, though fewer may come, and
 * one where no key was asked for; unknown members are ignored (8.3, 9.2).
 *
 * @throws CheckFailed
 */
export function parseCredentialResponse(
  body: Uint8Array,
  contentType: string | null,
  keys: number,
): CredentialResponse {
  if (mediaType(contentType) !== "application/json") {
    throw new CheckFailed("expected the credential response as application/json");
  }
  const members = jsonDecodeObject(body, MAX_RESPONSE_BYTES);
  const isLater = Object.hasOwn(members, "transaction_id");
  if (Object.hasOwn(members, "credentials") === isLater) {
    throw new CheckFailed("expected either credentials or transaction_id");
  }
  if (isLater) {
    const interval = member(members, "interval");
    if (typeof interval !== "number" || interval <= 0) throw new CheckFailed("expected interval above 0");
    return { transactionId: text(members, "transaction_id"), intervalS: interval };
  }
  const credentials = objects(members, "credentials").map((entry) => text(entry, "credential"));
  const most = Math.max(keys, 1);
  if (credentials.length < 1 || credentials.length > most) {
    throw new CheckFailed(`expected up to ${most} credentials, one for each key, got ${credentials.length}`);
  }
  return { credentials, notificationId: optionalText(members, "notification_id") };
}

export type NotificationEvent = "credential_accepted" | "credential_failure" | "credential_deleted";

/** Return the JSON body that reports `event`; `description` is a stable word, never a value (11.1). */
export function notificationRequest(id: string, event: NotificationEvent, description?: string): string {
  return JSON.stringify({ notification_id: id, event, event_description: description });
}
