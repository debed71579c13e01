/** A PIN as it was typed or pasted, and what is wrong with it before it is sent: every try counts at the issuer. */

import type { Pin } from "../wallet";

/** What letters and screens put between the characters, no-break spaces and every dash included. */
const BETWEEN = /[\s\p{Dash_Punctuation}\u2212\u00ad\u200b\u2060]+/gu;

/** Return `typed` without what only groups its characters; a PIN of letters may hold a dash of its own. */
export function tidyPin(typed: string, { numeric, length }: Pin): string {
  const whole = typed.trim();
  return numeric || (length !== null && lengthOf(whole) !== length) ? whole.replace(BETWEEN, "") : whole;
}

/** Return why a tidy PIN cannot be the right one, or undefined. */
export function faultOf(tidy: string, { numeric, length }: Pin): "empty" | "digitsOnly" | "length" | undefined {
  if (tidy === "") return "empty";
  if (numeric && !/^[0-9]+$/.test(tidy)) return "digitsOnly";
  return length !== null && lengthOf(tidy) !== length ? "length" : undefined;
}

function lengthOf(text: string): number {
  return [...text].length;
}
