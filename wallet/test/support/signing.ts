/** What tests sign with: the keys of the vectors' certificates, by the vectors' own clock. */

import { createPrivateKey, type JsonWebKey, sign } from "node:crypto";

import type { JsonObject } from "../../src/core/encoding";
import { loadJson, x5cOf } from "./vectors";

export const NOW = 1_780_272_000_000; // of the vectors: 2026-06-01
const KEYS = loadJson<Record<string, JsonWebKey>>("x509/keys.json");

/** Return a compact JWS over `claims`, signed by the certificate `signer` of the vectors. */
export function signedBy(signer: string, header: JsonObject, claims: JsonObject): string {
  const parts = { alg: "ES256", x5c: x5cOf([signer, "intermediate"]), ...header };
  const input = [parts, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const key = createPrivateKey({ key: KEYS[signer] as JsonWebKey, format: "jwk" });
  const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

/** Return `members` with `changes`; one that is undefined is left out. */
export function changed(members: JsonObject, changes: Record<string, unknown>): JsonObject {
  return JSON.parse(JSON.stringify({ ...members, ...changes })) as JsonObject;
}
