/**
 * One Disclosure: the text that turns a digest back into a claim or an array element.
 *
 * Source: RFC 9901 4.2.1 to 4.2.3 and 7.1; SD-JWT VC draft 18 section 2.2.2.3 (what must never be one).
 * The digest is taken over the base64url text as it was received, so that text is kept and never written anew.
 */

import { b64urlDecode, b64urlEncode, isArray, type Json, jsonDecode, utf8 } from "../encoding";
import { CheckFailed } from "../errors";

export const DEFAULT_ALGORITHM = "sha-256";
export const NEVER_DISCLOSABLE: readonly string[] = [
  "iss",
  "nbf",
  "exp",
  "cnf",
  "vct",
  "vct#integrity",
  "aka_vcts",
  "status",
];
// RFC 9901 4.1.1 lets the IANA registry of hash names decide; weak and truncated ones are left out.
const HASHES = new Map([
  ["sha-256", "SHA-256"],
  ["sha-384", "SHA-384"],
  ["sha-512", "SHA-512"],
]);
const RESERVED_NAMES = ["_sd", "..."];

/** A parsed Disclosure; `name` is undefined where it stands for an array element. */
export interface Disclosure {
  readonly encoded: string;
  readonly digest: string;
  readonly name: string | undefined;
  readonly value: Json;
}

/** Read one Disclosure and take its digest. @throws CheckFailed `sd_jwt_error` */
export async function parseDisclosure(encoded: string, algorithm: string): Promise<Disclosure> {
  let members: Json;
  try {
    members = jsonDecode(b64urlDecode(encoded));
  } catch (cause) {
    throw new CheckFailed("expected each disclosure as base64url of a JSON array", "sd_jwt_error", { cause });
  }
  if (!isArray(members) || (members.length !== 2 && members.length !== 3) || typeof members[0] !== "string") {
    throw sdJwtError("expected each disclosure as an array of a salt, a name where it is a claim, and a value");
  }
  const name = members.length === 3 ? members[1] : undefined;
  if (members.length === 3 && (typeof name !== "string" || RESERVED_NAMES.includes(name))) {
    throw sdJwtError("expected the name in a disclosure as a string other than _sd and ...");
  }
  const digest = await digestOf(encoded, algorithm);
  return { encoded, digest, name: name as string | undefined, value: members.at(-1) as Json };
}

/** Return the digest of a Disclosure or a presentation in base64url (RFC 9901 4.2.3, 4.3.1). @throws CheckFailed */
export async function digestOf(text: string, algorithm: string): Promise<string> {
  return b64urlEncode(new Uint8Array(await crypto.subtle.digest(hashOf(algorithm), utf8(text))));
}

/** @throws CheckFailed `sd_jwt_error`: unknown or weak. */
export function hashOf(algorithm: Json): string {
  const hash = typeof algorithm === "string" ? HASHES.get(algorithm) : undefined;
  if (hash === undefined) throw sdJwtError(`expected _sd_alg of ${[...HASHES.keys()].join(", ")}`);
  return hash;
}

export function sdJwtError(message: string): CheckFailed {
  return new CheckFailed(message, "sd_jwt_error");
}
