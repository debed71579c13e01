import { expect, it } from "vitest";

import { de } from "../src/text/de";
import { en } from "../src/text/en";
import { messagesFor } from "../src/text/messages";

const paths = (value: object, at = ""): string[] =>
  Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string" ? [`${at}${key}`] : paths(inner, `${at}${key}.`),
  );
const sentences = (value: object): string[] =>
  Object.values(value).flatMap((inner: string | object) => (typeof inner === "string" ? [inner] : sentences(inner)));

it("says everything in both languages", () => {
  expect(paths(de)).toEqual(paths(en));
  expect([...sentences(de), ...sentences(en)]).not.toContain("");
});

it("differs between the languages in every sentence", () => {
  const english = new Set(sentences(en));
  expect(sentences(de).filter((sentence) => english.has(sentence))).toEqual([]);
});

it.each([
  [["de-AT", "en"], de],
  [["fr", "DE"], de],
  [["en-GB", "de"], en],
  [["fr"], en],
  [[], en],
])("speaks the first language of %j that it has", (preferred, messages) => {
  expect(messagesFor(preferred)).toBe(messages);
});
