/** What becomes of Creds after pairing: news, suspension, withdrawal, the pairing's end, loss on the way, deletion. */

import { beforeEach, expect, it } from "vitest";

import type { PairingCode, Slug } from "../support/demo";
import type { WalletPage } from "../support/page";
import { context, demo, open } from "../support/stage";

const DAY_MS = 24 * 3600_000;

let device: WalletPage;
let employee: string;
beforeEach(async () => {
  [device, employee] = await Promise.all([open(), demo.newPerson("northwind")]);
});

const pair = async (): Promise<PairingCode> => {
  const code = await demo.pairingCode("northwind", employee);
  await device.setUpAndPair(code.wallet_link, code.tx_code);
  return code;
};
const pairToo = async (slug: Slug) => {
  const code = await demo.pairingCode(slug);
  return device.pairToo(code.wallet_link, code.tx_code);
};
const sync = () => device.page.evaluate(() => wallet.sync());
const states = async () => (await device.state()).creds.map(({ typeName, state }) => `${typeName}: ${state}`).sort();
const credentialOf = async (type: string) => {
  const { items } = await demo.as("northwind", "GET", `/credentials?person_id=${employee}`);
  return items.find((item: { credential_type: string }) => item.credential_type === type);
};
const move = async (type: string, how: "suspend" | "resume" | "revoke") =>
  demo.as("northwind", "POST", `/credentials/${(await credentialOf(type)).id}/${how}`, { reason: "a test" });

it("does not offer a suspended Cred, says why, and offers it again once it is resumed", async () => {
  await pair();
  await move("employee-badge", "suspend");
  expect(await sync()).toMatchObject([{ outcome: "up_to_date", changed: [expect.any(String)] }]);
  expect(await states()).toEqual(["Employee badge: suspended", "Parking permit: active"]);

  const asked = await demo.request("staff-rate");
  const review = await device.page.evaluate((link) => wallet.resolve(link), asked.wallet_link);
  if (review.kind !== "sharing") throw new Error("expected a request");
  expect(review.answerable).toBe(false);
  expect(review.cards[0]?.unfit.map(({ typeName, why }) => [typeName, why])).toEqual([
    ["Employee badge", "suspended"],
    ["Parking permit", "other_type"],
  ]);

  await move("employee-badge", "resume");
  await sync();
  expect((await device.share(asked.wallet_link)).result.accepted).toBe(true);
});

it("learns from the answer where a Cred was suspended after the last sync", async () => {
  await pair();
  await move("employee-badge", "suspend");
  const asked = await demo.request("staff-rate");
  await device.share(asked.wallet_link);
  const { state, verification } = await demo.asRequester("GET", `/presentation-requests/${asked.id}`);
  expect([state, verification.accepted]).toEqual(["answered", false]);
});

it("marks what the issuer withdraws, tells of it, and touches nothing else", async () => {
  await pair();
  await move("parking-permit", "revoke");
  await sync();
  expect(await states()).toEqual(["Employee badge: active", "Parking permit: revoked"]);
  const [notice] = (await device.state()).notices;
  expect(notice).toMatchObject({ kind: "withdrawn", issuerName: "Northwind Robotics", credNames: ["Parking permit"] });
  await device.page.evaluate((id) => wallet.dismiss(id), notice?.id ?? "");
  expect((await device.state()).notices).toEqual([]);
});

it("replaces a Cred whose field changed, and calls it New again; a mere refill is not New", async () => {
  await pair();
  const [badge] = (await device.state()).creds.filter(({ typeName }) => typeName === "Employee badge");
  await device.page.evaluate((id) => wallet.open(id), badge?.id ?? "");
  const isNew = async () => (await device.state()).creds.find(({ id }) => id === badge?.id)?.isNew;
  expect(await isNew()).toBe(false);
  await sync();
  expect(await isNew()).toBe(false);

  await demo.as("northwind", "PATCH", `/people/${employee}`, { attributes: { team: "Sensors" } });
  expect((await sync())[0]?.received).toEqual([badge?.id]);

  expect(await isNew()).toBe(true);
  const fields = (await device.state()).creds.find(({ id }) => id === badge?.id)?.fields ?? [];
  expect(fields.find(({ name }) => name === "team")?.value).toBe("Sensors");
});

it("is New until opened or for a day, and a clock set back changes nothing", async () => {
  await pair();
  const areNew = async () => (await device.state()).creds.map(({ isNew }) => isNew);
  const at = (offsetMs: number) =>
    device.page.evaluate((offset) => {
      clock.offsetMs = offset;
    }, offsetMs);
  expect(await areNew()).toEqual([true, true]);
  await at(DAY_MS - 60_000);
  expect(await areNew()).toEqual([true, true]);
  await at(DAY_MS + 60_000);
  expect(await areNew()).toEqual([false, false]);
  await device.page.evaluate(() => wallet.changeSettings({ autoLockS: 600 }));
  await at(0);
  expect(await areNew()).toEqual([false, false]);
});

it("removes the Creds of a pairing that ended, tells of it, and touches no other issuer", async () => {
  await pair();
  await pairToo("lakeside");
  const [pairing] = await demo.pairings("northwind", employee);
  await demo.as("northwind", "DELETE", `/pairings/${pairing?.id}`);

  const results = await sync();

  expect(results.map(({ outcome }) => outcome)).toEqual(["ended", "up_to_date"]);
  expect(await states()).toEqual(["Student card: active"]);
  const state = await device.state();
  expect(state.issuers.map(({ name }) => name)).toEqual(["Lakeside University"]);
  expect(state.notices).toMatchObject([{ kind: "ended", credNames: ["Employee badge", "Parking permit"] }]);
});

it("unpairs one issuer, which hears of it", async () => {
  await pair();
  await pairToo("lakeside");
  await device.page.evaluate((issuer) => wallet.unpair(issuer), demo.organisation("northwind").issuer);
  expect(await states()).toEqual(["Student card: active"]);
  expect((await demo.pairings("northwind", employee)).map(({ state }) => state)).toEqual(["ended"]);
});

it("deletes a Cred, tells its issuer, and does not fetch it again", async () => {
  await pair();
  const permit = (await device.state()).creds.find(({ typeName }) => typeName === "Parking permit");
  await device.page.evaluate((id) => wallet.deleteCred(id), permit?.id ?? "");
  expect((await credentialOf("parking-permit")).device_event).toBe("credential_deleted");
  await sync();
  expect(await states()).toEqual(["Employee badge: active"]);
});

it("loses nothing and doubles nothing when it is killed between receiving and storing", async () => {
  const code = await demo.pairingCode("northwind", employee);
  let answers = 0;
  await context.route("**/credential", async (route) => {
    const response = await route.fetch();
    answers += 1;
    if (answers === 2) await device.page.evaluate(() => wallet.lock()); // the second Cred came, and is not stored
    await route.fulfill({ response }).catch(() => undefined);
  });
  await expect(device.setUpAndPair(code.wallet_link, code.tx_code)).rejects.toThrow();
  await context.unroute("**/credential");

  await device.restart();
  await device.page.evaluate(() => wallet.unlock({ way: "device" }));
  expect(await states()).toEqual(["Employee badge: active"]);
  await sync();
  expect(await states()).toEqual(["Employee badge: active", "Parking permit: active"]);
  await sync();
  expect(await states()).toHaveLength(2);
});

it("offer-uri-404: refuses a code that was used", async () => {
  const used = await pair();
  const failed = (link: string) =>
    device.failure(async (link) => {
      const review = await wallet.resolve(link);
      const confirmed = await wallet.confirm({ way: "device" });
      if (review.kind !== "pairing" || confirmed.outcome !== "done") throw new Error("expected an offer");
      await wallet.pair(review, confirmed.confirmation, { pin: "123456" });
    }, link);
  expect(await failed(used.wallet_link)).toEqual({ code: "code_used", side: "nobody" });
  expect(await failed(used.offer)).toEqual({ code: "code_used", side: "nobody" });
});

it("tells a wrong PIN from a code that is dead", async () => {
  const code = await demo.pairingCode("northwind", employee);
  let tries = 0;
  await context.route("**/token", async (route) => {
    if (route.request().method() === "POST") tries += 1;
    await route.continue();
  });
  await context.route("**/offers/*", async (route) => {
    if (tries < 5) await route.continue();
    else await route.fulfill({ status: 404, headers: { "access-control-allow-origin": "*" } });
  });
  const codes = await device.page.evaluate(async (link) => {
    const review = await wallet.resolve(link);
    await wallet.setUp({ way: "device" });
    const found: string[] = [];
    for (let attempt = 0; attempt < 8 && found.at(-1) !== "pin_spent"; attempt += 1) {
      const confirmed = await wallet.confirm({ way: "device" });
      if (review.kind !== "pairing" || confirmed.outcome !== "done") throw new Error("expected an offer");
      const error = await wallet.pair(review, confirmed.confirmation, { pin: "000000" }).catch((reason) => reason);
      found.push(error.code);
    }
    return found;
  }, code.wallet_link);
  expect(new Set(codes)).toEqual(new Set(["pin_wrong", "pin_spent"]));
  expect(codes.at(-1)).toBe("pin_spent");
});

it("reads short codes and every kind of link, and says so where there is nothing to read", async () => {
  await pair();
  const asked = await demo.request("staff-rate");
  const kinds = await device.page.evaluate(
    async (links) => Promise.all(links.map(async (link) => (await wallet.resolve(link)).kind)),
    [asked.short_code, asked.short_code.toLowerCase(), asked.request, asked.wallet_link],
  );
  expect(kinds).toEqual(["sharing", "sharing", "sharing", "sharing"]);
  const requested = new URLSearchParams(asked.request.split("?")[1]);
  const offered = new URLSearchParams((await demo.pairingCode("lakeside")).offer.split("?")[1]);
  const everyForm = await device.page.evaluate(
    async ({ request, offer, offerUri }) => {
      const here = location.origin;
      const forms = [
        `haip-vp://?${request}`,
        `${here}/#request=${encodeURIComponent(request)}`,
        `${here}/?${request}`,
        `openid-credential-offer://?${offer}`,
        `haip-vci://?${offer}`,
        `${here}/?${offer}`,
        `${here}/#offer=${encodeURIComponent(offerUri)}`,
      ];
      const kinds: string[] = [];
      for (const form of forms) kinds.push((await wallet.resolve(form)).kind);
      return kinds;
    },
    { request: `${requested}`, offer: `${offered}`, offerUri: offered.get("credential_offer_uri") ?? "" },
  );
  expect(everyForm).toEqual([...Array(3).fill("sharing"), ...Array(4).fill("pairing")]);
  const resolve = (link: string) => wallet.resolve(link);
  for (const link of ["hello", "https://example.com/", "mailto:a@b.example", "http://elsewhere.example/#c=ABCD2345"]) {
    expect(await device.failure(resolve, link)).toEqual({ code: "link_unknown", side: "nobody" });
  }
  expect(await device.failure(resolve, "ABCD2345")).toEqual({ code: "code_gone", side: "nobody" });
});

it("ro-user-denies, ruri-404: declines, the requester hears of it, and the request is gone", async () => {
  await pair();
  const asked = await demo.request("staff-rate");
  await device.page.evaluate(async (link) => {
    const review = await wallet.resolve(link);
    if (review.kind === "sharing") await wallet.decline(review);
  }, asked.wallet_link);
  expect((await demo.asRequester("GET", `/presentation-requests/${asked.id}`)).state).toBe("declined");
  expect((await device.state()).history).toMatchObject([{ outcome: "declined", shared: [] }]);
  const again = await device.failure((link) => wallet.resolve(link), asked.request);
  expect(again).toEqual({ code: "request_gone", side: "requester" });
});

it("shows what it holds while offline, and says why nothing else works", async () => {
  await pair();
  const asked = await demo.request("staff-rate");
  await device.page.evaluate(async () => (await wallet.sync()).length);
  await context.setOffline(true);
  expect(await device.failure((link) => wallet.resolve(link), asked.request)).toMatchObject({ code: "offline" });
  expect(await states()).toHaveLength(2);
  expect(await sync()).toMatchObject([{ outcome: "failed", error: {} }]);
});
