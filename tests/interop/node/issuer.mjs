// An OpenID4VCI issuer made of other people's packages. Serves until it is killed.
//
//   node issuer.mjs --key LEAF_KEY.pem --chain CHAIN.pem --claims JSON [--vct VCT] [--pin PIN] [--status JSON]
//                   [--batch N] [--deferred N] [--host localhost] [--port 0]
//     CHAIN.pem: leaf first, without the root. JSON of claims: each becomes selectively disclosable at its top level.
//     Offers one credential (configuration "badge", SD-JWT VC) by reference with a pre-authorized code that works
//     once; with a PIN where one is given; wants DPoP with its nonces at the token and the credential endpoint, and
//     jwt key proofs with a nonce of the nonce endpoint. Asks to be notified of what becomes of the credential.
//     --batch: takes so many proofs at once, and gives as many instances. --deferred: promises the credential, and at
//     the deferred endpoint says so many times "not yet" before it gives it.
//
// Prints {"event":"listening","issuer","offer"}, then {"event":"token","jkt"},
// {"event":"credential","claims","holder"} per instance as it is given out, {"event":"deferred","left"},
// {"event":"notified","what"}, and
// {"event":"refused","at","error"} for every refusal other than a first DPoP nonce.

import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";

import {
  Oauth2AuthorizationServer,
  Oauth2ResourceServer,
  Oauth2ResourceUnauthorizedError,
  Oauth2ServerErrorResponseError,
  SupportedAuthenticationScheme,
  calculateJwkThumbprint,
  clientAuthenticationAnonymous,
  decodeJwt,
  preAuthorizedCodeGrantIdentifier,
} from "@openid4vc/oauth2";
import { Openid4vciIssuer, Openid4vciVersion } from "@openid4vc/openid4vci";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";

import { callbacks, publicJwk, readIdentity, sdJwtBase, sdJwtSigner } from "./lib/keys.mjs";
import { describe, readOptions, readText, run, say, serve } from "./lib/program.mjs";

const CONFIGURATION = "badge";
const PROOF_NONCE_S = 300;

const options = readOptions({
  key: null,
  chain: null,
  claims: null,
  vct: "https://issuer.example/badge",
  pin: undefined,
  status: undefined,
  batch: "1",
  deferred: undefined,
  host: "localhost",
  port: "0",
});
const identity = readIdentity(readText(options.key), readText(options.chain));
const claims = JSON.parse(options.claims);
const random = () => randomBytes(16).toString("base64url");

const tokenKey = createPrivateKey(
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }),
);
const tokenJwk = { ...publicJwk(tokenKey), kid: "access-token", use: "sig", alg: "ES256" };
const shared = {
  callbacks: { ...callbacks({ keys: [tokenKey] }), clientAuthentication: clientAuthenticationAnonymous() },
};
const issuer = new Openid4vciIssuer(shared);
const authorizationServer = new Oauth2AuthorizationServer(shared);
const resourceServer = new Oauth2ResourceServer(shared);
const dpopNonces = new Set();
const proofNonces = new Map();
const notificationId = random();
const promised = { transactionId: random(), keys: undefined, left: Number(options.deferred) };
let issuerMetadata,
  offer,
  preAuthorizedCode,
  spent = false;

const dpopNonce = () => {
  const nonce = random();
  dpopNonces.add(nonce);
  return { "dpop-nonce": nonce };
};

/** Whether the request's DPoP proof carries a nonce of ours; what else is wrong with it, the packages say. */
function hasDpopNonce(request) {
  try {
    return dpopNonces.has(decodeJwt({ jwt: request.headers.get("dpop") }).payload.nonce);
  } catch {
    return false;
  }
}

/** Answer what the packages throw in the form of the standard, and report it. */
const guarded = (at, handle) => async (request) => {
  try {
    return await handle(request);
  } catch (error) {
    say("refused", { at, error: describe(error) });
    if (error instanceof Oauth2ResourceUnauthorizedError) {
      return { status: 401, headers: { "www-authenticate": error.toHeaderValue(), ...dpopNonce() }, json: {} };
    }
    if (error instanceof Oauth2ServerErrorResponseError)
      return { status: error.status ?? 400, headers: dpopNonce(), json: error.errorResponse };
    return { status: 500, json: { error: "server_error" } };
  }
};

async function token(request) {
  if (!hasDpopNonce(request)) {
    return {
      status: 400,
      headers: dpopNonce(),
      json: { error: "use_dpop_nonce", error_description: "use the nonce of this answer" },
    };
  }
  const { accessTokenRequest, grant, dpop } = authorizationServer.parseAccessTokenRequest({
    request,
    accessTokenRequest: Object.fromEntries(new URLSearchParams(request.body)),
  });
  const verified = await authorizationServer.verifyPreAuthorizedCodeAccessTokenRequest({
    request,
    accessTokenRequest,
    grant,
    authorizationServerMetadata: issuerMetadata.authorizationServers[0],
    expectedPreAuthorizedCode: spent ? random() : preAuthorizedCode,
    expectedTxCode: options.pin,
    dpop: { required: true, jwt: dpop?.jwt, allowedSigningAlgs: ["ES256"] },
  });
  spent = true;
  const identifier = issuerMetadata.credentialIssuer.credential_issuer;
  const answer = await authorizationServer.createAccessTokenResponse({
    audience: identifier,
    authorizationServer: identifier,
    subject: preAuthorizedCode,
    expiresInSeconds: 300,
    signer: { method: "jwk", alg: "ES256", publicJwk: tokenJwk, kid: tokenJwk.kid },
    dpop: verified.dpop,
  });
  say("token", { jkt: verified.dpop.jwkThumbprint });
  return { headers: dpopNonce(), json: answer };
}

function nonce() {
  const value = random();
  proofNonces.set(value, new Date(Date.now() + PROOF_NONCE_S * 1000));
  return { json: issuer.createNonceResponse({ cNonce: value }) };
}

const verifyAccess = (request) =>
  resourceServer.verifyResourceRequest({
    request,
    resourceServer: issuerMetadata.credentialIssuer.credential_issuer,
    authorizationServers: issuerMetadata.authorizationServers,
    allowedAuthenticationSchemes: [SupportedAuthenticationScheme.DPoP],
  });

const challenge = () => ({
  status: 401,
  headers: {
    "www-authenticate": 'DPoP error="use_dpop_nonce", error_description="use the nonce of this answer"',
    ...dpopNonce(),
  },
  json: {},
});

async function notification(request) {
  if (!hasDpopNonce(request)) return challenge();
  await verifyAccess(request);
  const { notification_id: id, event: what } = JSON.parse(request.body);
  if (id !== notificationId) throw new Oauth2ServerErrorResponseError({ error: "invalid_notification_id" });
  say("notified", { what });
  return { status: 204, headers: dpopNonce(), text: "" };
}

async function credential(request) {
  if (!hasDpopNonce(request)) return challenge();
  await verifyAccess(request);
  const parsed = issuer.parseCredentialRequest({ issuerMetadata, credentialRequest: JSON.parse(request.body) });
  const proofs = parsed.proofs?.jwt ?? [];
  if (parsed.credentialConfigurationId !== CONFIGURATION || !proofs.length || proofs.length > Number(options.batch)) {
    throw new Oauth2ServerErrorResponseError({
      error: "invalid_credential_request",
      error_description: "expected jwt proofs, as many as are taken at once",
    });
  }
  const keys = await provenKeys(proofs);
  if (options.deferred !== undefined) {
    promised.keys = keys;
    return { status: 202, headers: dpopNonce(), json: notYet() };
  }
  const credentials = await signAll(keys);
  return {
    headers: dpopNonce(),
    json: issuer.createCredentialResponse({ credentialRequest: parsed, credentials, notificationId }),
  };
}

/** Verify the proofs, which share one nonce, and return their keys. */
async function provenKeys(proofs) {
  const expectedNonce = String(decodeJwt({ jwt: proofs[0] }).payload.nonce);
  const nonceExpiresAt = proofNonces.get(expectedNonce);
  proofNonces.delete(expectedNonce);
  if (!nonceExpiresAt)
    throw new Oauth2ServerErrorResponseError({ error: "invalid_nonce", error_description: "expected a fresh nonce" });
  const keys = [];
  for (const jwt of proofs) {
    const { signer } = await issuer.verifyCredentialRequestJwtProof({
      issuerMetadata,
      jwt,
      expectedNonce,
      nonceExpiresAt,
    });
    keys.push(signer.publicJwk);
  }
  return keys;
}

async function signAll(keys) {
  const credentials = [];
  for (const jwk of keys) {
    const holder = await calculateJwkThumbprint({
      hashAlgorithm: "sha-256",
      hashCallback: shared.callbacks.hash,
      jwk,
    });
    credentials.push({ credential: await signCredential(jwk) });
    say("credential", { claims, holder });
  }
  return credentials;
}

const notYet = () =>
  issuer.createDeferredCredentialResponse({ transactionId: promised.transactionId, interval: 1 });

async function deferred(request) {
  if (!hasDpopNonce(request)) return challenge();
  await verifyAccess(request);
  const { deferredCredentialRequest } = issuer.parseDeferredCredentialRequest({
    deferredCredentialRequest: JSON.parse(request.body),
  });
  if (!promised.keys || deferredCredentialRequest.transaction_id !== promised.transactionId)
    throw new Oauth2ServerErrorResponseError({ error: "invalid_transaction_id" });
  if (promised.left-- > 0) {
    say("deferred", { left: promised.left });
    return { status: 202, headers: dpopNonce(), json: notYet() };
  }
  const credentials = await signAll(promised.keys);
  promised.keys = undefined;
  // The package refuses notification_id beside credentials, against OpenID4VCI 9.2.
  const answer = issuer.createDeferredCredentialResponse({ credentials });
  return { headers: dpopNonce(), json: { ...answer, notification_id: notificationId } };
}

function signCredential({ kty, crv, x, y }) {
  const vc = new SDJwtVcInstance({ ...sdJwtBase, signer: sdJwtSigner(identity.key), signAlg: "ES256" });
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    ...claims,
    iss: issuerMetadata.credentialIssuer.credential_issuer,
    iat: now,
    exp: now + 86400,
    vct: options.vct,
    cnf: { jwk: { kty, crv, x, y } },
    ...(options.status && { status: JSON.parse(options.status) }),
  };
  return vc.issue(payload, { _sd: Object.keys(claims) }, { header: { x5c: identity.x5c } });
}

function metadata(origin) {
  const es256 = { jwt: { proof_signing_alg_values_supported: ["ES256"] } };
  const credentialIssuer = issuer.createCredentialIssuerMetadata({
    credential_issuer: origin,
    credential_endpoint: `${origin}/credential`,
    nonce_endpoint: `${origin}/nonce`,
    notification_endpoint: `${origin}/notification`,
    ...(options.deferred !== undefined && { deferred_credential_endpoint: `${origin}/deferred` }),
    ...(Number(options.batch) > 1 && { batch_credential_issuance: { batch_size: Number(options.batch) } }),
    display: [{ name: "Issuer of others", locale: "en" }],
    credential_configurations_supported: {
      [CONFIGURATION]: {
        format: "dc+sd-jwt",
        vct: options.vct,
        scope: CONFIGURATION,
        cryptographic_binding_methods_supported: ["jwk"],
        credential_signing_alg_values_supported: ["ES256"],
        proof_types_supported: es256,
        credential_metadata: {
          display: [{ name: "Badge", locale: "en" }],
          claims: Object.keys(claims).map((name) => ({ path: [name], display: [{ name, locale: "en" }] })),
        },
      },
    },
  });
  const server = authorizationServer.createAuthorizationServerMetadata({
    issuer: origin,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/jwks`,
    response_types_supported: ["code"],
    grant_types_supported: [preAuthorizedCodeGrantIdentifier],
    token_endpoint_auth_methods_supported: ["none"],
    dpop_signing_alg_values_supported: ["ES256"],
    "pre-authorized_grant_anonymous_access_supported": true,
  });
  return {
    originalDraftVersion: Openid4vciVersion.V1,
    credentialIssuer,
    authorizationServers: [server],
    knownCredentialConfigurations: issuer.getKnownCredentialConfigurationsSupported(credentialIssuer),
  };
}

await run(async () => {
  const origin = await serve(
    {
      "GET /.well-known/openid-credential-issuer": () => ({ json: issuerMetadata.credentialIssuer }),
      "GET /.well-known/oauth-authorization-server": () => ({ json: issuerMetadata.authorizationServers[0] }),
      "GET /jwks": () => ({ json: { keys: [tokenJwk] } }),
      "GET /offer": () => ({ json: offer.credentialOfferObject }),
      "POST /token": guarded("token", token),
      "POST /nonce": guarded("nonce", nonce),
      "POST /credential": guarded("credential", credential),
      "POST /deferred": guarded("deferred", deferred),
      "POST /notification": guarded("notification", notification),
    },
    options,
  );
  issuerMetadata = metadata(origin);
  preAuthorizedCode = random();
  offer = await issuer.createCredentialOffer({
    issuerMetadata,
    credentialConfigurationIds: [CONFIGURATION],
    credentialOfferUri: `${origin}/offer`,
    grants: {
      [preAuthorizedCodeGrantIdentifier]: {
        "pre-authorized_code": preAuthorizedCode,
        ...(options.pin && { tx_code: { input_mode: "numeric", length: options.pin.length } }),
      },
    },
  });
  say("listening", { issuer: origin, offer: offer.credentialOffer });
});
