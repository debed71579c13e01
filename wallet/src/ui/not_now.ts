/** That the person does not want to be asked for notifications again: a setting of this browser, told to nobody. */

import type { Wallet } from "../wallet";

const NAME = "billfold-not-now";

export function rememberNotNow(): void {
  try {
    localStorage.setItem(NAME, "1");
  } catch {
    // a browser that stores nothing asks again
  }
}

/** Everything is erased: so is this. */
export function forgetNotNow(): void {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // a browser that stores nothing has nothing to forget
  }
}

/** Whether pairing still has to ask: neither answered nor put off. */
export function asksForNotifications(wallet: Wallet): boolean {
  const state = wallet.notifications();
  if (state === "granted" || state === "unsupported") return false;
  try {
    return localStorage.getItem(NAME) === null;
  } catch {
    return true;
  }
}
