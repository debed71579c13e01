// @vitest-environment node
/** What the page weighs: script at the start, and with every chunk; a build that grows past that is refused. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { build } from "vite";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const MAX_START_BYTES = 60 * 1024;
const MAX_ALL_BYTES = 200 * 1024;

const sizes = new Map<string, number>();
let start = 0;

const weight = (names: Iterable<string>) => [...names].reduce((sum, name) => sum + (sizes.get(name) ?? Number.NaN), 0);

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "billfold-size-"));
  const root = new URL("..", import.meta.url).pathname;
  vi.stubEnv("NODE_ENV", "production"); // as `npm run build` has it
  await build({ root, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  const assets = join(folder, "assets");
  for (const name of readdirSync(assets).filter((each) => each.endsWith(".js"))) {
    sizes.set(name, gzipSync(readFileSync(join(assets, name)), { level: 9 }).length);
  }
  start = weight(atStart(folder));
  rmSync(folder, { recursive: true });
});

afterAll(() => {
  vi.unstubAllEnvs();
});

/** Return the scripts that the page loads before anything happens: its own, and what those import at their top. */
function atStart(folder: string): ReadonlySet<string> {
  const found = new Set<string>();
  const follow = (text: string, pattern: RegExp): void => {
    for (const [, name = ""] of text.matchAll(pattern)) {
      if (found.has(name)) continue;
      found.add(name);
      follow(readFileSync(join(folder, "assets", name), "utf8"), /(?:from|import)\s*"\.\/([^"]+\.js)"/g);
    }
  };
  follow(readFileSync(join(folder, "index.html"), "utf8"), /<script[^>]*src="\/assets\/([^"]+\.js)"/g);
  return found;
}

it("starts with at most 60 KB of script, gzipped", () => {
  expect(start).toBeGreaterThan(10_000); // it was found
  expect(start).toBeLessThanOrEqual(MAX_START_BYTES);
});

it("has at most 200 KB of script with every chunk, gzipped", () => {
  expect(weight(sizes.keys())).toBeGreaterThan(start);
  expect(weight(sizes.keys())).toBeLessThanOrEqual(MAX_ALL_BYTES);
});
