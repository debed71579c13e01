// @vitest-environment node
import { describe, expect, it } from "vitest";

import { checkAnswer, type HeldCredential, match } from "../../src/core/dcql/match";
import { type ClaimPath, checkPath, selectStrictly } from "../../src/core/dcql/path";
import { parseQuery } from "../../src/core/dcql/query";
import type { Json, JsonObject } from "../../src/core/encoding";
import type { ConcretePath } from "../../src/core/sdjwt/sd_jwt";
import { loadJson } from "../support/vectors";

interface PoolEntry {
  format: string;
  vct?: string;
  extends?: string[];
  doctype?: string;
  holder_bound?: boolean;
  aki?: string[];
  claims?: JsonObject;
  namespaces?: JsonObject;
  always_disclosed?: ConcretePath[];
}
interface Case {
  id: string;
  why: string;
  wallet: string[];
  query: Json;
  expect: {
    outcome: string;
    matches?: Record<string, string[]>;
    vp_token_keys?: string[];
    credential_sets?: { required: boolean; satisfiable_options: number[] }[];
    disclose?: Record<string, Record<string, ConcretePath[]>>;
    claim_set_index?: Record<string, Record<string, number> | number>;
  };
}
const POOL = loadJson<Record<string, PoolEntry>>("dcql/credentials.json");
const CASES = loadJson<{ cases?: Case[] } & Case[]>("dcql/cases.json");
const ROWS: Case[] = Array.isArray(CASES) ? CASES : (CASES as { cases: Case[] }).cases;

/** Every place below `node` takes a disclosure but those that are always disclosed, and their parents. */
function places(node: Json, path: ConcretePath): ConcretePath[] {
  const here = path.length > 0 ? [path] : [];
  if (Array.isArray(node)) return [...here, ...node.flatMap((value, index) => places(value as Json, [...path, index]))];
  if (typeof node === "object" && node !== null) {
    return [...here, ...Object.entries(node).flatMap(([name, value]) => places(value as Json, [...path, name]))];
  }
  return here;
}

function held(id: string): HeldCredential {
  const entry = POOL[id] as PoolEntry;
  const claims = entry.claims ?? entry.namespaces ?? {};
  const clear = (entry.always_disclosed ?? []).map((path) => JSON.stringify(path));
  const depth = entry.namespaces ? 2 : 1;
  const disclosable = places(claims, []).filter(
    (path) => path.length >= depth && !clear.some((other) => other === JSON.stringify(path)),
  );
  return {
    id,
    format: entry.format,
    types: [entry.vct ?? entry.doctype ?? "", ...(entry.extends ?? [])],
    claims,
    disclosable,
    holderBound: entry.holder_bound ?? true,
    authorityKeyIds: new Set(entry.aki ?? []),
    unusable: undefined,
  };
}

describe("matching by the vectors", () => {
  it.each(ROWS)("$id: $why", ({ wallet, query, expect: expected }) => {
    if (expected.outcome === "invalid_request") {
      expect(() => parseQuery(query)).toThrow(expect.objectContaining({ code: "invalid_request" }));
      return;
    }
    const parsed = parseQuery(query);
    const found = match(parsed, wallet.map(held));
    const ids = Object.fromEntries(
      [...found.matches].map(([id, entries]) => [id, entries.map(({ credential }) => credential.id)]),
    );
    if (expected.matches) expect(ids).toEqual(expected.matches);
    if (expected.outcome === "vp_token") expect(found.isAnswerable).toBe(true);
    if (expected.outcome === "access_denied") expect(found.isAnswerable).toBe(false);
    if (expected.credential_sets) {
      const sets = found.sets.map((set) => ({
        required: set.query.required,
        satisfiable_options: set.satisfiable,
      }));
      expect(sets).toEqual(expected.credential_sets);
    }
    for (const [id, byCredential] of Object.entries(expected.disclose ?? {})) {
      for (const [name, paths] of Object.entries(byCredential)) {
        const entry = found.matches.get(id)?.find(({ credential }) => credential.id === name);
        expect(new Set(entry?.paths.map((path) => JSON.stringify(path)))).toEqual(
          new Set(paths.map((path) => JSON.stringify(path))),
        );
      }
    }
    if (expected.vp_token_keys && expected.outcome === "vp_token") {
      checkAnswer(parsed, new Map(expected.vp_token_keys.map((id) => [id, 1])));
      expect(() => checkAnswer(parsed, new Map([["not-there", 1]]))).toThrow("queries of this request only");
    }
  });
});

const POINTERS = loadJson<{ document: Json; cases: { path: Json; select: Json[] | "error"; why: string }[] }>(
  "dcql/claim_paths.json",
);

it.each(POINTERS.cases)("follows a claims path pointer: $why", ({ path, select }) => {
  const follow = () => selectStrictly(POINTERS.document, checkPath(path) as ClaimPath).map(({ value }) => value);
  if (select !== "error") expect(follow()).toEqual(select);
  else expect(follow).toThrow(/^expected/);
});
