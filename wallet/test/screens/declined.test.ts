/** What a person reads and can do after a decline. */

import { render, screen } from "@testing-library/svelte";
import { expect, it } from "vitest";

import Declined from "../../src/screens/Declined.svelte";
import { de } from "../../src/text/de";
import { en } from "../../src/text/en";
import type { DeclineResult } from "../../src/wallet";
import { appWith } from "../support/screens";
import Within from "../support/Within.svelte";

const CLUB = "Harbour Sports Club";
const BACK = "https://club.example/back?response_code=x";

function show(result: DeclineResult, language: "en" | "de" = "en") {
  const app = appWith({ settings: { language, autoLockS: 120 } });
  render(Within, { app, screen: Declined, given: { result, name: CLUB } });
  return [...document.querySelectorAll<HTMLElement>(".actions .btn")];
}

it.each([
  ["en", en],
  ["de", de],
] as const)("leads back to who asked, where they say where to: %s", (language, words) => {
  const [back, done] = show({ told: true, redirectUri: BACK }, language);
  expect([back?.textContent, back?.getAttribute("href")]).toEqual([words.shared.backTo(CLUB), BACK]);
  expect(done?.textContent?.trim()).toBe(words.words.done);
});

it("has Done alone where there is nowhere to go", () => {
  expect(show({ told: true, redirectUri: null }).map((each) => each.textContent?.trim())).toEqual([en.words.done]);
});

it.each([true, false])("says that they were told only where they were: %s", (told) => {
  show({ told, redirectUri: null });
  expect(screen.getByText(/Nothing was shared/).textContent?.includes(en.shared.told(CLUB))).toBe(told);
});
