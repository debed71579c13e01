/** What a Cred shows, wherever it does: the values that pairing, sharing and the Creds themselves have in common. */

import type { Json } from "./core/encoding";

export type CredState = "active" | "suspended" | "revoked" | "expired";

export interface Cred {
  readonly id: string;
  /** The credential issuer identifier. */
  readonly issuer: string;
  readonly issuerName: string;
  readonly typeName: string;
  readonly description: string | null;
  /** Where it can be used, in the issuer's words. */
  readonly places: string | null;
  readonly look: Look;
  readonly fields: readonly Field[];
  readonly state: CredState;
  readonly isNew: boolean;
  readonly receivedAt: Date;
  readonly expiresAt: Date | null;
  /** When its state was last checked; null: its issuer publishes none. */
  readonly checkedAt: Date | null;
  /** False once the issuer no longer answers for this device: it stays, but cannot change any more. */
  readonly canUpdate: boolean;
  readonly lastSharedAt: Date | null;
}

/** The issuer's card design. Colours are checked `#rrggbb`, the pair readable (4.5 : 1 or better). */
export interface Look {
  readonly background: string;
  readonly ink: string;
  /** A data URI of JPEG or PNG, at most 48 KB; null: draw the issuer's first letter. */
  readonly logo: string | null;
  /** The card's picture, as `logo`; null: a plain colour. */
  readonly art: string | null;
}

/**
 * `name` is the dotted path of the claim; `label` what people call it, in the wallet's language where known. `parts`:
 * the fields inside an object, or inside an array that holds more than plain values; else none.
 */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value: Json;
  /** True where `value` is a data URI of a checked JPEG or PNG: show it as a picture. */
  readonly isPicture: boolean;
  readonly parts: readonly Field[];
}

/** Which fields of one Cred were sent: names and labels, never values. */
export interface SharedFrom {
  readonly credId: string;
  readonly issuerName: string;
  readonly typeName: string;
  readonly fields: readonly { readonly name: string; readonly label: string }[];
}

export interface CertificateView {
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 in upper-case hexadecimal. */
  readonly fingerprint: string;
}
