import { describe, expect, it } from "vitest";

import { readConfiguration } from "../../src/core/openid4vci/configuration";
import type { StoredCred } from "../../src/core/state/records";
import { fieldsOf, labelOf } from "../../src/holder/fields";
import { lookOf, pictureOf } from "../../src/holder/look";
import { typeName } from "../../src/holder/view";
import type { Field } from "../../src/wallet";

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
  [`data:image/png;base64,iVBORw0KGgo${"A".repeat(70_000)}`, null],
  ["data:image/jpeg;base64,iVBORw0KGgo=", null],
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
    { name: "name", label: "Name (voll)", value: "Erika", isPicture: false, parts: [] },
    { name: "tags", label: "Tags", value: ["a", "b"], isPicture: false, parts: [] },
    { name: "photo", label: "photo", value: PNG, isPicture: true, parts: [] },
    { name: "other", label: "other", value: 1, isPicture: false, parts: [] },
  ]);
});

describe("fields inside fields", () => {
  const claims = {
    vct: "v",
    address: { locality: "Bonn", country: "DE", geo: { lat: 50.7, lon: 7.1 } },
    nationalities: ["DE", "FR"],
    degrees: [{ title: "BSc", year: 2019 }, { title: "MSc", year: 2021 }],
    over_18: true,
  };
  const named = (path: (string | number | null)[], name: string) => ({ path, display: [{ name, locale: "en" }] });
  const shownWith = (...descriptions: object[]) => {
    const cred = { claims, configuration: configuration({ claims: descriptions }) } as unknown as StoredCred;
    const write = ({ label, value, parts }: Field): unknown => [label, parts.length > 0 ? parts.map(write) : value];
    return fieldsOf(cred, "en").map(write);
  };

  it("stand below the field that holds them, in the issuer's order", () => {
    const found = shownWith(named(["over_18"], "Adult"), named(["address"], "Address"), named(["address", "country"], "Country"));
    expect(found.slice(0, 2)).toEqual([
      ["Adult", true],
      ["Address", [["Country", "DE"], ["locality", "Bonn"], ["geo", [["lat", 50.7], ["lon", 7.1]]]]],
    ]);
  });

  it("take the place of an object that has no name of its own, and nothing is left out", () => {
    expect(shownWith(named(["address", "locality"], "Town"))).toEqual([
      ["Town", "Bonn"],
      ["country", "DE"],
      ["geo", [["lat", 50.7], ["lon", 7.1]]],
      ["nationalities", ["DE", "FR"]],
      ["degrees", [["degrees 1", [["title", "BSc"], ["year", 2019]]], ["degrees 2", [["title", "MSc"], ["year", 2021]]]]],
      ["over_18", true],
    ]);
  });

  it("have the name that the issuer gives to every element", () => {
    const found = shownWith(
      named(["nationalities", null], "Nationality"),
      named(["degrees", null], "Degree"),
      named(["degrees", null, "title"], "Title"),
    );
    expect(found.slice(0, 2)).toEqual([
      ["Nationality", ["DE", "FR"]],
      ["Degree", [["Degree 1", [["Title", "BSc"], ["year", 2019]]], ["Degree 2", [["Title", "MSc"], ["year", 2021]]]]],
    ]);
  });

  it("are named where one of them is asked for by its place", () => {
    const described = configuration({ claims: [named(["degrees", null, "title"], "Title")] });
    expect(labelOf(["degrees", 1, "title"], described, "en")).toBe("Title");
    expect(labelOf(["degrees", 1, "year"], described, "en")).toBe("year");
  });
});

it("calls a type by its id where the issuer gives no name", () => {
  expect(typeName(configuration({}), "badge", "en")).toBe("badge");
});
