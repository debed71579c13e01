/**
 * Claims path pointers: which parts of a document a path selects.
 *
 * Source: OpenID4VP 1.0 sections 7, 7.1 and 7.1.1.
 */

import { isArray, isObject, type Json, member } from "../encoding";
import { CheckFailed } from "../errors";
import type { ConcretePath } from "../sdjwt/sd_jwt";

export type ClaimPath = readonly (string | number | null)[];

/** One place that a path selects, with null resolved to indexes, and the value there. */
export interface Selected {
  readonly path: ConcretePath;
  readonly value: Json;
}

/** Return `value` as a claims path pointer. @throws CheckFailed `claim_path_error` */
export function checkPath(value: Json | undefined): ClaimPath {
  if (!isArray(value) || value.length === 0) throw pathError("expected a path as a non-empty array");
  for (const component of value) {
    const isIndex = typeof component === "number" && Number.isSafeInteger(component) && component >= 0;
    if (component !== null && typeof component !== "string" && !isIndex) {
      throw pathError("expected path components as text, null or a non-negative integer");
    }
  }
  return value as ClaimPath;
}

/** Return every place that `path` selects, in document order (7.1.1); none where it does not fit. */
export function select(document: Json, path: ClaimPath): readonly Selected[] {
  try {
    return selectStrictly(document, path);
  } catch (error) {
    if (error instanceof CheckFailed && error.code === "claim_path_error") return [];
    throw error;
  }
}

/** As `select`. @throws CheckFailed `claim_path_error`: a component meets another kind, or nothing is selected. */
export function selectStrictly(document: Json, path: ClaimPath): readonly Selected[] {
  let selected: readonly Selected[] = [{ path: [], value: document }];
  for (const component of path) selected = selected.flatMap((parent) => step(parent, component));
  if (selected.length === 0) throw pathError("expected a path that selects something");
  return selected;
}

/** Return `path` as one text for keys and messages: components joined by dots, null as an asterisk. */
export function fieldName(path: ClaimPath): string {
  return path.map((component) => component ?? "*").join(".");
}

function step({ path, value }: Selected, component: string | number | null): readonly Selected[] {
  if (typeof component === "string") {
    if (!isObject(value)) throw pathError("expected an object where the path names a member");
    const child = member(value, component);
    return child === undefined ? [] : [{ path: [...path, component], value: child }];
  }
  if (!isArray(value)) throw pathError("expected an array where the path has an index or null");
  if (component === null) return value.map((element, index) => ({ path: [...path, index], value: element }));
  const element = value[component];
  return element === undefined ? [] : [{ path: [...path, component], value: element }];
}

function pathError(message: string): CheckFailed {
  return new CheckFailed(message, "claim_path_error");
}
