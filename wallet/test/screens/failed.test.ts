/** What a person reads when something went wrong: every cause with its title, whose side it is on, and the way on. */

import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";

import { WalletError, type ErrorCode, type ErrorDetails } from "../../src/core/errors";
import Failed from "../../src/screens/Failed.svelte";
import { de } from "../../src/text/de";
import { en } from "../../src/text/en";
import type { Support } from "../../src/wallet";
import { appWith } from "../support/screens";
import Within from "../support/Within.svelte";

const SUPPORT: Support = { email: "help@northwind.example", phone: null, url: null };
const NORTHWIND = "Northwind Robotics";

function show(code: ErrorCode, details: ErrorDetails = {}, support: Support | null = SUPPORT, who: string | null = NORTHWIND) {
  const error = new WalletError(code, "expected something else", details);
  const onretry = vi.fn();
  const onclose = vi.fn();
  const given = { error, bar: "Pair", who, support, onretry, onclose };
  const app = appWith();
  render(Within, { app, screen: Failed, given });
  const [primary] = document.querySelectorAll<HTMLElement>(".actions .btn");
  return { app, primary, onretry, onclose, title: screen.getByRole("heading", { level: 1 }).textContent };
}
const said = (label: string) => screen.getByText(label).parentElement?.querySelector("dd")?.textContent?.trim();

describe("each cause", () => {
  it.each<[string, ErrorCode, ErrorDetails, string, string, string]>([
    ["code used", "code_used", {}, "This code was used already", "Nobody’s, unless", "Scan another code"],
    ["code expired", "code_expired", {}, "This code has run out", "live 30 minutes", "Ask for a new code"],
    ["code of unknown fate", "code_gone", {}, "This code does not work any more", "Nobody’s, unless", "Ask for a new code"],
    ["PIN tries spent", "pin_spent", {}, "Too many wrong PINs", NORTHWIND, `Contact ${NORTHWIND}`],
    ["issuer silent", "no_answer", {}, `${NORTHWIND} does not answer`, "The connection’s", "Try again"],
    ["signature, trust", "untrusted", {}, "This is not safe to go on", NORTHWIND, "Close"],
    ["unknown code", "link_unknown", {}, "Billfold cannot read this code", "The code’s", "Scan another code"],
    ["request run out", "request_gone", {}, "This request has run out", NORTHWIND, "Scan again"],
    ["share without an answer", "perhaps_shared", {}, "It may have arrived", "The connection’s", "Try again"],
    ["ours", "ours", {}, "Billfold made a mistake", "Ours. Nothing was shared.", "Try again"],
  ])("has a title, a side and a way on: %s", (_, code, details, title, side, way) => {
    const shown = show(code, details);
    expect(shown.title).toBe(title);
    expect(said(en.errors.side)).toContain(side);
    expect(shown.primary?.textContent?.trim()).toBe(way);
    expect(said(en.errors.happened)).not.toBe("");
    expect(said(en.errors.todo)).not.toBe("");
  });
});

it("has words for every cause, in both languages, with no part missing", () => {
  for (const { errors } of [en, de]) {
    for (const words of Object.values(errors).filter((each) => typeof each === "object" && "happened" in each)) {
      const { title, happened, todo } = words as { title: string; happened(who: string): string; todo(who: string): string };
      expect([title, happened("X"), todo("X")].every((text) => text.length > 5)).toBe(true);
      expect(title).not.toMatch(/[.!]$/);
    }
  }
});

it("leads to the scanner where nobody is known to ask for a new code", async () => {
  const { app, primary } = show("code_gone", {}, null);
  expect(primary?.textContent?.trim()).toBe("Scan another code");
  if (primary) await fireEvent.click(primary);
  expect(app.route.screen).toBe("scan");
});

it("leads to the issuer's own support", () => {
  expect(show("pin_spent").primary?.getAttribute("href")).toBe("mailto:help@northwind.example");
});

it("tries again where that may help, and never where something is not safe", async () => {
  const again = show("no_answer");
  if (again.primary) await fireEvent.click(again.primary);
  expect([again.onretry.mock.calls.length, again.onclose.mock.calls.length]).toEqual([1, 0]);
  document.body.replaceChildren();
  const unsafe = show("untrusted");
  if (unsafe.primary) await fireEvent.click(unsafe.primary);
  expect([unsafe.onretry.mock.calls.length, unsafe.onclose.mock.calls.length]).toEqual([0, 1]);
});

it("shows the reference that the other side knows, and quotes what it said", () => {
  show("refused", { reference: "4M8T-C2WP", description: "Ask at the gate" });
  expect(screen.getByText("4M8T-C2WP")).toBeTruthy();
  expect(screen.getByText("Ask at the gate").tagName).toBe("Q");
});

it.each<[ErrorCode, boolean]>([
  ["refused", true],
  ["code_gone", false],
])("has the other side's sentence in sight only where there is no better one: %s", (code, inSight) => {
  show(code, { description: "expected a code that is known" });
  expect(screen.getByText("expected a code that is known").closest("details") === null).toBe(inSight);
});
