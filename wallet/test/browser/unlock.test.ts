/** The unlock by what the device has, and what a locked wallet gives away. */

import { expect, it } from "vitest";

import { addAuthenticator, type WalletPage } from "../support/page";
import { demo, open } from "../support/stage";

const PASSPHRASE = "correct horse battery";

const outcomeOf = (device: WalletPage, method: "setUp" | "unlock" | "confirm", passphrase?: string) =>
  device.page.evaluate(
    async ([method, passphrase]) => {
      const answer = passphrase ? ({ way: "passphrase", passphrase } as const) : ({ way: "device" } as const);
      return (await wallet[method as "setUp"](answer)).outcome;
    },
    [method, passphrase],
  );

it.each(["prf", "prf_late"] as const)(
  "keeps what it holds over a restart, behind the device's unlock: %s",
  async (way) => {
    const device = await open(way);
    const code = await demo.pairingCode("lakeside");
    await device.setUpAndPair(code.wallet_link, code.tx_code);

    await device.restart();
    expect(await device.state()).toMatchObject({ status: "locked", unlockKind: "prf", creds: [], history: [] });
    expect(await outcomeOf(device, "unlock")).toBe("done");

    const state = await device.state();
    expect(state.creds.map(({ typeName }) => typeName)).toEqual(["Student card"]);
    expect(await device.page.evaluate(async () => (await wallet.sync())[0]?.outcome)).toBe("up_to_date");
  },
);

it("tells a passkey that gives no key, and goes on with a passphrase", async () => {
  const device = await open("no_prf");

  expect(await outcomeOf(device, "setUp")).toBe("no_prf");
  expect((await device.state()).status).toBe("fresh");
  expect(await outcomeOf(device, "setUp", "short")).toBe("weak_passphrase");
  expect(await outcomeOf(device, "setUp", PASSPHRASE)).toBe("done");

  await device.restart();
  expect(await device.state()).toMatchObject({ status: "locked", unlockKind: "passphrase" });
  expect(await outcomeOf(device, "unlock", "wrong horse battery")).toBe("wrong_passphrase");
  expect((await device.state()).status).toBe("locked");
  expect(await outcomeOf(device, "unlock", PASSPHRASE)).toBe("done");
  expect(await outcomeOf(device, "confirm", "wrong horse battery")).toBe("wrong_passphrase");
  expect(await outcomeOf(device, "confirm", PASSPHRASE)).toBe("done");
});

it("takes another provider's passkey where the first gave no key", async () => {
  const device = await open("no_prf");
  expect(await outcomeOf(device, "setUp")).toBe("no_prf");
  await device.cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: device.authenticatorId ?? "" });
  await addAuthenticator(device.cdp, "prf");

  expect(await outcomeOf(device, "setUp")).toBe("done");

  await device.restart();
  expect(await device.state()).toMatchObject({ status: "locked", unlockKind: "prf" });
  expect(await outcomeOf(device, "unlock")).toBe("done");
});

it("is locked by a security key where the device has nothing of its own", async () => {
  const device = await open("key");
  const support = await device.page.evaluate(() => wallet.probe());
  expect(support).toMatchObject({ screenLock: false, ways: ["security_key", "passphrase"] });
  expect(await device.page.evaluate(async () => (await wallet.setUp({ way: "security_key" })).outcome)).toBe("done");

  await device.restart();
  expect(await device.state()).toMatchObject({ status: "locked", unlockKind: "prf" });
  expect(await outcomeOf(device, "unlock")).toBe("done");
});

it("says so where the device has no screen lock, and offers what is left", async () => {
  const device = await open("none");
  expect(await outcomeOf(device, "setUp")).toBe("no_screen_lock");
  const support = await device.page.evaluate(() => wallet.probe());
  expect(support).toMatchObject({ usable: true, screenLock: false, ways: ["security_key", "passphrase"] });
});

it("does not believe a device that did not verify the person", async () => {
  const device = await open("prf");
  expect(await outcomeOf(device, "setUp")).toBe("done");
  await device.restart();
  await device.cdp.send("WebAuthn.setResponseOverrideBits", {
    authenticatorId: device.authenticatorId ?? "",
    isBadUV: true,
  });
  expect(await outcomeOf(device, "unlock")).toBe("no_screen_lock");
  expect((await device.state()).status).toBe("locked");
});

it("stays locked where the person is stopped by the device", async () => {
  const device = await open("prf");
  expect(await outcomeOf(device, "setUp")).toBe("done");
  await device.restart();
  const authenticatorId = device.authenticatorId ?? "";
  await device.cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  expect(await outcomeOf(device, "unlock")).toBe("cancelled");
  expect((await device.state()).status).toBe("locked");
});

it("locks by itself when it is hidden", async () => {
  const device = await open("prf");
  expect(await outcomeOf(device, "setUp")).toBe("done");
  await device.page.evaluate(() => wallet.changeSettings({ autoLockS: 0 }));
  await device.page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  expect((await device.state()).status).toBe("locked");
});

it("lets one tab hold the vault, and locks one when the other is unlocked", async () => {
  const first = await open("none");
  expect(await outcomeOf(first, "setUp", PASSPHRASE)).toBe("done");
  const second = await open("none");
  expect((await second.state()).status).toBe("locked");

  expect(await outcomeOf(second, "unlock", PASSPHRASE)).toBe("done");

  expect((await first.state()).status).toBe("locked");
  await second.page.evaluate(() => wallet.lock());
  expect((await second.state()).status).toBe("locked");
});

it("uses a confirmation once", async () => {
  const device = await open("prf");
  const code = await demo.pairingCode("lakeside");
  const codes = await device.page.evaluate(
    async ([link, pin]) => {
      const review = await wallet.resolve(link ?? "");
      const set = await wallet.setUp({ way: "device" });
      if (review.kind !== "pairing" || set.outcome !== "done") throw new Error("expected an offer and a vault");
      const wrong = { pin: pin === "000000" ? "111111" : "000000" };
      const attempt = () => wallet.pair(review, set.confirmation, wrong).catch(({ code }: { code: string }) => code);
      return [await attempt(), await attempt()];
    },
    [code.wallet_link, code.tx_code],
  );
  expect(codes).toEqual(["pin_wrong", "confirmation_needed"]);
});

it("erases everything, and is fresh again", async () => {
  const device = await open("prf");
  expect(await outcomeOf(device, "setUp")).toBe("done");
  await device.page.evaluate(() => wallet.erase());
  expect((await device.state()).status).toBe("fresh");
  await device.restart();
  expect((await device.state()).status).toBe("fresh");
});
