/** Builds the page that tests and measurements talk to: the wallet without its screens. */

import { defineConfig } from "vite";

const root = new URL("test/browser/", import.meta.url).pathname;

export default defineConfig({
  logLevel: "warn",
  root,
  base: "/harness/",
  define: { BILLFOLD_VERSION: JSON.stringify("test") },
  build: {
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: { input: `${root}harness.html` },
  },
});
