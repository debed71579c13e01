/**
 * The Review: who asks what, and which held Creds could answer; made before anybody consents.
 *
 * Source: OpenID4VP 1.0 sections 6.4, 6.4.1, 6.4.2 and 15.1; Billfold's docs/optional-fields.md for the two ways in
 * which
 * optional fields are asked: one further query per field (`per_field`), or alternative complete queries (`whole`).
 * Only `review` makes a Review, and answering takes one: what was not reviewed cannot be shared.
 */

import {
  type CredentialMatch,
  type HeldCredential,
  type Match,
  type Miss,
  match,
  selectClaimIfThere,
} from "../dcql/match";
import { alternatives, baseQueryId, claimKey, combinationKey } from "../dcql/optional";
import { type ClaimPath, fieldName, type Selected } from "../dcql/path";
import { type ClaimsQuery, type CredentialQuery, type DcqlQuery, queryById } from "../dcql/query";
import { WalletError } from "../errors";
import type { PresentationRequest } from "./request";

/**
 * What the person may tick: its own credential query (`per_field`), or the extra claims of an alternative (`whole`).
 */
export interface OptionalClaim {
  readonly id: string;
  readonly paths: readonly ClaimPath[];
}

/** A held Cred that can answer: what it must show, and what it could show by optional field id. */
export interface Candidate {
  readonly credentialId: string;
  readonly required: readonly Selected[];
  readonly optional: ReadonlyMap<string, readonly Selected[]>;
}

/** One card: a credential query, with the optional fields that belong to it. */
export interface ReviewGroup {
  readonly setIndex: number;
  /** The groups of one option go together. */
  readonly optionIndex: number;
  readonly required: boolean;
  readonly query: CredentialQuery;
  readonly candidates: readonly Candidate[];
  readonly optional: readonly OptionalClaim[];
  readonly misses: readonly Miss[];
  /** Of a `whole` group, the query id that asks for each combination of optional fields; else empty. */
  readonly alternatives: ReadonlyMap<string, string>;
}

/** What the person chose in one group: which Creds, and which optional fields by id. */
export interface Pick {
  readonly group: number;
  readonly credentialIds: readonly string[];
  readonly optional: readonly string[];
}

/** Which Creds answer which credential query. */
export type Answers = ReadonlyMap<string, readonly string[]>;

export class Review {
  private constructor(
    readonly request: PresentationRequest,
    readonly groups: readonly ReviewGroup[],
    readonly match: Match,
  ) {}

  /** Put `request` beside `held`, in its order of preference. A Cred that cannot be shared now is among the misses. */
  static make(request: PresentationRequest, held: readonly HeldCredential[]): Review {
    const { query } = request;
    const found = match(query, held);
    const bases = query.sets.map((entry) => baseQueryId(query, entry));
    const context = { query, found, bases };
    const groups = query.sets.flatMap((_, index) => (bases[index] === undefined ? groupsOf(context, index) : []));
    return new Review(request, groups, found);
  }

  /** Turn `picks` into the answers they mean. @throws WalletError `ours`: a pick that the review does not offer. */
  choose(picks: readonly Pick[]): Answers {
    const answers = new Map<string, readonly string[]>();
    for (const pick of picks) {
      const group = this.groups[pick.group];
      if (group === undefined) throw wrongPick("expected a pick of a group of this review");
      for (const id of answeredQueries(group, pick)) answers.set(id, pick.credentialIds);
    }
    return answers;
  }
}

interface Context {
  readonly query: DcqlQuery;
  readonly found: Match;
  /** By set: the query whose card this optional set's field stands on. */
  readonly bases: readonly (string | undefined)[];
}

function groupsOf(context: Context, setIndex: number): readonly ReviewGroup[] {
  const { query, found, bases } = context;
  const entry = query.sets[setIndex];
  if (entry === undefined) return [];
  const combinations = alternatives(query, entry);
  const options = combinations.size > 0 ? entry.options.slice(0, 1) : entry.options;
  return options.flatMap((names, optionIndex) =>
    names.map((id) => {
      const base = queryById(query, id);
      const extra = query.sets.flatMap(({ options: [only] }, at) => (bases[at] === id ? (only ?? []) : []));
      const claims = extraClaims(query, base, combinations);
      return {
        setIndex,
        optionIndex,
        required: entry.required,
        query: base,
        candidates: (found.matches.get(id) ?? []).map((entry) => candidate(found, entry, extra, claims)),
        optional: [
          ...extra.map((name) => ({ id: name, paths: queryById(query, name).claims.map(({ path }) => path) })),
          ...[...claims].map(([name, { path }]) => ({ id: name, paths: [path] })),
        ],
        misses: found.misses.get(id) ?? [],
        alternatives: combinations,
      };
    }),
  );
}

/** Return the claims that the alternatives add to `base`, by dotted path. */
function extraClaims(
  query: DcqlQuery,
  base: CredentialQuery,
  combinations: ReadonlyMap<string, string>,
): ReadonlyMap<string, ClaimsQuery> {
  const known = new Set(base.claims.map(claimKey));
  const claims = [...combinations.values()].flatMap((id) => queryById(query, id).claims);
  return new Map(claims.filter((claim) => !known.has(claimKey(claim))).map((claim) => [fieldName(claim.path), claim]));
}

function candidate(
  found: Match,
  { credential, selected }: CredentialMatch,
  extra: readonly string[],
  claims: ReadonlyMap<string, ClaimsQuery>,
): Candidate {
  const optional = new Map<string, readonly Selected[]>();
  for (const id of extra) {
    const other = found.matches.get(id)?.find((entry) => entry.credential.id === credential.id);
    if (other !== undefined) optional.set(id, other.selected);
  }
  for (const [id, claim] of claims) {
    const places = selectClaimIfThere(claim, credential.claims); // a Cred that lacks the field cannot tick it
    if (places !== undefined) optional.set(id, places);
  }
  return { credentialId: credential.id, required: selected, optional };
}

function answeredQueries(group: ReviewGroup, { credentialIds, optional }: Pick): readonly string[] {
  const chosen = group.candidates.filter(({ credentialId }) => credentialIds.includes(credentialId));
  const isOne = credentialIds.length === 1 || group.query.multiple;
  if (chosen.length === 0 || chosen.length !== credentialIds.length || !isOne) {
    throw wrongPick("expected a Cred that this group offers, one unless several are asked for");
  }
  const known = group.optional.map(({ id }) => id);
  if (!optional.every((id) => known.includes(id) && chosen.every((entry) => entry.optional.has(id)))) {
    throw wrongPick("expected optional fields that this Cred has");
  }
  if (group.alternatives.size === 0) return [group.query.id, ...new Set(optional)];
  const id = group.alternatives.get(combinationKey(optional));
  if (id === undefined) throw wrongPick("expected a combination of optional fields that the request offers");
  return [id];
}

function wrongPick(message: string): WalletError {
  return new WalletError("ours", message);
}
