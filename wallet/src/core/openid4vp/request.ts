/**
 * Presentation requests: the value that the wallet works with, and the links that lead to one.
 *
 * Source: OpenID4VP 1.0 sections 5 to 5.2, 5.7, 5.10; HAIP 1.0 section 5.1. Reading what a link leads to is
 * `request_object`'s.
 */

import type { DcqlQuery } from "../dcql/query";
import { type Json, type JsonObject, jsonDecode } from "../encoding";
import { CheckFailed, RequestRefused } from "../errors";
import type { PublicKey } from "../keys";
import { parseQuery } from "../oauth/form";
import { checkUrl, type UrlRules } from "../oauth/urls";
import type { Chain } from "../trust/chain";

export const REQUEST_TYP = "oauth-authz-req+jwt";
export const REQUEST_MEDIA_TYPE = `application/${REQUEST_TYP}`;
export const REQUEST_SCHEMES: readonly string[] = ["openid4vp", "haip-vp"];
const JSON_PARAMETERS = ["dcql_query", "client_metadata", "transaction_data", "verifier_info"];

/** Whom to encrypt the response to, and how. */
export interface ResponseKey {
  readonly publicKey: PublicKey;
  readonly kid: string;
  readonly enc: "A256GCM" | "A128GCM";
}

/** Why a requester asks, in one language; without `locale` in the one it falls back to. */
export interface Purpose {
  readonly locale: string | undefined;
  readonly text: string;
}

/** A request that was read and checked, as the wallet goes on with it. */
export interface PresentationRequest {
  readonly clientId: string;
  readonly responseUri: string;
  readonly nonce: string;
  readonly state: string | undefined;
  readonly query: DcqlQuery;
  /** Absent only where the response goes unencrypted (`direct_post`). */
  readonly responseKey: ResponseKey | undefined;
  /** The certificate's organisation, or the host of `responseUri` where nothing is proven. */
  readonly requesterName: string;
  /** The requester's own word; never shown as proven. */
  readonly statedName: string | undefined;
  /** A picture as data URI, for beside a name that is proven; not checked yet. */
  readonly logo: string | undefined;
  readonly purposes: readonly Purpose[];
  readonly retentionS: number | undefined;
  /** What proves who asks; absent where nothing does. */
  readonly chain: Chain | undefined;
}

/** Where the signed request is and how to fetch it, or the unsigned request itself. */
export type RequestLink =
  | { readonly clientId: string; readonly requestUri: string; readonly method: "get" | "post" }
  | { readonly parameters: JsonObject };

/**
 * Read a scanned, opened or pasted link: under `REQUEST_SCHEMES`, or a wallet's own.
 *
 * Parameters beside the reference are not read: the signed request alone counts (5.10.1).
 *
 * @throws RequestRefused `invalid_request`, `invalid_request_uri_method`
 */
export function parseRequestLink(link: string, rules: UrlRules): RequestLink {
  return refusing(() => {
    const fields = linkParameters(link);
    const [requestUri, method, clientId] = ["request_uri", "request_uri_method", "client_id"].map((n) => fields.get(n));
    if (fields.has("request")) throw refused("expected the request by request_uri, not by value");
    if (clientId === undefined) throw refused("expected client_id in the link");
    if (requestUri === undefined) {
      if (method !== undefined) throw refused("expected request_uri beside request_uri_method");
      return { parameters: Object.fromEntries([...fields].map(([name, value]) => [name, parameter(name, value)])) };
    }
    if (method !== undefined && method !== "get" && method !== "post") {
      throw new RequestRefused("invalid_request_uri_method", "expected request_uri_method get or post");
    }
    return { clientId, requestUri: checkUrl(requestUri, "request_uri", rules), method: method ?? "get" };
  });
}

/** Return `value` when it is text of letters, digits and `-._~` (5.2). @throws RequestRefused */
export function checkUrlSafe(value: Json | undefined, what: string): string {
  if (typeof value !== "string" || !/^[A-Za-z0-9\-._~]{1,512}$/.test(value)) {
    throw refused(`expected ${what} of up to 512 URL-safe characters`);
  }
  return value;
}

/** Run `read`; what fails inside is the requester's fault. @throws RequestRefused */
export function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Return `error` as a refusal where a check of the request failed, else as it is. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof CheckFailed) || error instanceof RequestRefused) return error;
  return new RequestRefused("invalid_request", error.message, undefined, { cause: error });
}

export function refused(message: string): RequestRefused {
  return new RequestRefused("invalid_request", message);
}

function linkParameters(link: string): ReadonlyMap<string, string> {
  const trimmed = link.trim();
  const scheme = trimmed.slice(0, Math.max(trimmed.indexOf(":"), 0)).toLowerCase();
  if (![...REQUEST_SCHEMES, "https", "http"].includes(scheme)) throw refused("expected a presentation request link");
  const at = trimmed.indexOf("#request=");
  if (at >= 0) return parseQuery(unwrapped(trimmed.slice(at + "#request=".length)));
  return parseQuery(/^[^?#]*\?([^#]*)/.exec(trimmed)?.[1] ?? "");
}

/** Return the parameters behind `#request=`, which may be percent-encoded as one value or stand as they are. */
function unwrapped(fragment: string): string {
  return fragment.includes("=") ? fragment : (parseQuery(`request=${fragment}`).get("request") ?? "");
}

function parameter(name: string, value: string): Json {
  return JSON_PARAMETERS.includes(name) ? jsonDecode(value) : value;
}
