/**
 * Credential offers: the pairing code or link, by value or by reference.
 *
 * Source: OpenID4VCI 1.0 sections 4.1 to 4.1.3 and 12.1.1; HAIP 1.0 section 4.2 (`haip-vci`).
 * An offer proves nothing: whoever made it is found out from the issuer's metadata (13.5).
 */

import { isObject, type JsonObject, jsonDecodeObject, member, utf8 } from "../encoding";
import { CheckFailed } from "../errors";
import { mediaType, parseQuery } from "../oauth/form";
import { checkUrl, type UrlRules } from "../oauth/urls";
import { optionalInteger, optionalObject, optionalText, shown, text, texts } from "../shape";

export const OFFER_SCHEMES: readonly string[] = ["openid-credential-offer", "haip-vci"];
const PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const AUTHORIZATION_CODE = "authorization_code";
const MAX_OFFER_BYTES = 64 * 1024;
const MAX_DESCRIPTION_CHARACTERS = 300;

/** What the PIN looks like; `length` counts characters. */
export interface TxCode {
  readonly numeric: boolean;
  readonly length: number | undefined;
  readonly description: string | undefined;
}

export interface PreAuthorizedGrant {
  readonly code: string;
  readonly txCode: TxCode | undefined;
  readonly authorizationServer: string | undefined;
}

export interface CredentialOffer {
  readonly issuer: string;
  readonly configurationIds: readonly string[];
  /** Absent where the person would have to sign in with the issuer. */
  readonly preAuthorized: PreAuthorizedGrant | undefined;
}

/** The offer itself, or where it is. */
export type OfferLink = { readonly offer: CredentialOffer } | { readonly uri: string };

/** Read a scanned, opened or pasted link: under `OFFER_SCHEMES`, or a wallet's own. @throws CheckFailed */
export function parseOfferLink(link: string, rules: UrlRules): OfferLink {
  const fields = linkParameters(link);
  const value = fields.get("credential_offer");
  const uri = fields.get("credential_offer_uri");
  if (uri !== undefined && value === undefined) return { uri: checkUrl(uri, "credential_offer_uri", rules) };
  if (value !== undefined && uri === undefined) {
    return { offer: parseOffer(utf8(value), "application/json", rules) };
  }
  throw new CheckFailed("expected either credential_offer or credential_offer_uri in the link");
}

/** Read an offer, as fetched or as it stood in a link; unknown members are ignored. @throws CheckFailed */
export function parseOffer(body: Uint8Array, contentType: string | null, rules: UrlRules): CredentialOffer {
  if (mediaType(contentType) !== "application/json") throw new CheckFailed("expected the offer as application/json");
  const members = jsonDecodeObject(body, MAX_OFFER_BYTES);
  const configurationIds = texts(members, "credential_configuration_ids");
  if (
    configurationIds.length === 0 ||
    configurationIds.includes("") ||
    new Set(configurationIds).size !== configurationIds.length
  ) {
    throw new CheckFailed("expected credential_configuration_ids as a non-empty array of different texts");
  }
  return {
    issuer: checkUrl(member(members, "credential_issuer"), "credential_issuer", { ...rules, query: false }),
    configurationIds,
    preAuthorized: readGrants(optionalObject(members, "grants")),
  };
}

/** Compare an offer with its issuer's metadata (4.1.1, 12.2.4). @throws CheckFailed */
export function checkOffer(
  offer: CredentialOffer,
  known: { readonly configurationIds: readonly string[]; readonly authorizationServers: readonly string[] },
): void {
  if (!offer.configurationIds.every((id) => known.configurationIds.includes(id))) {
    throw new CheckFailed("expected only Cred types that the issuer's metadata describes and this wallet supports");
  }
  const server = offer.preAuthorized?.authorizationServer;
  if (server !== undefined && !known.authorizationServers.includes(server)) {
    throw new CheckFailed("expected authorization_server as one that the issuer's metadata lists");
  }
}

function linkParameters(link: string): ReadonlyMap<string, string> {
  const trimmed = link.trim();
  const scheme = trimmed.slice(0, Math.max(trimmed.indexOf(":"), 0)).toLowerCase();
  if (![...OFFER_SCHEMES, "https", "http"].includes(scheme)) throw new CheckFailed("expected a credential offer link");
  const at = trimmed.indexOf("#offer=");
  if (at >= 0) {
    const uri = parseQuery(`uri=${trimmed.slice(at + "#offer=".length)}`).get("uri");
    return new Map(uri === undefined ? [] : [["credential_offer_uri", uri]]);
  }
  return parseQuery(/^[^?#]*\?([^#]*)/.exec(trimmed)?.[1] ?? "");
}

function readGrants(grants: JsonObject | undefined): PreAuthorizedGrant | undefined {
  if (grants === undefined) return undefined;
  const grant = optionalObject(grants, PRE_AUTHORIZED_CODE);
  const signIn = optionalObject(grants, AUTHORIZATION_CODE);
  if (Object.keys(grants).length > 0 && grant === undefined && signIn === undefined) {
    throw new CheckFailed("expected a grant type that this wallet knows");
  }
  return grant && readPreAuthorized(grant);
}

function readPreAuthorized(grant: JsonObject): PreAuthorizedGrant {
  const txCode = member(grant, "tx_code");
  if (txCode !== undefined && !isObject(txCode)) throw new CheckFailed("expected tx_code as an object");
  return {
    code: text(grant, "pre-authorized_code"),
    txCode: txCode && readTxCode(txCode),
    authorizationServer: optionalText(grant, "authorization_server"),
  };
}

function readTxCode(txCode: JsonObject): TxCode {
  const mode = optionalText(txCode, "input_mode") ?? "numeric";
  const length = optionalInteger(txCode, "length");
  const description = optionalText(txCode, "description");
  if (mode !== "numeric" && mode !== "text") throw new CheckFailed("expected tx_code.input_mode numeric or text");
  if (length !== undefined && length < 1) throw new CheckFailed("expected tx_code.length above 0");
  if (description !== undefined && description.length > MAX_DESCRIPTION_CHARACTERS) {
    throw new CheckFailed(`expected tx_code.description of at most ${MAX_DESCRIPTION_CHARACTERS} characters`);
  }
  return { numeric: mode === "numeric", length, description: shown(description) };
}
