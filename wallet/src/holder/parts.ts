/** What the holder's use cases are given: the vault, the way to other servers, whom to trust, clock and language. */

import { CheckFailed } from "../core/errors";
import { type Contents, emptyContents } from "../core/state/contents";
import { TrustList } from "../core/trust/trust_list";
import { Http } from "../net/http";
import { HostRelay } from "../net/relay";
import type { Database } from "../store/database";
import type { Vault } from "../store/vault";
import type { Language, NotificationState, PushRelay, UnlockKind } from "../wallet";
import { Peers, requireSuccess } from "./peer";
import { StatusTokens } from "./status";

const TRUST_LIST_PATH = "/trust.json";

/** What the wallet around the use cases is asked for. */
export interface Surroundings {
  /** The origin of the page: short codes and the trust list are asked for there. */
  readonly origin: string;
  readonly allowLoopback: boolean;
  readonly now: () => number;
  readonly language: () => Language;
  /** Absent while nothing is set up, or locked. */
  readonly vault: () => Vault | undefined;
  readonly unlockKind: () => UnlockKind | null;
  readonly notifications: () => NotificationState;
  /** In place of the one at the wallet's host. */
  readonly relay: PushRelay | undefined;
  /** Where the bells lie that a locked wallet must read. */
  readonly database: Database;
}

export class HolderParts {
  readonly peers: Peers;
  readonly statuses: StatusTokens;
  readonly relay: PushRelay;
  #trust: Promise<TrustList> | undefined;

  constructor(readonly around: Surroundings) {
    const { allowLoopback, now, origin, database } = around;
    this.relay = around.relay ?? new HostRelay(database, origin, allowLoopback);
    this.peers = new Peers(new Http(allowLoopback), now);
    this.statuses = new StatusTokens(this.peers, now, allowLoopback);
  }

  get rules(): { readonly allowLoopback: boolean } {
    return { allowLoopback: this.around.allowLoopback };
  }

  now(): number {
    return this.around.now();
  }

  language(): Language {
    return this.around.language();
  }

  /** @throws CheckFailed `locked` */
  vault(): Vault {
    const vault = this.around.vault();
    if (vault === undefined) throw new CheckFailed("expected an open vault", "locked");
    return vault;
  }

  contents(): Contents {
    return this.around.vault()?.contents ?? emptyContents("");
  }

  /** Return the anchors that the wallet's host lists; asked for once, and again after a failure. */
  trust(): Promise<TrustList> {
    this.#trust ??= this.#fetchTrust().catch((error: unknown) => {
      this.#trust = undefined;
      throw error;
    });
    return this.#trust;
  }

  /** Ask for the list again next time. */
  forgetTrust(): void {
    this.#trust = undefined;
  }

  async #fetchTrust(): Promise<TrustList> {
    const answer = await this.peers.get(`${this.around.origin}${TRUST_LIST_PATH}`, "application/json");
    return TrustList.parse(requireSuccess(answer, "the list of trusted anchors").body);
  }
}
