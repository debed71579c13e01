/** The wallet's side of push: one endpoint at the relay for each issuer, and what lies outside the vault for it. */

import { createHash } from "node:crypto";

import { expect, it } from "vitest";

import { en } from "../../src/text/push_en";
import type { WalletPage } from "../support/page";
import { encryptPush } from "../support/push";
import { context, demo, open } from "../support/stage";

/** A push service that answers at once: the browser's own cannot be reached from here. */
const pretendPush = () => {
  let current: object | null = null;
  const make = async (options: { applicationServerKey: Uint8Array }) => {
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const p256dh = btoa(String.fromCharCode(...raw))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replace(/=+$/, "");
    const json = {
      endpoint: `https://fcm.googleapis.com/fcm/send/${crypto.randomUUID()}`,
      keys: { p256dh, auth: "A".repeat(22) },
    };
    current = { ...json, options: { applicationServerKey: options.applicationServerKey.buffer }, toJSON: () => json };
    return current;
  };
  const pushManager = { getSubscription: async () => current, subscribe: make };
  Object.defineProperty(navigator.serviceWorker, "getRegistration", { value: async () => ({ pushManager }) });
  Object.defineProperty(Notification, "permission", { get: () => "granted" });
};
const bells = (device: WalletPage) =>
  device.page.evaluate(
    () =>
      new Promise<{ issuerName: string; endpoint: string }[]>((resolve) => {
        indexedDB.open("billfold").onsuccess = ({ target }) => {
          const database = (target as IDBOpenDBRequest).result;
          const all = database.transaction("bells").objectStore("bells").getAll();
          all.onsuccess = () => resolve(all.result);
        };
      }),
  );

it("gives each issuer an endpoint of its own, and takes it back at the end of the pairing", async () => {
  const device = await open();
  await device.page.evaluate(pretendPush);
  const told: { push_subscription: { endpoint: string } | null; client: object }[] = [];
  context.on("request", (request) => {
    if (request.method() === "PUT" && request.url().endsWith("/pairing")) told.push(request.postDataJSON());
  });
  const code = await demo.pairingCode("northwind");
  await device.setUpAndPair(code.wallet_link, code.tx_code);
  const other = await demo.pairingCode("lakeside");
  await device.pairToo(other.wallet_link, other.tx_code);

  const rung = await bells(device);
  expect(rung.map(({ issuerName }) => issuerName).sort()).toEqual(["Lakeside University", "Northwind Robotics"]);
  expect(new Set(rung.map(({ endpoint }) => endpoint)).size).toBe(2);
  expect(told.map(({ push_subscription }) => push_subscription?.endpoint).sort()).toEqual(
    rung.map(({ endpoint }) => endpoint).sort(),
  );
  expect(told[0]?.client).toMatchObject({ unlock: "prf", display_mode: "browser", notifications: "granted" });

  await device.page.evaluate((issuer) => wallet.unpair(issuer), demo.organisation("northwind").issuer);
  expect((await bells(device)).map(({ issuerName }) => issuerName)).toEqual(["Lakeside University"]);
  const gone = rung.find(({ issuerName }) => issuerName === "Northwind Robotics")?.endpoint ?? "";
  const answer = await fetch(gone, {
    method: "POST",
    headers: { ttl: "60", "content-encoding": "aes128gcm" },
    body: "x",
  });
  expect(answer.status).toBe(410);
});

it("knows while it is locked who rang, and makes nothing of what is not theirs", async () => {
  const device = await open();
  await device.page.evaluate(pretendPush);
  let told = { endpoint: "", keys: { p256dh: "", auth: "" } };
  context.on("request", (request) => {
    if (request.method() === "PUT" && request.url().endsWith("/pairing"))
      told = request.postDataJSON().push_subscription;
  });
  const code = await demo.pairingCode("northwind");
  await device.setUpAndPair(code.wallet_link, code.tx_code);
  await device.page.evaluate(() => wallet.lock());

  const token = new URL(told.endpoint).pathname.split("/").at(-1) ?? "";
  const handle = createHash("sha256").update(token).digest().subarray(0, 16);
  const message = encryptPush('{"issuer":"Somebody else"}', told.keys);
  const ring = (data: Buffer) => device.page.evaluate((bytes) => whoRang(new Uint8Array(bytes)), [...data]);

  expect(await ring(Buffer.concat([handle, message]))).toEqual({
    issuer: demo.organisation("northwind").issuer,
    issuerName: "Northwind Robotics",
  });
  expect(await ring(Buffer.concat([Buffer.alloc(16), message]))).toBeUndefined();
  expect(await ring(Buffer.concat([handle, message.subarray(0, -1)]))).toBeUndefined();
  expect(await ring(Buffer.alloc(3))).toBeUndefined();
});

it("pairs all the same where there is no push, and says so to the issuer", async () => {
  const device = await open();
  const told: { push_subscription: object | null }[] = [];
  context.on("request", (request) => {
    if (request.method() === "PUT" && request.url().endsWith("/pairing")) told.push(request.postDataJSON());
  });
  const code = await demo.pairingCode("northwind");
  const { result } = await device.setUpAndPair(code.wallet_link, code.tx_code);
  expect(result.received).toHaveLength(2);
  expect(told.map(({ push_subscription }) => push_subscription)).toEqual([null]);
});

it.each([
  ["push-empty", ""],
  ["push-bad-json", "{not json"],
  ["push-foreign-link", JSON.stringify({ issuer: "Evil", url: "https://evil.example/", title: "Tap here" })],
])("says no more than that there is something new, whatever a push holds: %s", async (_, data) => {
  const { wallet: origin } = demo.description;
  await context.grantPermissions(["notifications"], { origin });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [first] }) => first && resolve(first.registrationId));
  });
  await cdp.send("ServiceWorker.enable");
  await page.goto(origin);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await cdp.send("ServiceWorker.deliverPushMessage", { origin, registrationId: await registered, data });

  const shown = () =>
    page.evaluate(async () => {
      const notices = await (await navigator.serviceWorker.ready).getNotifications();
      return notices.map(({ title, body, data: link }) => ({ title, body, link: link as unknown }));
    });
  await expect.poll(shown).toEqual([{ title: en.title, body: en.unnamed, link: null }]);
});
