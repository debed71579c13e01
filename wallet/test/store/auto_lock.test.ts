/** When the wallet locks by itself: out of sight, untouched, and when its page goes away. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { AutoLock } from "../../src/store/auto_lock";

let nowMs: number;
let locked: number;
let autoLock: AutoLock;

beforeEach(() => {
  vi.useFakeTimers();
  [nowMs, locked] = [1_000_000, 0];
  autoLock = new AutoLock(
    () => {
      locked += 1;
      autoLock.stop();
    },
    () => nowMs,
  );
});
afterEach(() => {
  autoLock.stop();
  vi.useRealTimers();
});

function turn(visibilityState: "hidden" | "visible"): void {
  Object.defineProperty(document, "visibilityState", { value: visibilityState, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

it("locks after as long without a touch as the person chose, counted from the last one", () => {
  autoLock.start(600);
  vi.advanceTimersByTime(599_000);
  autoLock.start(600);
  vi.advanceTimersByTime(599_000);
  expect(locked).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(locked).toBe(1);
});

it("gives two minutes to who looks at it, though it locks at once out of sight", () => {
  autoLock.start(0);
  vi.advanceTimersByTime(119_000);
  expect(locked).toBe(0);
  turn("hidden");
  expect(locked).toBe(1);
});

it("locks out of sight after the time chosen", () => {
  autoLock.start(120);
  turn("hidden");
  vi.advanceTimersByTime(119_000);
  expect(locked).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(locked).toBe(1);
});

it("goes by the clock where timers slept in the background", () => {
  autoLock.start(120);
  turn("hidden");
  nowMs += 121_000;
  turn("visible");
  expect(locked).toBe(1);
});

it("counts anew for who comes back in time", () => {
  autoLock.start(120);
  turn("hidden");
  vi.advanceTimersByTime(100_000);
  nowMs += 100_000;
  turn("visible");
  vi.advanceTimersByTime(100_000);
  expect(locked).toBe(0);
});

it.each<[string, () => void]>([
  ["pagehide", () => window.dispatchEvent(new Event("pagehide"))],
  ["freeze", () => document.dispatchEvent(new Event("freeze"))],
])("locks when the page goes away: %s", (_, happens) => {
  autoLock.start(600);
  happens();
  expect(locked).toBe(1);
});

it("does nothing while there is nothing to lock", () => {
  turn("hidden");
  window.dispatchEvent(new Event("pagehide"));
  vi.advanceTimersByTime(3_600_000);
  expect(locked).toBe(0);
});
