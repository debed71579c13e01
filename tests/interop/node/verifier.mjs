// An OpenID4VP verifier made of other people's packages. Serves until it is killed.
//
//   node verifier.mjs --key LEAF_KEY.pem --chain CHAIN.pem --issuer-roots PEM --query JSON
//                     [--prefix x509_hash|x509_san_dns] [--request-uri-method get|post] [--redirect URL]
//                     [--host localhost] [--port 0]
//     CHAIN.pem: leaf first, without the root. Asks the DCQL query with a signed request behind request_uri and wants
//     the answer encrypted (direct_post.jwt). Verifies each presentation wholly: the credential's chain to one of the
//     roots, its signature, validity and status list (where there is one), the key binding's signature, nonce,
//     audience, sd_hash and age, and that together they satisfy the query. --redirect: the redirect_uri that the
//     wallet gets.
//
// Prints {"event":"listening","link","client_id"}, then per answer {"event":"verified","claims":{ID:[{…}]}},
// {"event":"declined","error"} or {"event":"refused","error"}.

import { generateKeyPairSync, randomBytes } from "node:crypto";

import { Openid4vpVerifier, calculateX509HashClientIdPrefixValue } from "@openid4vc/openid4vp";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { DcqlPresentationResult, DcqlQuery } from "dcql";

import {
  callbacks,
  keyBindingVerifier,
  readCertificates,
  readIdentity,
  sdJwtBase,
  subjectNames,
  x5cVerifier,
} from "./lib/keys.mjs";
import { describe, readOptions, readText, run, say, serve } from "./lib/program.mjs";

const OLDEST_KEY_BINDING_S = 300;
const CLOCK_SKEW_S = 60;
const ENCRYPTION_KEY_ID = "response";

const options = readOptions({
  key: null,
  chain: null,
  "issuer-roots": null,
  query: null,
  prefix: "x509_hash",
  "request-uri-method": "get",
  redirect: undefined,
  host: "localhost",
  port: "0",
});
const identity = readIdentity(readText(options.key), readText(options.chain));
const roots = readCertificates(readText(options["issuer-roots"]));
const random = () => randomBytes(24).toString("base64url");

const decryptionJwk = {
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  kid: ENCRYPTION_KEY_ID,
};
const { d: _private, ...encryptionJwk } = { ...decryptionJwk, use: "enc", alg: "ECDH-ES" };
const shared = {
  callbacks: callbacks({ keys: [identity.key], decryptionKeys: { [ENCRYPTION_KEY_ID]: decryptionJwk } }),
};
const verifier = new Openid4vpVerifier(shared);
let origin, payload;

async function clientId() {
  if (options.prefix === "x509_san_dns") return `x509_san_dns:${subjectNames(identity.chain[0]).sanDnsNames[0]}`;
  const { hash } = shared.callbacks;
  return `x509_hash:${await calculateX509HashClientIdPrefixValue({ x509Certificate: identity.x5c[0], hash })}`;
}

async function newPayload() {
  const query = DcqlQuery.parse(JSON.parse(options.query));
  DcqlQuery.validate(query);
  return {
    response_type: "vp_token",
    response_mode: "direct_post.jwt",
    client_id: await clientId(),
    response_uri: `${origin}/response`,
    nonce: random(),
    state: random(),
    dcql_query: JSON.parse(options.query),
    client_metadata: {
      client_name: "Verifier of others",
      jwks: { keys: [encryptionJwk] },
      encrypted_response_enc_values_supported: ["A128GCM", "A256GCM"],
      vp_formats_supported: { "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] } },
    },
  };
}

/** The signed request; with the nonce of a wallet that asked by POST. */
const createRequest = (walletNonce) =>
  verifier.createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: { ...payload, ...(walletNonce && { wallet_nonce: walletNonce }) },
    ...(walletNonce && { wallet: { expectedNonce: walletNonce } }),
    jar: {
      requestUri: `${origin}/request`,
      jwtSigner: { method: "x5c", x5c: identity.x5c, alg: "ES256" },
      additionalJwtPayload: { aud: "https://self-issued.me/v2" },
      expiresInSeconds: 600,
    },
  });

async function request({ body }) {
  const { jar } = await createRequest(new URLSearchParams(body).get("wallet_nonce") ?? undefined);
  return { headers: { "content-type": "application/oauth-authz-req+jwt" }, text: jar.authorizationRequestJwt };
}

async function response({ body }) {
  const form = Object.fromEntries(new URLSearchParams(body));
  if (form.error) {
    say("declined", { error: form.error });
    return { json: {} };
  }
  try {
    say("verified", { claims: await verifyResponse(form) });
    return { json: options.redirect ? { redirect_uri: options.redirect } : {} };
  } catch (error) {
    say("refused", { error: describe(error) });
    return { status: 400, json: { error: "invalid_request", error_description: "the answer does not verify" } };
  }
}

async function verifyResponse(form) {
  const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
    ...shared,
    authorizationResponse: form,
    authorizationRequestPayload: payload,
  });
  if (parsed.authorizationResponsePayload.state !== payload.state) throw new Error("expected the request's state");
  const claims = {},
    presented = {};
  for (const [id, presentations] of Object.entries(parsed.dcql.presentations)) {
    claims[id] = await Promise.all(presentations.map(verifyPresentation));
    presented[id] = claims[id].map((one) => ({
      credential_format: "dc+sd-jwt",
      vct: one.vct,
      claims: one,
      cryptographic_holder_binding: true,
    }));
  }
  const query = DcqlQuery.parse(payload.dcql_query);
  DcqlPresentationResult.validate(DcqlPresentationResult.fromDcqlPresentation(presented, { dcqlQuery: query }));
  return claims;
}

async function verifyPresentation(presentation) {
  const byChain = x5cVerifier(roots);
  const vc = new SDJwtVcInstance({
    ...sdJwtBase,
    verifier: byChain,
    statusVerifier: byChain,
    kbVerifier: keyBindingVerifier,
  });
  const { payload: claims, header, kb } = await vc.verify(presentation, { keyBindingNonce: payload.nonce });
  const age = Math.floor(Date.now() / 1000) - kb.payload.iat;
  if (header.typ !== "dc+sd-jwt") throw new Error(`expected typ dc+sd-jwt, got ${header.typ}`);
  if (kb.header.typ !== "kb+jwt" || kb.header.alg !== "ES256") throw new Error("expected a kb+jwt with ES256");
  if (kb.payload.aud !== payload.client_id) throw new Error("expected our client_id as the key binding's audience");
  if (age > OLDEST_KEY_BINDING_S || age < -CLOCK_SKEW_S) throw new Error("expected a key binding of just now");
  return claims;
}

await run(async () => {
  const routes = { "GET /request": request, "POST /request": request, "POST /response": response };
  origin = await serve(routes, options);
  payload = await newPayload();
  const { authorizationRequest } = await createRequest();
  const method = options["request-uri-method"] === "post" ? "&request_uri_method=post" : "";
  say("listening", { link: `${authorizationRequest}${method}`, client_id: payload.client_id });
});
