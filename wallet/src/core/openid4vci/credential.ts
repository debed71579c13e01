/**
 * The messages around the credential endpoint: nonce, key proof, request, response, and the report of what became of
 * it.
 *
 * Source: OpenID4VCI 1.0 sections 7.2, 8.2, 8.3, 11.1 and appendix F.1.
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

/** Return the JSON body that asks for one Cred (8.2). */
export function credentialRequest({ configurationId, identifier }: Wanted, proofJwt: string | undefined): string {
  return JSON.stringify({
    ...(identifier === undefined
      ? { credential_configuration_id: configurationId }
      : { credential_identifier: identifier }),
    ...(proofJwt === undefined ? {} : { proofs: { jwt: [proofJwt] } }),
  });
}

/** `credential` is absent where the issuer gives it later. */
export interface CredentialResponse {
  readonly credential: string | undefined;
  readonly notificationId: string | undefined;
}

/** Read the response to a request with one key; unknown members are ignored (8.3). @throws CheckFailed */
export function parseCredentialResponse(body: Uint8Array, contentType: string | null): CredentialResponse {
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
    text(members, "transaction_id");
    return { credential: undefined, notificationId: undefined };
  }
  const [first, ...more] = objects(members, "credentials");
  if (first === undefined || more.length > 0) throw new CheckFailed("expected one credential for one key");
  return { credential: text(first, "credential"), notificationId: optionalText(members, "notification_id") };
}

export type NotificationEvent = "credential_accepted" | "credential_failure" | "credential_deleted";

/** Return the JSON body that reports `event`; `description` is a stable word, never a value (11.1). */
export function notificationRequest(id: string, event: NotificationEvent, description?: string): string {
  return JSON.stringify({ notification_id: id, event, event_description: description });
}
