import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import AppShell from "../src/App.svelte";
import { en } from "../src/text/en";
import type { Wallet, WalletState } from "../src/wallet";
import { appWith, cred, field } from "./support/screens";

vi.mock("../src/ui/device", async (original) => ({
  ...(await original<typeof import("../src/ui/device")>()),
  isUsable: () => true, // happy-dom has no Web Locks
}));

const show = (state: Partial<WalletState>, hash = "", methods: Partial<Wallet> = {}) => {
  location.hash = hash;
  const app = appWith(state, methods);
  render(AppShell, { app });
  return app;
};

// A chunk of its own, which the first test would have to wait for.
beforeAll(async () => {
  await import("../src/screens/Unlocked.svelte");
});

beforeEach(() => {
  location.href = "https://wallet.example/";
});

it("says first what Billfold is, and moves the focus to its heading", async () => {
  show({ status: "fresh", unlockKind: null });
  const heading = screen.getByRole("heading", { level: 1, name: en.first.title });
  await vi.waitFor(() => expect(document.activeElement).toBe(heading));
  expect(document.title).toBe(`${en.first.title} – Billfold`);
});

it("says nothing of issuers or counts while it is locked", () => {
  show({ status: "locked" }, "#c=ABCD2345EFGH");
  expect(screen.getByRole("button", { name: en.locked.unlock })).toBeTruthy();
  expect(screen.queryByRole("navigation")).toBeNull();
});

it("takes a link out of the address, and keeps it until somebody goes on", () => {
  const resolve = vi.fn();
  const app = show({ status: "fresh", unlockKind: null }, "#offer=https%3A%2F%2Fissuer.example%2Fo", { resolve });
  expect(location.hash).toBe("#creds");
  expect(app.waiting).toBe("https://wallet.example/#offer=https%3A%2F%2Fissuer.example%2Fo");
  expect(resolve).not.toHaveBeenCalled();
});

it("follows a link that is opened while the page stands", async () => {
  const resolve = vi.fn(() => new Promise<never>(() => undefined));
  show({}, "#creds", { resolve });
  location.hash = "#c=ABCD2345EFGH";
  await fireEvent(window, new HashChangeEvent("hashchange"));
  expect(await screen.findByRole("heading", { level: 1, name: en.reading.title })).toBeTruthy();
  expect(resolve).toHaveBeenCalledWith("https://wallet.example/#c=ABCD2345EFGH");
});

describe("a Cred's link", () => {
  it.each([
    [{ isNew: true }, "Employee badge, Northwind Robotics, New"],
    [{ state: "suspended", isNew: true }, "Employee badge, Northwind Robotics, Suspended"],
    [{}, "Employee badge, Northwind Robotics"],
  ] as const)("is named by type, issuer and state: %j", async (changes, name) => {
    show({ creds: [cred(changes)] });
    expect(await screen.findByRole("link", { name })).toBeTruthy();
  });
});

it("finds a Cred by what is on it once there are many", async () => {
  const creds = Array.from({ length: 13 }, (_, at) =>
    cred({ id: String(at), typeName: `Badge ${at}`, fields: [field("n", `value-${at}`)] }),
  );
  show({ creds });
  await fireEvent.input(await screen.findByRole("searchbox", { name: en.creds.search }), { target: { value: "VALUE-12" } });
  expect(screen.getAllByRole("link", { name: /^Badge/ })).toHaveLength(1);
});
