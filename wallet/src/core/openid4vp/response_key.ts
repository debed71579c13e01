/**
 * Choosing the key and algorithm that a response is encrypted with.
 *
 * Source: OpenID4VP 1.0 sections 5.1 and 8.3; RFC 7517 5 (keys not understood are skipped); HAIP 1.0 section 5.
 */

import { isArray, isObject, type Json, type JsonObject, member } from "../encoding";
import { CheckFailed } from "../errors";
import { publicKeyFromJwk } from "../keys";
import { type ResponseKey, refused } from "./request";

const ALG = "ECDH-ES";
const CURVE = "P-256";
const ENC_PREFERENCE = ["A256GCM", "A128GCM"] as const;

/** Return the first key of `jwks` that fits, and the best `enc` that both sides know. @throws RequestRefused */
export async function chooseResponseKey(clientMetadata: JsonObject): Promise<ResponseKey> {
  const jwks = member(clientMetadata, "jwks");
  const entries = isObject(jwks) ? member(jwks, "keys") : undefined;
  if (!isArray(entries) || entries.length === 0) throw refused("expected jwks with a key to encrypt to");
  const kids = entries.filter(isObject).flatMap((entry) => member(entry, "kid") ?? []);
  if (new Set(kids.map(String)).size !== kids.length) throw refused("expected each kid once in jwks");
  const enc = commonEnc(clientMetadata);
  for (const entry of entries) {
    const key = await usable(entry, enc);
    if (key !== undefined) return key;
  }
  throw refused(`expected an encryption key on ${CURVE} with kid and alg ${ALG} in jwks`);
}

async function usable(entry: Json, enc: ResponseKey["enc"]): Promise<ResponseKey | undefined> {
  if (!isObject(entry)) return undefined;
  const kid = member(entry, "kid");
  const use = member(entry, "use");
  if (member(entry, "alg") !== ALG || (use !== undefined && use !== "enc")) return undefined;
  if (typeof kid !== "string" || kid === "") return undefined;
  try {
    const publicKey = await publicKeyFromJwk(entry);
    return publicKey.jwk.crv === CURVE ? { publicKey, kid, enc } : undefined;
  } catch (error) {
    if (error instanceof CheckFailed) return undefined;
    throw error;
  }
}

function commonEnc(clientMetadata: JsonObject): ResponseKey["enc"] {
  const offered = member(clientMetadata, "encrypted_response_enc_values_supported") ?? ["A128GCM"];
  if (!isArray(offered) || offered.length === 0) {
    throw refused("expected encrypted_response_enc_values_supported as a non-empty array");
  }
  const enc = ENC_PREFERENCE.find((name) => offered.includes(name));
  if (enc === undefined) {
    throw refused(`expected one of ${ENC_PREFERENCE.join(", ")} in encrypted_response_enc_values_supported`);
  }
  return enc;
}
