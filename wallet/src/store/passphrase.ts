/**
 * Passphrase: the unlock where the device has none that gives a key.
 *
 * Source: RFC 9106 (argon2id). The parameters lie in the vault's header, so that they can rise later.
 */

import { argon2idAsync } from "@noble/hashes/argon2.js";

import { type Bytes, utf8 } from "../core/encoding";
import type { PassphraseUnlock } from "./database";

/** The second of RFC 9106's recommendations (section 4), with one lane, since a page has one thread. */
export const PARAMETERS: PassphraseUnlock = { kind: "passphrase", memoryKib: 64 * 1024, passes: 3, lanes: 1 };
const SECRET_BYTES = 32;

/** Return the 32-byte secret of `passphrase`; takes a second or more, and lets the page paint meanwhile. */
export async function secretOf(passphrase: string, salt: Bytes, parameters: PassphraseUnlock): Promise<Bytes> {
  const { memoryKib: m, passes: t, lanes: p } = parameters;
  const secret = await argon2idAsync(utf8(passphrase.normalize("NFKC")), salt, { m, t, p, dkLen: SECRET_BYTES });
  return new Uint8Array(secret);
}
