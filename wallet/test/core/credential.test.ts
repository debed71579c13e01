// @vitest-environment node
import { createHash } from "node:crypto";

import { expect, it } from "vitest";

import { type JsonObject, utf8 } from "../../src/core/encoding";
import { readConfiguration } from "../../src/core/openid4vci/configuration";
import { parseCredentialResponse, parseNonceResponse } from "../../src/core/openid4vci/credential";
import { parsePairingView } from "../../src/core/openid4vci/pairing";
import { verifyBatch, verifyReceived } from "../../src/core/openid4vci/received";
import { parseTokenResponse } from "../../src/core/oauth/token";
import { thumbprint } from "../../src/core/keys";
import { changed, NOW, signedBy } from "../support/signing";
import { loadJson, vectorAnchors, x5cOf } from "../support/vectors";

const parse = (document: unknown, contentType = "application/json", keys = 1) =>
  parseCredentialResponse(utf8(JSON.stringify(document)), contentType, keys);

it("reads a credential response", () => {
  const found = parse({ credentials: [{ credential: "a~" }], notification_id: "n", whatever: 1 });
  expect(found).toEqual({ credentials: ["a~"], notificationId: "n" });
});

it("reads the promise of a later one", () => {
  expect(parse({ transaction_id: "t", interval: 5 })).toEqual({ transactionId: "t", intervalS: 5 });
});

it("takes fewer instances than keys, since an issuer may give fewer", () => {
  const two = { credentials: [{ credential: "a~" }, { credential: "b~" }] };
  expect(parse(two, "application/json", 4)).toMatchObject({ credentials: ["a~", "b~"] });
});

it.each<[string, unknown]>([
  ["credresp-both", { credentials: [{ credential: "a" }], transaction_id: "t", interval: 1 }],
  ["credresp-neither", {}],
  ["credresp-no-interval", { transaction_id: "t" }],
  ["credresp-interval-zero", { transaction_id: "t", interval: 0 }],
  ["credresp-string-elements", { credentials: ["a"] }],
  ["credresp-too-many", { credentials: [{ credential: "a" }, { credential: "b" }] }],
  ["credresp-empty", { credentials: [] }],
])("refuses a response: %s", (_, document) => {
  expect(() => parse(document)).toThrow(/^expected/);
});

it("refuses a response of another type", () => {
  expect(() => parse({ credentials: [{ credential: "a" }] }, "application/jwt")).toThrow("application/json");
});

const ISSUER = "https://issuer.example.com";
const VCT = "https://issuer.example.com/types/badge";
const { holder_public_jwk: JWK } = loadJson("sd-jwt/keys.json") as { holder_public_jwk: JsonObject };
const HOLDER = { kty: "EC", crv: "P-256", x: JWK["x"] as string, y: JWK["y"] as string } as const;
const CONFIGURATION = readConfiguration({
  format: "dc+sd-jwt",
  vct: VCT,
  cryptographic_binding_methods_supported: ["jwk"],
  proof_types_supported: { jwt: { proof_signing_alg_values_supported: ["ES256"] } },
  credential_metadata: { claims: [{ path: ["name"], mandatory: true }] },
});
const DISCLOSURE = Buffer.from(JSON.stringify(["c2FsdHNhbHRzYWx0c2FsdA", "name", "Erika"])).toString("base64url");
const CLAIMS: JsonObject = {
  iss: ISSUER,
  vct: VCT,
  iat: NOW / 1000,
  exp: NOW / 1000 + 3600,
  cnf: { jwk: HOLDER },
  _sd: [createHash("sha256").update(DISCLOSURE).digest("base64url")],
};
const issued = (changes: Record<string, unknown> = {}, header: JsonObject = {}, rest = `~${DISCLOSURE}~`) =>
  signedBy("issuer_leaf", { typ: "dc+sd-jwt", ...header }, changed(CLAIMS, changes)) + rest;
const OTHER = (() => {
  const { x, y } = loadJson("x509/keys.json").root as { x: string; y: string };
  return { kty: "EC", crv: "P-256", x, y } as const;
})();
const VOUCHING = { anchors: vectorAnchors("root"), haip: true };
const expectedOf = async (...keys: (typeof HOLDER)[]) => ({
  configuration: CONFIGURATION,
  issuer: ISSUER,
  keyThumbprints: await Promise.all(keys.map(thumbprint)),
});
const verify = async (credential: string) => verifyReceived(credential, await expectedOf(HOLDER), VOUCHING, NOW);
const verifyAll = async (...credentials: string[]) =>
  verifyBatch(credentials, await expectedOf(HOLDER, OTHER), VOUCHING, NOW);

it("accepts a Cred as it should be", async () => {
  expect((await verify(issued())).verified.claims).toMatchObject({ name: "Erika" });
});

it("matches instances to keys by what they are bound to: credresp-order", async () => {
  const batch = await verifyAll(issued({ cnf: { jwk: OTHER } }), issued());
  expect(batch.map(({ keyThumbprint }) => keyThumbprint)).toEqual([await thumbprint(OTHER), await thumbprint(HOLDER)]);
});

it("takes instances that say the same in another order, at every depth", async () => {
  const studies = { programme: "Marine biology", semester: 5, place: { town: "Bonn", floor: 2 } };
  const shuffled = { semester: 5, place: { floor: 2, town: "Bonn" }, programme: "Marine biology" };
  expect(await verifyAll(issued({ studies }), issued({ cnf: { jwk: OTHER }, studies: shuffled }))).toHaveLength(2);
});

it.each<[string, () => [string, string], string]>([
  ["credresp-same-key-twice", () => [issued(), issued()], "bound to a key of its own"],
  ["one-revoked-key", () => [issued(), issued({ cnf: undefined })], "key that this wallet sent"],
  ["other-words", () => [issued(), issued({ cnf: { jwk: OTHER }, town: "Bonn" })], "say the same"],
])("refuses instances: %s", async (_, credentials, message) => {
  await expect(verifyAll(...credentials())).rejects.toThrow(message);
});

const hashOfJson = createHash("sha256").update(Buffer.from(DISCLOSURE, "base64url")).digest("base64url");
const deep = Buffer.from(`["c2FsdHNhbHRzYWx0c2FsdA","deep",${"[".repeat(10_000)}${"]".repeat(10_000)}]`).toString("base64url");

it("reads x5c in the protected header alone: sdjwt-x5c-unprotected", async () => {
  const [header, ...rest] = issued({}, { x5c: undefined } as never).split(".");
  const unprotected = Buffer.from(JSON.stringify({ x5c: x5cOf(["issuer_leaf", "intermediate"]) })).toString("base64url");
  await expect(verify([`${header}`, ...rest].join("."))).rejects.toThrow("x5c");
  await expect(verify([`${header}${unprotected}`, ...rest].join("."))).rejects.toThrow(/^expected/);
});

it("refuses a chain at a time when its leaf has run out: sdjwt-x5c-expired", async () => {
  const late = NOW + 40 * 365 * 24 * 3600_000;
  const credential = issued({ exp: late / 1000 + 60 });
  await expect(verifyReceived(credential, await expectedOf(HOLDER), VOUCHING, late)).rejects.toThrow(/^expected/);
});

it.each([[[]], [[VCT]]])("goes by vct alone, whatever aka_vcts says: sdjwt-aka-vcts-self %j", async (names) => {
  expect((await verify(issued({ aka_vcts: names }))).verified.vct).toBe(VCT);
});

it("hashes by the algorithm of the top level alone: sdjwt-sd-alg-nested", async () => {
  const { verified } = await verify(issued({ inner: { _sd_alg: "md5" } }));
  expect(verified.claims).toMatchObject({ name: "Erika" });
});

it.each<[string, () => string, string]>([
  ["credresp-with-kb", () => issued({}, {}, `~${DISCLOSURE}~e30.e30.AA`), "without key binding"],
  ["credresp-wrong-vct", () => issued({ vct: "https://issuer.example.com/types/other" }), "type that was asked for"],
  [
    "credresp-foreign-key",
    () => issued({ cnf: { jwk: { ...HOLDER, ...loadJson("x509/keys.json").root, d: undefined } } }),
    "key that this wallet sent",
  ],
  ["credresp-unbound", () => issued({ cnf: undefined }), "key that this wallet sent"],
  ["credresp-mandatory-claim", () => issued({ _sd: undefined }, {}, "~"), "every mandatory claim"],
  ["sdjwt-no-tilde", () => issued({}, {}, ""), "~"],
  ["sdjwt-no-x5c-haip", () => issued({}, { x5c: undefined } as never), "x5c"],
  ["sdjwt-x5c-untrusted", () => issued({}, { x5c: x5cOf(["other_leaf"]) }), "anchor"],
  ["sdjwt-x5c-self-signed-haip", () => issued({}, { x5c: x5cOf(["root"]) }), "self-signed"],
  ["sdjwt-x5c-root-haip", () => issued({}, { x5c: x5cOf(["issuer_leaf", "intermediate", "root"]) }), "without the"],
  ["sdjwt-hash-of-json", () => issued({ _sd: [hashOfJson] }), "disclos"],
  ["sdjwt-deep", () => issued({}, {}, `~${deep}~`), "expected"],
  ["sdjwt-huge", () => issued({}, {}, `~${`${DISCLOSURE}~`.repeat(100_000)}`), "expected"],
  ["iss-of-another", () => issued({ iss: "https://other.example" }), "URI names"],
  ["typ", () => issued({}, { typ: "vc+sd-jwt" }), "typ"],
  ["expired", () => issued({ exp: NOW / 1000 - 61 }), "exp"],
])("refuses a Cred: %s", async (_, credential, message) => {
  await expect(verify(credential())).rejects.toThrow(message);
});

it.each<[string, object, string]>([
  ["type", { access_token: "a", token_type: "mac" }, "token_type"],
  ["no token", { token_type: "DPoP" }, "access_token"],
  ["expired at once", { access_token: "a", token_type: "DPoP", expires_in: 0 }, "expires_in"],
  [
    "no identifiers",
    { access_token: "a", token_type: "DPoP", authorization_details: [{ credential_configuration_id: "a" }] },
    "credential_identifiers",
  ],
])("refuses a token response: %s", (_, document, message) => {
  expect(() => parseTokenResponse(utf8(JSON.stringify(document)))).toThrow(message);
});

it("reads token_type whatever its case", () => {
  const body = utf8(JSON.stringify({ access_token: "a", token_type: "dPOP" }));
  expect(parseTokenResponse(body).tokenType).toBe("DPoP");
});

it.each([{}, { c_nonce: "" }, { c_nonce: 5 }])("refuses a nonce response: %j", (document) => {
  expect(() => parseNonceResponse(utf8(JSON.stringify(document)))).toThrow("c_nonce");
});

it("refuses a pairing that lists one identifier twice", () => {
  const entry = { credential_configuration_id: "a", credential_identifier: "i", revision: 1 };
  const body = utf8(JSON.stringify({ state: "active", entitlements: [entry, entry] }));
  expect(() => parsePairingView(body)).toThrow("once");
});
