/** Rows of the table of bad inputs that a token of the shared vectors shows, by the vectors' own ids. */

import { loadJson } from "./vectors";

const ROWS = loadJson<Record<"sd-jwt" | "status-list", Record<string, string>>>("negative/rows.json");

/** Return `cases`, each with the row that it shows in front of its id. */
export function withRows<T extends { readonly id: string }>(cases: readonly T[], of: keyof typeof ROWS) {
  return cases.map((each) => ({ ...each, row: ROWS[of][each.id] ?? each.id }));
}
