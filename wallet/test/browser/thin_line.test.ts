/** Set up, pair, list and share: the whole way against the running demo, by the object that the screens use. */

import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import { Demo } from "../support/demo";
import { buildHarness, launch, WalletPage } from "../support/page";

const PORT = 20_000 + Math.floor(Math.random() * 5_000) * 4;

let demo: Demo;
let browser: Browser;
let harness: Awaited<ReturnType<typeof buildHarness>>;
let context: BrowserContext;

beforeAll(async () => {
  [demo, browser, harness] = await Promise.all([Demo.start(PORT), launch(), buildHarness()]);
});
afterAll(async () => {
  await browser?.close();
  demo?.stop();
  await harness?.remove();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
});

const open = (unlocking: Parameters<typeof WalletPage.open>[3] = "prf") =>
  WalletPage.open(context, demo.description.wallet, harness.folder, unlocking);

/** Set the wallet up, and pair with the issuer behind `link`. */
const setUpAndPair = (device: WalletPage, link: string, pin: string) =>
  device.page.evaluate(
    async ([link, pin]) => {
      const review = await wallet.resolve(link as string);
      if (review.kind !== "pairing") throw new Error("expected an offer");
      const set = await wallet.setUp({ way: "device" });
      if (set.outcome !== "done") throw new Error(`expected a vault, got ${set.outcome}`);
      const progress: number[] = [];
      const result = await wallet.pair(review, set.confirmation, {
        pin: pin as string,
        onProgress: ({ received }) => progress.push(received.length),
      });
      return { review, result, progress };
    },
    [link, pin],
  );

it("sets up, pairs with a PIN, lists the Creds, and shares with one of three optional fields ticked", async () => {
  const device = await open();
  const code = await demo.pairingCode("northwind", "Amara Okafor");
  expect((await device.state()).status).toBe("fresh");

  const { review, result, progress } = await setUpAndPair(device, code.wallet_link as string, code.tx_code);

  expect(review).toMatchObject({ issuerName: "Northwind Robotics", proven: true, pin: { numeric: true } });
  expect(review.offered.map(({ name }) => name)).toEqual(["Employee badge", "Parking permit"]);
  expect(progress).toEqual([0, 1, 2]);
  expect(result.missing).toEqual([]);
  const state = await device.state();
  expect(state).toMatchObject({ status: "unlocked", unlockKind: "prf" });
  expect(state.creds.map(({ typeName, isNew, state }) => [typeName, isNew, state])).toEqual([
    ["Employee badge", true, "active"],
    ["Parking permit", true, "active"],
  ]);
  expect(state.creds[0]?.fields.map(({ label }) => label)).toContain("Staff number");

  const asked = await demo.request("staff-rate");
  const shared = await device.page.evaluate(async (link) => {
    const review = await wallet.resolve(link);
    if (review.kind !== "sharing") throw new Error("expected a request");
    const confirmed = await wallet.confirm({ way: "device" });
    if (confirmed.outcome !== "done") throw new Error("expected a confirmation");
    const choice = defaultChoice(review);
    const team = review.cards[0]?.creds[0]?.optional.find(({ field }) => field?.name === "team");
    const picks = choice.picks.map((pick) => ({ ...pick, optional: [team?.id ?? ""] }));
    return { review, result: await wallet.share(review, { picks }, confirmed.confirmation) };
  }, asked.wallet_link as string);

  expect(shared.review).toMatchObject({ requester: "Harbour Sports Club", proven: true, answerable: true });
  expect(shared.review.cards).toHaveLength(1);
  const [cred] = shared.review.cards[0]?.creds ?? [];
  expect(cred?.required.map(({ name }) => name)).toEqual(["name", "employer"]);
  expect(cred?.optional.map(({ label }) => label)).toEqual(["Photo", "Team", "Date of birth"]);
  expect(shared.result.accepted).toBe(true);
  const { api, api_key } = demo.description.requester;
  const { verification } = await demo.call(api, api_key, "GET", `/presentation-requests/${asked.id}`);
  expect(verification.accepted).toBe(true);
  expect(Object.keys(verification.creds[0].fields).sort()).toEqual(["employer", "name", "team"]);
  const [entry] = (await device.state()).history;
  expect(entry).toMatchObject({ requester: "Harbour Sports Club", outcome: "accepted" });
  expect(entry?.shared[0]?.fields.map(({ name }) => name).sort()).toEqual(["employer", "name", "team"]);
});
