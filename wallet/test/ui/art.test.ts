// @vitest-environment node
import { expect, it } from "vitest";

import { rgbOf } from "../../src/core/contrast";
import { worstContrast } from "../../src/ui/art";

const pixels = (...colours: string[]) => colours.flatMap((colour) => [...rgbOf(colour), 255]);

it.each([
  ["white on dark, everywhere", pixels("#1e2350", "#2b3474"), "#ffffff", true],
  ["white on dark with one light spot", pixels("#1e2350", "#f3bb41"), "#ffffff", false],
  ["dark on light", pixels("#f3bb41", "#fff4d6"), "#1f1b17", true],
  ["on what shows through", [0, 0, 0, 128], "#ffffff", false],
])("draws a card's picture only where its text can be read: %s", (_, data, ink, expected) => {
  expect(worstContrast(data, rgbOf(ink)) >= 4.5).toBe(expected);
});
