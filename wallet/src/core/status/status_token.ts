/**
 * Status List Token: the signed, dated envelope around a status list, as a JWT.
 *
 * Source: Token Status List, draft-ietf-oauth-status-list-20, sections 5.1 (token), 6.2 (reference in a credential),
 * 7.1 (values), 8.3 (validation), 11.3 (who may sign), 13.7 (ttl); HAIP 1.0 section 6.1 (x5c and what stays out of it).
 * Fetching stays outside: the caller brings the text that it got from the credential's `uri`.
 */

import { isObject, type Json, type JsonObject, member } from "../encoding";
import { CheckFailed } from "../errors";
import { checkTimes, claimsOf, numericDate, parseJws, requireTyp, verifyJws } from "../jose/jws";
import { type Anchor, type Chain, PURPOSE, verifyChain } from "../trust/chain";
import { parseStatusList, type StatusList, statusAt, statusListError } from "./status_list";

export const STATUS_LIST_MEDIA_TYPE = "application/statuslist+jwt";
const STATUS_LIST_TYP = "statuslist+jwt";
const MAX_TOKEN_BYTES = 16 * 1024 * 1024;
const MAX_URI_CHARACTERS = 2048;
const LEEWAY_MS = 60_000;
// Section 11.5: bounds for what the other side may ask of our cache.
const MIN_TTL_S = 1;
const MAX_TTL_S = 24 * 3600;

/** The values that are defined for everybody (7.1): 0, 1 and 2. */
export const STATUSES = ["VALID", "INVALID", "SUSPENDED"] as const;
export type Status = (typeof STATUSES)[number];

/** Where a credential's status stands: entry `idx` of the list at `uri`. */
export interface StatusReference {
  readonly uri: string;
  readonly idx: number;
}

/** A verified Status List Token: `ttlMs` says for how long it may be kept. */
export interface StatusToken {
  readonly uri: string;
  readonly statusList: StatusList;
  readonly ttlMs: number;
}

/** Read the `status` claim of a credential (6.2). @throws CheckFailed `status_list_error` */
export function parseStatusReference(claim: Json): StatusReference {
  const reference = isObject(claim) ? member(claim, "status_list") : undefined;
  if (!isObject(reference)) throw statusListError("expected status with a status_list");
  const uri = member(reference, "uri");
  const idx = member(reference, "idx");
  if (typeof uri !== "string" || uri.length < 1 || uri.length > MAX_URI_CHARACTERS) {
    throw statusListError(`expected uri as a string of 1 to ${MAX_URI_CHARACTERS} characters`);
  }
  if (typeof idx !== "number" || !Number.isSafeInteger(idx) || idx < 0) {
    throw statusListError("expected idx as a non-negative integer");
  }
  return { uri, idx };
}

/** Return the status behind `reference` (8.3 steps 5 to 7). @throws CheckFailed: nothing can be said. */
export function statusOf(token: StatusToken, reference: StatusReference): Status {
  if (reference.uri !== token.uri) throw statusListError("expected a reference to this status list");
  const status = STATUSES[statusAt(token.statusList, reference.idx)];
  if (status === undefined) throw new CheckFailed("expected status 0, 1 or 2", "unknown_status");
  return status;
}

/** Check the Content-Type of the answer that brought a token (8.2). @throws CheckFailed `status_list_error` */
export function requireStatusType(mediaType: string): void {
  if (mediaType !== STATUS_LIST_MEDIA_TYPE) throw statusListError(`expected an answer of ${STATUS_LIST_MEDIA_TYPE}`);
}

export interface StatusTokenRules {
  readonly uri: string;
  readonly anchors: readonly Anchor[];
  /** The signer must stand under the anchor of the credential itself. */
  readonly credentialChain: Chain | undefined;
  readonly now: number;
  readonly haip?: boolean;
}

/**
 * Verify the Status List Token that was fetched from `uri`.
 *
 * Steps (8.3): (1) form and type, (2) the signer's chain, (3) signature, (4) `sub` is `uri`, (5) instants, (6) the
 * list.
 *
 * @throws CheckFailed: any of these fails; nothing can be said of the credential.
 */
export async function verifyStatusToken(text: string, rules: StatusTokenRules): Promise<StatusToken> {
  const { anchors, credentialChain, now, haip = true } = rules;
  const jws = parseJws(text, MAX_TOKEN_BYTES);
  requireTyp(jws, STATUS_LIST_TYP);
  const chain = await verifyChain(member(jws.header, "x5c"), anchors, { now, purpose: PURPOSE.status, haip });
  if (credentialChain && chain.anchor.certificate.text !== credentialChain.anchor.certificate.text) {
    throw new CheckFailed("expected a signer under the credential's own anchor", "untrusted");
  }
  await verifyJws(jws, chain.publicKey);
  return read(claimsOf(jws), rules.uri, now);
}

async function read(claims: JsonObject, uri: string, now: number): Promise<StatusToken> {
  if (member(claims, "sub") !== uri) throw statusListError("expected sub as the address of the list");
  numericDate(claims, "iat", true);
  checkTimes(claims, now, { leewayMs: LEEWAY_MS });
  const expiresAt = numericDate(claims, "exp");
  if (expiresAt !== undefined && now >= expiresAt) {
    // The leeway is for clocks that run ahead, not for stale lists.
    throw new CheckFailed("expected exp in the future", "expired");
  }
  return { uri, statusList: await parseStatusList(member(claims, "status_list")), ttlMs: ttlOf(claims) * 1000 };
}

function ttlOf(claims: JsonObject): number {
  const ttl = member(claims, "ttl") ?? MIN_TTL_S;
  if (typeof ttl !== "number") throw statusListError("expected ttl as a number of seconds");
  return Math.min(Math.max(ttl, MIN_TTL_S), MAX_TTL_S);
}
