/** The PIN as people type and paste it. */

import { describe, expect, it } from "vitest";

import { faultOf, tidyPin } from "../../src/ui/pin";

const DIGITS = { numeric: true, length: 6, description: null };
const LETTERS = { ...DIGITS, numeric: false };

describe("a PIN", () => {
  it.each([
    ["as printed", "870 488"],
    ["with a no-break space", "870\u00a0488"],
    ["with a narrow one", " 870\u202f488\n"],
    ["with dashes", "870-48–8"],
    ["digit by digit", "8 7 0 4 8 8"],
  ])("of digits is taken without what groups them: %s", (_, typed) => {
    expect(tidyPin(typed, DIGITS)).toBe("870488");
  });

  it.each([
    ["AB-CD1", "AB-CD1"],
    [" AB CD1 ", "AB CD1"],
    ["ABC-DE1", "ABCDE1"],
    ["ABC DE1", "ABCDE1"],
  ])("of letters keeps a dash or space that counts: %s", (typed, tidy) => {
    expect(tidyPin(typed, LETTERS)).toBe(tidy);
  });

  it("of letters and no stated length is only trimmed", () => {
    expect(tidyPin(" a-b c ", { ...LETTERS, length: null })).toBe("a-b c");
  });

  it.each([
    ["", DIGITS, "empty"],
    ["87O488", DIGITS, "digitsOnly"],
    ["٨٧٠٤٨٨", DIGITS, "digitsOnly"],
    ["87048", DIGITS, "length"],
    ["8704881", DIGITS, "length"],
    ["ABCDE", LETTERS, "length"],
    ["ABCDE1", LETTERS, undefined],
    ["870488", DIGITS, undefined],
    ["1", { ...DIGITS, length: null }, undefined],
  ])("that cannot be right is found out before it is sent: %j", (tidy, pin, fault) => {
    expect(faultOf(tidy, pin)).toBe(fault);
  });
});
