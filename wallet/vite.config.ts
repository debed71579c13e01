import { readFileSync } from "node:fs";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

import { serviceWorker } from "./vite.worker.ts";

/** What the wallet's host sends, so that `vite preview` shows a page that would be refused there. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self' https: http://localhost:*",
  "manifest-src 'self'",
  "worker-src 'self'",
  "media-src 'self' blob:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types svelte-trusted-html billfold-sw",
].join("; ");

/** The one version number of the whole installation; issuers' support sees it. */
const [, version] = /__version__ = "(.+)"/.exec(readFileSync("../src/billfold/__init__.py", "utf8")) ?? [];

export default defineConfig({
  define: { BILLFOLD_VERSION: JSON.stringify(version) },
  plugins: [svelte(), svelteTesting(), serviceWorker()],
  build: {
    outDir: "../src/billfold/apps/wallet_host/static",
    emptyOutDir: true,
    // Nothing inline: the page's policy allows scripts, styles and fonts from its own origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the start needs is one file: on a slow line every further one costs a round trip.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "start", test: /\/src\/main\.ts$/ }] } } },
    // Old enough for `light-dark()` (look/tokens.css), which is to stay as it is.
    target: ["chrome123", "safari17.5", "firefox120"],
  },
  preview: { headers: { "Content-Security-Policy": contentSecurityPolicy } },
  test: { environment: "happy-dom", include: ["test/**/*.test.ts"], exclude: ["test/browser/**"] },
});
