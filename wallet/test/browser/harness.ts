/** The wallet without its screens: the object that they use, for tests that talk to it. */

import { openWallet } from "../../src/open";
import { defaultChoice } from "../../src/sharing";
import { withCred } from "../../src/core/state/contents";
import { openDatabase } from "../../src/store/database";
import { whoRang } from "../../src/store/ring";
import { openVault } from "../../src/store/unlock";
import { Vault } from "../../src/store/vault";

const clock = { offsetMs: 0 };

/** Put copies of the Creds that the locked wallet holds beside them, until there are `count`; for measurements. */
async function fill(count: number): Promise<void> {
  const database = await openDatabase();
  const header = await database.get("header", "header");
  const opened = header && (await openVault(header, { way: "device" }));
  if (opened?.outcome !== "key") throw new Error("expected a vault that this device opens");
  const vault = await Vault.open(database, opened.key, "", () => undefined);
  const { creds } = vault.contents;
  await vault.change((contents) => {
    const copies = Array.from({ length: count - creds.length }, (_, at) => ({ ...creds[at % creds.length]!, id: `c${at}` }));
    return copies.reduce((all, copy) => withCred(copy)(all), contents);
  });
  vault.close();
  database.close();
}

Object.assign(globalThis, {
  clock,
  defaultChoice,
  fill,
  whoRang,
  wallet: await openWallet({ now: () => Date.now() + clock.offsetMs }),
});
