// @vitest-environment node
import { expect, it } from "vitest";

import { RequestRefused } from "../../src/core/errors";
import { verifyRequestObject } from "../../src/core/openid4vp/request_object";
import { loadJson, vectorAnchors } from "../support/vectors";

interface Row {
  id: string;
  why: string;
  link_client_id: string;
  request_object: string;
  posted_wallet_nonce?: string;
  expect: string;
}
const VECTOR = loadJson<{ context: { now: number }; payload_of_good: { nonce: string }; cases: Row[] }>(
  "openid4vp/request_objects.json",
);
// Rows of the table of bad inputs that a vector shows.
const NEGATIVE_ROWS: Record<string, string> = {
  "self-signed": "ro-self-signed-haip",
  "transaction-data-unknown": "ro-transaction-data-unknown",
  "transaction-data-id": "ro-transaction-data-id",
  san: "ro-prefix-haip",
  "san-mismatch": "ro-x509-san-mismatch",
  "cert-expired": "ro-cert-expired",
};
// Rows whose fault lies behind the proof of who asks: the requester may be told.
const AUTHENTICATED = [
  ["no-nonce", "nonce-space", "no-response-type", "response-type", "no-query", "presentation-definition"],
  ["both-uris", "no-response-mode", "response-mode-plain", "no-keys", "transaction-data-unknown"],
  ["transaction-data-id", "dcql-string", "nested-request", "key-no-alg"],
].flat();

it.each(VECTOR.cases.map((row) => ({ ...row, name: NEGATIVE_ROWS[row.id] ?? `vector-${row.id}` })))(
  "decides each request of the vectors: $name ($why)",
  async (row) => {
    const reading = verifyRequestObject(row.request_object, {
      linkClientId: row.link_client_id,
      anchorsFor: () => vectorAnchors("root"),
      now: VECTOR.context.now * 1000,
      contentType: "application/oauth-authz-req+jwt",
      postedWalletNonce: row.posted_wallet_nonce,
      allowLoopback: false,
    });
    if (row.expect.startsWith("accept")) {
      const found = await reading;
      expect(found.clientId).toBe(row.link_client_id);
      expect(found.nonce).toBe(VECTOR.payload_of_good.nonce);
      expect(found.chain).toBeDefined();
      expect([found.responseKey?.kid, found.responseKey?.enc]).toEqual(["enc-1", "A256GCM"]);
      return;
    }
    const error: unknown = await reading.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RequestRefused);
    const refusal = error as RequestRefused;
    if (!row.expect.startsWith("reject")) expect(refusal.code).toBe(row.expect);
    expect(refusal.answerTo !== undefined).toBe(AUTHENTICATED.includes(row.id));
  },
);
