/**
 * The token endpoint's messages: a grant out, a token response in.
 *
 * Source: RFC 6749 5.1 and 6; OpenID4VCI 1.0 sections 6.1 and 6.2; RFC 9396 2 and 7; RFC 9449 5.
 */

import { jsonDecodeObject } from "../encoding";
import { CheckFailed } from "../errors";
import { objects, optionalInteger, optionalText, text, texts } from "../shape";

const PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const DETAILS_TYPE = "openid_credential";
const MAX_DETAILS = 64; // what a server need not take more of
const MAX_RESPONSE_BYTES = 256 * 1024;

export type Grant =
  | { readonly kind: "code"; readonly code: string; readonly pin: string | undefined }
  | { readonly kind: "refresh"; readonly refreshToken: string };

/** Which Cred types are asked for by name; `location` is the issuer where its metadata lists authorization servers. */
export interface Asked {
  readonly configurationIds: readonly string[];
  readonly location: string | undefined;
}

export interface TokenResponse {
  readonly accessToken: string;
  readonly tokenType: "DPoP" | "Bearer";
  readonly expiresInS: number | undefined;
  readonly refreshToken: string | undefined;
  /** What is there now, by configuration; undefined where the server does not say. */
  readonly details: readonly AuthorizedDetail[] | undefined;
}

export interface AuthorizedDetail {
  readonly configurationId: string;
  readonly identifiers: readonly string[];
}

/** Return the form fields that redeem `grant`, with `authorization_details` where something is asked by name. */
export function tokenRequest(grant: Grant, asked?: Asked): Record<string, string | undefined> {
  const fields =
    grant.kind === "code"
      ? { grant_type: PRE_AUTHORIZED_CODE, "pre-authorized_code": grant.code, tx_code: grant.pin }
      : { grant_type: "refresh_token", refresh_token: grant.refreshToken };
  if (asked === undefined) return fields;
  const details = asked.configurationIds.slice(0, MAX_DETAILS).map((id) => ({
    type: DETAILS_TYPE,
    credential_configuration_id: id,
    ...(asked.location === undefined ? {} : { locations: [asked.location] }),
  }));
  return { ...fields, authorization_details: JSON.stringify(details) };
}

/** Read a token response; unknown members are ignored. @throws CheckFailed */
export function parseTokenResponse(body: Uint8Array): TokenResponse {
  const members = jsonDecodeObject(body, MAX_RESPONSE_BYTES);
  const tokenType = { dpop: "DPoP", bearer: "Bearer" }[text(members, "token_type").toLowerCase()];
  if (tokenType !== "DPoP" && tokenType !== "Bearer") {
    throw new CheckFailed("expected access_token with token_type DPoP or Bearer");
  }
  const expiresInS = optionalInteger(members, "expires_in");
  if (expiresInS !== undefined && expiresInS <= 0) throw new CheckFailed("expected expires_in above 0");
  const isNamed = Object.hasOwn(members, "authorization_details");
  return {
    accessToken: text(members, "access_token"),
    tokenType,
    expiresInS,
    refreshToken: optionalText(members, "refresh_token"),
    details: isNamed ? objects(members, "authorization_details").map(readDetail) : undefined,
  };
}

function readDetail(entry: Parameters<typeof text>[0]): AuthorizedDetail {
  const identifiers = texts(entry, "credential_identifiers");
  if (identifiers.length === 0 || identifiers.includes("")) {
    throw new CheckFailed("expected credential_identifiers in each entry of authorization_details");
  }
  return { configurationId: text(entry, "credential_configuration_id"), identifiers };
}
