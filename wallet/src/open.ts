/**
 * Makes the wallet out of its parts. What stands here is in the script at the start: the unlock and the state; the
 * protocols come with the `holder` chunk when they are first needed.
 */

import { asWalletError, WalletError } from "./core/errors";
import { isLoopbackOrigin } from "./core/oauth/urls";
import {
  credById,
  emptyContents,
  steadyNow,
  withCredChanged,
  withoutNotice,
  withSettings,
} from "./core/state/contents";
import type { Holder } from "./holder";
import { AutoLock } from "./store/auto_lock";
import { type Database, type Header, openDatabase, wipe } from "./store/database";
import { askForNotifications, deviceName, endPush, languageOf, notificationState } from "./store/device";
import { TabLock } from "./store/tab";
import { makeVault, openVault, probe, type UnlockResult } from "./store/unlock";
import { Vault } from "./store/vault";
import type {
  Confirmation,
  DeclineResult,
  DeviceSupport,
  IssuerChange,
  NotificationState,
  PairingReview,
  PairOptions,
  PairResult,
  PushRelay,
  Settings,
  ShareChoice,
  ShareResult,
  ShareReview,
  SyncResult,
  UnlockAnswer,
  UnlockOutcome,
  Wallet,
  WalletState,
} from "./wallet";

const CONFIRMATION_MS = 120_000;
const REFRESH_MS = 60_000; // what is New or has expired changes by the clock alone

export interface OpenOptions {
  /** In place of the one at the wallet's host. */
  readonly relay?: PushRelay;
  /** The clock, in milliseconds. */
  readonly now?: () => number;
}

export async function openWallet(options: OpenOptions = {}): Promise<Wallet> {
  const database = await openDatabase();
  const header = await database.get("header", "header");
  const language = (await database.get("plain", "language")) ?? languageOf(navigator.languages);
  return new OpenedWallet(database, header, language, options);
}

class OpenedWallet implements Wallet {
  readonly state = { subscribe: (run: (value: WalletState) => void) => this.#subscribe(run) };
  readonly #database: Database;
  readonly #options: OpenOptions;
  readonly #now: () => number;
  readonly #tab: TabLock;
  readonly #autoLock: AutoLock;
  readonly #subscribers = new Set<(value: WalletState) => void>();
  readonly #confirmations = new WeakMap<Confirmation, number>();
  #header: Header | undefined;
  #language: Settings["language"];
  #vault: Vault | undefined;
  #holder: Promise<Holder> | undefined;
  #view: Holder | undefined;
  #syncing: Promise<readonly SyncResult[]> | undefined;
  #busy = 0;
  #isLockDue = false;

  constructor(database: Database, header: Header | undefined, language: Settings["language"], options: OpenOptions) {
    this.#database = database;
    this.#header = header;
    this.#language = language;
    this.#now = options.now ?? Date.now;
    this.#options = options;
    this.#autoLock = new AutoLock(() => this.#lockWhenIdle(), this.#now);
    setInterval(() => this.#view && this.#publish(), REFRESH_MS);
    this.#tab = new TabLock({ mayGiveUp: () => this.#busy === 0, lock: () => this.#lock() });
  }

  probe(): Promise<DeviceSupport> {
    return probe();
  }

  async setUp(answer: UnlockAnswer): Promise<UnlockOutcome> {
    return this.#enter(async (header) => (header ? { outcome: "elsewhere" } : makeVault(this.#database, answer)));
  }

  async unlock(answer: UnlockAnswer): Promise<UnlockOutcome> {
    return this.#enter(async (header) => {
      if (header === undefined) throw new WalletError("gone", "expected a vault that was set up");
      return openVault(header, answer);
    });
  }

  async confirm(answer: UnlockAnswer): Promise<UnlockOutcome> {
    if (this.#header === undefined || this.#vault === undefined) {
      throw new WalletError("locked", "expected an unlocked wallet");
    }
    const header = this.#header;
    const result = await this.#whileBusy(() => openVault(header, answer));
    return result.outcome === "key" ? { outcome: "done", confirmation: this.#confirmation() } : result;
  }

  lock(): void {
    this.#tab.lockOthers();
    this.#lock();
  }

  touch(): void {
    const { autoLockS } = this.#vault?.contents.settings ?? { autoLockS: undefined };
    if (autoLockS !== undefined) this.#autoLock.start(autoLockS);
  }

  async erase(): Promise<void> {
    this.lock();
    await endPush();
    await wipe(this.#database);
    this.#header = undefined;
    this.#publish();
  }

  persist(): Promise<boolean> {
    return navigator.storage.persist();
  }

  async resolve(link: string): Promise<PairingReview | ShareReview> {
    return this.#whileBusy(async () => (await this.#loadHolder()).resolve(link));
  }

  async pair(review: PairingReview, confirmation: Confirmation, options: PairOptions = {}): Promise<PairResult> {
    this.#use(confirmation);
    return this.#whileBusy(async () => (await this.#loadHolder()).pair(review, options));
  }

  async share(review: ShareReview, choice: ShareChoice, confirmation: Confirmation): Promise<ShareResult> {
    this.#use(confirmation);
    return this.#whileBusy(async () => (await this.#loadHolder()).share(review, choice));
  }

  async decline(review: ShareReview): Promise<DeclineResult> {
    return this.#whileBusy(async () => (await this.#loadHolder()).decline(review));
  }

  async open(credId: string): Promise<void> {
    const vault = this.#openVault();
    const cred = credById(vault.contents, credId);
    if (cred === undefined) throw new WalletError("gone", "expected a Cred that this wallet holds");
    if (cred.firstOpenedAt !== null) return;
    await vault.change(withCredChanged(credId, { firstOpenedAt: this.#now() }));
  }

  sync(): Promise<readonly SyncResult[]> {
    this.#syncing ??= this.#syncOnce().finally(() => {
      this.#syncing = undefined;
      this.#publish();
    });
    this.#publish();
    return this.#syncing;
  }

  async unpair(issuer: string, { force = false } = {}): Promise<void> {
    return this.#whileBusy(async () => (await this.#loadHolder()).unpair(issuer, force));
  }

  async deleteCred(credId: string): Promise<void> {
    return this.#whileBusy(async () => (await this.#loadHolder()).deleteCred(credId));
  }

  async dismiss(noticeId: string): Promise<void> {
    await this.#openVault().change(withoutNotice(noticeId));
  }

  async changeIssuer(issuer: string, change: IssuerChange): Promise<void> {
    return this.#whileBusy(async () => (await this.#loadHolder()).changeIssuer(issuer, change));
  }

  async changeSettings({ language, ...inVault }: Partial<Settings>): Promise<void> {
    if (language !== undefined) {
      await this.#database.put("plain", language, "language");
      this.#language = language;
    }
    if (Object.keys(inVault).length > 0) await this.#openVault().change(withSettings(inVault));
    this.touch();
    this.#publish();
  }

  notifications(): NotificationState {
    return notificationState();
  }

  allowNotifications(): Promise<NotificationState> {
    return askForNotifications();
  }

  async #syncOnce(): Promise<readonly SyncResult[]> {
    this.#openVault();
    return this.#whileBusy(async () => (await this.#loadHolder()).sync());
  }

  /** Get hold of the vault, make or open it, and load what is in it. Another tab may have made or erased it since. */
  async #enter(
    getKey: (header: Header | undefined) => Promise<UnlockResult | { readonly outcome: "elsewhere" }>,
  ): Promise<UnlockOutcome> {
    if (!(await this.#tab.acquire())) return { outcome: "elsewhere" };
    try {
      const holder = this.#loadHolder();
      this.#header = await this.#database.get("header", "header");
      const result = await getKey(this.#header);
      if (result.outcome !== "key") {
        if (this.#vault === undefined) this.#tab.release();
        this.#publish();
        return result;
      }
      this.#header = result.header;
      this.#vault = await Vault.open(this.#database, result.key, deviceName(), () => this.#publish());
      this.#view = await holder;
      this.touch();
      this.#publish();
      void this.#markClock().catch(() => undefined); // locked at once, or no room: the next unlock marks it
      return { outcome: "done", confirmation: this.#confirmation() };
    } catch (error) {
      this.#lock();
      throw asWalletError(error);
    }
  }

  /** Remember the latest instant seen, so that a clock that is set back makes nothing New again. */
  async #markClock(): Promise<void> {
    const vault = this.#openVault();
    await vault.change(withSettings({ clockMark: steadyNow(vault.contents, this.#now()) }));
  }

  #lock(): void {
    this.#isLockDue = false;
    this.#autoLock.stop();
    this.#vault?.close();
    this.#vault = undefined;
    this.#holder = undefined; // with everything that it remembered
    this.#view = undefined;
    this.#tab.release();
    this.#publish();
  }

  /** Lock; in the middle of something, right after it. */
  #lockWhenIdle(): void {
    if (this.#busy === 0) this.#lock();
    else this.#isLockDue = true;
  }

  async #whileBusy<T>(run: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await run();
    } catch (error) {
      throw asWalletError(error);
    } finally {
      this.#busy -= 1;
      if (this.#busy === 0 && this.#isLockDue) this.#lock();
    }
  }

  #loadHolder(): Promise<Holder> {
    this.#holder ??= import("./holder").then(({ Holder: Loaded }) => new Loaded(this.#surroundings()));
    return this.#holder;
  }

  #surroundings(): ConstructorParameters<typeof Holder>[0] {
    return {
      origin: location.origin,
      allowLoopback: isLoopbackOrigin(location.origin),
      now: this.#now,
      language: () => this.#language,
      vault: () => this.#vault,
      unlockKind: () => this.#header?.unlock.kind ?? null,
      notifications: () => this.notifications(),
      relay: this.#options.relay,
      database: this.#database,
    };
  }

  #openVault(): Vault {
    if (this.#vault === undefined) throw new WalletError("locked", "expected an unlocked wallet");
    return this.#vault;
  }

  #confirmation(): Confirmation {
    const confirmation = Object.freeze({}) as Confirmation;
    this.#confirmations.set(confirmation, this.#now() + CONFIRMATION_MS);
    return confirmation;
  }

  #use(confirmation: Confirmation): void {
    const until = this.#confirmations.get(confirmation);
    this.#confirmations.delete(confirmation);
    if (until === undefined || this.#now() > until) {
      throw new WalletError("confirmation_needed", "expected a confirmation that is fresh and was not used");
    }
  }

  #subscribe(run: (value: WalletState) => void): () => void {
    this.#subscribers.add(run);
    run(this.#snapshot());
    return () => this.#subscribers.delete(run);
  }

  #publish(): void {
    const snapshot = this.#snapshot();
    for (const run of this.#subscribers) run(snapshot);
  }

  #snapshot(): WalletState {
    const settings = this.#vault?.contents.settings ?? emptyContents(deviceName()).settings;
    const shown = this.#vault && this.#view?.view();
    return {
      status: this.#header === undefined ? "fresh" : shown ? "unlocked" : "locked",
      unlockKind: this.#header?.unlock.kind ?? null,
      creds: shown?.creds ?? [],
      pending: shown?.pending ?? [],
      issuers: shown?.issuers ?? [],
      history: shown?.history ?? [],
      notices: shown?.notices ?? [],
      settings: { language: this.#language, autoLockS: settings.autoLockS },
      syncing: this.#syncing !== undefined,
      syncedAt: shown?.syncedAt ?? null,
    };
  }
}
