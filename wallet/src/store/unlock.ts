/**
 * Unlock: from what the person does to the vault's key; once to make a vault, and again to open it.
 *
 * Source: design, section 5 (what a device has decides); the secret is a passkey's PRF output or made of a passphrase.
 */

import type { Bytes } from "../core/encoding";
import type { DeviceSupport, UnlockAnswer, UnlockWay } from "../wallet";
import { kekFrom, newVaultKey, randomBytes, unwrapVaultKey } from "./crypto";
import type { Database, Header } from "./database";
import { askPasskey, createPasskey, type PasskeyFailure } from "./passkey";

const SALT_BYTES = 32;
export const MIN_PASSPHRASE_CHARACTERS = 8;

export type UnlockFailure = PasskeyFailure | "wrong_passphrase" | "weak_passphrase";
export type Unlocked = { readonly outcome: "key"; readonly key: CryptoKey; readonly header: Header };
export type UnlockResult = Unlocked | { readonly outcome: UnlockFailure };

type SecretResult =
  | { readonly outcome: "secret"; readonly secret: Bytes; readonly unlock: Header["unlock"] }
  | { readonly outcome: UnlockFailure };

/** Find out what this device can do; asks the person nothing. */
export async function probe(): Promise<DeviceSupport> {
  const usable = isSecureContext && "indexedDB" in globalThis && navigator.locks !== undefined;
  const webauthn = "PublicKeyCredential" in globalThis;
  const screenLock = webauthn && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable());
  const isPhone = matchMedia("(pointer: coarse)").matches && matchMedia("(hover: none)").matches;
  return { usable, webauthn, screenLock, isPhone, ways: waysOf(webauthn, screenLock, isPhone) };
}

/** A phone without a screen lock gets no way round it; a desktop without gets a security key or the passphrase. */
function waysOf(webauthn: boolean, screenLock: boolean, isPhone: boolean): readonly UnlockWay[] {
  if (isPhone && webauthn && !screenLock) return [];
  return [
    ...(screenLock ? (["device"] as const) : []),
    ...(webauthn && !isPhone ? (["security_key"] as const) : []),
    "passphrase",
  ];
}

/** Make a vault. What was there is gone. */
export async function makeVault(database: Database, answer: UnlockAnswer): Promise<UnlockResult> {
  const salt = randomBytes(SALT_BYTES);
  const made = await newSecret(answer, salt);
  if (made.outcome !== "secret") return made;
  const { key, wrapped } = await newVaultKey(await kekFrom(made.secret, salt));
  const header: Header = { version: 1, wrappedVaultKey: wrapped, salt, unlock: made.unlock };
  await database.put("header", header, "header");
  return { outcome: "key", key, header };
}

/** Open the vault behind `header`. */
export async function openVault(header: Header, answer: UnlockAnswer): Promise<UnlockResult> {
  const found = await knownSecret(header, answer);
  if (found.outcome !== "secret") return found;
  try {
    const key = await unwrapVaultKey(await kekFrom(found.secret, header.salt), header.wrappedVaultKey);
    return { outcome: "key", key, header };
  } catch {
    // Another passphrase, or another passkey than the one that was asked for.
    return { outcome: header.unlock.kind === "passphrase" ? "wrong_passphrase" : "cancelled" };
  }
}

async function newSecret(answer: UnlockAnswer, salt: Bytes): Promise<SecretResult> {
  if (answer.way === "passphrase") {
    if ([...answer.passphrase].length < MIN_PASSPHRASE_CHARACTERS) return { outcome: "weak_passphrase" };
    const { PARAMETERS, secretOf } = await import("./passphrase");
    return { outcome: "secret", secret: await secretOf(answer.passphrase, salt, PARAMETERS), unlock: PARAMETERS };
  }
  const isDevice = answer.way === "device";
  if (isDevice && !(await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())) {
    return { outcome: "no_screen_lock" };
  }
  return createPasskey(isDevice ? "platform" : "cross-platform");
}

async function knownSecret({ unlock, salt }: Header, answer: UnlockAnswer): Promise<SecretResult> {
  if (unlock.kind === "prf") return askPasskey(unlock);
  if (answer.way !== "passphrase") return { outcome: "wrong_passphrase" };
  const { secretOf } = await import("./passphrase");
  return { outcome: "secret", secret: await secretOf(answer.passphrase, salt, unlock), unlock };
}
