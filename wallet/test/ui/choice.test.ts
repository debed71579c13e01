import { describe, expect, it } from "vitest";

import type { ShareCard, ShareCred, ShareReview } from "../../src/wallet";
import { Choice } from "../../src/ui/choice.svelte";
import { field } from "../support/screens";

const held = (credId: string): ShareCred => ({
  credId,
  typeName: "Badge",
  issuerName: "Acme",
  look: { background: "#000000", ink: "#ffffff", logo: null, art: null },
  required: [field("name", "A"), field("employer", "B")],
  optional: [
    { id: "team", label: "Team", fields: [field("team", "C")] },
    { id: "photo", label: "Photo", fields: [] },
  ],
});
const card = (changes: Partial<ShareCard> = {}): ShareCard => ({
  index: 0,
  required: true,
  set: 0,
  option: 0,
  multiple: false,
  typeName: "Badge",
  wanted: [],
  creds: [held("1"), held("2")],
  unfit: [],
  ...changes,
});
const choose = (...cards: ShareCard[]) => new Choice({ cards } as unknown as ShareReview);

describe("what is chosen to be shared", () => {
  it("starts with what is required of the first Cred, and nothing optional", () => {
    const choice = choose(card());
    expect(choice.value).toEqual({ picks: [{ card: 0, credIds: ["1"], optional: [] }] });
    expect(choice.count).toBe(2);
  });

  it("counts a ticked field, and not one that the Cred lacks", () => {
    const [asked, choice] = [card(), choose(card())];
    choice.tick(asked, "team");
    choice.tick(asked, "photo");
    expect(choice.count).toBe(3);
    choice.tick(asked, "team");
    expect(choice.count).toBe(2);
  });

  it("takes every tick away when another Cred is chosen", () => {
    const [asked, choice] = [card(), choose(card())];
    choice.tick(asked, "team");
    choice.choose(asked, "2");
    expect(choice.value.picks).toEqual([{ card: 0, credIds: ["2"], optional: [] }]);
  });

  it("leaves an optional Cred out until it is chosen", () => {
    const extra = card({ index: 1, set: 1, required: false });
    const choice = choose(card(), extra);
    expect(choice.value.picks.map((pick) => pick.card)).toEqual([0]);
    const [, asked] = choice.sets;
    if (asked) choice.answer(asked, 0);
    expect(choice.value.picks.map((pick) => pick.card)).toEqual([0, 1]);
    if (asked) choice.answer(asked, undefined);
    expect(choice.value.picks.map((pick) => pick.card)).toEqual([0]);
  });

  it("never gives up the last Cred where several may be given", () => {
    const asked = card({ multiple: true });
    const choice = choose(asked);
    choice.choose(asked, "2");
    choice.choose(asked, "1");
    choice.choose(asked, "2");
    expect(choice.value.picks[0]?.credIds).toEqual(["2"]);
  });
});
