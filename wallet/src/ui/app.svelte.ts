/** What the screens share: the wallet's state, the address, the link being followed, the words. */

import { createContext, flushSync } from "svelte";

import { asWalletError, type WalletError } from "../core/errors";
import { readLink } from "../core/link";
import { Format } from "../text/format";
import { messagesIn } from "../text/messages";
import type { Confirmation, PairingReview, ShareReview, Wallet, WalletState } from "../wallet";
import { readRoute, type Route } from "./routes";

/** What a link leads through: from reading it to the review, or to an error. */
export type Flow =
  | { readonly step: "reading"; readonly link: string }
  | { readonly step: "pairing"; readonly link: string; readonly review: PairingReview }
  | { readonly step: "sharing"; readonly link: string; readonly review: ShareReview }
  | { readonly step: "failed"; readonly link: string; readonly error: WalletError };

/** A passphrase is being asked for; `answer` gets the confirmation, or nothing where the person gave up. */
export interface Asking {
  readonly answer: (confirmation: Confirmation | undefined) => void;
}

const STANDARD_QUERY = /[?&](?:credential_offer|credential_offer_uri|request_uri|client_id)=/;

export class App {
  readonly wallet: Wallet;
  state: WalletState = $state.raw()!;
  route: Route = $state.raw(readRoute(location.hash));
  flow: Flow | undefined = $state.raw();
  /** What the link asked for was sent: to follow it again would lead to an error. */
  isSpent = false;
  /** A link that waits until Billfold is set up or unlocked. */
  waiting: string | undefined = $state.raw();
  asking: Asking | undefined = $state.raw();
  isOnline: boolean = $state(navigator.onLine);
  /** Takes the new version that waits. */
  useNewVersion: (() => void) | undefined = $state.raw();
  /** Issuers that did not answer at the last sync. */
  silent: readonly string[] = $state.raw([]);
  /** The Cred whose card is on the way between the stack and its own screen. */
  moving: string | undefined = $state.raw();
  /** How many Creds there were when they were last seen; for the outlines while they are read. */
  lastCredCount = 0;
  /** The person locked it just now: do not ask at once. */
  lockedByHand = false;
  text = $derived(messagesIn(this.state.settings.language));
  format = $derived(new Format(this.state.settings.language, this.text.words));

  constructor(wallet: Wallet) {
    this.wallet = wallet;
    wallet.state.subscribe((state) => this.#take(state));
    this.#readAddress();
  }

  /** Go to the screen at `address`; `replace` leaves no way back to this one. */
  go(address: string, { replace = false } = {}): void {
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.moved();
  }

  /** The address changed. */
  moved(): void {
    if (this.#readAddress()) return;
    this.#show(readRoute(location.hash));
    if (this.route.screen === "review" && this.flow === undefined) this.go("#creds", { replace: true });
    else if (this.route.screen !== "review") this.flow = undefined;
  }

  /** Go back; where this is the first screen of the visit, to `otherwise`. */
  back(otherwise = "#creds"): void {
    this.go(otherwise, { replace: true });
  }

  /** Find out where a link leads, and show its review. */
  async follow(link: string): Promise<void> {
    this.waiting = undefined;
    this.isSpent = false;
    if (this.route.screen === "review") this.flow = { step: "reading", link };
    else {
      this.flow = { step: "reading", link };
      this.go("#review");
    }
    try {
      const review = await this.wallet.resolve(link);
      if (this.flow?.link !== link) return; // the person left
      this.flow = review.kind === "pairing" ? { step: "pairing", link, review } : { step: "sharing", link, review };
    } catch (thrown) {
      const error = asWalletError(thrown);
      if (this.flow?.link !== link) return;
      if (error.code === "locked") {
        this.leave(this.state.status === "fresh" ? "#set-up" : "#creds");
        this.waiting = link;
      } else this.flow = { step: "failed", link, error };
    }
  }

  /** End what a link led to. */
  leave(address = "#creds"): void {
    this.flow = undefined;
    this.go(address, { replace: true });
  }

  /** Go on with the link that waited; return whether there was one. */
  goOn(): boolean {
    if (this.waiting === undefined) return false;
    void this.follow(this.waiting);
    return true;
  }

  /** Ask the person, by the device or by the passphrase. Call it inside a tap. @throws WalletError */
  async confirm(): Promise<Confirmation | undefined> {
    if (this.state.unlockKind === "passphrase") {
      return new Promise((resolve) => {
        this.asking = {
          answer: (confirmation) => {
            this.asking = undefined;
            resolve(confirmation);
          },
        };
      });
    }
    const answer = await this.wallet.confirm({ way: "device" });
    return answer.outcome === "done" ? answer.confirmation : undefined;
  }

  /** Ask every issuer for news. */
  async sync(): Promise<void> {
    if (this.state.status !== "unlocked" || !this.isOnline) return;
    try {
      const results = await this.wallet.sync();
      this.silent = results.filter(({ outcome }) => outcome === "failed").map(({ issuerName }) => issuerName);
    } catch {
      this.silent = []; // it locked itself meanwhile; the next unlock asks again
    }
  }

  /** The logo of an issuer that this wallet is paired with. */
  logoOf(issuer: string): string | null {
    return this.state.issuers.find(({ identifier }) => identifier === issuer)?.logo ?? null;
  }

  lock(): void {
    this.lockedByHand = true;
    this.wallet.lock();
    this.go("#creds", { replace: true });
  }

  /** Show a screen; the card of a Cred that was tapped, or left, moves to its new place where the browser can do it. */
  #show(route: Route): void {
    const from = this.route;
    const isBetween = [from.screen, route.screen].sort().join() === "cred,creds";
    const id = route.screen === "cred" ? route.id : from.screen === "cred" ? from.id : undefined;
    if (!isBetween || id === undefined || this.flow !== undefined || !mayMove()) {
      this.route = route;
      return;
    }
    flushSync(() => (this.moving = id));
    const { ready, finished } = document.startViewTransition(() => flushSync(() => (this.route = route)));
    ready.catch(() => undefined); // another tap came meanwhile: that one's is shown
    void finished.catch(() => undefined).then(() => (this.moving = undefined));
  }

  #take(state: WalletState): void {
    const locksNow = this.state?.status === "unlocked" && state.status === "locked";
    this.state = state;
    if (state.status === "unlocked") this.lastCredCount = state.creds.length;
    document.documentElement.lang = state.settings.language;
    if (!locksNow) return;
    if (this.flow !== undefined && this.flow.step !== "failed" && !this.isSpent) this.waiting = this.flow.link;
    else if (this.flow !== undefined) this.go("#creds", { replace: true });
    this.flow = undefined;
    this.asking?.answer(undefined);
  }

  /** Take a link out of the address. Return whether there was one. */
  #readAddress(): boolean {
    const address = new URL(location.href);
    const opened = readLink(address);
    const isStandard = STANDARD_QUERY.test(address.search);
    if ("link" in opened && opened.link === "none" && !isStandard) return false;
    const link = "kind" in opened ? opened.href : address.href;
    history.replaceState(null, "", `${address.pathname}#creds`);
    this.route = { screen: "creds" };
    this.flow = undefined;
    this.waiting = link;
    if (this.state.status === "unlocked") void this.follow(link);
    return true;
  }
}

function mayMove(): boolean {
  return "startViewTransition" in document && !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export const [getApp, setApp] = createContext<App>();
