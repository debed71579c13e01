/**
 * Matching: which held credential answers which credential query, and what it would disclose.
 *
 * Source: OpenID4VP 1.0 sections 6.1, 6.1.1.1, 6.3, 6.4.1, 6.4.2, 7.1.1, 7.2.1 and B.3.5.
 */

import type { Json, JsonObject } from "../encoding";
import { CheckFailed, RequestRefused } from "../errors";
import type { ConcretePath } from "../sdjwt/sd_jwt";
import { type Selected, select } from "./path";
import type { ClaimsQuery, CredentialQuery, CredentialSetQuery, DcqlQuery } from "./query";

const AKI = "aki";

/** A credential as matching sees it. */
export interface HeldCredential {
  readonly id: string;
  readonly format: string;
  /** Its `vct` and those it extends, or its document type. */
  readonly types: readonly string[];
  /** Processed claims; of an mdoc, elements by namespace. */
  readonly claims: JsonObject;
  /** Where a disclosure is needed to show what is there. */
  readonly disclosable: readonly ConcretePath[];
  readonly holderBound: boolean;
  readonly authorityKeyIds: ReadonlySet<string>;
  /** Why it cannot be shared now, such as `expired` or `suspended`. */
  readonly unusable: string | undefined;
}

/** `selected` is everything the chosen claims select; `paths` leaves out what is always disclosed. */
export interface CredentialMatch {
  readonly credential: HeldCredential;
  readonly selected: readonly Selected[];
  readonly paths: readonly ConcretePath[];
  readonly claimSetIndex: number | undefined;
}

export type MissCode =
  "wrong_format" | "wrong_type" | "unusable" | "not_bound" | "wrong_authority" | "missing_claim" | "wrong_value";

/** A credential of the asked format that does not answer. */
export interface Miss {
  readonly credential: HeldCredential;
  readonly code: MissCode;
}

export interface SetMatch {
  readonly query: CredentialSetQuery;
  /** Indexes of its options that can be answered. */
  readonly satisfiable: readonly number[];
}

/** What a whole query finds, by credential query id. */
export interface Match {
  readonly matches: ReadonlyMap<string, readonly CredentialMatch[]>;
  readonly misses: ReadonlyMap<string, readonly Miss[]>;
  readonly sets: readonly SetMatch[];
  /** Whether every required set can be answered, and anything at all. */
  readonly isAnswerable: boolean;
}

/** Why a credential does not answer; never leaves this module. */
class Mismatch extends CheckFailed {
  constructor(readonly miss: MissCode) {
    super(`expected a credential that answers: ${miss}`, miss);
  }
}

/** Find what `held` has to answer `query`, in the order of `held`. */
export function match(query: DcqlQuery, held: readonly HeldCredential[]): Match {
  const matches = new Map<string, readonly CredentialMatch[]>();
  const misses = new Map<string, readonly Miss[]>();
  for (const entry of query.credentials) {
    const found = held.map((credential) => attempt(entry, credential));
    matches.set(
      entry.id,
      found.filter((result): result is CredentialMatch => "selected" in result),
    );
    misses.set(
      entry.id,
      found.filter((result): result is Miss => "code" in result && result.code !== "wrong_format"),
    );
  }
  const sets = query.sets.map((entry) => ({ query: entry, satisfiable: satisfiable(entry, matches) }));
  const required = sets.filter((set) => set.query.required);
  const isAnswerable =
    required.every((set) => set.satisfiable.length > 0) && sets.some((set) => set.satisfiable.length > 0);
  return { matches, misses, sets, isAnswerable };
}

function attempt(query: CredentialQuery, credential: HeldCredential): CredentialMatch | Miss {
  try {
    return matchCredential(query, credential);
  } catch (error) {
    if (error instanceof Mismatch) return { credential, code: error.miss };
    throw error;
  }
}

function matchCredential(query: CredentialQuery, credential: HeldCredential): CredentialMatch {
  if (credential.format !== query.format) throw new Mismatch("wrong_format");
  if (query.types.length > 0 && !query.types.some((type) => credential.types.includes(type))) {
    throw new Mismatch("wrong_type");
  }
  if (credential.unusable !== undefined) throw new Mismatch("unusable");
  if (query.holderBinding && !credential.holderBound) throw new Mismatch("not_bound");
  checkAuthorities(query, credential.authorityKeyIds);
  const [claimSetIndex, claims] = chooseClaims(query, credential.claims);
  const selected = claims.flatMap((claim) => selectClaim(claim, credential.claims));
  const needed = selected.map(({ path }) => path).filter((path) => needsDisclosure(path, credential.disclosable));
  return { credential, selected, paths: distinct(needed), claimSetIndex };
}

/** Return the places that `claim` selects; with values, only those that have one of them. @throws CheckFailed */
export function selectClaim(claim: ClaimsQuery, claims: JsonObject): readonly Selected[] {
  const places = select(claims, claim.path);
  if (places.length === 0) throw new Mismatch("missing_claim");
  if (claim.values.length === 0) return places;
  const fitting = places.filter(({ value }) => claim.values.some((wanted) => wanted === (value as Json)));
  if (fitting.length === 0) throw new Mismatch("wrong_value");
  return fitting;
}

/** As `selectClaim`, with nothing where nothing is selected. */
export function selectClaimIfThere(claim: ClaimsQuery, claims: JsonObject): readonly Selected[] | undefined {
  try {
    return selectClaim(claim, claims);
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

/** Whether showing what is at `path` takes a disclosure: of it, of a parent, or of something inside it. */
function needsDisclosure(path: ConcretePath, disclosable: readonly ConcretePath[]): boolean {
  return disclosable.some((other) => isPrefix(other, path) || isPrefix(path, other));
}

export function isPrefix(prefix: ConcretePath, path: ConcretePath): boolean {
  return prefix.length <= path.length && prefix.every((component, index) => component === path[index]);
}

export function distinct(paths: readonly ConcretePath[]): readonly ConcretePath[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

function checkAuthorities({ authorities }: CredentialQuery, keyIds: ReadonlySet<string>): void {
  if (authorities.length === 0) return;
  const isTrusted = authorities.some(({ type, values }) => type === AKI && values.some((value) => keyIds.has(value)));
  if (!isTrusted) throw new Mismatch("wrong_authority");
}

/** Return the first claim set that can be answered, or all claims where there are no sets (6.4.1). */
function chooseClaims(
  query: CredentialQuery,
  claims: JsonObject,
): readonly [number | undefined, readonly ClaimsQuery[]] {
  if (query.claimSets.length === 0) return [undefined, query.claims];
  for (const [index, names] of query.claimSets.entries()) {
    const chosen = names.flatMap((name) => query.claims.filter(({ id }) => id === name));
    if (chosen.every((claim) => selectClaimIfThere(claim, claims) !== undefined)) return [index, chosen];
  }
  throw new Mismatch("missing_claim");
}

function satisfiable(
  { options }: CredentialSetQuery,
  matches: ReadonlyMap<string, readonly CredentialMatch[]>,
): readonly number[] {
  return options.flatMap((names, index) => (names.every((name) => matches.get(name)?.length) ? [index] : []));
}

/**
 * Check an answer with so many presentations per credential query (6.4.2, 8.1).
 *
 * @throws RequestRefused: an unknown id, one that no set names, none under an id, more than one without `multiple`,
 * or a
 *   required set without an answer.
 */
export function checkAnswer(query: DcqlQuery, counts: ReadonlyMap<string, number>): void {
  const refuse = (message: string) => new RequestRefused("invalid_request", message);
  const named = new Set(query.sets.flatMap(({ options }) => options.flat()));
  for (const [id, count] of counts) {
    if (!named.has(id)) throw refuse("expected presentations for queries of this request only");
    if (count < 1) throw refuse(`expected a presentation for ${id}`);
    if (count > 1 && !query.credentials.some((entry) => entry.id === id && entry.multiple)) {
      throw refuse(`expected one presentation for ${id}, got ${count}`);
    }
  }
  const isOpen = ({ required, options }: CredentialSetQuery) =>
    required && !options.some((names) => names.every((name) => counts.has(name)));
  const open = query.sets.find(isOpen);
  if (open !== undefined) throw refuse(`expected presentations for ${open.options[0]?.join(" and ")}`);
}
