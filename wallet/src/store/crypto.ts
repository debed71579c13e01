/**
 * The vault's cryptography: secrets of the unlock into a key, that key around the vault's, the vault's around the rest.
 *
 * Source: RFC 5869 (HKDF), NIST SP 800-38D (AES-GCM). Each ciphertext is bound to its place by its associated data, so
 * that nothing which lies in the store can be moved to another place of it.
 */

import { type Bytes, utf8 } from "../core/encoding";

const IV_BYTES = 12;
const AES = { name: "AES-GCM", length: 256 } as const;
const EC = { name: "ECDSA", namedCurve: "P-256" } as const;
const VAULT_USES: KeyUsage[] = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];

/** A ciphertext with its own initialisation vector. */
export interface Sealed {
  readonly iv: Bytes;
  readonly data: Bytes;
}

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Return the key-encryption key of a 32-byte secret: a PRF's output, or what was made of a passphrase. */
export async function kekFrom(secret: Bytes, salt: Bytes): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt, info: utf8("billfold vault key-encryption key 1") };
  return crypto.subtle.deriveKey(hkdf, base, AES, false, ["wrapKey", "unwrapKey"]);
}

/** Make a random vault key, wrapped by `kek`; and unwrapped at once, so that what is kept cannot be exported. */
export async function newVaultKey(kek: CryptoKey): Promise<{ readonly key: CryptoKey; readonly wrapped: Sealed }> {
  const exportable = await crypto.subtle.generateKey(AES, true, VAULT_USES);
  const iv = randomBytes(IV_BYTES);
  const data = await crypto.subtle.wrapKey("raw", exportable, kek, gcm(iv, "vault"));
  const wrapped = { iv, data: new Uint8Array(data) };
  return { key: await unwrapVaultKey(kek, wrapped), wrapped };
}

/** @throws DOMException OperationError: another key, or a changed ciphertext. */
export function unwrapVaultKey(kek: CryptoKey, { iv, data }: Sealed): Promise<CryptoKey> {
  return crypto.subtle.unwrapKey("raw", data, kek, gcm(iv, "vault"), AES, false, VAULT_USES);
}

export async function seal(key: CryptoKey, place: string, plaintext: Bytes): Promise<Sealed> {
  const iv = randomBytes(IV_BYTES);
  return { iv, data: new Uint8Array(await crypto.subtle.encrypt(gcm(iv, place), key, plaintext)) };
}

/** @throws DOMException OperationError: another key, a changed ciphertext, or another place. */
export async function open(key: CryptoKey, place: string, { iv, data }: Sealed): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.decrypt(gcm(iv, place), key, data));
}

/** Make a P-256 key pair; the private half leaves this function wrapped only. */
export async function newWrappedKey(
  key: CryptoKey,
  place: string,
): Promise<{ readonly publicJwk: JsonWebKey; readonly wrapped: Sealed }> {
  const pair = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const iv = randomBytes(IV_BYTES);
  const data = await crypto.subtle.wrapKey("pkcs8", pair.privateKey, key, gcm(iv, place));
  const publicJwk = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { publicJwk, wrapped: { iv, data: new Uint8Array(data) } };
}

/** Unwrap a private key for one signature. */
export async function signWrapped(key: CryptoKey, place: string, { iv, data }: Sealed, message: Bytes): Promise<Bytes> {
  const privateKey = await crypto.subtle.unwrapKey("pkcs8", data, key, gcm(iv, place), EC, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, message));
}

function gcm(iv: Bytes, place: string): AesGcmParams {
  return { name: AES.name, iv, additionalData: utf8(place) };
}
