/** What of a Cred stands on its card: one lead field, up to three small ones, a photo. */

import type { Cred, Field } from "../wallet";

const SMALL_FIELDS = 3;
const MAX_SMALL_CHARACTERS = 24;
const LONG_CHARACTERS = 20;

export interface Face {
  readonly lead: Field | undefined;
  readonly isLong: boolean;
  readonly small: readonly Field[];
  readonly photo: Field | undefined;
}

/** Choose by the issuer's own order; `write` makes text of a value. */
export function faceOf({ fields, issuerName }: Cred, write: (field: Field) => string): Face {
  const written = fields.filter((field) => !field.isPicture && typeof field.value !== "object");
  const [lead, ...rest] = written;
  const small = rest
    // The issuer's name stands in the head already, and long texts do not fit.
    .filter((field) => field.value !== issuerName && write(field).length <= MAX_SMALL_CHARACTERS)
    .slice(0, SMALL_FIELDS - 1);
  return {
    lead,
    isLong: lead !== undefined && write(lead).length > LONG_CHARACTERS,
    small,
    photo: fields.find(({ isPicture }) => isPicture),
  };
}
