/**
 * JWS in compact form: parse, verify, sign; and the time claims of a JWT.
 *
 * Source: RFC 7515 3.1, 4.1, 5 and 7.1 (compact JWS), RFC 7519 2 and 4.1 (NumericDate, exp, nbf, iat), RFC 8725 3.
 */

import {
  type Bytes,
  b64urlDecode,
  b64urlEncode,
  type Json,
  type JsonObject,
  jsonDecodeObject,
  member,
  utf8,
} from "../encoding";
import { CheckFailed } from "../errors";
import { type PublicKey, type Signer, VERIFYING_ALGORITHMS, verifySignature } from "../keys";

export const MAX_JWS_BYTES = 64 * 1024;

// Each changes how the signature is made or read (RFC 7515 4.1.11, RFC 7797), and nothing here understands any.
const REFUSED_HEADERS = ["crit", "b64"];
const LATEST_S = Date.UTC(9999, 0, 1) / 1000;

/** A parsed compact JWS. Nothing in it is proven until `verifyJws` has returned. */
export interface Jws {
  readonly compact: string;
  readonly header: JsonObject;
  readonly payload: Bytes;
  readonly signature: Bytes;
  readonly signingInput: Bytes;
}

/** @throws CheckFailed: too long, not three parts, not strict, or a header that changes the rules. */
export function parseJws(text: string, maxBytes = MAX_JWS_BYTES): Jws {
  if (text.length > maxBytes) throw joseError(`expected a JWS of at most ${maxBytes} bytes`);
  const parts = text.split(".");
  const [header = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3) throw joseError(`expected a JWS of 3 parts, got ${parts.length}`);
  const members = jsonDecodeObject(b64urlDecode(header));
  for (const name of REFUSED_HEADERS) {
    if (Object.hasOwn(members, name)) throw joseError(`expected a JWS header without ${name}`);
  }
  return {
    compact: text,
    header: members,
    payload: b64urlDecode(payload),
    signature: b64urlDecode(signature),
    signingInput: utf8(`${header}.${payload}`),
  };
}

/** Check the signature with `key`; `alg` must be allowed and be the key's own. @throws CheckFailed `jose_error` */
export async function verifyJws(jws: Jws, key: PublicKey): Promise<void> {
  const algorithm = member(jws.header, "alg");
  if (typeof algorithm !== "string" || !VERIFYING_ALGORITHMS.includes(algorithm)) {
    throw joseError(`expected alg of ${VERIFYING_ALGORITHMS.join(", ")}`);
  }
  if (algorithm !== key.algorithm.name) throw joseError(`expected alg ${key.algorithm.name}, as the key has it`);
  await verifySignature(key, jws.signature, jws.signingInput);
}

/** Check that `typ` is `expected`, with or without `application/` (RFC 7515 4.1.9). @throws CheckFailed `wrong_typ` */
export function requireTyp(jws: Jws, expected: string): void {
  const typ = member(jws.header, "typ");
  const found = typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : undefined;
  if (found !== expected.toLowerCase()) throw new CheckFailed(`expected typ ${expected}`, "wrong_typ");
}

/** Return the payload as a strict JSON object. @throws CheckFailed */
export function claimsOf(jws: Jws): JsonObject {
  return jsonDecodeObject(jws.payload, jws.payload.length);
}

/** Return the compact JWS of a JWT, signed by `signer` (RFC 7515 5.1). */
export async function signJwt(signer: Signer, header: JsonObject, claims: JsonObject): Promise<string> {
  const input = [header, claims].map((part) => b64urlEncode(utf8(JSON.stringify(part)))).join(".");
  return `${input}.${b64urlEncode(await signer.sign(utf8(input)))}`;
}

/**
 * Read the NumericDate claim `name` (RFC 7519 2) in milliseconds; undefined where it is absent.
 *
 * @throws CheckFailed `jose_error`: required and absent, not a number, or not between 1970 and 9999.
 */
export function numericDate(claims: JsonObject, name: string, required = false): number | undefined {
  const value: Json | undefined = member(claims, name);
  if (value === undefined) {
    if (required) throw joseError(`expected claim ${name}`);
    return undefined;
  }
  if (typeof value !== "number") throw joseError(`expected ${name} as a number of seconds`);
  if (value < 0 || value >= LATEST_S) throw joseError(`expected ${name} between 1970 and 9999`);
  return value * 1000;
}

/** Tolerances in milliseconds. With `maxAgeMs`, `iat` must be there and not older than that. */
export interface Tolerance {
  readonly leewayMs: number;
  readonly maxAgeMs?: number | undefined;
}

/**
 * Check `exp`, `nbf` and `iat`, as far as present, at `now` (milliseconds; RFC 7519 4.1.4 to 4.1.6).
 *
 * @throws CheckFailed `expired`, `not_yet_valid`, `issued_in_future`, `too_old`, or `jose_error` where malformed.
 */
export function checkTimes(claims: JsonObject, now: number, { leewayMs, maxAgeMs }: Tolerance): void {
  const expiresAt = numericDate(claims, "exp");
  const beginsAt = numericDate(claims, "nbf");
  const issuedAt = numericDate(claims, "iat", maxAgeMs !== undefined);
  if (expiresAt !== undefined && now >= expiresAt + leewayMs) {
    throw new CheckFailed("expected exp in the future", "expired");
  }
  if (beginsAt !== undefined && now < beginsAt - leewayMs) {
    throw new CheckFailed("expected nbf in the past", "not_yet_valid");
  }
  if (issuedAt === undefined) return;
  if (now < issuedAt - leewayMs) throw new CheckFailed("expected iat in the past", "issued_in_future");
  if (maxAgeMs !== undefined && now > issuedAt + maxAgeMs + leewayMs) {
    throw new CheckFailed(`expected iat at most ${maxAgeMs / 1000} s ago`, "too_old");
  }
}

function joseError(message: string): CheckFailed {
  return new CheckFailed(message, "jose_error");
}
