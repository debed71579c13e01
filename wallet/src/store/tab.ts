/** One tab holds the vault. Another that wants it asks; one that is in the middle of something does not give it up. */

const LOCK_NAME = "billfold-vault";
const CHANNEL_NAME = "billfold";
const PATIENCE_MS = 3_000;

type Message = "give_up" | "lock";

export interface TabEvents {
  /** Another tab wants the vault. Return whether this one lets go of it. */
  readonly mayGiveUp: () => boolean;
  /** The vault is to lock: another tab wants it, or was locked by the person. */
  readonly lock: () => void;
}

export class TabLock {
  readonly #channel = new BroadcastChannel(CHANNEL_NAME);
  #release: (() => void) | undefined;

  constructor(events: TabEvents) {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data === "lock" || (data === "give_up" && events.mayGiveUp())) events.lock();
    };
  }

  /** Get hold of the vault. Return whether it worked. */
  async acquire(): Promise<boolean> {
    if (this.#release !== undefined) return true;
    if (await this.#request({ ifAvailable: true })) return true;
    this.#channel.postMessage("give_up" satisfies Message);
    return this.#request({ signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Lock every other tab. */
  lockOthers(): void {
    this.#channel.postMessage("lock" satisfies Message);
  }

  #request(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      navigator.locks
        .request(LOCK_NAME, options, (lock) => {
          resolve(lock !== null);
          if (lock === null) return undefined;
          return new Promise<void>((release) => {
            this.#release = release;
          });
        })
        .catch(() => resolve(false));
    });
  }
}
