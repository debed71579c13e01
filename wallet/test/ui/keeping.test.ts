/** What is said of how long a requester keeps what it gets. */

import { expect, it } from "vitest";

import { en } from "../../src/text/en";
import { Format } from "../../src/text/format";
import { keeping } from "../../src/ui/keeping";

const app = { text: en, format: new Format("en", en.words) };

it.each([
  [null, 1, "They do not say how long they keep it."],
  [null, 2, "They do not say how long they keep them."],
  [0, 2, "They keep nothing."],
  [600, 1, "They keep it for 10 minutes."],
  [86_400, 3, "They keep them for 1 day."],
])("keeps %s s of %d fields", (retentionS, count, said) => {
  expect(keeping(app, retentionS, count)).toBe(said);
});
