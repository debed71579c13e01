/**
 * Strict base64url and JSON: refuses what a lenient decoder would mend.
 *
 * Source: RFC 7515 2 and appendix C (base64url without padding), RFC 8259 and RFC 7493 (JSON), RFC 8725 3.
 * A text that two readers understand differently is an attack, so duplicate member names, non-canonical base64url,
 * half characters and runaway nesting are errors here. Objects come from `JSON.parse`: look names up by `member`.
 */

import { CheckFailed } from "./errors";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}
/** Bytes over memory of their own, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const MAX_JSON_BYTES = 4 * 1024 * 1024;
const MAX_JSON_DEPTH = 64;
const MAX_NUMBER_CHARACTERS = 40;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** @throws CheckFailed: not UTF-8. */
export function fromUtf8(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch (cause) {
    throw new CheckFailed("expected UTF-8", "encoding_error", { cause });
  }
}

/** Return `data` as standard base64. */
export function b64Encode(data: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < data.length; at += 0x8000) binary += String.fromCharCode(...data.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** Read standard base64 in its one canonical spelling. @throws CheckFailed */
export function b64Decode(text: string): Bytes {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new CheckFailed("expected base64", "encoding_error", { cause });
  }
  if (btoa(binary) !== text) throw new CheckFailed("expected canonical base64", "encoding_error");
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** Return `data` as base64url without padding. */
export function b64urlEncode(data: Uint8Array): string {
  return b64Encode(data).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Read base64url without padding, in its one canonical spelling. @throws CheckFailed */
export function b64urlDecode(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new CheckFailed("expected base64url without padding", "encoding_error");
  }
  const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return b64Decode(padded);
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/**
 * Read one JSON text strictly.
 *
 * @throws CheckFailed: not UTF-8, not JSON, too long, nested too deep, a member name twice, half a surrogate pair, or a
 *   number that a double does not hold exactly enough (RFC 7493 2.2).
 */
export function jsonDecode(data: Uint8Array | string, maxBytes = MAX_JSON_BYTES): Json {
  if (data.length > maxBytes) throw new CheckFailed(`expected JSON of at most ${maxBytes} bytes`, "encoding_error");
  const text = typeof data === "string" ? data : fromUtf8(data);
  let value: Json;
  try {
    checkTokens(text); // first, so that the parser never recurses into what is nested too deep
    value = JSON.parse(text) as Json;
  } catch (cause) {
    if (cause instanceof CheckFailed) throw cause;
    throw new CheckFailed("expected one JSON text in UTF-8", "encoding_error", { cause });
  }
  return value;
}

/** As `jsonDecode`; the text must be an object. */
export function jsonDecodeObject(data: Uint8Array | string, maxBytes = MAX_JSON_BYTES): JsonObject {
  const value = jsonDecode(data, maxBytes);
  if (!isObject(value)) throw new CheckFailed("expected a JSON object", "encoding_error");
  return value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Return the member `name`, and never what every object inherits. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Return `value` as a text that is the same in whatever order the members of its objects stand. */
export function sortedJson(value: Json): string {
  return JSON.stringify(value, (_, node: Json) => (isObject(node) ? Object.fromEntries(Object.entries(node).sort(byName)) : node));
}

function byName([one]: readonly [string, Json], [other]: readonly [string, Json]): number {
  return one < other ? -1 : 1;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],]|-?\d[\d.eE+-]*/gsu;

/** Names already seen in the object that is open; `null` for an array. `atName`: a string here would be a name. */
interface Level {
  readonly names: Set<string> | null;
  atName: boolean;
}

/** Walk the tokens; what is not JSON at all is left to the parser. */
function checkTokens(text: string): void {
  const levels: Level[] = [];
  for (const [token] of text.matchAll(TOKENS)) {
    const level = levels.at(-1);
    if (token === "{" || token === "[") {
      if (levels.length === MAX_JSON_DEPTH) fail(`expected JSON nested at most ${MAX_JSON_DEPTH} deep`);
      levels.push({ names: token === "{" ? new Set() : null, atName: token === "{" });
    } else if (token === "}" || token === "]") {
      levels.pop();
    } else if (token === ",") {
      if (level) level.atName = level.names !== null;
    } else if (token.startsWith('"')) {
      checkString(token, level);
    } else {
      checkNumber(token);
    }
  }
}

function checkString(token: string, level: Level | undefined): void {
  const isName = level?.atName === true;
  if (!isName && !/\\u[dD]/.test(token)) return;
  const text = JSON.parse(token) as string;
  if (!text.isWellFormed()) fail("expected whole characters, got half a surrogate pair");
  if (!isName || !level.names) return;
  if (level.names.has(text)) fail("expected each member name once");
  level.names.add(text);
  level.atName = false;
}

function checkNumber(token: string): void {
  const number = Number(token);
  const isWhole = /^-?\d+$/.test(token);
  if (token.length > MAX_NUMBER_CHARACTERS || !Number.isFinite(number) || (isWhole && !Number.isSafeInteger(number))) {
    fail("expected numbers that a double can hold");
  }
}

function fail(message: string): never {
  throw new CheckFailed(message, "encoding_error");
}
