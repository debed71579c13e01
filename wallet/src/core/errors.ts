/**
 * The one error tree.
 *
 *     Error
 *     ├── WalletError            leaves the inside: what happened, whose side it is on, what the person can do
 *     └── CheckFailed            inside: something of the other side fails a check; `code` says which
 *         ├── RequestRefused         a presentation request breaks a rule; `code` is the standard's own
 *         ├── PeerRefusal            the other side answered with an error of its standard
 *         └── NoAnswer               the other side did not answer, or not in a usable way; trying again may help
 *
 * A WalletError's `code` is stable and picks the words on the screen. `message` says "expected X, got Y" for Details
 * and for support; it holds no claim value and no secret. `description` is the other side's own sentence, fit to be
 * shown as a quotation.
 */

/** Whose side a fault is on; `nobody`: a code that was used or ran out. */
export type Side = "yours" | "issuer" | "requester" | "connection" | "ours" | "nobody";

/** The way on that a screen offers first. */
export type Remedy =
  | "scan_another"
  | "scan_again"
  | "new_code"
  | "contact"
  | "retry"
  | "close"
  | "unlock"
  | "unpair_first"
  | "free_space"
  | "update_billfold";

/** Everything that can go wrong, with its usual side and remedy. The screens have words for each of these. */
const CODES = {
  link_unknown: ["nobody", "scan_another"], // no code that Billfold can read
  code_used: ["nobody", "scan_another"],
  code_expired: ["nobody", "new_code"],
  code_gone: ["nobody", "new_code"], // replaced or never made, or the other side does not say why
  pin_missing: ["yours", "retry"],
  pin_wrong: ["yours", "retry"], // tries are left: ask again
  pin_spent: ["issuer", "contact"], // too many tries
  already_paired: ["yours", "unpair_first"],
  nothing_offered: ["issuer", "contact"], // the offer holds nothing this wallet can take
  request_gone: ["requester", "scan_again"], // answered, run out or never made
  request_wrong: ["requester", "close"], // breaks a rule of the standard; nothing was sent
  request_unanswerable: ["yours", "close"], // what is required is not among the Creds
  untrusted: ["issuer", "close"], // a signature or a chain fails: no way on
  wrong_answer: ["issuer", "retry"], // an answer that breaks the standard
  refused: ["issuer", "contact"], // the other side says no, in its own words
  no_answer: ["connection", "retry"],
  perhaps_shared: ["connection", "retry"], // it was sent, and no answer says what became of it
  offline: ["connection", "retry"],
  not_allowed: ["issuer", "close"], // an address this wallet does not talk to: http, private network, redirect
  locked: ["yours", "unlock"],
  confirmation_needed: ["yours", "unlock"], // the confirmation was used, is too old, or is of another wallet
  elsewhere: ["yours", "retry"], // another tab is in the middle of something
  storage_full: ["yours", "free_space"],
  newer_version: ["ours", "update_billfold"], // a newer Billfold wrote this vault
  gone: ["yours", "close"], // there is no such Cred, issuer or review any more
  ours: ["ours", "retry"],
} as const satisfies Record<string, readonly [Side, Remedy]>;

export type ErrorCode = keyof typeof CODES;

export interface ErrorDetails {
  /** In place of the code's usual side: the same check serves issuers and requesters. */
  readonly side?: Side;
  readonly remedy?: Remedy;
  /** The other side's name for this failure, as its log knows it. */
  readonly reference?: string | undefined;
  /** The other side's own words. */
  readonly description?: string | undefined;
  /** The other side's own error code, such as `invalid_grant`. */
  readonly wireCode?: string | undefined;
  readonly cause?: unknown;
}

export class WalletError extends Error {
  override readonly name = "WalletError";
  readonly side: Side;
  readonly remedy: Remedy;
  readonly reference: string | undefined;
  readonly description: string | undefined;
  readonly wireCode: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const [side, remedy] = CODES[code];
    this.side = details.side ?? side;
    this.remedy = details.remedy ?? remedy;
    this.reference = details.reference;
    this.description = details.description;
    this.wireCode = details.wireCode;
  }
}

/** Return `error` as a WalletError; one that we did not expect is ours. */
export function asWalletError(error: unknown): WalletError {
  if (error instanceof WalletError) return error;
  return new WalletError("ours", "expected no such failure", { cause: error });
}

/** Something of the other side, or something it leans on, fails a check. */
export class CheckFailed extends Error {
  override readonly name: string = "CheckFailed";

  constructor(
    message: string,
    readonly code: string = "malformed",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Where an authenticated requester may be told of a refusal. */
export interface AnswerTo {
  readonly responseUri: string;
  readonly state: string | undefined;
}

/** A presentation request is refused; `answerTo` is there once its sender was authenticated (OpenID4VP 5.10.1). */
export class RequestRefused extends CheckFailed {
  override readonly name = "RequestRefused";

  constructor(
    code: string,
    message: string,
    readonly answerTo?: AnswerTo,
    options?: ErrorOptions,
  ) {
    super(message, code, options);
  }
}

export interface PeerSaid {
  readonly status: number;
  /** The other side's own words, fit to be shown. */
  readonly description: string | undefined;
  readonly reference: string | undefined;
  /** The pairing is over (pairing profile, item 7). */
  readonly pairingEnded: boolean;
}

/** The other side answered with an error of its standard; `code` is the one on the wire. */
export class PeerRefusal extends CheckFailed {
  override readonly name = "PeerRefusal";

  constructor(
    message: string,
    code: string,
    readonly said: PeerSaid,
  ) {
    super(message, code);
  }
}

/** The other side did not answer in a usable way. `code`: `no_answer`, `offline`, `peer_failed` or `deferred`. */
export class NoAnswer extends CheckFailed {
  override readonly name = "NoAnswer";
}
