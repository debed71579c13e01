/** What stands on the Creds tab and on a Cred's own screen; and how a card moves between the two. */

import { cleanup, render, screen } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import Cred from "../../src/screens/Cred.svelte";
import Creds from "../../src/screens/Creds.svelte";
import type { HistoryEntry, Wallet, WalletState } from "../../src/wallet";
import { appWith, cred } from "../support/screens";
import Within from "../support/Within.svelte";

const METHODS = { open: () => Promise.resolve() } as Partial<Wallet>;
const SHARED = { credId: "1", issuerName: "Northwind Robotics", typeName: "Employee badge" };
const entry = (changes: Partial<HistoryEntry>): HistoryEntry => ({
  id: "s1",
  at: new Date(),
  requester: "Harbour Sports Club",
  address: "club.example",
  proven: true,
  purpose: null,
  outcome: "accepted",
  shared: [],
  about: ["1"],
  reference: null,
  ...changes,
});

function show(shown: typeof Cred | typeof Creds, state: Partial<WalletState>, given: Record<string, unknown> = {}) {
  const app = appWith({ creds: [cred()], ...state }, METHODS);
  render(Within, { app, screen: shown, given });
  return app;
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  Reflect.deleteProperty(document, "startViewTransition");
});

describe("a Cred's screen", () => {
  it("says what it is for and where it can be used, in the issuer's words", () => {
    const purposes = { description: "To enter the building.", places: "At every gate." };
    show(Cred, { creds: [cred(purposes)] }, { id: "1" });
    expect(screen.getByRole("heading", { name: "What it is for" }).nextElementSibling?.textContent).toBe(purposes.description);
    expect(screen.getByRole("heading", { name: "Where you can use it" }).nextElementSibling?.textContent).toBe(purposes.places);
  });

  it("has no heading over nothing where the issuer does not say", () => {
    show(Cred, {}, { id: "1" });
    expect(screen.queryByText("What it is for")).toBeNull();
    expect(screen.queryByText("Where you can use it")).toBeNull();
  });

  it("lists what was shared from it, and what was declined that it could have answered", () => {
    const fields = [{ name: "team", label: "Team" }];
    const history = [
      entry({ id: "s2", outcome: "declined" }),
      entry({ shared: [{ ...SHARED, fields }] }),
      entry({ id: "s3", about: ["2"] }),
    ];
    show(Cred, { history }, { id: "1" });
    const rows = screen.getAllByRole("link", { name: /Harbour Sports Club/ }).map(({ textContent }) => textContent);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain("You declined");
    expect(rows[1]).toContain("1 field");
  });
});

describe("the Creds tab", () => {
  it("has a row for each Cred that comes later, though there is no other", () => {
    const pending = [{ issuer: "https://i.example", issuerName: "Northwind Robotics", typeName: "Parking permit" }];
    show(Creds, { creds: [], pending });
    const row = "Parking permit: comes later. Northwind Robotics is still preparing it.";
    expect(screen.getAllByRole("listitem").map(({ textContent }) => textContent?.trim())).toEqual([row]);
  });

  it("draws first what fits a screen, and then all", async () => {
    vi.useFakeTimers();
    show(Creds, { creds: Array.from({ length: 40 }, (_, at) => cred({ id: String(at) })) });
    expect(screen.getAllByRole("link", { name: /Employee badge/ })).toHaveLength(12);
    await vi.advanceTimersByTimeAsync(100);
    expect(screen.getAllByRole("link", { name: /Employee badge/ })).toHaveLength(40);
  });
});

describe("a tapped card", () => {
  const moveWith = (isReduced: boolean) => {
    const start = vi.fn((change: () => void) => {
      change();
      return { ready: Promise.resolve(), finished: Promise.resolve() };
    });
    Object.assign(document, { startViewTransition: start });
    vi.stubGlobal("matchMedia", (query: string) => ({ matches: isReduced && query.includes("prefers-reduced-motion") }));
    const app = appWith({ creds: [cred()] }, METHODS);
    app.go("#cred/1");
    return { app, start };
  };

  it("moves to its own screen where the browser can do it", () => {
    const { app, start } = moveWith(false);
    expect([start.mock.calls.length, app.route.screen]).toEqual([1, "cred"]);
  });

  it("does not move for those who want less motion", () => {
    const { app, start } = moveWith(true);
    expect([start.mock.calls.length, app.route.screen]).toEqual([0, "cred"]);
  });
});
