import { describe, expect, it } from "vitest";

import { de } from "../src/text/de";
import { en } from "../src/text/en";
import { Format } from "../src/text/format";
import { de as pushDe } from "../src/text/push_de";
import { en as pushEn } from "../src/text/push_en";

type Node = string | readonly string[] | ((...given: never[]) => string) | { readonly [name: string]: Node };

/** Every sentence with its place; those with something to fill in are filled with 2. */
function sentences(value: Node, at = ""): [string, string][] {
  if (typeof value === "string") return [[at, value]];
  if (typeof value === "function") {
    return [[at, value(...(["2", "2"] as unknown as never[]))]];
  }
  return Object.entries(value).flatMap(([key, inner]: [string, Node]) => sentences(inner, `${at}.${key}`));
}

const english = sentences({ ...en, push: pushEn } as unknown as Node);
const german = new Map(sentences({ ...de, push: pushDe } as unknown as Node));
// The same word in both languages.
const SHARED = new Set([".tabs.creds", ".creds.title", ".issuer.creds", ".strip.offline", ".erase.word", ".passphrase.label", ".words.creds", ".pin.any", ".about.version", ".push.title"]);

it("says everything in both languages", () => {
  expect([...german.keys()].sort()).toEqual(english.map(([at]) => at).sort());
  expect([...german.values(), ...english.map(([, text]) => text)].filter((text) => text.trim() === "")).toEqual([]);
});

it("differs between the languages in every sentence that holds words", () => {
  const same = english.filter(([at, text]) => german.get(at) === text && /[a-z]{3}/i.test(text));
  expect(same.map(([at]) => at).filter((at) => !SHARED.has(at))).toEqual([]);
});

it.each([/\bOops\b/, /\bPlease\b/i, /Successfully/i, /Invalid/i, /Unauthorized/i, /!/, /\bDCQL\b|\bDPoP\b|\bJWT\b|\bVC\b/])(
  "never says %s",
  (word) => {
    expect([...english.map(([, text]) => text), ...german.values()].filter((text) => word.test(text))).toEqual([]);
  },
);

describe("how things are written", () => {
  const format = new Format("en", en.words);
  const now = new Date(2026, 10, 24, 9, 30);
  const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

  it.each([
    [0.5, "just now"],
    [2, "2 minutes ago"],
    [90, "today at 08:00"],
    [60 * 24 * 2, "22 Nov 2026"],
  ])("%d minutes ago: %s", (minutes, text) => {
    expect(format.ago(minutesAgo(minutes), now)).toBe(text);
  });

  it.each([
    [86_400, "1 day"],
    [600, "10 minutes"],
    [7_200, "2 hours"],
    [20, "1 minute"],
  ])("keeps %d s: %s", (seconds, text) => {
    expect(format.duration(seconds)).toBe(text);
  });

  it.each([
    ["1991-05-17", "17 May 1991"],
    ["1991-13-40", "1991-13-40"],
    ["NR-20418", "NR-20418"],
    [true, "Yes"],
    [2114906, "2114906"],
    [["Hall 2", "Roof lab"], "Hall 2, Roof lab"],
    [{ street: "Kai 1", city: "Harbour" }, "Kai 1, Harbour"],
    [null, "–"],
  ])("writes the value %j as %s", (value, text) => {
    expect(format.value(value)).toBe(text);
  });

  it("writes German dates in German", () => {
    expect(new Format("de", de.words).value("1991-05-17")).toBe("17. Mai 1991");
  });
});
