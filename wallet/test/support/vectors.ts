/** The vectors that the Python side runs too. */

import { readFileSync } from "node:fs";

import type { Json } from "../../src/core/encoding";
import { parseCertificate } from "../../src/core/trust/certificate";
import type { Anchor } from "../../src/core/trust/chain";

const FOLDER = new URL("../../../tests/vectors/", import.meta.url);

export function loadText(path: string): string {
  return readFileSync(new URL(path, FOLDER), "utf8");
}

export function loadJson<T = any>(path: string): T {
  return JSON.parse(loadText(path)) as T;
}

const CERTIFICATES = loadJson<Record<string, { x5c_entry: string }>>("x509/certificates.json");

export function x5cOf(names: readonly string[]): Json {
  return names.map((name) => CERTIFICATES[name]?.x5c_entry ?? "");
}

export function vectorAnchors(...names: string[]): Anchor[] {
  return names.map((name) => ({ certificate: parseCertificate(CERTIFICATES[name]?.x5c_entry ?? ""), name }));
}
