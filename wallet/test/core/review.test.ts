// @vitest-environment node
import { compactDecrypt, importJWK } from "jose";
import { expect, it } from "vitest";

import type { HeldCredential } from "../../src/core/dcql/match";
import { parseQuery } from "../../src/core/dcql/query";
import { fromUtf8 } from "../../src/core/encoding";
import { publicKeyFromJwk } from "../../src/core/keys";
import type { PresentationRequest } from "../../src/core/openid4vp/request";
import { parseAnswer, planResponse, responseForm } from "../../src/core/openid4vp/response";
import { type Pick, Review } from "../../src/core/openid4vp/review";
import { utf8 } from "../../src/core/encoding";
import { loadJson } from "../support/vectors";

const VCT = "https://i.example/badge";
const badge = (id: string, changes: Partial<HeldCredential> = {}): HeldCredential => ({
  id,
  format: "dc+sd-jwt",
  types: [VCT],
  claims: { name: "Erika", team: "Vision", photo: "p", address: { city: "Bonn" } },
  disclosable: [["name"], ["team"], ["photo"], ["address"], ["address", "city"]],
  holderBound: true,
  authorityKeyIds: new Set(),
  unusable: undefined,
  ...changes,
});
const query = (id: string, ...names: string[]) => ({
  id,
  format: "dc+sd-jwt",
  meta: { vct_values: [VCT] },
  claims: names.map((name) => ({ path: [name] })),
});
const PER_FIELD = {
  credentials: [query("base", "name"), query("x_team", "team"), query("x_photo", "photo")],
  credential_sets: [
    { options: [["base"]] },
    { options: [["x_team"]], required: false },
    { options: [["x_photo"]], required: false },
  ],
};
const WHOLE = {
  credentials: [
    query("q0", "name"),
    query("q1", "name", "team"),
    query("q2", "name", "photo"),
    query("q3", "name", "team", "photo"),
  ],
  credential_sets: [{ options: [["q0"], ["q1"], ["q2"], ["q3"]] }],
};
const request = (dcql: object): PresentationRequest => ({
  clientId: "x509_hash:a",
  responseUri: "https://v.example/r",
  nonce: "n",
  state: "s",
  query: parseQuery(dcql as never),
  responseKey: undefined,
  requesterName: "V",
  statedName: undefined,
  purposes: [],
  logo: undefined,
  retentionS: undefined,
  chain: undefined,
});
const plan = (review: Review, picks: Pick[]) =>
  planResponse(review, review.choose(picks)).map(({ queryId, credentialId, paths }) => [
    queryId,
    credentialId,
    paths.map((path) => path.join(".")),
  ]);

it("shows optional fields that are asked one by one on the card of the Cred that they belong to", () => {
  const review = Review.make(request(PER_FIELD), [badge("a")]);
  expect(review.groups).toHaveLength(1);
  expect(review.groups[0]?.optional.map(({ id }) => id)).toEqual(["x_team", "x_photo"]);
  expect(plan(review, [{ group: 0, credentialIds: ["a"], optional: ["x_photo"] }])).toEqual([
    ["base", "a", ["name"]],
    ["x_photo", "a", ["photo"]],
  ]);
});

it("shows what stands in the clear too, without a disclosure", () => {
  const review = Review.make(request({ credentials: [query("q", "name", "team")] }), [
    badge("a", { disclosable: [["team"]] }),
  ]);
  const [planned] = planResponse(review, review.choose([{ group: 0, credentialIds: ["a"], optional: [] }]));
  expect([planned?.paths, planned?.shown]).toEqual([[["team"]], [["name"], ["team"]]]);
});

it("answers the one alternative that has what was ticked, where they are asked as a whole", () => {
  const review = Review.make(request(WHOLE), [badge("a")]);
  expect(review.groups).toHaveLength(1);
  expect(review.groups[0]?.optional.map(({ id }) => id)).toEqual(["team", "photo"]);
  expect(plan(review, [{ group: 0, credentialIds: ["a"], optional: [] }])).toEqual([["q0", "a", ["name"]]]);
  expect(plan(review, [{ group: 0, credentialIds: ["a"], optional: ["photo", "team"] }])).toEqual([
    ["q3", "a", ["name", "team", "photo"]],
  ]);
});

it("offers no box where the Cred lacks the field", () => {
  const review = Review.make(request(PER_FIELD), [badge("a", { claims: { name: "E", photo: "p" } })]);
  expect([...(review.groups[0]?.candidates[0]?.optional.keys() ?? [])]).toEqual(["x_photo"]);
  expect(() => review.choose([{ group: 0, credentialIds: ["a"], optional: ["x_team"] }])).toThrow("this Cred has");
});

it("answers everything about one Cred from one copy", () => {
  const review = Review.make(request(PER_FIELD), [badge("a"), badge("b")]);
  const planned = plan(review, [{ group: 0, credentialIds: ["b"], optional: ["x_team", "x_photo"] }]);
  expect(new Set(planned.map(([, id]) => id))).toEqual(new Set(["b"]));
});

it("shows a whole object whole, and nothing beside it", () => {
  const review = Review.make(request({ credentials: [query("q", "address")] }), [badge("a")]);
  expect(plan(review, [{ group: 0, credentialIds: ["a"], optional: [] }])).toEqual([
    ["q", "a", ["address", "address.city"]],
  ]);
});

it.each([
  ["nothing", []],
  ["another Cred", [{ group: 0, credentialIds: ["z"], optional: [] }]],
  ["two Creds", [{ group: 0, credentialIds: ["a", "b"], optional: [] }]],
  ["no Cred", [{ group: 0, credentialIds: [], optional: [] }]],
  ["another card", [{ group: 7, credentialIds: ["a"], optional: [] }]],
  ["a field that was not asked", [{ group: 0, credentialIds: ["a"], optional: ["name"] }]],
])("refuses a choice of %s", (_, picks) => {
  const review = Review.make(request(PER_FIELD), [badge("a"), badge("b")]);
  expect(() => plan(review, picks as Pick[])).toThrow(/^expected/);
});

it("does not offer what cannot be used now, and says so", () => {
  const review = Review.make(request(PER_FIELD), [badge("a", { unusable: "suspended" })]);
  expect([review.match.isAnswerable, review.groups[0]?.candidates]).toEqual([false, []]);
  expect(review.groups[0]?.misses.map(({ code }) => code)).toEqual(["unusable"]);
});

it("ro-no-match: keeps a request that nothing answers for the person to decline", () => {
  const review = Review.make(request(PER_FIELD), []);
  expect([review.match.isAnswerable, review.groups.length]).toEqual([false, 1]);
});

it.each(["A256GCM", "A128GCM"] as const)("encrypts what it sends, and nothing lies beside it: %s", async (enc) => {
  const { verifier_encryption_private_jwk: jwk } = loadJson("openid4vp/request_objects.json").context;
  const { d: _, ...bare } = jwk;
  const sealed = { ...request(PER_FIELD), responseKey: { publicKey: await publicKeyFromJwk(bare), kid: jwk.kid, enc } };
  const { response, ...rest } = await responseForm(sealed, [
    ["base", "one~"],
    ["x_team", "two~"],
  ]);
  expect(rest).toEqual({});
  const opened = await compactDecrypt(response ?? "", await importJWK(jwk, "ECDH-ES"));
  expect(opened.protectedHeader).toMatchObject({ alg: "ECDH-ES", enc, kid: "enc-1" });
  expect(JSON.parse(fromUtf8(opened.plaintext))).toEqual({
    vp_token: { base: ["one~"], x_team: ["two~"] },
    state: "s",
  });
});

it.each(["[]", '{"redirect_uri":5}', '{"redirect_uri":""}', '{"redirect_uri":"javascript:alert(1)"}'])(
  "refuses an answer that leads nowhere: %s",
  (text) => {
    expect(() => parseAnswer(utf8(text))).toThrow(/^expected/);
  },
);

it("returns where the person goes on", () => {
  expect(parseAnswer(utf8('{"redirect_uri":"https://v.example/done#code"}'))).toBe("https://v.example/done#code");
  expect(parseAnswer(utf8("{}"))).toBeUndefined();
});
