// @vitest-environment node
/** Who imports whom: no circles, and the core leans on nothing but itself. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "../src");
const IMPORT = /^(?:import|export)\s[^;]*?from\s+"(\.[^"]+)"/gm;

/** The modules that each module names, by their paths below `src`. */
const IMPORTED = new Map(
  readdirSync(SOURCES, { encoding: "utf8", recursive: true })
    .filter((path) => /\.(?:ts|svelte)$/.test(path))
    .map((path) => [path, namedIn(join(SOURCES, path))] as const),
);

function namedIn(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(IMPORT)].flatMap(([, name = ""]) => {
    const bare = join(dirname(file), name);
    const found = [`${bare}.ts`, `${bare}/index.ts`, bare].find((each) => existsSync(each));
    return found === undefined ? [] : [relative(SOURCES, found)];
  });
}

/** Return a way from `path` back to itself, if there is one. */
function circle(path: string): readonly string[] | undefined {
  const ways = (IMPORTED.get(path) ?? []).map((next) => [path, next]);
  const seen = new Set<string>();
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const last = way.at(-1) ?? "";
    if (last === path) return way;
    if (seen.has(last)) continue;
    seen.add(last);
    ways.push(...(IMPORTED.get(last) ?? []).map((next) => [...(way ?? []), next]));
  }
  return undefined;
}

it("has no circle of imports, not of types either", () => {
  expect(IMPORTED.size).toBeGreaterThan(100);
  expect([...IMPORTED.keys()].flatMap((path) => circle(path) ?? [])).toEqual([]);
});

it("keeps the core to itself", () => {
  const inCore = [...IMPORTED].filter(([path]) => path.startsWith("core/"));
  expect(inCore.flatMap(([, named]) => named.filter((name) => !name.startsWith("core/")))).toEqual([]);
});
