/**
 * Error answers as JSON: `error`, `error_description`, and the pairing profile's `billfold_pairing`.
 *
 * Source: RFC 6749 5.2, OpenID4VCI 1.0 8.3.1.2.
 */

import { jsonDecodeObject, member } from "../encoding";
import { optionalText, shown, text } from "../shape";

const MAX_ERROR_BYTES = 16 * 1024;
const MAX_CODE_CHARACTERS = 64;

export interface ErrorResponse {
  readonly error: string;
  readonly description: string | undefined;
  readonly pairingEnded: boolean;
}

/** Return what an error answer says, and code `refused` where it says nothing that can be read. */
export function readErrorResponse(body: Uint8Array): ErrorResponse {
  try {
    const members = jsonDecodeObject(body, MAX_ERROR_BYTES);
    return {
      error: text(members, "error").slice(0, MAX_CODE_CHARACTERS),
      description: shown(optionalText(members, "error_description")),
      pairingEnded: member(members, "billfold_pairing") === "ended",
    };
  } catch {
    return { error: "refused", description: undefined, pairingEnded: false };
  }
}
