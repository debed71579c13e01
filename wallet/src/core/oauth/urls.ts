/**
 * URLs of the other side: which ones may be used, and where metadata lies.
 *
 * Source: RFC 3986 3 (syntax), RFC 8414 3.1 (well-known path), RFC 9449 4.2 (`htu`).
 * Plain http is for loopback only, and only where the page itself stands there. A browser cannot look a name up, so
 * private addresses are told by their literal form alone.
 */

import type { Json } from "../encoding";
import { CheckFailed } from "../errors";

const MAX_URL_CHARACTERS = 2048;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const URL_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
// What IANA's special-purpose registry takes out of the public internet (RFC 6890), multicast and beyond.
const PRIVATE_V4 = [
  /^(?:0|10|127|22[4-9]|2[345]\d)\./,
  /^(?:169\.254|192\.168|192\.0\.0|198\.1[89])\./,
  /^172\.(?:1[6-9]|2\d|3[01])\./,
  /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
];

export interface UrlRules {
  /** Let http and loopback addresses through: the page itself stands on loopback. */
  readonly allowLoopback: boolean;
  readonly query?: boolean;
}

/**
 * Return `url` when it is an absolute https URL without fragment, user or foreign characters, to no private address.
 *
 * @throws CheckFailed `url_error`
 */
export function checkUrl(url: Json | undefined, what: string, { allowLoopback, query = true }: UrlRules): string {
  if (typeof url !== "string" || url.length > MAX_URL_CHARACTERS || !URL_CHARACTERS.test(url)) {
    throw urlError(`expected ${what} as a URL of at most ${MAX_URL_CHARACTERS} characters`);
  }
  if (!URL.canParse(url)) throw urlError(`expected ${what} as a URL`);
  const parts = new URL(url);
  const loopback = LOOPBACK.includes(parts.hostname);
  const isHttp = parts.protocol === "http:" && allowLoopback && loopback;
  if (parts.protocol !== "https:" && !isHttp) throw urlError(`expected ${what} with the https scheme`);
  if (!/^[A-Za-z]+:\/\/[^/?#@]+(?:[/?]|$)/.test(url)) {
    throw urlError(`expected ${what} with a host and without user information`);
  }
  if (isPrivate(parts.hostname) && !(loopback && allowLoopback)) {
    throw urlError(`expected ${what} on a public host`);
  }
  if (url.includes("#")) throw urlError(`expected ${what} without a fragment`);
  if (!query && url.includes("?")) throw urlError(`expected ${what} without a query`);
  return url;
}

/** Return the host of a URL that `checkUrl` let through, in lower case and without its port. */
export function hostOf(url: string): string {
  return new URL(url).hostname;
}

/** Return where metadata `name` of `identifier` lies: between host and path (RFC 8414 3.1). */
export function wellKnownUrl(identifier: string, name: string, { keepFinalSlash = false } = {}): string {
  const [, origin = "", path = ""] = /^([A-Za-z]+:\/\/[^/?#]+)([^?#]*)/.exec(identifier) ?? [];
  const kept = keepFinalSlash && path !== "/" ? path : path.replace(/\/$/, "");
  return `${origin}/.well-known/${name}${kept}`;
}

/** Whether `origin` stands on loopback, so that plain http is let through. */
export function isLoopbackOrigin(origin: string): boolean {
  return LOOPBACK.includes(new URL(origin).hostname);
}

function isPrivate(hostname: string): boolean {
  if (hostname.startsWith("[")) return !/^\[[23]/.test(hostname); // global unicast is 2000::/3
  if (/^[\d.]+$/.test(hostname)) return PRIVATE_V4.some((range) => range.test(hostname));
  return hostname === "localhost" || hostname.endsWith(".localhost");
}

function urlError(message: string): CheckFailed {
  return new CheckFailed(message, "url_error");
}
