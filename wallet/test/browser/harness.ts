/** The wallet without its screens: the object that they use, for tests that talk to it. */

import { openWallet } from "../../src/open";
import { defaultChoice } from "../../src/sharing";
import { whoRang } from "../../src/store/ring";

const clock = { offsetMs: 0 };
Object.assign(globalThis, {
  clock,
  defaultChoice,
  whoRang,
  wallet: await openWallet({ now: () => Date.now() + clock.offsetMs }),
});
