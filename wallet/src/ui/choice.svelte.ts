/** What the person has chosen to share so far: starts as `defaultChoice`, with nothing optional. */

import { defaultChoice } from "../sharing";
import type { ShareCard, ShareChoice, ShareCred, ShareReview } from "../wallet";

interface Pick {
  credIds: readonly string[];
  optional: readonly string[];
}

/** One thing that is asked: several ways may lead to it, and each way is one Cred or several that go together. */
export interface AskedSet {
  readonly set: number;
  readonly required: boolean;
  /** Only ways that the Creds held can answer. */
  readonly ways: readonly { readonly option: number; readonly cards: readonly ShareCard[] }[];
}

export class Choice {
  readonly sets: readonly AskedSet[];
  /** The way chosen for each set; a set that is missing is not answered. */
  #ways: Readonly<Record<number, number>> = $state.raw({});
  #picks: Readonly<Record<number, Pick>> = $state.raw({});

  constructor(private readonly review: ShareReview) {
    this.sets = setsOf(review.cards);
    const first = defaultChoice(review);
    for (const { card, credIds } of first.picks) {
      const chosen = review.cards.find(({ index }) => index === card);
      if (chosen !== undefined) this.#ways = { ...this.#ways, [chosen.set]: chosen.option };
      this.#picks = { ...this.#picks, [card]: { credIds, optional: [] } };
    }
  }

  /** The way chosen, or the first one where none is. */
  wayOf(set: AskedSet): AskedSet["ways"][number] | undefined {
    return set.ways.find(({ option }) => option === this.#ways[set.set]) ?? set.ways[0];
  }

  isAnswered({ set }: AskedSet): boolean {
    return this.#ways[set] !== undefined;
  }

  /** Answer a set by one of its ways, or not at all. */
  answer({ set, ways }: AskedSet, option: number | undefined): void {
    const { [set]: _gone, ...others } = this.#ways;
    this.#ways = option === undefined ? others : { ...others, [set]: option };
    for (const card of ways.find((way) => way.option === option)?.cards ?? []) {
      const credIds = card.creds.slice(0, 1).map(({ credId }) => credId);
      this.#picks = { ...this.#picks, [card.index]: { credIds, optional: [] } };
    }
  }

  /** The Creds chosen for a card. */
  credsOf(card: ShareCard): readonly ShareCred[] {
    const chosen = this.#pick(card).credIds;
    return card.creds.filter(({ credId }) => chosen.includes(credId));
  }

  /** Choose a Cred; where several may be given, add it or take it away, but never the last one. */
  choose(card: ShareCard, credId: string): void {
    const { credIds } = this.#pick(card);
    if (!card.multiple) return this.#set(card, { credIds: [credId], optional: [] });
    const others = credIds.filter((id) => id !== credId);
    const next = others.length === credIds.length ? [...credIds, credId] : others;
    if (next.length > 0) this.#set(card, { credIds: next, optional: this.#pick(card).optional });
  }

  isTicked(card: ShareCard, id: string): boolean {
    return this.#pick(card).optional.includes(id);
  }

  tick(card: ShareCard, id: string): void {
    const { credIds, optional } = this.#pick(card);
    const others = optional.filter((each) => each !== id);
    this.#set(card, { credIds, optional: others.length === optional.length ? [...optional, id] : others });
  }

  /** Exactly what is sent. */
  get value(): ShareChoice {
    const cards = this.sets.flatMap((set) => (this.isAnswered(set) ? (this.wayOf(set)?.cards ?? []) : []));
    return { picks: cards.map((card) => ({ card: card.index, ...this.#pick(card) })) };
  }

  /** How many fields are sent. */
  get count(): number {
    return this.value.picks.reduce((sum, { card, credIds, optional }) => {
      const creds = this.review.cards.find(({ index }) => index === card)?.creds ?? [];
      const chosen = creds.filter(({ credId }) => credIds.includes(credId));
      const ticked = (cred: ShareCred) => cred.optional.filter(({ id, fields }) => fields.length > 0 && optional.includes(id));
      return sum + chosen.reduce((own, cred) => own + cred.required.length + ticked(cred).length, 0);
    }, 0);
  }

  #pick({ index }: ShareCard): Pick {
    return this.#picks[index] ?? { credIds: [], optional: [] };
  }

  #set({ index }: ShareCard, pick: Pick): void {
    this.#picks = { ...this.#picks, [index]: pick };
  }
}

function setsOf(cards: readonly ShareCard[]): readonly AskedSet[] {
  return [...new Set(cards.map(({ set }) => set))].map((set) => {
    const own = cards.filter((card) => card.set === set);
    const options = [...new Set(own.map(({ option }) => option))];
    const ways = options
      .map((option) => ({ option, cards: own.filter((card) => card.option === option) }))
      .filter((way) => way.cards.every(({ creds }) => creds.length > 0));
    return { set, required: own.some(({ required }) => required), ways };
  });
}
