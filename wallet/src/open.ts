/** Makes the wallet out of its parts; everything of the protocols is loaded when it is first needed. */

import type { Wallet } from "./wallet";

export function openWallet(): Promise<Wallet> {
  throw new Error("expected the parts of the wallet");
}
