/**
 * Optional fields in a DCQL query: which queries ask for more of the credential that another one asks for.
 *
 * Source: OpenID4VP 1.0 sections 6.2 and 6.4.1 (claim sets are not for the End-User's choice); Billfold's
 * docs/optional-fields.md for the two ways of asking: one further query per field (`per_field`), or alternative
 * complete
 * queries, barest first (`whole`).
 */

import { fieldName } from "./path";
import { type ClaimsQuery, type CredentialQuery, type CredentialSetQuery, type DcqlQuery, queryById } from "./query";

/** Return the required credential query that the optional set `entry` asks more of (`per_field`), if it does. */
export function baseQueryId(query: DcqlQuery, entry: CredentialSetQuery): string | undefined {
  const [only, ...others] = entry.options;
  const [name, ...more] = only ?? [];
  if (entry.required || others.length > 0 || more.length > 0 || name === undefined) return undefined;
  const extra = queryById(query, name);
  const required = query.sets.filter((set) => set.required).flatMap(({ options }) => options.flat());
  return required.find((id) => {
    const base = queryById(query, id);
    return id !== name && isSameType(base, extra) && !base.multiple && !extra.multiple;
  });
}

/** Return a text that stands for a combination of optional fields. */
export function combinationKey(names: Iterable<string>): string {
  return JSON.stringify([...new Set(names)].sort());
}

/**
 * Return query ids by the combination of fields they add to the first, where `entry` is asked `whole`; else nothing.
 */
export function alternatives(query: DcqlQuery, entry: CredentialSetQuery): ReadonlyMap<string, string> {
  const none = new Map<string, string>();
  if (!entry.required || entry.options.length < 2 || entry.options.some((names) => names.length !== 1)) return none;
  const [base, ...others] = entry.options.map(([name]) => queryById(query, name as string));
  if (base === undefined) return none;
  const known = new Set(base.claims.map(claimKey));
  const found = new Map([[combinationKey([]), base.id]]);
  for (const other of others) {
    const claims = new Set(other.claims.map(claimKey));
    const isLarger = claims.size > known.size && [...known].every((key) => claims.has(key));
    if (!isSameType(base, other) || base.claimSets.length > 0 || !isLarger || other.multiple) return none;
    const added = other.claims.filter((claim) => !known.has(claimKey(claim)));
    found.set(combinationKey(added.map(({ path }) => fieldName(path))), other.id);
  }
  return found;
}

export function claimKey({ path, values, id }: ClaimsQuery): string {
  return JSON.stringify([path, values, id ?? null]);
}

function isSameType(one: CredentialQuery, other: CredentialQuery): boolean {
  const isSame = one.format === other.format && JSON.stringify(one.types) === JSON.stringify(other.types);
  return isSame && other.claims.length > 0 && other.claimSets.length === 0;
}
