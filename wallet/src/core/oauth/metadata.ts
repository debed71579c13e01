/**
 * Authorization server metadata: where tokens come from, and which proofs it takes.
 *
 * Source: RFC 8414 2, 3.1 and 3.3; OpenID4VCI 1.0 section 12.3; RFC 9449 5.1.
 */

import { jsonDecodeObject } from "../encoding";
import { CheckFailed } from "../errors";
import { OWN_ALGORITHM } from "../keys";
import { optionalTexts, text } from "../shape";
import { checkUrl, type UrlRules, wellKnownUrl } from "./urls";

const MAX_METADATA_BYTES = 256 * 1024;

export interface AuthorizationServer {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** Empty where it does not announce DPoP. */
  readonly dpopAlgorithms: readonly string[];
}

export function authorizationServerUrl(issuer: string): string {
  return wellKnownUrl(issuer, "oauth-authorization-server");
}

/** Read the metadata that was fetched for `issuer`; unknown members are ignored. @throws CheckFailed */
export function parseAuthorizationServer(body: Uint8Array, issuer: string, rules: UrlRules): AuthorizationServer {
  const members = jsonDecodeObject(body, MAX_METADATA_BYTES);
  if (text(members, "issuer") !== issuer) throw new CheckFailed("expected issuer as the identifier that was used");
  const dpopAlgorithms = optionalTexts(members, "dpop_signing_alg_values_supported");
  if (dpopAlgorithms.length > 0 && !dpopAlgorithms.includes(OWN_ALGORITHM)) {
    throw new CheckFailed(`expected an authorization server that takes proofs by ${OWN_ALGORITHM}`);
  }
  const tokenEndpoint = checkUrl(members["token_endpoint"], "token_endpoint", rules);
  return { issuer, tokenEndpoint, dpopAlgorithms };
}
