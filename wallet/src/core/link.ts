/**
 * The link that opened this page, read from its address and written in one canonical form.
 *
 * `#c=CODE` is a short code that the wallet's host looks up: 8 or 12 characters of Crockford's alphabet, which may lead
 * to an offer or to a request. `#offer=` carries a credential offer's address (OpenID4VCI 1.0, 4.1.3), `#request=` a
 * request's `client_id` and `request_uri` (OpenID4VP 1.0, 5.7). A fragment never reaches a server.
 */

export type LinkKind = "code" | "offer" | "request";

/** A link in its one safe spelling: letters, digits and `-_.~%` after the fragment's name. */
export interface WalletLink {
  readonly kind: LinkKind;
  readonly href: string;
}

/** The page was opened without a link, with a usable one, or with one that is cut or mangled. */
export type Opened = { readonly link: "none" | "damaged" } | WalletLink;

const KINDS: Readonly<Record<string, LinkKind>> = { c: "code", offer: "offer", request: "request" };
const SHORT_CODE = /^(?:[0-9A-HJKMNP-TV-Z]{8}|[0-9A-HJKMNP-TV-Z]{12})$/;

/** Read the address of the page. */
export function readLink(address: URL): Opened {
  const [, name = "", value = ""] = /^#([a-z]+)=(.*)$/s.exec(address.hash) ?? [];
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) return { link: "none" };
  const plain = decode(value);
  if (plain === undefined || plain === "") return { link: "damaged" };
  const canonical = kind === "code" ? shortCode(plain) : encode(plain);
  if (canonical === undefined) return { link: "damaged" };
  return { kind, href: `${address.origin}${address.pathname}#${name}=${canonical}` };
}

/** The code in capitals and without the separators that people read it with. */
function shortCode(text: string): string | undefined {
  const code = text.toUpperCase().replaceAll(/[- ]/g, "");
  return SHORT_CODE.test(code) ? code : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** As `encodeURIComponent`, and the marks `!'()*` too: a link that is pasted elsewhere must not end that place's quoting. */
function encode(text: string): string | undefined {
  try {
    return encodeURIComponent(text).replaceAll(
      /[!'()*]/g,
      (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  } catch {
    return undefined; // half of a surrogate pair
  }
}
