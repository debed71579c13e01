/**
 * Fields: the claims of a Cred as people read them, in the issuer's order and the person's language.
 *
 * Source: OpenID4VCI 1.0 appendices B.2 (names and order of claims) and C (claims path pointers; `null` is every element
 * of an array). Nothing that a Cred says of the person is left out, described or not.
 */

import type { ClaimPath } from "../core/dcql/path";
import { fieldName } from "../core/dcql/path";
import { isArray, isObject, type Json, type JsonObject } from "../core/encoding";
import { type CredentialConfiguration, inLanguage } from "../core/openid4vci/configuration";
import { shown } from "../core/shape";
import type { StoredCred } from "../core/state/records";
import type { Field, Language } from "../wallet";
import { pictureOf } from "./look";

// What makes the Cred work, not what it says of the person.
const TECHNICAL: readonly string[] = ["iss", "iat", "nbf", "exp", "vct", "vct#integrity", "aka_vcts", "cnf", "status"];

type Described = Pick<CredentialConfiguration, "claims">;

/** Return every field, in the order of the issuer's descriptions, then those that it does not describe. */
export function fieldsOf({ claims, configuration }: StoredCred, language: Language): readonly Field[] {
  return membersOf([], saidOf(claims), configuration, language);
}

/** Return what a Cred says of the person. */
export function saidOf(claims: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !TECHNICAL.includes(name)));
}

/** Return the field at `path`: several values, where the path has `null`, as a list. */
export function fieldView(path: ClaimPath, value: Json, described: Described, language: Language): Field {
  const ofElements = isArray(value) ? givenLabel([...path, null], described, language) : undefined;
  return {
    name: fieldName(path),
    label: givenLabel(path, described, language) ?? ofElements ?? labelOf(path, described, language),
    value,
    isPicture: pictureOf(value) !== null,
    parts: partsOf(path, value, described, language),
  };
}

/** Return what people call the claim at `path`; an index of an array counts as any. */
export function labelOf(path: ClaimPath, described: Described, language: Language): string {
  const named = path.findLast((part) => typeof part === "string");
  return givenLabel(path, described, language) ?? named ?? fieldName(path);
}

function givenLabel(path: ClaimPath, { claims }: Described, language: Language): string | undefined {
  const found = claims.find((claim) => isAt(claim.path, path, true)) ?? claims.find((claim) => isAt(claim.path, path));
  return shown(found && inLanguage(found.display, language)?.name);
}

/** Whether `pattern` means the claim at `path`; where not `exactly`, `null` means an index too. */
function isAt(pattern: ClaimPath, path: ClaimPath, exactly = false): boolean {
  const isSame = (part: ClaimPath[number], at: number): boolean =>
    part === path[at] || (!exactly && part === null && typeof path[at] === "number");
  return pattern.length === path.length && pattern.every(isSame);
}

function partsOf(path: ClaimPath, value: Json, described: Described, language: Language): readonly Field[] {
  if (isObject(value)) return membersOf(path, value, described, language);
  if (!isArray(value) || value.every((element) => !isObject(element) && !isArray(element) && pictureOf(element) === null)) {
    return [];
  }
  return value.map((element, index) => {
    const field = fieldView([...path, index], element, described, language);
    return { ...field, label: `${labelOf([...path, index], described, language)} ${index + 1}` };
  });
}

/** An object that has no name of its own gives its place to its members. */
function membersOf(path: ClaimPath, value: JsonObject, described: Described, language: Language): readonly Field[] {
  return inOrder(path, Object.keys(value), described).flatMap((name) => {
    const field = fieldView([...path, name], value[name] ?? null, described, language);
    const isGroup = isObject(value[name]) && field.parts.length > 0;
    const hasOwnName = givenLabel([...path, name], described, language) !== undefined;
    const areMembersNamed = described.claims.some(
      (claim) => claim.path.length > path.length + 1 && isAt(claim.path.slice(0, path.length + 1), [...path, name]),
    );
    return isGroup && !hasOwnName && areMembersNamed ? field.parts : [field];
  });
}

/** Return `names` as the descriptions below `path` have them, then the others as they come. */
function inOrder(path: ClaimPath, names: readonly string[], { claims }: Described): readonly string[] {
  const below = claims.filter((claim) => claim.path.length > path.length && isAt(claim.path.slice(0, path.length), path));
  const described = below.map((claim) => claim.path[path.length]).filter((name) => typeof name === "string");
  return [...new Set([...described.filter((name) => names.includes(name)), ...names])];
}
