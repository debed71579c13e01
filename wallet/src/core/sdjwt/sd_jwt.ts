/**
 * SD-JWT: parse, restore the disclosed claims, select what a presentation holds.
 *
 * Source: RFC 9901 4 (format), 7.1 (verification), 7.2 (holder: original strings, connected disclosures).
 * Nothing here checks the signature: a caller first verifies `jws`, then trusts what `processSdJwt` returns.
 */

import { isArray, isObject, type Json, type JsonObject, member } from "../encoding";
import { claimsOf, type Jws, parseJws } from "../jose/jws";
import { DEFAULT_ALGORITHM, type Disclosure, digestOf, hashOf, parseDisclosure, sdJwtError } from "./disclosure";

export const MAX_SD_JWT_CHARACTERS = 512 * 1024;
const MAX_JWS_BYTES = 256 * 1024;
const MAX_DISCLOSURES = 256;
const MAX_DEPTH = 32; // of the restored claims; each disclosure may add levels

export type ConcretePath = readonly (string | number)[];

/** A parsed SD-JWT, or SD-JWT+KB where `keyBindingJwt` is there. */
export interface SdJwt {
  readonly text: string;
  readonly jws: Jws;
  readonly algorithm: string;
  readonly disclosures: readonly Disclosure[];
  readonly keyBindingJwt: string | undefined;
}

/** The payload with every disclosed claim in its place, and which disclosure gave which path. */
export interface ProcessedClaims {
  readonly claims: JsonObject;
  readonly disclosed: readonly Disclosed[];
}

export interface Disclosed {
  readonly path: ConcretePath;
  readonly encoded: string;
}

/** Read an SD-JWT in compact form (RFC 9901 4, 7.1 steps 1 and 3). @throws CheckFailed */
export async function parseSdJwt(text: string): Promise<SdJwt> {
  if (text.length > MAX_SD_JWT_CHARACTERS || !/^[\x20-\x7e]*$/.test(text)) {
    throw sdJwtError(`expected an SD-JWT of at most ${MAX_SD_JWT_CHARACTERS} ASCII characters`);
  }
  const [first = "", ...rest] = text.split("~");
  const keyBindingJwt = rest.pop();
  if (keyBindingJwt === undefined) throw sdJwtError("expected an SD-JWT, got no ~");
  if (rest.length > MAX_DISCLOSURES) throw sdJwtError(`expected at most ${MAX_DISCLOSURES} disclosures`);
  const jws = parseJws(first, MAX_JWS_BYTES);
  const algorithm = member(claimsOf(jws), "_sd_alg") ?? DEFAULT_ALGORITHM;
  hashOf(algorithm);
  const disclosures = await Promise.all(rest.map((encoded) => parseDisclosure(encoded, algorithm as string)));
  return { text, jws, algorithm: algorithm as string, disclosures, keyBindingJwt: keyBindingJwt || undefined };
}

/** Return the digest of everything up to the last `~`: what a KB-JWT vouches for (RFC 9901 4.3.1). */
export function sdHash(sdJwt: SdJwt): Promise<string> {
  return digestOf(sdJwt.text.slice(0, sdJwt.text.lastIndexOf("~") + 1), sdJwt.algorithm);
}

/**
 * Put each disclosure where its digest stands (RFC 9901 7.1 steps 3 to 5).
 *
 * @throws CheckFailed `sd_jwt_error`: a digest twice, a disclosure that no digest names, of the wrong kind, or whose
 *   name is taken; `_sd` that is no array of strings; nested too deep.
 */
export function processSdJwt(sdJwt: SdJwt): ProcessedClaims {
  const { _sd_alg: _, ...payload } = claimsOf(sdJwt.jws);
  const restorer = new Restorer(sdJwt.disclosures);
  const claims = restorer.restoreObject(payload, []);
  restorer.requireAllUsed();
  return { claims, disclosed: restorer.disclosed };
}

/**
 * Return a presentation with the disclosures at `paths` and above them, ending in `~`.
 *
 * What lies below a path stays hidden unless its own path is given too. Strings are kept as issued.
 *
 * @throws CheckFailed `sd_jwt_error`: a path leads to no claim, or as `processSdJwt`.
 */
export function selectDisclosures(sdJwt: SdJwt, paths: readonly ConcretePath[]): string {
  const { claims, disclosed } = processSdJwt(sdJwt);
  for (const path of paths) requirePath(claims, path);
  const wanted = new Set(paths.flatMap((path) => path.map((_, index) => pathKey(path.slice(0, index + 1)))));
  const chosen = new Set(disclosed.filter(({ path }) => wanted.has(pathKey(path))).map(({ encoded }) => encoded));
  const kept = sdJwt.disclosures.map(({ encoded }) => encoded).filter((encoded) => chosen.has(encoded));
  return [sdJwt.jws.compact, ...kept, ""].join("~");
}

/** Return `path` as a text that no other path has. */
export function pathKey(path: ConcretePath): string {
  return JSON.stringify(path);
}

/** One walk over a payload; it remembers each digest it met and each disclosure it placed. */
class Restorer {
  readonly disclosed: Disclosed[] = [];
  private readonly byDigest: ReadonlyMap<string, Disclosure>;
  private readonly met = new Set<string>();

  constructor(disclosures: readonly Disclosure[]) {
    this.byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure]));
    if (this.byDigest.size !== disclosures.length) throw sdJwtError("expected each disclosure once");
  }

  requireAllUsed(): void {
    if (this.disclosed.length !== this.byDigest.size) throw sdJwtError("expected a digest for each disclosure");
  }

  restoreObject(node: JsonObject, path: ConcretePath): JsonObject {
    const restored = new Map<string, Json>();
    for (const [name, value] of Object.entries(node)) {
      if (name !== "_sd") restored.set(name, this.restore(value, [...path, name]));
    }
    const digests = member(node, "_sd") ?? [];
    if (!isArray(digests) || member(node, "_sd") === null) throw sdJwtError("expected _sd as an array of digests");
    for (const digest of digests) {
      const disclosure = this.take(digest);
      if (disclosure === undefined) continue;
      const { name, encoded, value } = disclosure;
      if (name === undefined || restored.has(name)) {
        throw sdJwtError("expected a disclosure of a claim that is not there yet");
      }
      this.disclosed.push({ path: [...path, name], encoded });
      restored.set(name, this.restore(value, [...path, name]));
    }
    return Object.fromEntries(restored);
  }

  private restoreArray(node: readonly Json[], path: ConcretePath): readonly Json[] {
    const restored: Json[] = [];
    for (const element of node) {
      const here = [...path, restored.length];
      if (!isObject(element) || Object.keys(element).join() !== "...") {
        restored.push(this.restore(element, here));
        continue;
      }
      const disclosure = this.take(element["..."] as Json);
      if (disclosure === undefined) continue;
      if (disclosure.name !== undefined) throw sdJwtError("expected a disclosure of an array element");
      this.disclosed.push({ path: here, encoded: disclosure.encoded });
      restored.push(this.restore(disclosure.value, here));
    }
    return restored;
  }

  private restore(node: Json, path: ConcretePath): Json {
    if (path.length > MAX_DEPTH) throw sdJwtError(`expected claims nested at most ${MAX_DEPTH} deep`);
    if (isArray(node)) return this.restoreArray(node, path);
    return isObject(node) ? this.restoreObject(node, path) : node;
  }

  private take(digest: Json): Disclosure | undefined {
    if (typeof digest !== "string") throw sdJwtError("expected digests as strings");
    if (this.met.has(digest)) throw sdJwtError("expected each digest once");
    this.met.add(digest);
    return this.byDigest.get(digest);
  }
}

function requirePath(claims: Json, path: ConcretePath): void {
  let node: Json | undefined = claims;
  for (const step of path) {
    if (typeof step === "string") node = isObject(node) ? member(node, step) : undefined;
    else node = isArray(node) ? node[step] : undefined;
    if (node === undefined) throw sdJwtError("expected a path to a claim of this SD-JWT");
  }
}
