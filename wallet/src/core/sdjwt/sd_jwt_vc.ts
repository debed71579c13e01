/**
 * SD-JWT VC: the whole check of a credential, from its type to its status reference.
 *
 * Source: SD-JWT VC, draft-ietf-oauth-sd-jwt-vc-18, sections 2.2 (claims), 2.4 and 2.5 (validation, issuer key by x5c);
 * RFC 9901 7.1; RFC 7800 3.2 (cnf); HAIP 1.0 section 6.1.1 (x5c with chain).
 * The status itself is not fetched here.
 */

import { isObject, type JsonObject, member } from "../encoding";
import { CheckFailed } from "../errors";
import { checkTimes, numericDate, requireTyp, verifyJws } from "../jose/jws";
import { type PublicKey, publicKeyFromJwk } from "../keys";
import { parseStatusReference, type StatusReference } from "../status/status_token";
import { type Anchor, type Chain, PURPOSE, verifyChain } from "../trust/chain";
import { NEVER_DISCLOSABLE, sdJwtError } from "./disclosure";
import { type Disclosed, processSdJwt, type SdJwt } from "./sd_jwt";

export const SD_JWT_VC_TYP = "dc+sd-jwt";
const LEEWAY_MS = 60_000;
const MAX_NAME_CHARACTERS = 2048;

/** A credential whose signature, form and validity were checked. Its `status` was not. */
export interface VerifiedSdJwtVc {
  readonly claims: JsonObject;
  /** The Credential Issuer Identifier that the chain vouches for; empty where a key was given and there is no `iss`. */
  readonly issuer: string;
  readonly vct: string;
  readonly holderKey: PublicKey | undefined;
  readonly status: StatusReference | undefined;
  /** Milliseconds. */
  readonly expiresAt: number | undefined;
  readonly disclosed: readonly Disclosed[];
  readonly chain: Chain | undefined;
}

export interface Vouching {
  readonly anchors: readonly Anchor[];
  /** False where a certificate of the chain itself is pinned. */
  readonly haip: boolean;
}

/**
 * Verify a credential whose issuer shows itself by `x5c`.
 *
 * Steps: (1) type, (2) chain to an anchor, (3) signature, (4) digests and disclosures, (5) claims that must stand in
 * the
 * clear, (6) validity at `now` (milliseconds), (7) `vct`, `cnf`, `status`, (8) issuer.
 *
 * @throws CheckFailed: step 1 `wrong_typ`; 2 see `verifyChain`; 3 `jose_error`; 6 `expired`, `not_yet_valid`,
 *   `issued_in_future`; 8 `wrong_issuer`; the others `sd_jwt_error`, `key_error`, `status_list_error`.
 */
export async function verifySdJwtVc(sdJwt: SdJwt, { anchors, haip }: Vouching, now: number): Promise<VerifiedSdJwtVc> {
  requireTyp(sdJwt.jws, SD_JWT_VC_TYP);
  const chain = await verifyChain(member(sdJwt.jws.header, "x5c"), anchors, { now, purpose: PURPOSE.issuer, haip });
  const { claims, disclosed } = await prove(sdJwt, chain.publicKey, now);
  return { ...(await read(claims)), issuer: issuerOf(claims, chain), disclosed, chain };
}

/** Verify a credential under an issuer's key that the caller trusts already; steps 2 and 8 fall away. */
export async function verifySdJwtVcWithKey(sdJwt: SdJwt, key: PublicKey, now: number): Promise<VerifiedSdJwtVc> {
  requireTyp(sdJwt.jws, SD_JWT_VC_TYP);
  const { claims, disclosed } = await prove(sdJwt, key, now);
  const issuer = Object.hasOwn(claims, "iss") ? textClaim(claims, "iss") : "";
  return { ...(await read(claims)), issuer, disclosed, chain: undefined };
}

async function prove(
  sdJwt: SdJwt,
  key: PublicKey,
  now: number,
): Promise<{ claims: JsonObject; disclosed: readonly Disclosed[] }> {
  await verifyJws(sdJwt.jws, key);
  const processed = processSdJwt(sdJwt);
  for (const { path } of processed.disclosed) {
    if (NEVER_DISCLOSABLE.includes(String(path[0]))) throw sdJwtError(`expected ${path[0]} in the clear`);
  }
  checkTimes(processed.claims, now, { leewayMs: LEEWAY_MS });
  return processed;
}

async function read(claims: JsonObject): Promise<Omit<VerifiedSdJwtVc, "issuer" | "disclosed" | "chain">> {
  const status = member(claims, "status");
  return {
    claims,
    vct: textClaim(claims, "vct"),
    holderKey: await holderKey(claims),
    status: status === undefined ? undefined : parseStatusReference(status),
    expiresAt: numericDate(claims, "exp"),
  };
}

/** Return the issuer identifier that the leaf names; `iss` cannot name another (section 2.5). */
function issuerOf(claims: JsonObject, { leaf }: Chain): string {
  const names = leaf.uriNames;
  if (Object.hasOwn(claims, "iss")) {
    const issuer = textClaim(claims, "iss");
    if (!names.includes(issuer)) throw new CheckFailed("expected iss among the URI names of the leaf", "wrong_issuer");
    return issuer;
  }
  const [only] = names;
  if (only === undefined || names.length !== 1) {
    throw new CheckFailed(`expected iss, or a leaf with one URI name, got ${names.length}`, "wrong_issuer");
  }
  return only;
}

async function holderKey(claims: JsonObject): Promise<PublicKey | undefined> {
  const cnf = member(claims, "cnf");
  if (cnf === undefined) return undefined;
  const jwk = isObject(cnf) ? member(cnf, "jwk") : undefined;
  if (jwk === undefined) throw sdJwtError("expected cnf with a jwk");
  return publicKeyFromJwk(jwk);
}

function textClaim(claims: JsonObject, name: string): string {
  const value = member(claims, name);
  if (typeof value !== "string" || value.length < 1 || value.length > MAX_NAME_CHARACTERS) {
    throw sdJwtError(`expected ${name} as a string of 1 to ${MAX_NAME_CHARACTERS} characters`);
  }
  return value;
}
