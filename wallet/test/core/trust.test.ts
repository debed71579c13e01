// @vitest-environment node
import { expect, it } from "vitest";

import { authorityKeyIds, type Certificate, parseCertificate, parseX5c } from "../../src/core/trust/certificate";
import { PURPOSE, verifyChain } from "../../src/core/trust/chain";
import { checkClientLeaf, parseClientId } from "../../src/core/openid4vp/client_id";
import { loadJson, vectorAnchors, x5cOf } from "../support/vectors";

interface ChainCase {
  id: string;
  x5c: string[];
  trust_anchors: string[];
  at: string;
  expect: string;
  expect_haip: string;
}
const CHAINS = loadJson<ChainCase[]>("x509/chains.json");

for (const haip of [true, false]) {
  it.each(CHAINS)(`decides each chain of the vectors (haip ${haip}): $id`, async (chain) => {
    const leaf = chain.x5c.find((name) => name !== "mdoc_signer");
    const purpose = leaf === undefined ? PURPOSE.issuer : PURPOSE.requester;
    const verifying = verifyChain(x5cOf(chain.x5c), vectorAnchors(...chain.trust_anchors), {
      now: Date.parse(chain.at),
      purpose,
      haip,
    });
    if ((haip ? chain.expect_haip : chain.expect) === "valid") await verifying;
    else await expect(verifying).rejects.toThrow(/^expected/);
  });
}

it.each(loadJson<{ client_id: string; leaf: string; expect: string; why: string }[]>("x509/client_ids.json"))(
  "decides each client identifier of the vectors: $why",
  async ({ client_id, leaf, expect: expected }) => {
    const [certificate] = parseX5c(x5cOf([leaf])) as [Certificate];
    const checking = async () => checkClientLeaf(parseClientId(client_id), certificate);
    if (expected === "match") await checking();
    else await expect(checking()).rejects.toThrow(/^expected client_id/);
  },
);

it.each(loadJson<{ credential_x5c: string[]; values: string[]; expect: string; why: string }[]>("x509/aki.json"))(
  "finds authority key identifiers: $why",
  ({ credential_x5c, values, expect: expected }) => {
    const found = authorityKeyIds(parseX5c(x5cOf(credential_x5c)));
    expect(values.some((value) => found.has(value))).toBe(expected === "match");
  },
);

it("reads names, dates and alternative names", () => {
  const facts =
    loadJson<Record<string, { x5c_entry: string; not_before: string; not_after: string; aki_b64u: string }>>(
      "x509/certificates.json",
    );
  for (const [name, { x5c_entry, not_before, not_after, aki_b64u }] of Object.entries(facts)) {
    const certificate = parseCertificate(x5c_entry);
    expect([name, certificate.notBefore, certificate.notAfter]).toEqual([
      name,
      Date.parse(not_before),
      Date.parse(not_after),
    ]);
    expect(certificate.authorityKeyId).toBe(aki_b64u ?? undefined);
  }
});

it("refuses a certificate that was changed anywhere", async () => {
  const [leaf = "", intermediate = ""] = x5cOf(["verifier_leaf", "intermediate"]) as string[];
  const der = Buffer.from(leaf, "base64");
  const rules = { now: Date.parse("2026-06-01T00:00:00Z"), purpose: PURPOSE.requester };
  for (let at = 0; at < der.length; at += 1) {
    const changed = Buffer.from(der);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const x5c = [changed.toString("base64"), intermediate];
    await expect(verifyChain(x5c, vectorAnchors("root"), rules), `byte ${at}`).rejects.toThrow(/^expected/);
  }
});
