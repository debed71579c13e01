/** Strangers: an issuer and a requester that nobody vouches for, and what a hostile one gets. */

import { compactDecrypt, importJWK } from "jose";
import { beforeEach, expect, it } from "vitest";

import { FOREIGN_DISCLOSURES, FOREIGN_OFFER, type Faults, ForeignIssuer } from "../support/foreign";
import type { WalletPage } from "../support/page";
import { context, open } from "../support/stage";
import { loadJson } from "../support/vectors";

let device: WalletPage;
beforeEach(async () => {
  device = await open();
});

it.each<[string, Faults]>([
  ["plain metadata", {}],
  ["metadata signed under an unknown root, which is set aside", { signedMetadata: true }],
])("pairs with an issuer that nothing proves, and pins what signs its Creds: %s", async (_, faults) => {
  const issuer = await ForeignIssuer.open(context, faults);
  const { review, result } = await device.setUpAndPair(FOREIGN_OFFER, null);

  expect(review).toMatchObject({ issuerName: "Town library", proven: false, address: "issuer.example.com" });
  expect(review.certificates).toEqual([]);
  expect(result.received.map(({ typeName, state, checkedAt }) => [typeName, state, checkedAt])).toEqual([
    ["Library card", "active", null],
  ]);
  expect(issuer.reports.map(({ event }) => event)).toEqual(["credential_accepted"]);
  expect(await device.page.evaluate(async () => (await wallet.sync())[0]?.outcome)).toBe("up_to_date");
});

const { d: _, ...FOREIGN_KEY } = loadJson("x509/keys.json").root;

it.each<[string, Faults, string]>([
  ["credresp-foreign-key", { claims: { cnf: { jwk: FOREIGN_KEY } } }, "wrong_key"],
  ["credresp-wrong-vct", { claims: { vct: "https://issuer.example.com/types/other" } }, "wrong_type"],
  ["credresp-with-kb", { rest: "e30.e30.AA" }, "has_kb_jwt"],
  ["iss-of-another", { claims: { iss: "https://other.example" } }, "wrong_issuer"],
  ["cred-expired", { claims: { exp: 1_700_000_000 } }, "expired"],
  ["cred-typ", { header: { typ: "vc+sd-jwt" } }, "wrong_typ"],
  ["cred-self-signed", { signer: "self_signed_leaf", header: { x5c: null } }, "no_chain"],
])("keeps nothing of a Cred that fails, and reports it: %s", async (_, faults, reason) => {
  const issuer = await ForeignIssuer.open(context, faults);
  const { result } = await device.setUpAndPair(FOREIGN_OFFER, null);
  expect(result.received).toEqual([]);
  expect(result.missing).toMatchObject([{ typeName: "Library card", comesLater: false }]);
  expect(issuer.reports).toMatchObject([{ event: "credential_failure", event_description: reason }]);
  expect((await device.state()).creds).toEqual([]);
});

it("does not follow an issuer's redirect", async () => {
  await ForeignIssuer.open(context, { redirectMetadata: true });
  const failed = await device.failure((link) => wallet.resolve(link), FOREIGN_OFFER);
  expect(failed?.code).toBe("no_answer");
});

it("ruri-redirect: does not follow a requester's redirect", async () => {
  expect(await device.page.evaluate(async () => (await wallet.setUp({ way: "device" })).outcome)).toBe("done");
  const asked: string[] = [];
  await context.route("https://verifier.example.com/**", async (route) => {
    asked.push(route.request().url());
    const headers = { "access-control-allow-origin": "*", location: "https://verifier.example.com/other" };
    await route.fulfill({ status: 302, headers });
  });
  const reference = { client_id: "x509_hash:a", request_uri: "https://verifier.example.com/request" };
  const failed = await device.failure((link) => wallet.resolve(link), `openid4vp://?${new URLSearchParams(reference)}`);
  expect(failed?.code).toBe("no_answer");
  expect(asked).toEqual(["https://verifier.example.com/request"]);
});

const VERIFIER = loadJson("openid4vp/request_objects.json");
const query = (id: string, claim: string) => ({
  id,
  format: "dc+sd-jwt",
  meta: { vct_values: ["https://issuer.example.com/types/library-card"] },
  claims: [{ path: [claim] }],
});
const UNSIGNED = {
  client_id: "redirect_uri:https://verifier.example.com/response",
  response_type: "vp_token",
  response_mode: "direct_post.jwt",
  nonce: "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA",
  state: "s",
  dcql_query: JSON.stringify({
    credentials: [query("card", "reader"), query("born", "born"), query("town", "town")],
    credential_sets: [
      { options: [["card"]] },
      { options: [["born"]], required: false },
      { options: [["town"]], required: false },
    ],
  }),
  client_metadata: JSON.stringify(VERIFIER.payload_of_good.client_metadata),
};

it("shares with a requester that nothing proves; what was not ticked leaves in no form", async () => {
  await ForeignIssuer.open(context);
  await device.setUpAndPair(FOREIGN_OFFER, null);
  const sent: string[] = [];
  context.on("request", (request) =>
    sent.push(request.url(), request.postData() ?? "", JSON.stringify(request.headers())),
  );
  await context.route("https://verifier.example.com/response", async (route) => {
    await route.fulfill({
      body: '{"redirect_uri":"https://verifier.example.com/done"}',
      headers: { "access-control-allow-origin": "*", "content-type": "application/json" },
    });
  });

  const { review, result } = await device.share(`openid4vp://?${new URLSearchParams(UNSIGNED)}`, ["born"]);

  expect(review).toMatchObject({ proven: false, requester: "verifier.example.com", address: "verifier.example.com" });
  expect(result).toMatchObject({ accepted: true, redirectUri: "https://verifier.example.com/done" });
  const posted = new URLSearchParams(sent.find((text) => text.startsWith("response=")) ?? "");
  expect([...posted.keys()]).toEqual(["response"]);
  const key = await importJWK(VERIFIER.context.verifier_encryption_private_jwk, "ECDH-ES");
  const opened = new TextDecoder().decode((await compactDecrypt(posted.get("response") ?? "", key)).plaintext);
  const [reader, born, town] = FOREIGN_DISCLOSURES;
  const shown = (id: string) => JSON.parse(opened).vp_token[id].map((text: string) => text.split("~").slice(1, -1));
  expect([shown("card"), shown("born")]).toEqual([[[reader]], [[born]]]);
  expect(Object.keys(JSON.parse(opened).vp_token)).toEqual(["card", "born"]);
  for (const trace of [town ?? "", "Bonn", "c2FsdHRocmVlc2FsdHQ"]) {
    expect([...sent, opened].some((text) => text.includes(trace))).toBe(false);
  }
});

it("sends nothing to a requester whose signature proves nothing", async () => {
  await ForeignIssuer.open(context);
  await device.setUpAndPair(FOREIGN_OFFER, null);
  const [good] = loadJson<{ cases: { link_client_id: string; request_object: string }[] }>(
    "openid4vp/request_objects.json",
  ).cases;
  const asked: string[] = [];
  await context.route("https://verifier.example.com/**", async (route) => {
    asked.push(route.request().method());
    await route.fulfill({
      body: good?.request_object ?? "",
      headers: { "access-control-allow-origin": "*", "content-type": "application/oauth-authz-req+jwt" },
    });
  });
  const reference = { client_id: good?.link_client_id ?? "", request_uri: "https://verifier.example.com/request" };
  const failed = await device.failure((link) => wallet.resolve(link), `openid4vp://?${new URLSearchParams(reference)}`);
  expect(failed).toEqual({ code: "untrusted", side: "requester" });
  expect(asked).toEqual(["GET"]);
});
