/** Several copies of one Cred, each for one requester; and Creds that come later. */

import { beforeEach, expect, it } from "vitest";

import { FOREIGN, FOREIGN_OFFER, ForeignIssuer } from "../support/foreign";
import type { WalletPage } from "../support/page";
import { context, demo, open } from "../support/stage";
import { loadJson } from "../support/vectors";

const REQUESTER = "https://verifier.example.com/response";
const REQUEST = {
  client_id: `redirect_uri:${REQUESTER}`,
  response_type: "vp_token",
  response_mode: "direct_post",
  nonce: "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA",
  state: "s",
  dcql_query: JSON.stringify({
    credentials: [
      {
        id: "card",
        format: "dc+sd-jwt",
        meta: { vct_values: [`${FOREIGN}/types/library-card`] },
        claims: [{ path: ["reader"] }],
      },
    ],
  }),
  client_metadata: JSON.stringify(loadJson("openid4vp/request_objects.json").payload_of_good.client_metadata),
};

let device: WalletPage;
beforeEach(async () => {
  device = await open();
});

/** Share with a requester that reads in the clear; return the copy that it got, without what binds it. */
async function shownCopy(): Promise<string> {
  const posted = context.waitForEvent("request", (request) => request.url() === REQUESTER && request.method() === "POST");
  await context.route(REQUESTER, (route) =>
    route.fulfill({ body: "{}", headers: { "access-control-allow-origin": "*", "content-type": "application/json" } }),
  );
  await device.share(`openid4vp://?${new URLSearchParams(REQUEST)}`);
  const form = new URLSearchParams((await posted).postData() ?? "");
  const [presentation = ""] = JSON.parse(form.get("vp_token") ?? "{}").card;
  return presentation.split("~")[0] ?? "";
}

const sync = () => device.page.evaluate(async () => (await wallet.sync()).map(({ outcome }) => outcome));
const later = (ms: number) =>
  device.page.evaluate((offset) => {
    clock.offsetMs = offset;
  }, ms);

it("shows each copy to one requester, the last one again when none is left, and refills at a sync by its refresh token, without asking", async () => {
  const issuer = await ForeignIssuer.open(context, { batchSize: 3 });
  const { result } = await device.setUpAndPair(FOREIGN_OFFER, null);
  expect([result.received.length, issuer.asked]).toEqual([1, [3]]);
  const { id = "", receivedAt } = (await device.state()).creds[0] ?? {};
  await device.page.evaluate((credId) => wallet.open(credId), id);

  const shown = [await shownCopy(), await shownCopy(), await shownCopy(), await shownCopy()];
  expect(new Set(shown).size).toBe(3);
  expect(shown[3]).toBe(shown[2]);

  const grants: (string | null)[] = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/token")) grants.push(new URLSearchParams(request.postData() ?? "").get("grant_type"));
  });
  await later(3_600_000); // the access token is over
  expect(await sync()).toEqual(["up_to_date"]);
  expect(grants).toEqual(["refresh_token"]);
  expect(issuer.asked).toEqual([3, 3]);
  expect(shown).not.toContain(await shownCopy());
  expect((await device.state()).creds).toMatchObject([{ id, isNew: false, receivedAt }]);
  await sync();
  expect(issuer.asked).toEqual([3, 3]);
});

it("never asks for more copies than it has use for", async () => {
  const issuer = await ForeignIssuer.open(context, { batchSize: 100 });
  await device.setUpAndPair(FOREIGN_OFFER, null);
  expect(issuer.asked).toEqual([4]);
});

it("keeps the promise of a later Cred over a restart, asks when it is due, and takes what comes", async () => {
  const issuer = await ForeignIssuer.open(context, { later: 2, batchSize: 2 });
  const { result } = await device.setUpAndPair(FOREIGN_OFFER, null);
  expect(result.received).toEqual([]);
  expect(result.missing).toMatchObject([{ typeName: "Library card", comesLater: true }]);
  const pending = [{ issuer: FOREIGN, issuerName: "Town library", typeName: "Library card" }];
  expect((await device.state()).pending).toEqual(pending);

  await device.restart();
  await device.page.evaluate(() => wallet.unlock({ way: "device" }));
  expect((await device.state()).pending).toEqual(pending);
  await sync();
  expect([issuer.asked, issuer.deferred]).toEqual([[2], []]); // neither due, nor asked for anew

  await later(61_000);
  await sync();
  expect([issuer.deferred, (await device.state()).pending]).toEqual([["t0"], pending]);
  await later(122_000);
  await sync();

  expect(issuer.deferred).toEqual(["t0", "t1"]);
  const state = await device.state();
  expect([state.pending, state.creds.map(({ typeName, isNew }) => [typeName, isNew])]).toEqual([[], [["Library card", true]]]);
  expect(issuer.reports.map(({ event }) => event)).toEqual(["credential_accepted"]);
  expect(new Set([await shownCopy(), await shownCopy()]).size).toBe(2);
});

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

it("takes an issuer's pictures from the issuer's own host alone, once, and keeps them as data", async () => {
  const display = [{ name: "Town library", logo: { uri: `${FOREIGN}/logo.png` } }];
  await ForeignIssuer.open(context, { metadata: { display } });
  const asked: string[] = [];
  await context.route("**/logo.png", (route) => {
    asked.push(route.request().url());
    const headers = { "access-control-allow-origin": "*", "content-type": "image/png" };
    return route.fulfill({ body: Buffer.from(PIXEL, "base64"), headers });
  });

  const { review } = await device.setUpAndPair(FOREIGN_OFFER, null);
  await sync();

  expect(review.logo).toBe(`data:image/png;base64,${PIXEL}`);
  expect((await device.state()).issuers[0]?.logo).toBe(review.logo);
  expect(asked).toEqual([`${FOREIGN}/logo.png`]);
});

it("asks nobody else for an issuer's pictures", async () => {
  const display = [{ name: "Town library", logo: { uri: "https://tracker.example/logo.png" } }];
  await ForeignIssuer.open(context, { metadata: { display } });
  const asked: string[] = [];
  context.on("request", (request) => asked.push(new URL(request.url()).host));

  const { review } = await device.setUpAndPair(FOREIGN_OFFER, null);

  expect([review.logo, asked.includes("tracker.example")]).toEqual([null, false]);
});

it("tells an issuer at once what this device is called, and whether it may ring", async () => {
  const code = await demo.pairingCode("northwind");
  const told: { device_name: string; push_subscription: unknown }[] = [];
  context.on("request", (request) => {
    if (request.method() === "PUT" && request.url().endsWith("/pairing")) told.push(request.postDataJSON());
  });
  await device.setUpAndPair(code.wallet_link, code.tx_code);
  const { issuer } = demo.organisation("northwind");

  await device.page.evaluate((of) => wallet.changeIssuer(of, { deviceName: "Amara’s phone" }), issuer);
  await device.page.evaluate((of) => wallet.changeIssuer(of, { notifications: false }), issuer);

  expect(told.map(({ device_name }) => device_name).slice(1)).toEqual(["Amara’s phone"]);
  expect((await device.state()).issuers).toMatchObject([{ deviceName: "Amara’s phone", notifications: false }]);
});
