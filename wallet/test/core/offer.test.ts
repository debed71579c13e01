// @vitest-environment node
import { expect, it } from "vitest";

import { utf8 } from "../../src/core/encoding";
import { checkOffer, parseOffer, parseOfferLink } from "../../src/core/openid4vci/offer";
import { changed } from "../support/signing";

const RULES = { allowLoopback: false };
const GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const ISSUER = "https://issuer.example/acme";
const GOOD = {
  credential_issuer: ISSUER,
  credential_configuration_ids: ["badge", "permit"],
  grants: { [GRANT]: { "pre-authorized_code": "c0de", tx_code: { length: 6, description: "By mail" } } },
};
const parse = (document: unknown, contentType = "application/json") =>
  parseOffer(utf8(typeof document === "string" ? document : JSON.stringify(document)), contentType, RULES);
const withGrant = (grant: Record<string, unknown>) => changed(GOOD, { grants: { [GRANT]: grant } });

it("reads an offer with a PIN", () => {
  expect(parse(GOOD)).toEqual({
    issuer: ISSUER,
    configurationIds: ["badge", "permit"],
    preAuthorized: {
      code: "c0de",
      txCode: { numeric: true, length: 6, description: "By mail" },
      authorizationServer: undefined,
    },
  });
});

it.each([
  ["offer-unknown-member", changed(GOOD, { whatever: 1 })],
  ["tx-code-empty", withGrant({ "pre-authorized_code": "c", tx_code: {} })],
])("goes on: %s", (_, document) => {
  expect(parse(document).preAuthorized).toBeDefined();
});

it.each<[string, unknown, string]>([
  ["offer-not-json", "offer", "one JSON text"],
  ["member-twice", '{"credential_issuer":"https://a.example","credential_issuer":"https://b.example"}', "once"],
  ["offer-no-issuer", changed(GOOD, { credential_issuer: undefined }), "credential_issuer"],
  ["offer-issuer-http", changed(GOOD, { credential_issuer: "http://issuer.example" }), "https"],
  ["offer-issuer-query", changed(GOOD, { credential_issuer: `${ISSUER}?a=b` }), "without a query"],
  ["offer-issuer-fragment", changed(GOOD, { credential_issuer: `${ISSUER}#a` }), "without a fragment"],
  ["offer-issuer-private", changed(GOOD, { credential_issuer: "https://10.0.0.7/acme" }), "public host"],
  ["offer-issuer-user", changed(GOOD, { credential_issuer: "https://a@issuer.example" }), "user information"],
  ["offer-no-config-ids", changed(GOOD, { credential_configuration_ids: undefined }), "configuration_ids"],
  ["offer-empty-config-ids", changed(GOOD, { credential_configuration_ids: [] }), "configuration_ids"],
  ["offer-duplicate-config-ids", changed(GOOD, { credential_configuration_ids: ["a", "a"] }), "configuration_ids"],
  ["offer-old-credentials", { credential_issuer: ISSUER, credentials: ["badge"] }, "configuration_ids"],
  ["offer-pre-auth-no-code", withGrant({}), "pre-authorized_code"],
  [
    "offer-tx-code-long-description",
    withGrant({ "pre-authorized_code": "c", tx_code: { description: "x".repeat(301) } }),
    "at most 300",
  ],
  ["offer-tx-code-bad-mode", withGrant({ "pre-authorized_code": "c", tx_code: { input_mode: "hex" } }), "input_mode"],
  ["offer-unknown-grant", changed(GOOD, { grants: { "urn:other": {} } }), "grant type"],
])("refuses: %s", (_, document, message) => {
  expect(() => parse(document)).toThrow(message);
});

it.each([
  ["offer-uri-jwt", "application/jwt"],
  ["offer-uri-html", "text/html"],
  ["offer-uri-no-type", ""],
])("refuses an answer of another type: %s", (_, contentType) => {
  expect(() => parse(GOOD, contentType)).toThrow("as application/json");
});

const KNOWN = { configurationIds: ["badge", "permit"], authorizationServers: ["https://as.example"] };

it.each([
  ["offer-unknown-config-id", changed(GOOD, { credential_configuration_ids: ["other"] }), KNOWN, "only Cred types"],
  [
    "offer-as-not-listed",
    withGrant({ "pre-authorized_code": "c", authorization_server: "https://evil.example" }),
    KNOWN,
    "authorization_server",
  ],
  [
    "offer-as-without-list",
    withGrant({ "pre-authorized_code": "c", authorization_server: "https://as.example" }),
    { ...KNOWN, authorizationServers: [] },
    "authorization_server",
  ],
])("refuses beside the issuer's metadata: %s", (_, document, known, message) => {
  expect(() => checkOffer(parse(document), known)).toThrow(message);
});

const URI = "https%3A%2F%2Fissuer.example%2Foffers%2F1";

it.each([
  `openid-credential-offer://?credential_offer_uri=${URI}`,
  `haip-vci://?credential_offer_uri=${URI}`,
  `https://wallet.example/#offer=${URI}`,
  `https://wallet.example/?credential_offer_uri=${URI}`,
])("reads a link to an offer: %s", (link) => {
  expect(parseOfferLink(link, RULES)).toEqual({ uri: "https://issuer.example/offers/1" });
});

it("reads an offer by value", () => {
  const link = `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(GOOD))}`;
  expect(parseOfferLink(link, RULES)).toMatchObject({ offer: { issuer: ISSUER } });
});

it.each([
  ["offer-both-params", `openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=${URI}`],
  ["offer-neither", "openid-credential-offer://?x=y"],
  ["offer-uri-http", "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fissuer.example%2F1"],
  ["foreign-scheme", `other://?credential_offer_uri=${URI}`],
])("refuses a link to an offer: %s", (_, link) => {
  expect(() => parseOfferLink(link, RULES)).toThrow(/^expected/);
});
