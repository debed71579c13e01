/**
 * DCQL queries as values, read strictly.
 *
 * Source: OpenID4VP 1.0 sections 6 to 6.4, 7.2.1, B.2.3, B.2.4 and B.3.5. Unknown members are ignored at every level.
 */

import { isArray, isObject, type Json, type JsonObject, member } from "../encoding";
import { CheckFailed, RequestRefused } from "../errors";
import { type ClaimPath, checkPath } from "./path";

const FORMAT_SD_JWT_VC = "dc+sd-jwt";
const FORMAT_MDOC = "mso_mdoc";
const MAX_CREDENTIAL_QUERIES = 64;
const MAX_CLAIMS = 256;

export type ClaimValue = string | number | boolean;

/** One claim; with `values` it must have one of them, in type and value (6.3). */
export interface ClaimsQuery {
  readonly path: ClaimPath;
  readonly id: string | undefined;
  readonly values: readonly ClaimValue[];
}

export interface TrustedAuthority {
  readonly type: string;
  readonly values: readonly string[];
}

/** One credential that is asked for (6.1). `types`: `vct` values or a document type; empty puts no constraint. */
export interface CredentialQuery {
  readonly id: string;
  readonly format: string;
  readonly types: readonly string[];
  readonly multiple: boolean;
  readonly authorities: readonly TrustedAuthority[];
  readonly holderBinding: boolean;
  readonly claims: readonly ClaimsQuery[];
  readonly claimSets: readonly (readonly string[])[];
}

/** Alternative combinations of credential queries (6.2). */
export interface CredentialSetQuery {
  readonly options: readonly (readonly string[])[];
  readonly required: boolean;
}

export interface DcqlQuery {
  readonly credentials: readonly CredentialQuery[];
  /** Without any on the wire, each credential query is a required set of its own (6.4.2). */
  readonly sets: readonly CredentialSetQuery[];
}

/** Return the credential query `id`, which the query is known to have. */
export function queryById(query: DcqlQuery, id: string): CredentialQuery {
  const found = query.credentials.find((entry) => entry.id === id);
  if (found === undefined) throw new RangeError("expected the id of a credential query");
  return found;
}

/** Read a `dcql_query`; a claim given twice in one credential query counts once. @throws RequestRefused */
export function parseQuery(value: Json | undefined): DcqlQuery {
  const document = object(value, "dcql_query");
  const credentials = array(document, "credentials", MAX_CREDENTIAL_QUERIES).map((entry) =>
    credentialQuery(object(entry, "credentials")),
  );
  const ids = credentials.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw refused("expected each credential query id once");
  if (!Object.hasOwn(document, "credential_sets")) {
    return { credentials, sets: ids.map((id) => ({ options: [[id]], required: true })) };
  }
  const sets = array(document, "credential_sets", MAX_CREDENTIAL_QUERIES);
  return { credentials, sets: sets.map((entry) => setQuery(object(entry, "credential_sets"), ids)) };
}

function credentialQuery(entry: JsonObject): CredentialQuery {
  const format = text(entry, "format");
  const claims = Object.hasOwn(entry, "claims") ? claimsOf(entry, format) : [];
  return {
    id: idOf(entry),
    format,
    types: typesOf(object(member(entry, "meta"), "meta"), format),
    multiple: flag(entry, "multiple", false),
    authorities: Object.hasOwn(entry, "trusted_authorities")
      ? array(entry, "trusted_authorities", MAX_CLAIMS).map((item) => authority(object(item, "trusted_authorities")))
      : [],
    holderBinding: flag(entry, "require_cryptographic_holder_binding", true),
    claims,
    claimSets: Object.hasOwn(entry, "claim_sets") ? claimSets(entry, claims) : [],
  };
}

function typesOf(meta: JsonObject, format: string): readonly string[] {
  if (format === FORMAT_SD_JWT_VC && Object.hasOwn(meta, "vct_values")) return texts(meta, "vct_values");
  if (format === FORMAT_MDOC && Object.hasOwn(meta, "doctype_value")) return [text(meta, "doctype_value")];
  return [];
}

function authority(item: JsonObject): TrustedAuthority {
  return { type: text(item, "type"), values: texts(item, "values") };
}

function claimsOf(entry: JsonObject, format: string): readonly ClaimsQuery[] {
  const claims = array(entry, "claims", MAX_CLAIMS).map((item) => claim(object(item, "claims"), format));
  const ids = claims.flatMap(({ id }) => id ?? []);
  if (new Set(ids).size !== ids.length) throw refused("expected each claim id once");
  if (Object.hasOwn(entry, "claim_sets")) return claims; // a set may name either of two entries with one path
  const keys = claims.map(({ path, values }) => JSON.stringify([path, values]));
  return claims.filter((_, index) => keys.indexOf(keys[index] as string) === index);
}

function claim(item: JsonObject, format: string): ClaimsQuery {
  const path = pathOf(item);
  if (format === FORMAT_MDOC && !(path.length === 2 && path.every((part) => typeof part === "string"))) {
    throw refused("expected an mdoc path of namespace and element");
  }
  if (Object.hasOwn(item, "intent_to_retain")) flag(item, "intent_to_retain", false);
  return { path, id: Object.hasOwn(item, "id") ? idOf(item) : undefined, values: valuesOf(item) };
}

function pathOf(item: JsonObject): ClaimPath {
  try {
    return checkPath(member(item, "path"));
  } catch (cause) {
    if (cause instanceof CheckFailed) throw new RequestRefused("invalid_request", cause.message, undefined, { cause });
    throw cause;
  }
}

function valuesOf(item: JsonObject): readonly ClaimValue[] {
  if (!Object.hasOwn(item, "values")) return [];
  return array(item, "values", MAX_CLAIMS).map((value) => {
    const isScalar = typeof value === "string" || typeof value === "boolean";
    if (isScalar || (typeof value === "number" && Number.isInteger(value))) return value;
    throw refused("expected values as strings, integers and booleans");
  });
}

function claimSets(entry: JsonObject, claims: readonly ClaimsQuery[]): readonly (readonly string[])[] {
  const known = new Set(claims.map(({ id }) => id));
  if (claims.length === 0 || known.has(undefined)) throw refused("expected claims with an id each beside claim_sets");
  const sets = array(entry, "claim_sets", MAX_CLAIMS).map((item) => texts({ claim_sets: item }, "claim_sets"));
  if (!sets.every((names) => names.every((name) => known.has(name)))) {
    throw refused("expected claim_sets to name claim ids");
  }
  return sets;
}

function setQuery(entry: JsonObject, ids: readonly string[]): CredentialSetQuery {
  const options = array(entry, "options", MAX_CREDENTIAL_QUERIES).map((item) => texts({ options: item }, "options"));
  if (!options.every((names) => names.every((name) => ids.includes(name)))) {
    throw refused("expected options to name credential query ids");
  }
  return { options, required: flag(entry, "required", true) };
}

function idOf(entry: JsonObject): string {
  const value = member(entry, "id");
  if (typeof value !== "string" || !/^[A-Za-z0-9_-]+$/.test(value)) {
    throw refused("expected id of letters, digits, underscores and hyphens");
  }
  return value;
}

function text(entry: JsonObject, name: string): string {
  const value = member(entry, name);
  if (typeof value !== "string" || value === "") throw refused(`expected ${name} as text`);
  return value;
}

function texts(entry: JsonObject, name: string): readonly string[] {
  const values = array(entry, name, MAX_CLAIMS);
  if (!values.every((value) => typeof value === "string")) throw refused(`expected ${name} as an array of texts`);
  return values as readonly string[];
}

function flag(entry: JsonObject, name: string, otherwise: boolean): boolean {
  const value = Object.hasOwn(entry, name) ? entry[name] : otherwise;
  if (typeof value !== "boolean") throw refused(`expected ${name} as true or false`);
  return value;
}

function array(entry: JsonObject, name: string, limit: number): readonly Json[] {
  const value = member(entry, name);
  if (!isArray(value) || value.length === 0 || value.length > limit) {
    throw refused(`expected ${name} as an array of 1 to ${limit} elements`);
  }
  return value;
}

function object(value: Json | undefined, what: string): JsonObject {
  if (!isObject(value)) throw refused(`expected an object in ${what}`);
  return value;
}

function refused(message: string): RequestRefused {
  return new RequestRefused("invalid_request", message);
}
