// @vitest-environment node
import { deflateSync } from "node:zlib";

import { expect, it } from "vitest";

import { parseStatusList, MAX_PACKED_BYTES, statusAt } from "../../src/core/status/status_list";
import {
  parseStatusReference,
  requireStatusType,
  statusOf,
  verifyStatusToken,
} from "../../src/core/status/status_token";
import { mediaType } from "../../src/core/oauth/form";
import { loadJson, vectorAnchors } from "../support/vectors";

const lst = (packed: Uint8Array) => deflateSync(packed).toString("base64url");

it.each([1, 2, 4, 8])("reads the specification's list of %i bits", async (bits) => {
  const vector = loadJson(`status-list/list_${bits}bit.json`);
  const stated = new Map(Object.entries(vector.set_statuses).map(([index, status]) => [Number(index), status]));
  const list = await parseStatusList(vector.json);
  for (const [index, status] of stated) {
    expect(statusAt(list, index)).toBe(status);
    expect(statusAt(list, index + 1)).toBe(stated.get(index + 1) ?? 0); // finds a wrong bit order
  }
  expect(() => statusAt(list, vector.size)).toThrow(`below ${vector.size}`);
});

it.each([
  ["width-3", { bits: 3, lst: lst(new Uint8Array(1)) }, "bits of 1, 2, 4 or 8"],
  ["width-true", { bits: true, lst: lst(new Uint8Array(1)) }, "bits of 1, 2, 4 or 8"],
  ["no-lst", { bits: 1 }, "lst as a string"],
  ["not-zlib", { bits: 1, lst: "AAAA" }, "zlib data"],
  ["padded", { bits: 1, lst: `${lst(new Uint8Array(1))}==` }, "base64url"],
  ["cut", { bits: 1, lst: lst(new Uint8Array(4)).slice(0, -4) }, "zlib data"],
  ["bomb", { bits: 1, lst: lst(new Uint8Array(MAX_PACKED_BYTES + 1)) }, "up to"],
])("refuses a malformed list: %s", async (_, claim, message) => {
  await expect(parseStatusList(claim)).rejects.toThrow(message);
});

it.each([-1, 16, 0.5])("calls an index outside the list an error, and never valid: %d", (index) => {
  expect(() => statusAt({ bits: 1, packed: new Uint8Array([0xb9, 0xa3]) }, index)).toThrow("expected index below 16");
});

interface TokenCase {
  id: string;
  why: string;
  reference: { uri: string; idx: number };
  content_type: string;
  now: number;
  token: string;
  expect: string;
}

it.each(loadJson<{ cases: TokenCase[] }>("status-list/verifier_cases.json").cases)(
  "decides each token of the vectors: $id",
  async ({ reference, content_type, now, token, expect: expected }) => {
    const decide = async () => {
      requireStatusType(mediaType(content_type));
      const parsed = parseStatusReference({ status_list: reference });
      const rules = { uri: parsed.uri, anchors: vectorAnchors("root"), credentialChain: undefined, now: now * 1000 };
      return statusOf(await verifyStatusToken(token, rules), parsed);
    };
    if (expected === "reject or treat as absent")
      expect(await decide()).toBe("VALID"); // we treat it as absent
    else if (["VALID", "INVALID", "SUSPENDED"].includes(expected)) expect(await decide()).toBe(expected);
    else await expect(decide()).rejects.toThrow(/^expected/);
  },
);
