/** What becomes of an answer: where the person goes on, and what the result and the history say was shared. */

// @vitest-environment node
import { expect, it } from "vitest";

import { sha256 } from "@noble/hashes/sha2.js";

import { b64urlEncode, type JsonObject, utf8 } from "../../src/core/encoding";
import { NoAnswer } from "../../src/core/errors";
import { readConfiguration } from "../../src/core/openid4vci/configuration";
import { type Contents, emptyContents } from "../../src/core/state/contents";
import type { StoredCred } from "../../src/core/state/records";
import type { HolderParts } from "../../src/holder/parts";
import { decline, share } from "../../src/holder/response";
import { reviewRequest } from "../../src/holder/review";
import { defaultChoice } from "../../src/sharing";
import { NOW, signedBy } from "../support/signing";

const VCT = "https://issuer.example/card";
const RESPONSE_URI = "https://club.example/response";
const BACK = "https://club.example/back";
const DISCLOSURE = b64urlEncode(utf8(JSON.stringify(["salt", "team", "Vision"])));
const CLAIMS: JsonObject = { vct: VCT, level: "gold", _sd: [b64urlEncode(sha256(utf8(DISCLOSURE)))] };
const CRED = {
  id: "1",
  issuer: "https://issuer.example",
  configurationId: "card",
  configuration: readConfiguration({ format: "dc+sd-jwt", vct: VCT }),
  instances: [{ sdJwt: `${signedBy("issuer_leaf", { typ: "dc+sd-jwt" }, CLAIMS)}~${DISCLOSURE}~`, key: null, used: false }],
  claims: { vct: VCT, level: "gold", team: "Vision" },
  disclosable: [["team"]],
  authorityKeyIds: [],
  state: "active",
  expiresAt: null,
} as unknown as StoredCred;
const QUERY = {
  id: "card",
  format: "dc+sd-jwt",
  meta: { vct_values: [VCT] },
  require_cryptographic_holder_binding: false,
  claims: [{ path: ["level"] }, { path: ["team"] }],
};
const LINK = `openid4vp://?${new URLSearchParams({
  client_id: `redirect_uri:${RESPONSE_URI}`,
  response_type: "vp_token",
  response_mode: "direct_post",
  nonce: "n0nce",
  state: "s1",
  dcql_query: JSON.stringify({ credentials: [QUERY] }),
  client_metadata: JSON.stringify({ vp_formats_supported: { "dc+sd-jwt": {} } }),
})}`;

/** A wallet that holds one Cred, before a requester that answers `body` with `status`; no status: not at all. */
function holding(status: number | undefined, body: string) {
  const sent: Record<string, string | undefined>[] = [];
  let contents: Contents = { ...emptyContents("Test"), creds: [CRED] };
  const change = async (by: (before: Contents) => Contents) => void (contents = by(contents));
  const parts = {
    rules: { allowLoopback: false },
    now: () => NOW,
    language: () => "en",
    contents: () => contents,
    vault: () => ({ contents, change }),
    peers: {
      postForm: async (url: string, fields: Record<string, string | undefined>) => {
        expect(url).toBe(RESPONSE_URI);
        sent.push(fields);
        if (status === undefined) throw new NoAnswer("expected an answer");
        return { status, body: utf8(body), headers: new Headers() };
      },
    },
  } as unknown as HolderParts;
  return { parts, sent, history: () => contents.history };
}

it.each<[string, number | undefined, string, boolean, string | null]>([
  ["where to go on", 200, JSON.stringify({ redirect_uri: BACK }), true, BACK],
  ["nothing to go to", 200, "{}", true, null],
  ["nothing", 200, "", true, null],
  ["no JSON", 200, "<p>", true, null],
  ["no web address", 200, JSON.stringify({ redirect_uri: "javascript:alert(1)" }), true, null],
  ["a refusal", 400, JSON.stringify({ error: "invalid_request", redirect_uri: BACK }), false, null],
  ["a failure", 500, "", false, null],
  ["not at all", undefined, "", false, null],
])("a decline stays one, whatever is answered: %s", async (_, status, body, told, redirectUri) => {
  const { parts, sent, history } = holding(status, body);
  expect(await decline(parts, await reviewRequest(parts, LINK))).toEqual({ told, redirectUri });
  expect(sent).toEqual([{ error: "access_denied", state: "s1" }]);
  expect(history().map(({ outcome, shared }) => [outcome, shared])).toEqual([["declined", []]]);
});

it("names what stands in the clear in the Cred among what was shared", async () => {
  const { parts, sent, history } = holding(200, JSON.stringify({ redirect_uri: BACK }));
  const review = await reviewRequest(parts, LINK);
  const result = await share(parts, review, defaultChoice(review));
  expect([result.accepted, result.redirectUri]).toEqual([true, BACK]);
  expect(result.shared.map(({ fields }) => fields.map(({ name }) => name))).toEqual([["level", "team"]]);
  expect(history().map(({ shared }) => shared)).toEqual([result.shared]);
  expect(sent[0]?.["vp_token"]).toContain(`~${DISCLOSURE}~`);
});

it("does not say that nothing was shared after a share that nobody answered", async () => {
  const { parts, sent, history } = holding(undefined, "");
  const review = await reviewRequest(parts, LINK);
  await expect(share(parts, review, defaultChoice(review))).rejects.toMatchObject({ code: "perhaps_shared" });
  await expect(decline(parts, review)).rejects.toMatchObject({ code: "perhaps_shared", remedy: "close" });
  expect(sent).toHaveLength(1);
  expect(history().map(({ outcome }) => outcome)).toEqual(["unknown"]);
});
