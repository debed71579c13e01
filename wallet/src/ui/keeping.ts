/** How long a requester says that it keeps what it gets. */

import type { App } from "./app.svelte";

/** Return the sentence for `count` fields; `retentionS` null: it does not say. */
export function keeping({ text, format }: Pick<App, "text" | "format">, retentionS: number | null, count: number): string {
  if (retentionS === null) return text.share.keepUnsaid(count);
  return retentionS === 0 ? text.share.keepNothing : text.share.keep(count, format.duration(retentionS));
}
