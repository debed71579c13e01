// @vitest-environment node
import { expect, it } from "vitest";

import { type JsonObject, utf8 } from "../../src/core/encoding";
import { parseAuthorizationServer } from "../../src/core/oauth/metadata";
import { issuerMetadataUrl, parseIssuerMetadata, verifySignedMetadata } from "../../src/core/openid4vci/metadata";
import { changed, NOW, signedBy } from "../support/signing";
import { vectorAnchors, x5cOf } from "../support/vectors";

const RULES = { allowLoopback: false };
const ISSUER = "https://issuer.example.com";
const BADGE = {
  format: "dc+sd-jwt",
  vct: "https://issuer.example.com/types/badge",
  cryptographic_binding_methods_supported: ["jwk"],
  proof_types_supported: { jwt: { proof_signing_alg_values_supported: ["ES256"] } },
  credential_metadata: {
    display: [
      { name: "Badge", locale: "en" },
      { name: "Ausweis", locale: "de" },
    ],
    claims: [{ path: ["name"], mandatory: true }, { path: ["tags", null] }],
  },
};
const SCOPED = { ...BADGE, scope: "badge" };
const GOOD: JsonObject = {
  credential_issuer: ISSUER,
  credential_endpoint: `${ISSUER}/credential`,
  nonce_endpoint: `${ISSUER}/nonce`,
  notification_endpoint: `${ISSUER}/notification`,
  credential_configurations_supported: { badge: BADGE },
  display: [{ name: "Acme", locale: "en" }],
  billfold_pairing: { pairing_endpoint: `${ISSUER}/pairing`, support: { email: "help@acme.example" } },
};
const parse = (document: JsonObject) => parseIssuerMetadata(utf8(JSON.stringify(document)), ISSUER, RULES);
const withBadge = (changes: Record<string, unknown>) =>
  changed(GOOD, { credential_configurations_supported: { badge: changed(BADGE, changes), spare: BADGE } });
const withLook = (changes: Record<string, unknown>) =>
  withBadge({ credential_metadata: changed(BADGE.credential_metadata, changes) });

it("reads an issuer's metadata", () => {
  const found = parse(GOOD);
  expect(found.configurations.get("badge")).toMatchObject({ bound: true, proofAlgorithms: ["ES256"] });
  expect(found.pairing).toMatchObject({ endpoint: `${ISSUER}/pairing`, email: "help@acme.example" });
});

it.each<[string, JsonObject, string]>([
  ["meta-issuer-mismatch", changed(GOOD, { credential_issuer: "https://other.example" }), "identifier that was used"],
  ["meta-no-credential-endpoint", changed(GOOD, { credential_endpoint: undefined }), "credential_endpoint"],
  ["meta-endpoint-http", changed(GOOD, { nonce_endpoint: "http://issuer.example.com/nonce" }), "https"],
  ["meta-endpoint-private", changed(GOOD, { nonce_endpoint: "https://[fd00::1]/nonce" }), "public host"],
  ["meta-no-configurations", changed(GOOD, { credential_configurations_supported: {} }), "that can be used"],
  ["meta-batch-size-1", changed(GOOD, { batch_credential_issuance: { batch_size: 1 } }), "batch_size"],
  [
    "meta-enc-jwk-no-kid",
    changed(GOOD, { credential_request_encryption: { jwks: { keys: [{ alg: "ECDH-ES" }] } } }),
    "kid and alg",
  ],
  [
    "meta-enc-jwk-no-alg",
    changed(GOOD, { credential_request_encryption: { jwks: { keys: [{ kid: "a" }] } } }),
    "kid and alg",
  ],
  [
    "enc-required",
    changed(GOOD, { credential_response_encryption: { encryption_required: true } }),
    "does not require encrypted",
  ],
])("refuses: %s", (_, document, message) => {
  expect(() => parse(document)).toThrow(message);
});

it.each<[string, JsonObject]>([
  ["meta-binding-without-proof-types", withBadge({ proof_types_supported: undefined })],
  ["meta-proof-types-without-binding", withBadge({ cryptographic_binding_methods_supported: undefined })],
  ["meta-old-format", withBadge({ format: "vc+sd-jwt" })],
  ["meta-sd-jwt-no-vct", withBadge({ vct: undefined })],
  ["meta-mdoc-no-doctype", withBadge({ format: "mso_mdoc" })],
])("leaves the one Cred type out: %s", (_, document) => {
  expect([...parse(document).configurations.keys()]).toEqual(["spare"]);
});

it.each<[string, JsonObject]>([
  ["meta-claims-contradiction", withLook({ claims: [{ path: ["a", "b"] }, { path: ["a", 0] }] })],
  ["meta-claims-duplicate-path", withLook({ claims: [{ path: ["a"] }, { path: ["a"] }] })],
])("sets the claims aside: %s", (_, document) => {
  const badge = parse(document).configurations.get("badge");
  expect([badge?.claims, badge?.display[0]?.name]).toEqual([[], "Badge"]);
});

it("meta-locale-duplicate: keeps the first", () => {
  const display = [
    { name: "One", locale: "en" },
    { name: "Two", locale: "en" },
  ];
  expect(
    parse(withLook({ display }))
      .configurations.get("badge")
      ?.display.map(({ name }) => name),
  ).toEqual(["One"]);
});

it("meta-wrong-well-known: puts the well-known part between host and path", () => {
  expect(issuerMetadataUrl("https://a.example/t/x")).toBe("https://a.example/.well-known/openid-credential-issuer/t/x");
  expect(issuerMetadataUrl("https://a.example")).toBe("https://a.example/.well-known/openid-credential-issuer");
});

it("meta-as-issuer-mismatch: refuses the metadata of another authorization server", () => {
  const body = utf8(JSON.stringify({ issuer: "https://other.example", token_endpoint: "https://other.example/token" }));
  expect(() => parseAuthorizationServer(body, ISSUER, RULES)).toThrow("identifier that was used");
});

const SIGNED = changed(GOOD, {
  iss: ISSUER,
  sub: ISSUER,
  iat: NOW / 1000,
  exp: NOW / 1000 + 3600,
  credential_configurations_supported: { badge: SCOPED },
});
const TYP = "openidvci-issuer-metadata+jwt";
const verify = (jwt: string, anchors = vectorAnchors("root")) =>
  verifySignedMetadata(jwt, ISSUER, { ...RULES, anchors, now: NOW });

it("verifies signed metadata", async () => {
  const { chain, metadata } = await verify(signedBy("issuer_leaf", { typ: TYP }, SIGNED));
  expect([chain.anchor.name, metadata.identifier]).toEqual(["root", ISSUER]);
});

it.each<[string, () => string, string]>([
  ["meta-signed-typ", () => signedBy("issuer_leaf", { typ: "JWT" }, SIGNED), "typ"],
  ["meta-signed-none", () => signedBy("issuer_leaf", { typ: TYP, alg: "none" }, SIGNED), "alg"],
  ["meta-signed-hs256", () => signedBy("issuer_leaf", { typ: TYP, alg: "HS256" }, SIGNED), "alg"],
  [
    "meta-signed-sub",
    () => signedBy("issuer_leaf", { typ: TYP }, changed(SIGNED, { sub: "https://x.example" })),
    "sub",
  ],
  ["meta-signed-no-iat", () => signedBy("issuer_leaf", { typ: TYP }, changed(SIGNED, { iat: undefined })), "iat"],
  [
    "meta-signed-expired",
    () => signedBy("issuer_leaf", { typ: TYP }, changed(SIGNED, { exp: NOW / 1000 - 3600 })),
    "exp",
  ],
  [
    "meta-signed-self-signed",
    () => signedBy("self_signed_leaf", { typ: TYP, x5c: x5cOf(["self_signed_leaf"]) }, SIGNED),
    "self-signed",
  ],
  [
    "meta-signed-root-in-x5c",
    () => signedBy("issuer_leaf", { typ: TYP, x5c: x5cOf(["issuer_leaf", "intermediate", "root"]) }, SIGNED),
    "without the trust anchor",
  ],
  [
    "meta-no-nonce-endpoint-haip",
    () => signedBy("issuer_leaf", { typ: TYP }, changed(SIGNED, { nonce_endpoint: undefined })),
    "nonce_endpoint beside key binding",
  ],
  [
    "foreign-endpoint",
    () => signedBy("issuer_leaf", { typ: TYP }, changed(SIGNED, { nonce_endpoint: "https://elsewhere.example/n" })),
    "certificate names",
  ],
])("refuses signed metadata: %s", async (_, jwt, message) => {
  await expect(verify(jwt())).rejects.toThrow(message);
});

it("meta-signed-untrusted: says so by a code of its own, since plain metadata may be fetched instead", async () => {
  const verifying = verify(signedBy("issuer_leaf", { typ: TYP }, SIGNED), []);
  await expect(verifying).rejects.toThrow(expect.objectContaining({ code: "untrusted" }));
});

it("meta-no-scope-haip: leaves out a Cred type without scope of whoever is proven, and of nobody else", async () => {
  const types = { credential_configurations_supported: { badge: SCOPED, bare: BADGE } };
  const { metadata } = await verify(signedBy("issuer_leaf", { typ: TYP }, changed(SIGNED, types)));
  expect([...metadata.configurations.keys()]).toEqual(["badge"]);
  expect([...parse(changed(GOOD, types)).configurations.keys()]).toEqual(["badge", "bare"]);
  expect(parse(changed(GOOD, { nonce_endpoint: undefined })).nonceEndpoint).toBeUndefined();
});
