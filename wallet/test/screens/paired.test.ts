/** After Pair: how many Creds are there, what comes later, and the way on, which works at once. */

import { render, screen } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";

import Paired from "../../src/screens/Paired.svelte";
import type { Issuer, PairingReview, PairProgress } from "../../src/wallet";
import { appWith, cred } from "../support/screens";
import Within from "../support/Within.svelte";

const PERMIT = { configurationId: "permit", typeName: "Parking permit", comesLater: true, error: null };

beforeEach(() => {
  document.body.replaceChildren();
});

function show(progress: object, tryIt: string | null | undefined) {
  const follow = vi.fn();
  const app = Object.assign(appWith(), { follow });
  const result = tryIt === undefined ? undefined : { ...progress, issuer: { tryIt } as Issuer };
  const review = { issuerName: "Northwind Robotics" } as PairingReview;
  render(Within, { app, screen: Paired, given: { review, progress: progress as PairProgress, result } });
  return follow;
}

it("counts what came of what is to come, while it comes, and lets the person go on", () => {
  show({ received: [cred(), cred({ id: "2", typeName: "Lab pass" })], total: 3, missing: [] }, undefined);
  expect(screen.getByRole("status").textContent).toBe("2 of 3 Creds received");
  const bar = screen.getByRole<HTMLProgressElement>("progressbar", { name: "Creds received" });
  expect([bar.value, bar.max]).toEqual([2, 3]);
  expect(screen.getByRole("button", { name: "Show my Creds" })).toBeTruthy();
  expect(screen.getByText("You can go on. The rest arrives by itself.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Try it" })).toBeNull();
});

it("keeps a row for what comes later, and for what did not come", () => {
  const missing = [PERMIT, { ...PERMIT, configurationId: "pass", typeName: "Lab pass", comesLater: false }];
  show({ received: [cred()], total: 3, missing }, null);
  expect(screen.getByText("Parking permit: comes later. Northwind Robotics is still preparing it.")).toBeTruthy();
  expect(screen.getByText("Lab pass: could not be received.")).toBeTruthy();
});

it.each([
  ["offers to try it where the issuer does", "https://issuer.example/try", 1],
  ["offers nothing to try where the issuer does not", null, 0],
])("%s", (_, tryIt, times) => {
  const follow = show({ received: [cred()], total: 1, missing: [] }, tryIt);
  for (const button of screen.queryAllByRole("button", { name: "Try it" })) button.click();
  expect(follow.mock.calls).toEqual(Array(times).fill([tryIt]));
});
