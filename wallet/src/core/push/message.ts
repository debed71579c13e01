/**
 * A push message: one encrypted record that only the subscription's holder can open; the relay's, which tells by its
 * first bytes whose it is, wrapped around an issuer's.
 *
 * Source: RFC 8291 sections 3 and 4 (keys and content), RFC 8188 section 2 (aes128gcm); design, Push and several
 * issuers.
 */

import { type Bytes, b64urlEncode, utf8 } from "../encoding";
import { CheckFailed } from "../errors";

export const HANDLE_BYTES = 16;
const SALT_BYTES = 16;
const POINT_BYTES = 65;
const TAG_BYTES = 16;
const HEADER_BYTES = SALT_BYTES + 4 + 1 + POINT_BYTES;
const LAST_RECORD = 2;
const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;

/** The holder's side of a subscription: its private key, its public point, and the shared secret. */
export interface PushKeys {
  readonly privateJwk: JsonWebKey;
  readonly point: Bytes;
  readonly auth: Bytes;
}

/** Make the keys of a subscription, with `auth` of 16 random bytes. */
export async function newPushKeys(auth: Bytes): Promise<PushKeys> {
  const pair = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  return {
    privateJwk: await crypto.subtle.exportKey("jwk", pair.privateKey),
    point: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
    auth,
  };
}

/** Cut the relay's message into the handle of an endpoint, in base64url, and the issuer's own message. */
export function splitRelayed(plaintext: Bytes): { readonly handle: string; readonly message: Bytes } {
  return {
    handle: b64urlEncode(plaintext.subarray(0, HANDLE_BYTES)),
    message: plaintext.slice(HANDLE_BYTES),
  };
}

/** Open an issuer's message. @throws CheckFailed `push_error`: another form, another key, or a changed byte. */
export async function decryptPush(body: Bytes, { privateJwk, point, auth }: PushKeys): Promise<Bytes> {
  if (body.length < HEADER_BYTES + TAG_BYTES + 1 || body[SALT_BYTES + 4] !== POINT_BYTES) {
    throw pushError("expected one aes128gcm record");
  }
  const salt = body.slice(0, SALT_BYTES);
  const sender = body.slice(HEADER_BYTES - POINT_BYTES, HEADER_BYTES);
  let padded: Bytes;
  try {
    const shared = await agree(privateJwk, sender);
    const info = new Uint8Array([...utf8("WebPush: info\0"), ...point, ...sender]);
    const ikm = await hkdf(shared, auth, info, 32);
    const key = await hkdf(ikm, salt, utf8("Content-Encoding: aes128gcm\0"), 16);
    const iv = await hkdf(ikm, salt, utf8("Content-Encoding: nonce\0"), 12);
    const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    padded = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, aes, body.slice(HEADER_BYTES)));
  } catch (cause) {
    throw new CheckFailed("expected a message for this subscription", "push_error", { cause });
  }
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== LAST_RECORD) throw pushError("expected one last record");
  return padded.slice(0, end);
}

async function agree(privateJwk: JsonWebKey, point: Bytes): Promise<Bytes> {
  const own = await crypto.subtle.importKey("jwk", privateJwk, CURVE, false, ["deriveBits"]);
  const other = await crypto.subtle.importKey("raw", point, CURVE, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, own, 256));
}

async function hkdf(secret: Bytes, salt: Bytes, info: Bytes, sizeBytes: number): Promise<Bytes> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, base, sizeBytes * 8);
  return new Uint8Array(bits);
}

function pushError(message: string): CheckFailed {
  return new CheckFailed(message, "push_error");
}
