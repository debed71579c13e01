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
import { NoAnswer } from "../../src/core/errors";
import { mediaType } from "../../src/core/oauth/form";
import type { VerifiedSdJwtVc } from "../../src/core/sdjwt/sd_jwt_vc";
import { stateAt } from "../../src/core/state/contents";
import type { StoredCred } from "../../src/core/state/records";
import type { Peers } from "../../src/holder/peer";
import { StatusTokens } from "../../src/holder/status";
import { withRows } from "../support/rows";
import { NOW, signedBy } from "../support/signing";
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
  ["sl-bits", { bits: 3, lst: lst(new Uint8Array(1)) }, "bits of 1, 2, 4 or 8"],
  ["width-true", { bits: true, lst: lst(new Uint8Array(1)) }, "bits of 1, 2, 4 or 8"],
  ["no-lst", { bits: 1 }, "lst as a string"],
  ["not-zlib", { bits: 1, lst: "AAAA" }, "zlib data"],
  ["sl-lst-not-b64", { bits: 1, lst: `${lst(new Uint8Array(1))}==` }, "base64url"],
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

const CASES = withRows(loadJson<{ cases: TokenCase[] }>("status-list/verifier_cases.json").cases, "status-list");

it.each(CASES)(
  "decides each token of the vectors: $row",
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

const URI = "https://issuer.example.com/status/1";
const TOKEN = { sub: URI, iat: NOW / 1000, exp: NOW / 1000 + 3600 };
const LIST = { bits: 4, lst: lst(new Uint8Array([0x70, 0x03])) };
const verify = (claims: object) => {
  const token = signedBy("status_leaf", { typ: "statuslist+jwt" }, { ...TOKEN, status_list: LIST, ...claims });
  return verifyStatusToken(token, { uri: URI, anchors: vectorAnchors("root"), credentialChain: undefined, now: NOW });
};

it.each([
  ["sl-reserved", 1],
  ["sl-application: 3", 2],
])("calls a status that is not defined for everybody neither valid nor known: %s", async (_, idx) => {
  const token = await verify({});
  expect(() => statusOf(token, { uri: URI, idx })).toThrow("status 0, 1 or 2");
});

it.each([
  ["sl-ttl-absurd: zero", 0, 1000],
  ["sl-ttl-absurd: negative", -5, 1000],
  ["sl-ttl-absurd: a century", 3_153_600_000, 24 * 3600_000],
])("keeps a list within bounds, whatever its ttl says: %s", async (_, ttl, expected) => {
  expect((await verify({ ttl })).ttlMs).toBe(expected);
});

it.each([
  ["sl-uri-missing", { idx: 0 }, "uri as a string"],
  ["sl-index-negative", { idx: -1, uri: URI }, "idx as a non-negative"],
  ["sl-index-negative: text", { idx: "5", uri: URI }, "idx as a non-negative"],
])("refuses a reference: %s", (_, reference, message) => {
  expect(() => parseStatusReference({ status_list: reference as never })).toThrow(message);
});

const answering = (status: number, mediaType = "application/statuslist+jwt", text = "") => {
  const asked: string[] = [];
  const get = async (url: string) => {
    asked.push(url);
    return { status, mediaType, headers: new Headers(), body: new TextEncoder().encode(text) };
  };
  return { asked, statuses: new StatusTokens({ get } as unknown as Peers, () => NOW, false) };
};
const ASKED = { status: { uri: URI, idx: 0 }, chain: undefined } as unknown as VerifiedSdJwtVc;
const VOUCHING = { anchors: vectorAnchors("root"), haip: true };

it.each([
  ["sl-uri-http", "http://issuer.example.com/status/1", "https"],
  ["sl-uri-private", "https://10.0.0.7/status/1", "public host"],
])("asks nobody at an address that is not talked to: %s", async (_, uri, message) => {
  const { asked, statuses } = answering(200);
  await expect(statuses.statusOf({ ...ASKED, status: { uri, idx: 0 } }, VOUCHING)).rejects.toThrow(message);
  expect(asked).toEqual([]);
});

it("says nothing of a Cred whose list does not come: sl-unreachable", async () => {
  await expect(answering(404).statuses.statusOf(ASKED, VOUCHING)).rejects.toThrow("got HTTP status 404");
});

it("stops where redirects do not end, as the browser does: sl-redirect-loop", async () => {
  const get = () => Promise.reject(new NoAnswer("expected an answer of issuer.example.com", "no_answer"));
  const statuses = new StatusTokens({ get } as unknown as Peers, () => NOW, false);
  await expect(statuses.statusOf(ASKED, VOUCHING)).rejects.toThrow(NoAnswer);
});

it("calls an expired Cred expired, though its list says valid: sl-expired-token-valid", () => {
  expect(stateAt({ expiresAt: NOW - 1, state: "active" } as unknown as StoredCred, NOW)).toBe("expired");
});
