// @vitest-environment node
import { expect, it } from "vitest";

import { b64urlDecode, b64urlEncode, jsonDecode, jsonDecodeObject, member, sortedJson, utf8 } from "../../src/core/encoding";
import { publicKeyFromJwk, thumbprint } from "../../src/core/keys";
import { claimsOf, parseJws, verifyJws } from "../../src/core/jose/jws";
import { checkUrl, wellKnownUrl } from "../../src/core/oauth/urls";
import { dpopProof } from "../../src/core/oauth/dpop";
import { parseQuery } from "../../src/core/oauth/form";
import { shown } from "../../src/core/shape";
import { loadJson } from "../support/vectors";

it.each([0, 1, 2, 3, 255])("takes %i bytes to base64url and back", (length) => {
  const data = crypto.getRandomValues(new Uint8Array(length));
  expect(b64urlDecode(b64urlEncode(data))).toEqual(data);
});

it.each(["A", "AA==", "A+", "A/", "AB", "A A", "Aé"])("refuses what is not canonical base64url: %s", (text) => {
  expect(() => b64urlDecode(text)).toThrow(/^expected/);
});

it.each<[string, unknown]>([
  ['{"a":[1,-2.5,true,null,"\\u00e9"]}', { a: [1, -2.5, true, null, "é"] }],
  ['{"a":{"b":1},"c":{"b":2},"d":["a","a"]}', { a: { b: 1 }, c: { b: 2 }, d: ["a", "a"] }],
  ['"{\\"a\\":1,\\"a\\":2}"', '{"a":1,"a":2}'],
  ['{"a":"a","b":"b"}', { a: "a", b: "b" }],
])("reads JSON: %s", (text, value) => {
  expect(jsonDecode(text)).toEqual(value);
});

it.each([
  ["a name twice", '{"a":1,"a":2}'],
  ["a name twice, spelled differently", '{"a":1,"\\u0061":2}'],
  ["a name twice, inside", '[{"b":{"a":1,"c":[{}],"a":2}}]'],
  ["half a character", '"\\ud800"'],
  ["half a character in a name", '{"\\udfff":1}'],
  ["not a number", "[NaN]"],
  ["a huge number", "[1e999]"],
  ["an integer that a double rounds", "[9007199254740993]"],
  ["two texts", "{}{}"],
  ["a comment", "{/**/}"],
  ["a byte order mark", "\ufeff{}"],
  ["too deep", "[".repeat(65) + "]".repeat(65)],
])("refuses JSON with %s", (_, text) => {
  expect(() => jsonDecode(utf8(text.toWellFormed()))).toThrow(/^expected/);
});

it("refuses bytes that are not UTF-8, and too many of them", () => {
  expect(() => jsonDecode(new Uint8Array([0x22, 0xff, 0x22]))).toThrow("UTF-8");
  expect(() => jsonDecode("[1]", 2)).toThrow("at most 2 bytes");
});

it("never takes what every object inherits for a member", () => {
  const document = jsonDecodeObject('{"__proto__":{"admin":true}}');
  expect(member(document, "constructor")).toBeUndefined();
  expect(member(document, "admin")).toBeUndefined();
  expect(member(document, "__proto__")).toEqual({ admin: true });
});

it("writes what is the same as the same text, in whatever order its members stand", () => {
  const one = { b: [{ d: 1, c: null }], a: { f: "x", e: true } };
  expect(sortedJson(one)).toBe(sortedJson({ a: { e: true, f: "x" }, b: [{ c: null, d: 1 }] }));
  expect(sortedJson([1, 2])).not.toBe(sortedJson([2, 1]));
  expect(sortedJson(jsonDecode('{"__proto__":1}'))).toBe('{"__proto__":1}');
});

interface ThumbprintRow {
  readonly source: string;
  readonly jwk: { readonly kty: string; readonly d?: string };
  readonly thumbprint_sha256: string;
}

it.each(loadJson<ThumbprintRow[]>("jose/rfc7638_thumbprints.json").filter(({ jwk }) => jwk.kty === "EC"))(
  "takes a key's thumbprint: $source",
  async ({ jwk: { d: _, ...bare }, thumbprint_sha256 }) => {
    expect(await thumbprint((await publicKeyFromJwk(bare)).jwk)).toBe(thumbprint_sha256);
  },
);

const JWK = loadJson("sd-jwt/keys.json").holder_public_jwk;

it.each<[string, unknown]>([
  ["private", { ...JWK, d: "AAAA" }],
  ["off the curve", { ...JWK, x: JWK.y }],
  ["another kind", { kty: "RSA", n: "AQAB", e: "AQAB" }],
  ["another curve", { ...JWK, crv: "secp256k1" }],
  ["short", { ...JWK, x: "AAAA" }],
  ["no object", "jwk"],
])("refuses a key: %s", async (_, jwk) => {
  await expect(publicKeyFromJwk(jwk as never)).rejects.toThrow(expect.objectContaining({ code: "key_error" }));
});

it("signs a DPoP proof by RFC 9449", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const device = {
    jwk: { kty: "EC", crv: "P-256", x, y } as const,
    sign: async (data: Uint8Array<ArrayBuffer>) =>
      new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, data)),
  };
  const url = "https://i.example/credential?a=b#c";
  const request = { method: "POST", url, jti: "j", now: 1_562_262_618_000 };
  const proof = parseJws(
    await dpopProof(device, { ...request, accessToken: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", nonce: "n" }),
  );
  await verifyJws(proof, await publicKeyFromJwk(device.jwk));
  expect(proof.header).toEqual({ typ: "dpop+jwt", alg: "ES256", jwk: device.jwk });
  expect(claimsOf(proof)).toEqual({
    jti: "j",
    htm: "POST",
    htu: "https://i.example/credential",
    iat: 1_562_262_618,
    ath: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
    nonce: "n",
  });
  expect(claimsOf(parseJws(await dpopProof(device, request)))).not.toHaveProperty("ath");
});

it.each([
  "https://issuer.example/a?b=c",
  "https://10.example/",
  "https://issuer.example:8443",
  "https://[2606:4700::1]/",
])("talks to %s", (url) => {
  expect(checkUrl(url, "it", { allowLoopback: false })).toBe(url);
});

it.each([
  "http://issuer.example/",
  "http://localhost/",
  "https://localhost/",
  "https://a.localhost/",
  "https://127.1/",
  "https://0x7f000001/",
  "https://2130706433/",
  "https://10.0.0.1/",
  "https://172.16.0.1/",
  "https://192.168.0.1/",
  "https://169.254.169.254/",
  "https://100.64.0.1/",
  "https://[::1]/",
  "https://[::ffff:10.0.0.1]/",
  "https://[fe80::1]/",
  "https://user@issuer.example/",
  "https://issuer.example/#a",
  "https:///a",
  "https:issuer.example",
  "javascript:alert(1)",
  "https://issuer.example/ä",
  `https://issuer.example/${"a".repeat(2048)}`,
])("does not talk to %s", (url) => {
  expect(() => checkUrl(url, "it", { allowLoopback: false })).toThrow("expected it");
});

it("talks http to loopback alone, and only where that is allowed", () => {
  expect(checkUrl("http://localhost:8600/a", "it", { allowLoopback: true })).toBe("http://localhost:8600/a");
  expect(() => checkUrl("http://192.168.0.1/", "it", { allowLoopback: true })).toThrow("https");
});

it.each([
  ["https://a.example", "https://a.example/.well-known/x"],
  ["https://a.example/", "https://a.example/.well-known/x"],
  ["https://a.example/b/", "https://a.example/.well-known/x/b"],
])("puts a well-known path between host and path: %s", (identifier, expected) => {
  expect(wellKnownUrl(identifier, "x")).toBe(expected);
});

it.each(["a=1&a=2", "a=%zz", "a=%ff", `${"a=1&".repeat(65)}`])("refuses a query: %s", (text) => {
  expect(() => parseQuery(text)).toThrow(/^expected/);
});

it.each([
  ["a\u202eb\u0000c", "abc"],
  ["  ", undefined],
  ["x".repeat(400), "x".repeat(300)],
])("makes %j fit for the screen", (text, expected) => {
  expect(shown(text)).toBe(expected);
});
