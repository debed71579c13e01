// @vitest-environment node
import { expect, it } from "vitest";

import { publicKeyFromJwk, type Signer } from "../../src/core/keys";
import { claimsOf, parseJws, verifyJws } from "../../src/core/jose/jws";
import { bindKey } from "../../src/core/sdjwt/key_binding";
import { parseSdJwt, processSdJwt, sdHash, selectDisclosures } from "../../src/core/sdjwt/sd_jwt";
import { verifySdJwtVcWithKey } from "../../src/core/sdjwt/sd_jwt_vc";
import { withRows } from "../support/rows";
import { loadJson, loadText } from "../support/vectors";

const KEYS = loadJson("sd-jwt/keys.json");
const VERIFIER = loadJson("sd-jwt/verifier_cases.json");
const NOW = VERIFIER.context.now * 1000;
const EXAMPLES = ["simple", "simple_structured", "complex_structured", "sd_jwt_vc_pid", "w3c_vc"];

interface VerifierCase {
  id: string;
  section: string;
  rule: string;
  token: string;
  expect: string;
  claims?: object;
}
// What a verifier checks of the holder's own signature is none of a wallet's business; `cnf` is.
const isOfTheHolder = ({ id }: VerifierCase) => id === "kb-cnf-private" || !/^(kb|kbjwt|no-kb|good)/.test(id);

it.each(EXAMPLES)("restores the claims of the RFC's example: %s", async (folder) => {
  const sdJwt = await parseSdJwt(loadText(`sd-jwt/${folder}/presentation.txt`).trim());
  expect(processSdJwt(sdJwt).claims).toEqual(loadJson(`sd-jwt/${folder}/verified_claims.json`));
});

it.each(EXAMPLES)("verifies the issuer's signature of the RFC's example: %s", async (folder) => {
  const { jws } = await parseSdJwt(loadText(`sd-jwt/${folder}/presentation.txt`).trim());
  const key = await publicKeyFromJwk(KEYS.issuer_public_jwk);
  await verifyJws(jws, key);
  const changed = jws.compact.replace(/.$/, (last) => (last === "A" ? "Q" : "A"));
  await expect((async () => verifyJws(parseJws(changed), key))()).rejects.toThrow(/^expected/);
});

const CASES = withRows(VERIFIER.cases as VerifierCase[], "sd-jwt");

it.each(CASES.filter(({ expect: expected }) => expected === "valid"))(
  "accepts with exactly these claims: $row",
  async ({ token, claims }) => {
    const sdJwt = await parseSdJwt(token);
    const verified = await verifySdJwtVcWithKey(sdJwt, await publicKeyFromJwk(KEYS.issuer_public_jwk), NOW);
    expect(verified.claims).toEqual(claims);
  },
);

it.each(CASES.filter((each) => each.expect === "reject" && isOfTheHolder(each)))(
  "refuses: $row ($rule)",
  async ({ token }) => {
    const verifying = async () =>
      verifySdJwtVcWithKey(await parseSdJwt(token), await publicKeyFromJwk(KEYS.issuer_public_jwk), NOW);
    await expect(verifying()).rejects.toThrow(/^expected/);
  },
);

it("presents a part, with the issuer's own strings, and binds it to the holder's key", async () => {
  const issued = loadText("sd-jwt/simple/issuance.txt").trim();
  const part = selectDisclosures(await parseSdJwt(issued), [["family_name"], ["nationalities", 0]]);
  expect(
    part
      .split("~")
      .slice(1, -1)
      .every((encoded) => issued.split("~").includes(encoded)),
  ).toBe(true);

  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const holder: Signer = {
    jwk: { kty: "EC", crv: "P-256", x, y },
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, data)),
  };
  const bound = await parseSdJwt(await bindKey(part, holder, { audience: "x509_hash:a", nonce: "n", now: NOW }));
  const kbJwt = parseJws(bound.keyBindingJwt ?? "");
  await verifyJws(kbJwt, await publicKeyFromJwk({ ...holder.jwk }));
  expect(kbJwt.header).toEqual({ alg: "ES256", typ: "kb+jwt" });
  expect(claimsOf(kbJwt)).toEqual({ iat: NOW / 1000, aud: "x509_hash:a", nonce: "n", sd_hash: await sdHash(bound) });
});

it.each([[["nothing"]], [["nationalities", 9]], [["family_name", "x"]]])(
  "refuses to present what is not there: %j",
  async (path) => {
    const sdJwt = await parseSdJwt(loadText("sd-jwt/simple/issuance.txt").trim());
    expect(() => selectDisclosures(sdJwt, [path])).toThrow("expected a path to a claim");
  },
);
