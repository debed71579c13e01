/** What a requester asks, beside the Creds held, and what the person chose: the sharing half of `wallet.ts`. */

import type { CertificateView, Field, Look, SharedFrom } from "./cred";

/** A request beside what this wallet holds, before anybody consents. */
export interface ShareReview {
  readonly kind: "sharing";
  /** The certificate's organisation where `proven`; else the host that the answer goes to. */
  readonly requester: string;
  /** The requester's own word on its name; quote it, never show it as proven. */
  readonly statedName: string | null;
  /** The host that the answer goes to. */
  readonly address: string;
  readonly proven: boolean;
  /** A data URI of a checked JPEG or PNG, where the requester is proven and gave one. */
  readonly logo: string | null;
  readonly purpose: string | null;
  /** How long they say that they keep it; null: they do not say. */
  readonly retentionS: number | null;
  readonly cards: readonly ShareCard[];
  /** Whether the Creds held are enough for everything required; else only `decline` is left. */
  readonly answerable: boolean;
  readonly certificates: readonly CertificateView[];
}

/** One Cred that is asked for: those that can answer, best first, and those that cannot. */
export interface ShareCard {
  readonly index: number;
  /** False: the whole Cred is optional. Cards of one `option` go together; of several options one is enough. */
  readonly required: boolean;
  readonly set: number;
  readonly option: number;
  /** Whether the requester takes several Creds here. */
  readonly multiple: boolean;
  /** The type's name where a Cred of it is held, else the last part of what was asked for. */
  readonly typeName: string;
  /** Labels, or names where no Cred is held, of what is asked. */
  readonly wanted: readonly string[];
  readonly creds: readonly ShareCred[];
  readonly unfit: readonly UnfitCred[];
}

export interface ShareCred {
  readonly credId: string;
  readonly typeName: string;
  readonly issuerName: string;
  readonly look: Look;
  /** Sent when this Cred is chosen; may be empty where only the possession of the Cred is asked. */
  readonly required: readonly Field[];
  readonly optional: readonly OptionalField[];
}

/** A field to tick, in all its places; without any, this Cred lacks it: no box, "Not on your Cred". */
export interface OptionalField {
  readonly id: string;
  readonly label: string;
  readonly fields: readonly Field[];
}

/** Why a Cred cannot answer. */
export interface UnfitCred {
  readonly credId: string;
  readonly typeName: string;
  readonly issuerName: string;
  readonly why: "suspended" | "revoked" | "expired" | "other_type" | "other_issuer" | "lacks_field" | "other_value";
}

/** One pick per card that is answered; `defaultChoice` has those that are required, with nothing optional. */
export interface ShareChoice {
  readonly picks: readonly SharePick[];
}

export interface SharePick {
  readonly card: number;
  readonly credIds: readonly string[];
  /** Ids of ticked optional fields. */
  readonly optional: readonly string[];
}

export interface ShareResult {
  /** False: what was sent has reached them, and they did not accept it. */
  readonly accepted: boolean;
  /** Where the person goes on, on the same device. */
  readonly redirectUri: string | null;
  readonly reference: string | null;
  /** Their own words, where they did not accept. */
  readonly reason: string | null;
  readonly shared: readonly SharedFrom[];
}

/** What became of a decline: nothing was shared in either case. */
export interface DeclineResult {
  /** Whether the requester has taken note. */
  readonly told: boolean;
  /** Where the person goes on, on the same device. */
  readonly redirectUri: string | null;
}

/**
 * What is selected before the person touches anything: each required set's first way, its first Cred, no box ticked.
 */
export function defaultChoice(review: ShareReview): ShareChoice {
  const answerable = (set: number, option: number): boolean =>
    review.cards.filter((card) => card.set === set && card.option === option).every((card) => card.creds.length > 0);
  const firstWay = new Map<number, number>();
  for (const { set, option, required } of review.cards) {
    if (required && !firstWay.has(set) && answerable(set, option)) firstWay.set(set, option);
  }
  const picks = review.cards
    .filter((card) => firstWay.get(card.set) === card.option)
    .map((card) => ({ card: card.index, credIds: card.creds.slice(0, 1).map((cred) => cred.credId), optional: [] }));
  return { picks };
}
