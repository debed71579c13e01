/**
 * Forms: parameters as they stand in links and in bodies, each once.
 *
 * Source: RFC 6749 3.2 (no parameter twice, one without a value counts as absent) and appendix B, WHATWG URL 5.
 */

import { CheckFailed } from "../errors";

export const FORM_TYPE = "application/x-www-form-urlencoded";
const MAX_FIELDS = 64;

/** Read parameters in form encoding. @throws CheckFailed `form_error` */
export function parseQuery(text: string): ReadonlyMap<string, string> {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw formError("expected two hexadecimal digits after each percent sign");
  const pairs = text.split("&").filter((pair) => pair !== "");
  if (pairs.length > MAX_FIELDS) throw formError(`expected at most ${MAX_FIELDS} parameters`);
  const fields = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.includes("=") ? pair.indexOf("=") : pair.length;
    const name = decode(pair.slice(0, at));
    if (fields.has(name)) throw formError("expected each parameter once");
    fields.set(name, decode(pair.slice(at + 1)));
  }
  return new Map([...fields].filter(([, value]) => value !== ""));
}

/** Return `fields` as a form body; those that are undefined are left out. */
export function encodeForm(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(given).toString();
}

/** Return the media type of a Content-Type value, without parameters and in lower case. */
export function mediaType(contentType: string | null | undefined): string {
  return ((contentType ?? "").split(";")[0] ?? "").trim().toLowerCase();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw new CheckFailed("expected parameters in UTF-8", "form_error", { cause });
  }
}

function formError(message: string): CheckFailed {
  return new CheckFailed(message, "form_error");
}
