/**
 * Auto-lock: the wallet locks itself when nobody looks at it or touches it for a while, and when the page goes away.
 */

const MIN_FOREGROUND_S = 120; // "at once" is meant for the background

export class AutoLock {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hiddenAt: number | undefined;
  #seconds = 0;
  #isOn = false;

  constructor(
    private readonly lock: () => void,
    private readonly now: () => number,
  ) {
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    document.addEventListener("freeze", () => this.#lockIfOn());
    addEventListener("pagehide", () => this.#lockIfOn());
  }

  /** Start to count; also to count from anew. */
  start(seconds: number): void {
    this.#seconds = seconds;
    this.#isOn = true;
    this.#arm(Math.max(seconds, MIN_FOREGROUND_S));
  }

  stop(): void {
    this.#isOn = false;
    clearTimeout(this.#timer);
  }

  #onVisibility(): void {
    if (!this.#isOn) return;
    if (document.visibilityState === "hidden") {
      this.#hiddenAt = this.now();
      this.#arm(this.#seconds);
      return;
    }
    // Timers sleep in the background, so the clock decides.
    const away = this.#hiddenAt === undefined ? 0 : (this.now() - this.#hiddenAt) / 1000;
    this.#hiddenAt = undefined;
    if (away >= this.#seconds && away > 0) this.#lockIfOn();
    else this.start(this.#seconds);
  }

  #arm(seconds: number): void {
    clearTimeout(this.#timer);
    if (seconds === 0) this.#lockIfOn();
    else this.#timer = setTimeout(() => this.#lockIfOn(), seconds * 1000);
  }

  #lockIfOn(): void {
    if (this.#isOn) this.lock();
  }
}
