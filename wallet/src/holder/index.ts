/** The holder's use cases: one lazy chunk with everything of the protocols. */

import type { WalletError } from "../core/errors";
import { pairingOf, withSettings } from "../core/state/contents";
import type {
  DeclineResult,
  IssuerChange,
  PairingReview,
  PairOptions,
  PairResult,
  ShareChoice,
  ShareResult,
  ShareReview,
  SyncResult,
} from "../wallet";
import { issuerError, requesterError } from "./failure";
import { resolveLink } from "./link";
import { lookAt } from "./offer";
import { pair } from "./pair";
import { HolderParts, type Surroundings } from "./parts";
import { decline, share } from "./response";
import { reviewRequest } from "./review";
import { changeIssuer, deleteCred, sync, unpair } from "./sync";
import { viewOf } from "./view";

/** Every use case, its failures told in the words of the screens. */
export class Holder {
  readonly #parts: HolderParts;
  /** The latest instant that was shown: a clock that is set back makes nothing New again. */
  #seenAt = 0;

  constructor(around: Surroundings) {
    this.#parts = new HolderParts(around);
  }

  async resolve(link: string): Promise<PairingReview | ShareReview> {
    const target = await told(issuerError, () => resolveLink(this.#parts, link));
    if (target.kind === "offer") return told(issuerError, () => this.#lookAt(target.link));
    return told(requesterError, () => reviewRequest(this.#parts, target.link));
  }

  pair(review: PairingReview, options: PairOptions): Promise<PairResult> {
    return told(issuerError, () => pair(this.#parts, review, options));
  }

  share(review: ShareReview, choice: ShareChoice): Promise<ShareResult> {
    return told(requesterError, () => share(this.#parts, review, choice));
  }

  decline(review: ShareReview): Promise<DeclineResult> {
    return told(requesterError, () => decline(this.#parts, review));
  }

  sync(): Promise<readonly SyncResult[]> {
    return told(issuerError, () => sync(this.#parts));
  }

  unpair(issuer: string, force: boolean): Promise<void> {
    return told(issuerError, () => unpair(this.#parts, issuer, force));
  }

  deleteCred(credId: string): Promise<void> {
    return told(issuerError, () => deleteCred(this.#parts, credId));
  }

  changeIssuer(issuer: string, change: IssuerChange): Promise<void> {
    return told(issuerError, () => changeIssuer(this.#parts, issuer, change));
  }

  /** Look at an offer; where we count as paired, ask whether we still are: it may have ended without our knowing. */
  async #lookAt(link: string): Promise<PairingReview> {
    const review = await lookAt(this.#parts, link);
    if (!review.alreadyPaired) return review;
    await sync(this.#parts);
    const isPaired = pairingOf(this.#parts.contents(), review.issuer)?.state === "active";
    return isPaired ? review : lookAt(this.#parts, link);
  }

  view(): ReturnType<typeof viewOf> {
    const parts = this.#parts;
    const contents = parts.contents();
    this.#seenAt = Math.max(this.#seenAt, parts.now(), contents.settings.clockMark);
    return viewOf(withSettings({ clockMark: this.#seenAt })(contents), parts.language(), parts.now());
  }
}

async function told<T>(as: (error: unknown) => WalletError, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw as(error);
  }
}
