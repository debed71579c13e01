/** What the closed browser's profile gives away: no key, token or field value; and the search is one that finds. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { launchWithProfile } from "../support/page";
import { demo, open } from "../support/stage";

const PASSPHRASE = "correct horse battery";
const MARKER = "a marker that lies in the clear";

let profile: string;

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "billfold-profile-"));
});
afterAll(async () => {
  await rm(profile, { recursive: true, maxRetries: 3 });
});

/** Remember every private key that the page makes, while it can still be exported. */
async function watchKeys(context: BrowserContext): Promise<string[]> {
  const found: string[] = [];
  await context.exposeFunction("privateKeyMade", (d: string) => found.push(d));
  await context.addInitScript(() => {
    const { generateKey, exportKey } = SubtleCrypto.prototype;
    SubtleCrypto.prototype.generateKey = async function (this: SubtleCrypto, ...given: unknown[]) {
      const made = await (generateKey as (...all: unknown[]) => Promise<CryptoKey | CryptoKeyPair>).apply(this, given);
      if ("privateKey" in made) {
        const { d } = (await exportKey.call(this, "jwk", made.privateKey)) as JsonWebKey;
        await (globalThis as unknown as { privateKeyMade: (d: string) => Promise<void> }).privateKeyMade(d ?? "");
      } else if (made.extractable) {
        const raw = new Uint8Array((await exportKey.call(this, "raw", made)) as ArrayBuffer);
        const text = btoa(String.fromCharCode(...raw))
          .replaceAll("+", "-")
          .replaceAll("/", "_")
          .replace(/=+$/, "");
        await (globalThis as unknown as { privateKeyMade: (d: string) => Promise<void> }).privateKeyMade(text);
      }
      return made;
    } as typeof generateKey;
  });
  return found;
}

/** What must not be found: each secret as text in UTF-8 and UTF-16, and keys as bytes too. */
function traces(secrets: readonly string[], keys: readonly string[]): Buffer[] {
  const texts = [...secrets, ...keys].flatMap((text) => [Buffer.from(text, "utf8"), Buffer.from(text, "utf16le")]);
  return [...texts, ...keys.map((key) => Buffer.from(key, "base64url"))];
}

async function search(wanted: readonly Buffer[]): Promise<{ files: number; bytes: number; hits: string[] }> {
  const entries = await readdir(profile, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const hits: string[] = [];
  let bytes = 0;
  for (const file of files) {
    const content = await readFile(join(file.parentPath, file.name));
    bytes += content.length;
    const found = wanted.filter((trace) => content.includes(trace));
    hits.push(...found.map((trace) => `${nameOf(trace)} in ${file.name}`));
  }
  return { files: files.length, bytes, hits };
}

const nameOf = (trace: Buffer) => trace.toString("latin1").slice(0, 20);
const countIn = (hits: readonly string[], forms: readonly Buffer[]) =>
  hits.filter((hit) => forms.some((form) => hit.startsWith(nameOf(form)))).length;

/** Say what was found, beside the test's verdict. */
function report(lines: readonly string[]): void {
  process.stdout.write(`${lines.map((line) => `  disk: ${line}`).join("\n")}\n`);
}

it("leaves no key, token or field value in the closed profile, and finds what does lie there", async () => {
  const context = await launchWithProfile(profile);
  const keys = await watchKeys(context);
  const tokens: string[] = [];
  await context.route("**/token", async (route) => {
    const response = await route.fetch();
    const { access_token, refresh_token } = await response.json();
    tokens.push(...[access_token, refresh_token].filter((token) => token !== undefined));
    await route.fulfill({ response });
  });
  const device = await open("none", context);
  const code = await demo.pairingCode("northwind");
  const answer = { way: "passphrase", passphrase: PASSPHRASE } as const;
  await device.setUpAndPair(code.wallet_link, code.tx_code, answer);
  const asked = await demo.request("staff-rate");
  expect((await device.share(asked.wallet_link, [], answer)).result.accepted).toBe(true);
  const { creds } = await device.state();
  const values = creds.flatMap(({ fields }) => fields.map(({ value }) => value)).filter((value) => value !== undefined);
  const control = await device.page.evaluate(async (marker) => {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    const { d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open("control", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("control");
      opening.onsuccess = () => {
        const transaction = opening.result.transaction("control", "readwrite", { durability: "strict" });
        transaction.objectStore("control").put({ marker, key: pair.privateKey }, "control");
        transaction.oncomplete = () => resolve();
        transaction.onerror = () => reject(transaction.error);
      };
    });
    return d ?? "";
  }, MARKER);
  await context.close();

  const secret = keys.filter((key) => key !== control);
  const isPublic = (text: string) => text === "Northwind Robotics"; // in the list of anchors, which anybody may fetch
  const texts = values.map((value) => String(value).slice(0, 60)).filter((text) => !isPublic(text));
  expect([secret.length >= 4, tokens.length >= 2, texts.length >= 6]).toEqual([true, true, true]);
  const wanted = { "private keys": traces([], secret), tokens: traces(tokens, []), "field values": traces(texts, []) };
  const all = await search([...Object.values(wanted).flat(), ...traces([PASSPHRASE], [])]);
  const marker = await search([Buffer.from(MARKER)]);
  const clearKey = await search([Buffer.from(control, "base64url")]);
  report([
    `searched ${all.files} files, ${Math.round(all.bytes / 1024)} KiB, of the closed profile`,
    ...Object.entries(wanted).map(([what, forms]) => `${what}: ${forms.length} forms, ${countIn(all.hits, forms)} found`),
    `control, text stored in the clear: found in ${marker.hits.length} files`,
    `control, private key stored as a CryptoKey that cannot be exported: found in ${clearKey.hits.length} files`,
  ]);
  expect(all.files).toBeGreaterThan(20);
  expect(all.hits).toEqual([]);
  expect(marker.hits).not.toEqual([]);
  expect(clearKey.hits).not.toEqual([]);
});
