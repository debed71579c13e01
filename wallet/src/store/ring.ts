/** Who rang: what the service worker makes of a push message, while the vault is locked. */

import type { Bytes } from "../core/encoding";
import { CheckFailed } from "../core/errors";
import { decryptPush, splitRelayed } from "../core/push/message";
import { openDatabase } from "./database";

export interface Ring {
  readonly issuer: string;
  /** As this wallet knows it, whatever the message says. */
  readonly issuerName: string;
}

/** Return whose message `data` is; undefined where it is none of ours, or nobody's any more. */
export async function whoRang(data: Bytes): Promise<Ring | undefined> {
  const database = await openDatabase();
  try {
    const { handle, message } = splitRelayed(data);
    const bell = await database.get("bells", handle);
    if (bell === undefined) return undefined;
    await decryptPush(message, bell.keys); // an issuer's own; the relay could not have made it
    return { issuer: bell.issuer, issuerName: bell.issuerName };
  } catch (error) {
    if (error instanceof CheckFailed) return undefined;
    throw error;
  } finally {
    database.close();
  }
}
