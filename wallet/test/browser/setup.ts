/** What all files of these tests share: one running demo, and the harness, built once. */

import type { TestProject } from "vitest/node";

import { Demo, type Description } from "../support/demo";
import { buildHarness } from "../support/page";

declare module "vitest" {
  export interface ProvidedContext {
    demo: Description;
    harness: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const [demo, harness] = await Promise.all([Demo.start(), buildHarness()]);
  project.provide("demo", demo.description);
  project.provide("harness", harness.folder);
  return async () => {
    demo.stop();
    await harness.remove();
  };
}
