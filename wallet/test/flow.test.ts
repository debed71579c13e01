/** A link that is being followed, and a Billfold that locks itself meanwhile or afterwards. */

import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";

import AppShell from "../src/App.svelte";
import { WalletError } from "../src/core/errors";
import { en } from "../src/text/en";
import type { Confirmation, PairingReview, PairResult, ShareResult, ShareReview, Wallet } from "../src/wallet";
import { changingApp } from "./support/screens";

vi.mock("../src/ui/device", async (original) => ({
  ...(await original<typeof import("../src/ui/device")>()),
  isUsable: () => true, // happy-dom has no Web Locks
}));

const LINK = "https://wallet.example/#c=ABCD2345EFGH";
const NAME = "Harbour Sports Club";
const PARTY = { proven: true, logo: null, address: "issuer.example", certificates: [] };
const NOBODY = { email: null, phone: null, url: null };
const PAIRING = {
  ...PARTY,
  ...{ kind: "pairing", issuer: "https://issuer.example", issuerName: NAME, support: NOBODY, offered: [] },
  ...{ pin: { numeric: true, length: 6, description: null }, alreadyPaired: false },
} as unknown as PairingReview;
const SHARING = {
  ...PARTY,
  ...{ kind: "sharing", requester: NAME, statedName: null, purpose: null, retentionS: null, cards: [], answerable: true },
} as unknown as ShareReview;
const SHARED = { accepted: true, redirectUri: null, reference: null, reason: null, shared: [] } as unknown as ShareResult;
const RECEIVED = { received: [], total: 0, missing: [], issuer: { tryIt: null } } as unknown as PairResult;

const press = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));
const typePin = async (pin: string) => {
  await fireEvent.input(await screen.findByRole("textbox"), { target: { value: pin } });
  await press(en.pin.continue);
};

/** Follow the link to where it leads, in an unlocked Billfold. */
function opened(resolve: Wallet["resolve"], methods: Partial<Wallet> = {}) {
  const confirm = () => Promise.resolve({ outcome: "done" as const, confirmation: {} as Confirmation });
  const { app, change } = changingApp({}, { resolve, confirm, unlock: confirm, notifications: () => "granted", ...methods });
  render(AppShell, { app });
  void app.follow(LINK);
  const lockAndUnlock = async () => {
    app.lockedByHand = true;
    change({ status: "locked" });
    await screen.findByRole("heading", { name: en.locked.title });
    app.wallet.unlock = () => {
      change({ status: "unlocked" });
      return confirm();
    };
    await press(en.locked.unlock);
  };
  return { app, change, lockAndUnlock };
}

// A chunk of its own, which the first test would have to wait for.
beforeAll(async () => {
  await import("../src/screens/Unlocked.svelte");
});

beforeEach(() => {
  document.body.replaceChildren();
  location.href = "https://wallet.example/";
});

it.each([
  ["shared", en.share.share, en.shared.title],
  ["declined", en.share.decline, en.shared.declined],
])("does not follow a request again that was answered before the lock: %s", async (_, button, said) => {
  const resolve = vi.fn(() => Promise.resolve(SHARING));
  const { app, lockAndUnlock } = opened(resolve, { share: async () => SHARED, decline: async () => ({ told: true, redirectUri: null }) });
  await press(button);
  await screen.findByRole("heading", { name: said });
  await lockAndUnlock();
  expect(await screen.findByRole("heading", { name: en.creds.noneTitle })).toBeTruthy();
  expect([resolve.mock.calls.length, location.hash, app.waiting]).toEqual([1, "#creds", undefined]);
});

it("does not follow a pairing code again that was used before the lock", async () => {
  const resolve = vi.fn(() => Promise.resolve(PAIRING));
  const { lockAndUnlock } = opened(resolve, { pair: async () => RECEIVED });
  await press(en.pair.pair);
  await typePin("870488");
  await screen.findByRole("button", { name: en.paired.show });
  await lockAndUnlock();
  expect(await screen.findByRole("heading", { name: en.creds.noneTitle })).toBeTruthy();
  expect([resolve.mock.calls.length, location.hash]).toEqual([1, "#creds"]);
});

it("follows a pairing code again whose PIN was wrong before the lock", async () => {
  const resolve = vi.fn(() => Promise.resolve(PAIRING));
  const refuse = () => Promise.reject(new WalletError("pin_wrong", "expected another PIN"));
  const { lockAndUnlock } = opened(resolve, { pair: refuse });
  await press(en.pair.pair);
  await typePin("870488");
  expect((await screen.findByRole("alert")).textContent).toContain(en.pin.wrong);
  await lockAndUnlock();
  expect(await screen.findByRole("heading", { name: NAME })).toBeTruthy();
  expect(resolve).toHaveBeenCalledTimes(2);
});

it("goes on with a link that was still being read when Billfold locked itself", async () => {
  const resolve = vi.fn(() => new Promise<never>(() => undefined));
  const { lockAndUnlock } = opened(resolve);
  await screen.findByRole("heading", { name: en.reading.title });
  await lockAndUnlock();
  expect(await screen.findByRole("heading", { name: en.reading.title })).toBeTruthy();
  expect(resolve).toHaveBeenCalledTimes(2);
});

it("sends a PIN without what was typed between its digits, and no PIN that cannot be right", async () => {
  const pair = vi.fn(async () => RECEIVED);
  opened(() => Promise.resolve(PAIRING), { pair });
  await press(en.pair.pair);
  await typePin("87O 488");
  expect((await screen.findByRole("alert")).textContent).toContain(en.pin.digitsOnly);
  expect(pair).not.toHaveBeenCalled();
  await typePin("870 488");
  await vi.waitFor(() => expect(pair).toHaveBeenCalledWith(PAIRING, {}, expect.objectContaining({ pin: "870488" })));
});
