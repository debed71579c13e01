/** The wallet without its screens, in Debian's Chromium, at the demo's own origin and under its page's headers. */

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";
import { build } from "vite";

import type { defaultChoice as chooseByDefault } from "../../src/sharing";
import type { whoRang as askWhoRang } from "../../src/store/ring";
import type { PairProgress, UnlockAnswer, Wallet } from "../../src/wallet";

declare global {
  // What the harness hangs onto its page.
  var wallet: Wallet;
  var clock: { offsetMs: number };
  var defaultChoice: typeof chooseByDefault;
  var whoRang: typeof askWhoRang;
}

const CHROMIUM = execFileSync(new URL("../../../scripts/find-chromium", import.meta.url).pathname).toString().trim();
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

// A page that a test hands in has no address, so Chromium would keep it from servers on loopback.
const ARGUMENTS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"];

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** A browser whose profile lies in `folder`, and stays there. */
export async function launchWithProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args: ARGUMENTS });
}

/** Build the harness into a folder of its own, and return it. */
export async function buildHarness(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "billfold-harness-"));
  const configFile = new URL("../../vite.harness.config.ts", import.meta.url).pathname;
  await build({ configFile, build: { outDir: folder } });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/** What the device has; `key` is a security key, which is no part of it. */
export type Unlocking = "prf" | "prf_late" | "no_prf" | "key" | "none";

/** A wallet's page, and the authenticator of its device. */
export class WalletPage {
  private constructor(
    readonly page: Page,
    readonly cdp: CDPSession,
    readonly authenticatorId: string | undefined,
  ) {}

  static async open(
    context: BrowserContext,
    origin: string,
    folder: string,
    unlocking: Unlocking,
  ): Promise<WalletPage> {
    const headers = (await fetch(origin)).headers;
    const policy = headers.get("content-security-policy") ?? "";
    await context.route(`${origin}/harness/**`, async (route) => {
      const name = new URL(route.request().url()).pathname.replace("/harness/", "");
      const body = await readFile(join(folder, name));
      const contentType = TYPES[extname(name)] ?? "application/octet-stream";
      await route.fulfill({ body, headers: { "content-type": contentType, "content-security-policy": policy } });
    });
    const page = await context.newPage();
    page.on("pageerror", (error) => process.stderr.write(`page: ${error.message}\n`));
    const cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable", { enableUI: false });
    const authenticatorId = await addAuthenticator(cdp, unlocking);
    await page.goto(`${origin}/harness/harness.html`);
    await page.waitForFunction(() => "wallet" in globalThis);
    return new WalletPage(page, cdp, authenticatorId);
  }

  /** Set the wallet up with the device's unlock, and pair with the issuer behind `link`. */
  setUpAndPair(link: string, pin: string | null, answer: UnlockAnswer = { way: "device" }) {
    return this.page.evaluate(
      async ({ link, pin, answer }) => {
        const review = await wallet.resolve(link);
        if (review.kind !== "pairing") throw new Error("expected an offer");
        const set = await wallet.setUp(answer);
        if (set.outcome !== "done") throw new Error(`expected a vault, got ${set.outcome}`);
        const progress: number[] = [];
        const options = {
          ...(pin ? { pin } : {}),
          onProgress: (now: PairProgress) => progress.push(now.received.length),
        };
        const result = await wallet.pair(review, set.confirmation, options);
        return { review, result, progress };
      },
      { link, pin, answer },
    );
  }

  /** Confirm with the device, and pair with a further issuer. */
  pairToo(link: string, pin: string | null, answer: UnlockAnswer = { way: "device" }) {
    return this.page.evaluate(
      async ({ link, pin, answer }) => {
        const review = await wallet.resolve(link);
        if (review.kind !== "pairing") throw new Error("expected an offer");
        const confirmed = await wallet.confirm(answer);
        if (confirmed.outcome !== "done") throw new Error(`expected a confirmation, got ${confirmed.outcome}`);
        return wallet.pair(review, confirmed.confirmation, pin ? { pin } : {});
      },
      { link, pin, answer },
    );
  }

  /** Look at a request, and share what is selected at first plus the optional fields `ticked`. */
  share(link: string, ticked: readonly string[] = [], answer: UnlockAnswer = { way: "device" }) {
    return this.page.evaluate(
      async ({ link, ticked, answer }) => {
        const review = await wallet.resolve(link);
        if (review.kind !== "sharing") throw new Error("expected a request");
        const confirmed = await wallet.confirm(answer);
        if (confirmed.outcome !== "done") throw new Error(`expected a confirmation, got ${confirmed.outcome}`);
        const picks = defaultChoice(review).picks.map((pick) => {
          const offered =
            review.cards[pick.card]?.creds.find(({ credId }) => credId === pick.credIds[0])?.optional ?? [];
          return {
            ...pick,
            optional: offered.filter(({ fields }) => fields.some(({ name }) => ticked.includes(name))).map(({ id }) => id),
          };
        });
        return { review, result: await wallet.share(review, { picks }, confirmed.confirmation) };
      },
      { link, ticked, answer },
    );
  }

  /** Run `call` in the page; return the code of the WalletError that it fails with. */
  failure(call: (link: string) => Promise<unknown>, link = ""): Promise<{ code: string; side: string } | null> {
    return this.page.evaluate(
      `(${call.toString()})(${JSON.stringify(link)}).then(() => null, ({ code, side }) => ({ code, side }))`,
    );
  }

  /** As if the person had closed and opened the wallet. */
  async restart(): Promise<void> {
    await this.page.reload();
    await this.page.waitForFunction(() => "wallet" in globalThis);
  }

  /** Read one value of the wallet's state. */
  state() {
    return this.page.evaluate(() => {
      let state: unknown;
      wallet.state.subscribe((value) => {
        state = value;
      })();
      return state as import("../../src/wallet").WalletState;
    });
  }
}

/** Give the page's device an authenticator, and return its id. */
export async function addAuthenticator(cdp: CDPSession, unlocking: Unlocking): Promise<string | undefined> {
  if (unlocking === "none") return undefined;
  const prf = {
    prf: { hasPrf: true },
    prf_late: { hasPrf: false, hasHmacSecret: true },
    no_prf: { hasPrf: false },
    key: { hasPrf: true, transport: "usb" },
  };
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      automaticPresenceSimulation: true,
      isUserVerified: true,
      ...prf[unlocking],
    } as Parameters<typeof cdp.send<"WebAuthn.addVirtualAuthenticator">>[1] extends { options: infer O } ? O : never,
  });
  return authenticatorId;
}
