import { describe, expect, it } from "vitest";

import { contactOf } from "../../src/ui/contact";
import { faceOf } from "../../src/ui/face";
import { initialsOf } from "../../src/ui/initials";
import { isLink } from "../../src/ui/is_link";
import { addressOf, readRoute } from "../../src/ui/routes";
import { strengthOf } from "../../src/ui/strength";
import { cred, field } from "../support/screens";

describe("an address", () => {
  it.each(["https://issuer.example/o/a?b#c", "ü/%"])("leads back to the id %s", (id) => {
    expect(readRoute(addressOf("issuer", id))).toEqual({ screen: "issuer", id });
  });

  it.each(["", "#", "#nowhere", "#cred", "#cred/", "#cred/%", "#creds/7", "#constructor", "#__proto__/x"])(
    "that is none leads to the Creds: %s",
    (hash) => {
      expect(readRoute(hash)).toEqual({ screen: "creds" });
    },
  );
});

describe("a scanned text", () => {
  it.each([
    "https://wallet.example/#c=ABCD2345EFGH",
    "openid-credential-offer://?credential_offer_uri=x",
    "HAIP-VP://?client_id=a",
    "https://other.example/authorize?client_id=a&request_uri=b",
    "abcd-2345",
  ])("is for a wallet: %s", (text) => {
    expect(isLink(text)).toBe(true);
  });

  it.each(["https://example.org/menu", "WIFI:S:guest;;", "BEGIN:VCARD", "javascript:alert(1)", "ABCD234"])(
    "is for something else: %s",
    (text) => {
      expect(isLink(text)).toBe(false);
    },
  );
});

describe("a contact", () => {
  it.each([
    [{ url: "javascript:alert(1)", email: null, phone: null }, []],
    [{ url: "http://example.org", email: "a@b?subject=x", phone: "call me" }, []],
    [{ url: "https://a.example/help", email: "a@b.example", phone: "+44 20 79" }, ["https://a.example/help", "mailto:a@b.example", "tel:+442079"]],
  ])("is a link only where it is one: %j", (support, hrefs) => {
    expect(contactOf(support).map(({ href }) => href)).toEqual(hrefs);
  });
});

describe("a card's face", () => {
  it("leaves out what the head says already, and what would not fit", () => {
    const fields = [
      field("name", "Maximiliane Okafor-Brandstätter"),
      field("employer", "Northwind Robotics"),
      field("motto", "far too long a text for the foot of a card"),
      field("team", "Vision"),
      field("photo", "data:image/png;base64,AA==", true),
    ];
    const face = faceOf(cred({ fields }), ({ value }) => String(value));
    expect([face.lead?.name, face.isLong, face.small.map(({ name }) => name), face.photo?.name]).toEqual([
      "name",
      true,
      ["team"],
      "photo",
    ]);
  });
});

it.each([
  ["", 0],
  ["short", 1],
  ["aaaaaaaaaaaa", 1],
  ["lantern pocket violet", 2],
  ["lantern pocket violet tram", 3],
])("calls the passphrase %j strength %d", (passphrase, strength) => {
  expect(strengthOf(passphrase)).toBe(strength);
});

describe("where a logo would stand", () => {
  it.each<[string, 1 | 2, string]>([
    ["Harbour Sports Club", 2, "HS"],
    ["Harbour Sports Club", 1, "H"],
    ["“harbour club”", 2, "HC"],
    ["„Ähre“", 2, "Ä"],
    ["𝒳 Labs", 1, "𝒳"],
    ["", 2, "?"],
  ])("stand the first letters of a name: %s, %d", (name, count, letters) => {
    expect(initialsOf(name, count)).toBe(letters);
  });
});
