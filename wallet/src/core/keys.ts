/**
 * Public keys as values, and whoever signs.
 *
 * Source: RFC 7517 (JWK), RFC 7518 3.4 and 6.2 (ECDSA, EC keys), RFC 7638 (thumbprint); HAIP 1.0 section 7.
 * Private keys never stand here: a `Signer` has one somewhere, and hands out signatures, raw `r || s`.
 */

import { type Bytes, b64urlDecode, b64urlEncode, isObject, type Json, member, sha256, utf8 } from "./encoding";
import { CheckFailed } from "./errors";

export type AlgorithmName = "ES256" | "ES384" | "ES512";
export type CurveName = "P-256" | "P-384" | "P-521";

export interface EcAlgorithm {
  readonly name: AlgorithmName;
  readonly curve: CurveName;
  readonly hash: "SHA-256" | "SHA-384" | "SHA-512";
  readonly sizeBytes: number;
}

export const EC_ALGORITHMS: readonly EcAlgorithm[] = [
  { name: "ES256", curve: "P-256", hash: "SHA-256", sizeBytes: 32 },
  { name: "ES384", curve: "P-384", hash: "SHA-384", sizeBytes: 48 },
  { name: "ES512", curve: "P-521", hash: "SHA-512", sizeBytes: 66 },
];

/** What may stand in `alg` of anything that is received; what this wallet signs is ES256 (HAIP 7). */
export const VERIFYING_ALGORITHMS: readonly string[] = EC_ALGORITHMS.map(({ name }) => name);
export const OWN_ALGORITHM = "ES256";

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

export interface EcPublicJwk {
  readonly kty: "EC";
  readonly crv: CurveName;
  readonly x: string;
  readonly y: string;
}

export interface PublicKey {
  readonly algorithm: EcAlgorithm;
  /** The bare public JWK. */
  readonly jwk: EcPublicJwk;
  readonly key: CryptoKey;
}

/** Something that holds a private P-256 key and signs with it. */
export interface Signer {
  readonly jwk: EcPublicJwk;
  sign(data: Bytes): Promise<Bytes>;
}

/**
 * Read a public EC JWK (RFC 7517 4, RFC 7518 6.2.1).
 *
 * @throws CheckFailed `key_error`: not an EC key that is known here, off its curve, or with a private member.
 */
export async function publicKeyFromJwk(jwk: Json | undefined): Promise<PublicKey> {
  if (!isObject(jwk)) throw keyError("expected a JWK object");
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) {
    throw keyError("expected a public JWK, got one with a private member");
  }
  const algorithm = EC_ALGORITHMS.find(({ curve }) => curve === member(jwk, "crv"));
  if (member(jwk, "kty") !== "EC" || algorithm === undefined) {
    throw keyError("expected an EC key on P-256, P-384 or P-521");
  }
  const bare: EcPublicJwk = {
    kty: "EC",
    crv: algorithm.curve,
    x: coordinate(member(jwk, "x"), algorithm),
    y: coordinate(member(jwk, "y"), algorithm),
  };
  return { algorithm, jwk: bare, key: await importPoint(bare) };
}

/** Return the SHA-256 JWK thumbprint in base64url (RFC 7638 3). */
export async function thumbprint({ crv, kty, x, y }: EcPublicJwk): Promise<string> {
  return b64urlEncode(await sha256(utf8(JSON.stringify({ crv, kty, x, y })))); // in lexicographic order
}

/** Check a raw `r || s` signature. @throws CheckFailed `jose_error` */
export async function verifySignature(key: PublicKey, signature: Bytes, data: Bytes): Promise<void> {
  const { hash, sizeBytes } = key.algorithm;
  if (signature.length !== 2 * sizeBytes) {
    throw new CheckFailed(`expected a signature of ${2 * sizeBytes} bytes, got ${signature.length}`, "jose_error");
  }
  if (!(await crypto.subtle.verify({ name: "ECDSA", hash }, key.key, signature, data))) {
    throw new CheckFailed("expected a signature by this key", "jose_error");
  }
}

async function importPoint(jwk: EcPublicJwk): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("jwk", { ...jwk }, { name: "ECDSA", namedCurve: jwk.crv }, true, ["verify"]);
  } catch (cause) {
    throw new CheckFailed("expected a point on the curve", "key_error", { cause });
  }
}

function coordinate(value: Json | undefined, { sizeBytes }: EcAlgorithm): string {
  if (typeof value !== "string") throw keyError("expected key coordinates as base64url");
  let length: number;
  try {
    length = b64urlDecode(value).length;
  } catch (cause) {
    throw new CheckFailed("expected key coordinates as base64url", "key_error", { cause });
  }
  if (length !== sizeBytes) throw keyError(`expected a coordinate of ${sizeBytes} bytes, got ${length}`);
  return value;
}

function keyError(message: string): CheckFailed {
  return new CheckFailed(message, "key_error");
}
