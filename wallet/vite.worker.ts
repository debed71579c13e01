/** Builds the service worker after the page: one file of its own, with the list of the page's files in it. */

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";

import { build, type Plugin } from "vite";

// Loaded by the browser itself, or only when a name needs them.
const NOT_KEPT = /(?:^|\/)(?:sw\.js|icon-\d+\.png|icon-maskable\.png|manrope-(?!latin-wght)[^/]*)$/;

export function serviceWorker(): Plugin {
  let outDir = "";
  return {
    name: "billfold-service-worker",
    apply: "build",
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      // `/ready` is the same page at an address that can be sent round.
      await mkdir(join(outDir, "ready"), { recursive: true });
      await copyFile(join(outDir, "index.html"), join(outDir, "ready/index.html"));
      await buildWorker(outDir, await pageFiles(outDir));
    },
  };
}

/** Return the addresses of the page's files, the page itself first. */
async function pageFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const addresses = files.map((file) => `/${relative(folder, file).split(sep).join("/")}`);
  const kept = addresses.filter((address) => !address.endsWith("/index.html") && !NOT_KEPT.test(address));
  return ["/", ...kept.sort()];
}

async function buildWorker(folder: string, files: readonly string[]): Promise<void> {
  // Names of assets are hashes of their contents; the page and what has no hash in its name count too.
  const hash = createHash("sha256").update(JSON.stringify(files)).update(await readFile(join(folder, "index.html")));
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: { PRECACHE: JSON.stringify(files), VERSION: JSON.stringify(hash.digest("hex").slice(0, 12)) },
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: ["chrome123", "safari17.5", "firefox120"],
      rolldownOptions: {
        input: new URL("src/worker/sw.ts", import.meta.url).pathname,
        output: { format: "iife", entryFileNames: "sw.js" },
      },
    },
  });
}
