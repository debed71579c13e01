/** A push message as an issuer makes it (RFC 8291 section 4), for the subscription with these keys. */

import { createCipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";

export function encryptPush(
  text: string,
  { p256dh, auth }: { readonly p256dh: string; readonly auth: string },
): Buffer {
  const receiver = Buffer.from(p256dh, "base64url");
  const sender = createECDH("prime256v1");
  const point = sender.generateKeys();
  const salt = randomBytes(16);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), receiver, point]);
  const ikm = Buffer.from(hkdfSync("sha256", sender.computeSecret(receiver), Buffer.from(auth, "base64url"), info, 32));
  const derive = (label: string, size: number) =>
    Buffer.from(hkdfSync("sha256", ikm, salt, `Content-Encoding: ${label}\0`, size));
  const cipher = createCipheriv("aes-128-gcm", derive("aes128gcm", 16), derive("nonce", 12));
  const sealed = Buffer.concat([cipher.update(Buffer.concat([Buffer.from(text), Buffer.of(2)])), cipher.final()]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(4096);
  return Buffer.concat([salt, size, Buffer.of(point.length), point, sealed, cipher.getAuthTag()]);
}
