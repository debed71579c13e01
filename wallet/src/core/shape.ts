/** Reading members of messages: each function returns the member in its type, or throws with the member's name. */

import { isArray, isObject, type Json, type JsonObject, member } from "./encoding";
import { CheckFailed } from "./errors";

/** Return a text that is not empty. @throws CheckFailed `malformed` */
export function text(object: JsonObject, name: string): string {
  const value = member(object, name);
  if (typeof value !== "string" || value === "") throw new CheckFailed(`expected ${name} as text`);
  return value;
}

export function optionalText(object: JsonObject, name: string): string | undefined {
  return isAbsent(object, name) ? undefined : text(object, name);
}

export function texts(object: JsonObject, name: string): readonly string[] {
  const value = list(object, name);
  if (!value.every((entry) => typeof entry === "string")) throw new CheckFailed(`expected texts in ${name}`);
  return value as readonly string[];
}

/** Return the texts, and none where the member is absent. */
export function optionalTexts(object: JsonObject, name: string): readonly string[] {
  return isAbsent(object, name) ? [] : texts(object, name);
}

export function list(object: JsonObject, name: string): readonly Json[] {
  const value = member(object, name);
  if (!isArray(value)) throw new CheckFailed(`expected ${name} as an array`);
  return value;
}

export function objects(object: JsonObject, name: string): readonly JsonObject[] {
  const value = isAbsent(object, name) ? [] : list(object, name);
  if (!value.every((entry) => isObject(entry))) throw new CheckFailed(`expected objects in ${name}`);
  return value as readonly JsonObject[];
}

export function optionalObject(object: JsonObject, name: string): JsonObject | undefined {
  if (isAbsent(object, name)) return undefined;
  const value = member(object, name);
  if (!isObject(value)) throw new CheckFailed(`expected ${name} as an object`);
  return value;
}

export function optionalInteger(object: JsonObject, name: string): number | undefined {
  if (isAbsent(object, name)) return undefined;
  const value = member(object, name);
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw new CheckFailed(`expected ${name} as an integer`);
  return value;
}

export function flag(object: JsonObject, name: string, otherwise: boolean): boolean {
  const value = member(object, name) ?? otherwise;
  if (typeof value !== "boolean") throw new CheckFailed(`expected ${name} as true or false`);
  return value;
}

function isAbsent(object: JsonObject, name: string): boolean {
  const value = member(object, name);
  return value === undefined || value === null;
}

// U+0000 to U+001F and U+007F to U+009F, and the marks that turn the direction of what follows.
const UNSHOWABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const MAX_SHOWN_CHARACTERS = 300;

/** Return `value` fit for the screen: without control characters, and not too long; undefined where nothing is left. */
export function shown(value: string | undefined): string | undefined {
  return value?.replace(UNSHOWABLE, "").slice(0, MAX_SHOWN_CHARACTERS).toWellFormed().trim() || undefined;
}
