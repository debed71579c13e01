// @vitest-environment node
import { expect, it } from "vitest";

import type { JsonObject } from "../../src/core/encoding";
import { RequestRefused } from "../../src/core/errors";
import { parseRequestLink } from "../../src/core/openid4vp/request";
import { readUnsignedRequest, verifyRequestObject } from "../../src/core/openid4vp/request_object";
import { changed, NOW, signedBy } from "../support/signing";
import { loadJson, vectorAnchors, x5cOf } from "../support/vectors";

const GOOD = loadJson<{ payload_of_good: JsonObject }>("openid4vp/request_objects.json").payload_of_good;
const TYP = "oauth-authz-req+jwt";
const METADATA = GOOD["client_metadata"] as JsonObject;
const [KEY] = (METADATA["jwks"] as { keys: JsonObject[] }).keys as [JsonObject];
const RULES = { allowLoopback: false };

interface Reading {
  header?: JsonObject;
  signer?: string;
  contentType?: string;
  linkClientId?: string;
  postedWalletNonce?: string;
}
const read = (claims: JsonObject, { header = {}, signer = "verifier_leaf", contentType, ...more }: Reading = {}) =>
  verifyRequestObject(signedBy(signer, { typ: TYP, ...header }, claims), {
    ...RULES,
    linkClientId: GOOD["client_id"] as string,
    ...more,
    anchorsFor: () => vectorAnchors("root"),
    now: NOW,
    contentType: contentType ?? `application/${TYP}`,
  });
const refusal = async (reading: Promise<unknown>): Promise<RequestRefused> => {
  const error: unknown = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RequestRefused);
  return error as RequestRefused;
};
const members = (changes: Record<string, unknown>) => changed(GOOD, changes);
const metadata = (changes: Record<string, unknown>) => members({ client_metadata: changed(METADATA, changes) });
const keys = (...found: JsonObject[]) => metadata({ jwks: { keys: found } });
const query = (changes: Record<string, unknown>) => members({ dcql_query: { credentials: [changes] } });

it.each<[string, JsonObject]>([
  ["good", GOOD],
  ["ro-iss-mismatch", members({ iss: "https://other.example" })],
  ["ro-unknown-parameter", members({ whatever: [1] })],
  ["ro-enc-unusable-extra", keys({ kty: "RSA", kid: "r", alg: "RSA-OAEP" }, { kty: "OKP", crv: "X25519" }, KEY)],
  ["ro-verifier-info-unknown", members({ verifier_info: [{ format: "x", data: "y" }] })],
])("goes on: %s", async (_, claims) => {
  expect((await read(claims)).chain).toBeDefined();
});

it.each([
  ["direct_post.jwt", true],
  ["direct_post", false],
])("takes either way of answering under a host's name, which HAIP does not bind: %s", async (mode, isEncrypted) => {
  const linkClientId = "x509_san_dns:verifier.example.com";
  const found = await read(members({ client_id: linkClientId, response_mode: mode }), { linkClientId });
  expect(found.chain).toBeDefined();
  expect(found.responseKey !== undefined).toBe(isEncrypted);
});

it.each<[string, JsonObject, string, string]>([
  ["ro-no-nonce", members({ nonce: undefined }), "invalid_request", "nonce"],
  ["ro-nonce-chars", members({ nonce: "a b" }), "invalid_request", "nonce"],
  ["ro-state-chars", members({ state: "a b" }), "invalid_request", "state"],
  ["ro-no-response-type", members({ response_type: undefined }), "invalid_request", "response_type"],
  ["ro-response-type-code-haip", members({ response_type: "code" }), "unsupported_response_type", "vp_token"],
  ["ro-no-dcql", members({ dcql_query: undefined }), "invalid_request", "dcql_query"],
  ["ro-dcql-and-scope", members({ scope: "x" }), "invalid_request", "no scope"],
  [
    "ro-presentation-definition",
    members({ dcql_query: undefined, presentation_definition: {} }),
    "invalid_request",
    "dcql_query",
  ],
  ["ro-bad-dcql", members({ dcql_query: { credentials: [] } }), "invalid_request", "credentials"],
  ["ro-redirect-and-response", members({ redirect_uri: "https://x.example" }), "invalid_request", "redirect_uri"],
  ["ro-response-mode-plain-haip", members({ response_mode: "direct_post" }), "invalid_request", "direct_post.jwt"],
  ["ro-transaction-data-unsupported", members({ transaction_data: ["e30"] }), "invalid_transaction_data", "none"],
  ["ro-transaction-data-encoding", members({ transaction_data: ["{}"] }), "invalid_transaction_data", "none"],
  [
    "ro-transaction-data-no-hb",
    changed(query({ id: "a", format: "dc+sd-jwt", meta: {}, require_cryptographic_holder_binding: false }), {
      transaction_data: ["e30"],
    }),
    "invalid_transaction_data",
    "none",
  ],
  ["ro-enc-no-jwks", metadata({ jwks: undefined }), "invalid_request", "jwks with a key"],
  ["ro-enc-jwk-no-alg", keys(changed(KEY, { alg: undefined })), "invalid_request", "alg ECDH-ES"],
  ["ro-enc-jwk-no-kid", keys(changed(KEY, { kid: undefined })), "invalid_request", "with kid"],
  ["ro-enc-only-sig-key", keys(changed(KEY, { use: "sig" })), "invalid_request", "encryption key"],
  [
    "ro-enc-no-common-enc",
    metadata({ encrypted_response_enc_values_supported: ["A128CBC-HS256"] }),
    "invalid_request",
    "A256GCM",
  ],
  ["ro-formats", metadata({ vp_formats_supported: { mso_mdoc: {} } }), "vp_formats_not_supported", "dc+sd-jwt"],
  ["ro-formats-missing", metadata({ vp_formats_supported: undefined }), "invalid_request", "vp_formats_supported"],
  ["ro-verifier-info-empty", members({ verifier_info: [] }), "invalid_request", "verifier_info"],
])("refuses, and may tell the requester: %s", async (_, claims, code, message) => {
  const refused = await refusal(read(claims));
  expect(refused.code).toBe(code);
  expect(refused.message).toContain(message);
  expect(refused.answerTo?.responseUri).toBe(GOOD["response_uri"]);
});

it.each<[string, JsonObject, Reading, string]>([
  ["ro-typ-missing", GOOD, { header: { typ: null } }, "typ"],
  ["ro-typ-jwt", GOOD, { header: { typ: "JWT" } }, "typ"],
  ["ro-none", GOOD, { header: { alg: "none" } }, "alg"],
  ["ro-client-id-mismatch", members({ client_id: "x509_hash:other" }), {}, "client_id"],
  ["ro-no-client-id", members({ client_id: undefined }), {}, "client_id"],
  ["ro-unknown-prefix", members({ client_id: "verifier_attestation:x" }), {}, "prefixes"],
  ["ro-client-metadata-known-client", members({ client_id: "known-client" }), {}, "prefixes"],
  ["ro-prefix-origin", members({ client_id: "origin:https://verifier.example.com" }), {}, "prefixes"],
  ["ro-no-x5c", GOOD, { header: { x5c: null } }, "x5c"],
  ["ro-x509-hash-mismatch", GOOD, { signer: "wildcard_leaf" }, "fit the certificate"],
  ["ro-root-in-x5c-haip", GOOD, { header: { x5c: x5cOf(["verifier_leaf", "intermediate", "root"]) } }, "anchor"],
  ["ro-no-response-uri", members({ response_uri: undefined }), {}, "response_uri"],
  ["ro-response-uri-http", members({ response_uri: "http://verifier.example.com/r" }), {}, "https"],
  ["ro-san-response-uri", members({ response_uri: "https://elsewhere.example/r" }), {}, "certificate names"],
  ["ro-wrong-aud", members({ aud: "https://wallet.example" }), {}, "aud"],
  ["ro-expired", members({ exp: NOW / 1000 - 3600 }), {}, "exp"],
  ["ruri-content-type", GOOD, { contentType: "application/jwt" }, TYP],
  ["ruri-wallet-nonce-missing", GOOD, { postedWalletNonce: "n" }, "wallet_nonce"],
  ["ruri-wallet-nonce-wrong", members({ wallet_nonce: "m" }), { postedWalletNonce: "n" }, "wallet_nonce"],
  ["ruri-too-large", members({ padding: "x".repeat(300 * 1024) }), {}, "at most"],
])("refuses, and tells nobody: %s", async (_, claims, reading, message) => {
  const refused = await refusal(read(claims, reading));
  expect(refused.message).toContain(message);
  expect(refused.answerTo).toBeUndefined();
});

it("ro-signature: refuses a request that was changed after it was signed", async () => {
  const [header, , signature] = signedBy("verifier_leaf", { typ: TYP }, GOOD).split(".");
  const payload = Buffer.from(JSON.stringify(members({ nonce: "another" }))).toString("base64url");
  const reading = verifyRequestObject([header, payload, signature].join("."), {
    ...RULES,
    linkClientId: GOOD["client_id"] as string,
    anchorsFor: () => vectorAnchors("root"),
    now: NOW,
    contentType: `application/${TYP}`,
  });
  expect((await refusal(reading)).message).toContain("signature");
});

it("ro-untrusted-root: refuses a signer that nobody listed for this host", async () => {
  const reading = verifyRequestObject(signedBy("verifier_leaf", { typ: TYP }, GOOD), {
    ...RULES,
    linkClientId: GOOD["client_id"] as string,
    anchorsFor: (host) => (host === "verifier.example.com" ? [] : vectorAnchors("root")),
    now: NOW,
    contentType: `application/${TYP}`,
  });
  expect((await refusal(reading)).message).toContain("trusted anchor");
});

const REDIRECT = "redirect_uri:https://verifier.example.com/response/1";
const UNSIGNED = changed(GOOD, { client_id: REDIRECT });

it("reads an unsigned request, with nothing proven", async () => {
  const found = await readUnsignedRequest(UNSIGNED, RULES);
  expect([found.chain, found.requesterName]).toEqual([undefined, "verifier.example.com"]);
});

it.each([
  ["data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="],
  ["https://verifier.example.com/logo.png", undefined],
  [7, undefined],
])("takes a logo that stands in the request, and fetches none: %s", async (logo_uri, expected) => {
  const metadata = { ...(UNSIGNED["client_metadata"] as JsonObject), logo_uri };
  const found = await readUnsignedRequest(changed(UNSIGNED, { client_metadata: metadata }), RULES);
  expect(found.logo).toBe(expected);
});

it("reads why it asks in every language that is there, and nothing that is not text for a screen", async () => {
  const words = { billfold_purpose: "To let you in", "billfold_purpose#de": "Einlass", "billfold_purpose#fr": 5 };
  const metadata = { ...(UNSIGNED["client_metadata"] as JsonObject), ...words };
  const found = await readUnsignedRequest(changed(UNSIGNED, { client_metadata: metadata }), RULES);
  expect(found.purposes).toEqual([
    { locale: undefined, text: "To let you in" },
    { locale: "de", text: "Einlass" },
  ]);
});

it.each<[string, JsonObject, string]>([
  ["ro-x509-unsigned", GOOD, "a signed request"],
  ["ro-response-uri-not-client", changed(UNSIGNED, { response_uri: "https://x.example/r" }), "as client_id states"],
  ["client-http", changed(GOOD, { client_id: "redirect_uri:http://x.example", response_uri: undefined }), "https"],
])("refuses an unsigned request: %s", async (_, claims, message) => {
  expect((await refusal(readUnsignedRequest(claims, RULES))).message).toContain(message);
});

it("ro-redirect-uri-signed: refuses a signed request with the prefix of unsigned ones", async () => {
  const reading = verifyRequestObject(signedBy("verifier_leaf", { typ: TYP }, UNSIGNED), {
    ...RULES,
    linkClientId: REDIRECT,
    anchorsFor: () => vectorAnchors("root"),
    now: NOW,
    contentType: `application/${TYP}`,
  });
  expect((await refusal(reading)).message).toContain("unsigned request");
});

const REFERENCE = "client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fv.example%2Fr";

it.each([
  ["openid4vp", `openid4vp://?${REFERENCE}`],
  ["haip-vp", `haip-vp://?${REFERENCE}`],
  ["wallet link", `https://wallet.example/#request=${encodeURIComponent(REFERENCE)}`],
  ["wallet link, bare", `https://wallet.example/#request=${REFERENCE}`],
  ["standard query", `https://wallet.example/?${REFERENCE}`],
  ["ro-query-parameters-differ", `openid4vp://?${REFERENCE}&nonce=other&dcql_query=%7B%7D`],
])("reads a link to a request: %s", (_, link) => {
  const expected = { clientId: "x509_hash:abc", requestUri: "https://v.example/r", method: "get" };
  expect(parseRequestLink(link, RULES)).toEqual(expected);
});

it.each([
  ["ruri-http", "openid4vp://?client_id=a%3Ab&request_uri=http%3A%2F%2Fv.example%2Fr", "invalid_request"],
  ["ruri-loopback", "openid4vp://?client_id=a%3Ab&request_uri=http%3A%2F%2Flocalhost%2Fr", "invalid_request"],
  ["ruri-private", "openid4vp://?client_id=a%3Ab&request_uri=https%3A%2F%2F192.168.1.1%2Fr", "invalid_request"],
  ["ruri-method-bad", `openid4vp://?${REFERENCE}&request_uri_method=put`, "invalid_request_uri_method"],
  ["ruri-method-alone", "openid4vp://?client_id=a%3Ab&request_uri_method=post", "invalid_request"],
  ["ro-by-value-haip", "openid4vp://?client_id=a%3Ab&request=e30.e30.", "invalid_request"],
  ["param-twice", `openid4vp://?${REFERENCE}&client_id=b`, "invalid_request"],
])("refuses a link to a request: %s", (_, link, code) => {
  expect(() => parseRequestLink(link, RULES)).toThrow(expect.objectContaining({ code }));
});
