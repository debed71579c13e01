/** Where a test plays: the demo that all files share, this file's browser, and a context of its own for each test. */

import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, inject } from "vitest";

import { Demo } from "./demo";
import { launch, type Unlocking, WalletPage } from "./page";

export const demo = new Demo(inject("demo"));
export let context: BrowserContext;

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
});

/** Open a wallet on a device that unlocks in the way `unlocking`; in `where`, or in the test's context. */
export function open(unlocking: Unlocking = "prf", where: BrowserContext = context): Promise<WalletPage> {
  return WalletPage.open(where, demo.description.wallet, inject("harness"), unlocking);
}
