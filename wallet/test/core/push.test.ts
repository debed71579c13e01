// @vitest-environment node
import { expect, it } from "vitest";

import { b64urlDecode, b64urlEncode, fromUtf8 } from "../../src/core/encoding";
import { decryptPush, newPushKeys, splitRelayed } from "../../src/core/push/message";
import { loadJson } from "../support/vectors";

const VECTOR = loadJson<Record<string, string>>("jose/rfc8291_web_push.json");
const POINT = b64urlDecode(VECTOR["ua_public"] ?? "");
const KEYS = {
  point: POINT,
  auth: b64urlDecode(VECTOR["auth_secret"] ?? ""),
  privateJwk: {
    kty: "EC",
    crv: "P-256",
    x: b64urlEncode(POINT.subarray(1, 33)),
    y: b64urlEncode(POINT.subarray(33)),
    d: VECTOR["ua_private"] ?? "",
  },
};
const BODY = b64urlDecode(VECTOR["body"] ?? "");

it("opens the message of RFC 8291", async () => {
  expect(fromUtf8(await decryptPush(BODY, KEYS))).toBe(VECTOR["plaintext"]);
});

it("refuses a message that was changed anywhere", async () => {
  const salted = [...BODY.keys()].filter((at) => at < 16 || at > 20); // the record size between them is not used
  for (const at of salted) {
    const changed = BODY.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(decryptPush(changed, KEYS), `byte ${at}`).rejects.toThrow(/^expected/);
  }
});

it("refuses what is for somebody else, or no message", async () => {
  const others = await newPushKeys(KEYS.auth);
  await expect(decryptPush(BODY, others)).rejects.toThrow("for this subscription");
  await expect(decryptPush(BODY.slice(0, 90), KEYS)).rejects.toThrow("one aes128gcm record");
});

it("takes the relay's handle off", () => {
  const { handle, message } = splitRelayed(new Uint8Array([...new Uint8Array(16), 1, 2]));
  expect([handle, [...message]]).toEqual(["AAAAAAAAAAAAAAAAAAAAAA", [1, 2]]);
});
