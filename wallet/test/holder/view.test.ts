import { expect, it } from "vitest";

import { readConfiguration } from "../../src/core/openid4vci/configuration";
import type { StoredCred } from "../../src/core/state/records";
import { fieldsOf, lookOf, pictureOf, typeName } from "../../src/holder/view";

const configuration = (look: object) =>
  readConfiguration({ format: "dc+sd-jwt", vct: "https://i.example/t", credential_metadata: look as never });
const display = (changes: object) => configuration({ display: [{ name: "Badge", locale: "en", ...changes }] });
const PNG = "data:image/png;base64,iVBORw0KGgo=";

it.each([
  ["readable as it is", { background_color: "#2b3474", text_color: "#ffffff" }, ["#2b3474", "#ffffff"]],
  ["short", { background_color: "#23a", text_color: "#FFF" }, ["#2233aa", "#ffffff"]],
  ["too little contrast", { background_color: "#777777", text_color: "#888888" }, ["#777777", "#000000"]],
  ["no ink on dark", { background_color: "#101010" }, ["#101010", "#ffffff"]],
  ["no colour", {}, ["#33404a", "#ffffff"]],
  ["no such colour", { background_color: "red;}", text_color: "url(x)" }, ["#33404a", "#ffffff"]],
])("draws a card that can be read: %s", (_, changes, expected) => {
  const { background, ink } = lookOf(display(changes), "en");
  expect([background, ink]).toEqual(expected);
});

it.each([
  [PNG, PNG],
  ["data:image/svg+xml;base64,AAAA", null],
  ["https://i.example/logo.png", null],
  [`data:image/png;base64,${"A".repeat(70_000)}`, null],
  ["data:text/html;base64,AAAA", null],
  [7, null],
])("shows checked pictures alone: %s", (value, expected) => {
  expect(pictureOf(value)).toBe(expected);
});

it("shows fields in the issuer's order and the person's language, then the others, and nothing technical", () => {
  const cred = {
    claims: { iss: "i", vct: "v", cnf: {}, other: 1, photo: PNG, tags: ["a", "b"], name: "Erika" },
    configuration: configuration({
      claims: [
        {
          path: ["name"],
          display: [
            { name: "Name", locale: "en" },
            { name: "Name (voll)", locale: "de-DE" },
          ],
        },
        { path: ["missing"] },
        { path: ["tags", null], display: [{ name: "Tags", locale: "en" }] },
        { path: ["photo"] },
      ],
    }),
  } as unknown as StoredCred;
  expect(fieldsOf(cred, "de")).toEqual([
    { name: "name", label: "Name (voll)", value: "Erika", isPicture: false },
    { name: "tags.*", label: "Tags", value: ["a", "b"], isPicture: false },
    { name: "photo", label: "photo", value: PNG, isPicture: true },
    { name: "other", label: "other", value: 1, isPicture: false },
  ]);
});

it("calls a type by its id where the issuer gives no name", () => {
  expect(typeName(configuration({}), "badge", "en")).toBe("badge");
});
