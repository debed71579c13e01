/**
 * The wallet: the one object that the screens use.
 *
 * Screens read `wallet.state` (a Svelte store) and call the methods below; every method that can fail rejects with a
 * `WalletError` and with nothing else. Pairing and sharing go in steps, and each step takes the value of the one
 * before:
 *
 *     const found = await wallet.resolve(link);                     // nothing accepted, nothing sent
 *     const unlocked = await wallet.confirm({ way: "device" });     // or setUp / unlock: also hand out a confirmation
 *     if (unlocked.outcome === "done" && found.kind === "pairing") {
 *       const result = await wallet.pair(found, unlocked.confirmation, { pin, onProgress });
 *     }
 *
 * This file holds the contract alone and costs no bytes at run time; `openWallet` in `open.ts` makes the object.
 * Times are `Date`s. Texts from issuers and requesters come as they were sent, cut to 300 characters and without
 * control characters: show them with `dir="auto"`, never as markup.
 */

import type { WalletError } from "./core/errors";
import type { CertificateView, Cred, Look, SharedFrom } from "./cred";
import type { DeclineResult, ShareChoice, ShareResult, ShareReview } from "./sharing";

/** A value that changes, in Svelte's store contract: `run` is called at once and at every change. */
export interface Readable<T> {
  subscribe(run: (value: T) => void): () => void;
}

// --- State -------------------------------------------------------------------------------------------------------

/** `fresh`: no vault yet (only `resolve` of an offer and `setUp` work); `locked`; `unlocked`. */
export type WalletStatus = "fresh" | "locked" | "unlocked";
export type Language = "en" | "de";
/** `prf`: the vault opens by a passkey of the device or of a security key; else by a passphrase. */
export type UnlockKind = "prf" | "passphrase";

/** One snapshot. While not `unlocked`, the lists are empty. */
export interface WalletState {
  readonly status: WalletStatus;
  readonly unlockKind: UnlockKind | null;
  /** In stack order, back to front: expired, revoked, suspended, active by last use, New last. */
  readonly creds: readonly Cred[];
  /** Promised by their issuers for later. */
  readonly pending: readonly PendingCred[];
  readonly issuers: readonly Issuer[];
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** What happened while nobody looked; each stays until `dismiss`. */
  readonly notices: readonly WalletNotice[];
  readonly settings: Settings;
  readonly syncing: boolean;
  readonly syncedAt: Date | null;
}

export interface Settings {
  readonly language: Language;
  /** Seconds in the background or without a touch until the wallet locks itself; 0: as soon as it is hidden. */
  readonly autoLockS: number;
}

/** A Cred that its issuer is still preparing; a sync brings it. */
export interface PendingCred {
  readonly issuer: string;
  readonly issuerName: string;
  readonly typeName: string;
}

export interface Issuer {
  readonly identifier: string;
  readonly name: string;
  readonly proven: boolean;
  readonly logo: string | null;
  readonly pairedAt: Date;
  /** What its support sees. */
  readonly deviceName: string;
  /** Whether the person wants its notifications. */
  readonly notifications: boolean;
  readonly canUpdate: boolean;
  readonly checkedAt: Date | null;
  readonly support: Support;
  /** Address that lets the person try a Cred out at once; open it through `resolve`. */
  readonly tryIt: string | null;
  readonly credCount: number;
}

export interface Support {
  readonly email: string | null;
  readonly phone: string | null;
  readonly url: string | null;
}

export interface HistoryEntry {
  readonly id: string;
  readonly at: Date;
  readonly requester: string;
  readonly address: string;
  readonly proven: boolean;
  readonly purpose: string | null;
  /** `unknown`: nobody can say whether it arrived. */
  readonly outcome: "unknown" | "accepted" | "not_accepted" | "declined";
  readonly shared: readonly SharedFrom[];
  /** Ids of the Creds that it was about: those shared from, or those that could have answered what was declined. */
  readonly about: readonly string[];
  readonly reference: string | null;
}

/** `ended`: the issuer ended the pairing, and these Creds left; `withdrawn`: the issuer took these back. */
export interface WalletNotice {
  readonly id: string;
  readonly kind: "ended" | "withdrawn" | "cannot_update";
  readonly at: Date;
  readonly issuer: string;
  readonly issuerName: string;
  readonly credNames: readonly string[];
  readonly support: Support;
}

export interface IssuerChange {
  readonly deviceName?: string;
  readonly notifications?: boolean;
}

// --- Set-up and unlock ---------------------------------------------------------------------------------------------

/** What this device can do, found out and not assumed. */
export interface DeviceSupport {
  /** Secure context, WebCrypto, IndexedDB, Web Locks: without them nothing works here. */
  readonly usable: boolean;
  readonly webauthn: boolean;
  /** A fingerprint, face, PIN or other screen lock that this browser can ask for. */
  readonly screenLock: boolean;
  readonly isPhone: boolean;
  /** Ways to offer, best first. A phone without a screen lock gets none: tell how to set one up. */
  readonly ways: readonly UnlockWay[];
}
export type UnlockWay = "device" | "security_key" | "passphrase";

export type UnlockAnswer =
  { readonly way: "device" | "security_key" } | { readonly way: "passphrase"; readonly passphrase: string };

/**
 * What came of asking the person. `no_prf`: the passkey's keeper gives no key for the vault (another provider, then the
 * passphrase); `cancelled`: stopped by the person or the device, or the passkey is gone; `no_screen_lock`: the device
 * did
 * not verify the person; `wrong_passphrase`; `weak_passphrase` (under 8 characters); `elsewhere`: another tab is busy.
 */
export type UnlockOutcome =
  | { readonly outcome: "done"; readonly confirmation: Confirmation }
  | {
      readonly outcome:
        "no_prf" | "cancelled" | "no_screen_lock" | "wrong_passphrase" | "weak_passphrase" | "elsewhere";
    };

declare const confirmationBrand: unique symbol;
/** That the person was verified just now. Good once, for two minutes. */
export interface Confirmation {
  readonly [confirmationBrand]: true;
}

// --- Pairing -------------------------------------------------------------------------------------------------------

export interface PairingReview {
  readonly kind: "pairing";
  readonly issuer: string;
  /** The host to compare where `proven` is false. */
  readonly address: string;
  readonly issuerName: string;
  readonly proven: boolean;
  readonly logo: string | null;
  readonly offered: readonly OfferedCred[];
  readonly pin: Pin | null;
  /** This issuer is paired already: `pair` will be refused until it is unpaired. */
  readonly alreadyPaired: boolean;
  /** The chain behind the proof, leaf first, for Details; empty where nothing is proven. */
  readonly certificates: readonly CertificateView[];
  readonly support: Support;
}

export interface OfferedCred {
  readonly configurationId: string;
  readonly name: string;
  readonly description: string | null;
  readonly look: Look;
}

export interface Pin {
  readonly numeric: boolean;
  readonly length: number | null;
  /** Where it came from, in the issuer's words. */
  readonly description: string | null;
}

export interface PairOptions {
  readonly pin?: string;
  readonly onProgress?: (progress: PairProgress) => void;
  /** Stops between two Creds; those that came stay, and the next sync brings the others. */
  readonly signal?: AbortSignal;
}

/** "2 of 3": `received` grows; `missing` are those that do not come now. */
export interface PairProgress {
  readonly total: number;
  readonly received: readonly Cred[];
  readonly missing: readonly MissingCred[];
}

export interface MissingCred {
  readonly configurationId: string;
  readonly typeName: string;
  /** True: the next sync tries again. */
  readonly comesLater: boolean;
  readonly error: WalletError;
}

/** The pairing stands even where a Cred is missing. */
export interface PairResult extends PairProgress {
  readonly issuer: Issuer;
}

// --- What Creds show, and sharing: see `cred.ts` and `sharing.ts` beside this file ---------------------------------

export type * from "./cred";
export type * from "./sharing";

// --- Sync and push -------------------------------------------------------------------------------------------------

export interface SyncResult {
  readonly issuer: string;
  readonly issuerName: string;
  /** `ended`: its Creds are gone; `cannot_update`: they stay; `failed`: see `error`, next time again. */
  readonly outcome: "up_to_date" | "ended" | "cannot_update" | "failed";
  readonly received: readonly string[];
  readonly changed: readonly string[];
  readonly missing: readonly MissingCred[];
  readonly error: WalletError | null;
}

export type NotificationState = "unsupported" | "default" | "granted" | "denied";

/**
 * Where push messages come from: the relay at the wallet's host (`net/relay.ts`), used by itself at pairing and at
 * every
 * sync once notifications are granted and a service worker is registered. The worker asks `whoRang` (`store/ring.ts`)
 * whose a message is. Without push the wallet asks when it is opened.
 */
export interface PushRelay {
  /** Make an endpoint for one issuer; its key pair, secret and name lie outside the vault (design, Push). */
  subscribe(issuer: string, issuerName: string, vapidPublicKey: string): Promise<PushSubscriptionKeys | null>;
  unsubscribe(issuer: string): Promise<void>;
}
export interface PushSubscriptionKeys {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

// --- The wallet ----------------------------------------------------------------------------------------------------

export interface Wallet {
  readonly state: Readable<WalletState>;

  /** Find out what this device can do; asks the person nothing. */
  probe(): Promise<DeviceSupport>;
  /** Make the vault. Call it inside a tap. */
  setUp(answer: UnlockAnswer): Promise<UnlockOutcome>;
  /** Open the vault; a tab that had it open locks. Call it inside a tap. */
  unlock(answer: UnlockAnswer): Promise<UnlockOutcome>;
  /** Ask the person again, before `pair` and `share`. */
  confirm(answer: UnlockAnswer): Promise<UnlockOutcome>;
  /** Lock, in every tab. */
  lock(): void;
  /** Any touch of the person: puts the auto-lock off. */
  touch(): void;
  /** Destroy the vault and everything in it; issuers are not told. */
  erase(): Promise<void>;
  /** Ask the browser to keep the storage; call it inside a tap. */
  persist(): Promise<boolean>;

  /**
   * Find out what a scanned, opened, pasted or typed text leads to. Offers work while `fresh`; requests need
   * `unlocked`.
   */
  resolve(link: string): Promise<PairingReview | ShareReview>;
  pair(review: PairingReview, confirmation: Confirmation, options?: PairOptions): Promise<PairResult>;
  /** Send exactly what `choice` says. */
  share(review: ShareReview, choice: ShareChoice, confirmation: Confirmation): Promise<ShareResult>;
  /** Tell the requester that nothing is shared; the history has it even where the requester was not reached. */
  decline(review: ShareReview): Promise<DeclineResult>;

  /** The person looks at a Cred: it is New no longer. */
  open(credId: string): Promise<void>;
  /** Ask every issuer for news. Call it at unlock and when the page becomes visible; calls while one runs join it. */
  sync(): Promise<readonly SyncResult[]>;
  /** End the pairing with one issuer and remove its Creds. `force` removes them though the issuer was not reached. */
  unpair(issuer: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Remove one Cred, and tell its issuer; it does not come again unless the issuer makes a new one. */
  deleteCred(credId: string): Promise<void>;
  dismiss(noticeId: string): Promise<void>;
  /** Kept at once; the issuer is told now, or at the next sync where it is not reached. */
  changeIssuer(issuer: string, change: IssuerChange): Promise<void>;
  changeSettings(change: Partial<Settings>): Promise<void>;

  notifications(): NotificationState;
  /** Ask for the permission; call it inside a tap. Gives up after 10 seconds. */
  allowNotifications(): Promise<NotificationState>;
}
