// A wallet made of other people's packages.
//
//   node wallet.mjs take --offer LINK [--pin PIN] --store FILE --issuer-roots PEM [--all no]
//     Takes the offered credentials over OpenID4VCI (pre-authorized code, DPoP with nonces, nonce endpoint, jwt
//     proofs), verifies each (chain to one of the roots, key binding to our key, status list where there is one) and
//     adds it to FILE; tells the issuer that it was accepted, where the issuer asks. --all no: the first only. Prints
//     {"event":"received","configuration","issuer","names","vct","claims"} per credential.
//
//   node wallet.mjs present --request LINK --store FILE --verifier-roots PEM [--optional none|all|ID,ID]
//                    [--spoil nonce|audience|disclosure]
//     Fetches and verifies the request (request_uri, x509_hash or x509_san_dns), matches its DCQL query with the
//     credentials in FILE and answers. Of credential sets that are not required it answers none, all, or those with
//     one of the named credential queries. --spoil makes a false key binding: for another nonce or audience, or over
//     fewer disclosures than are sent. Prints {"event":"asked","client","names","purpose","queries"}, then
//     {"event":"shared","disclosed":{ID:[name,…]},"status","answer"}.
//
//   node wallet.mjs decline --request LINK --verifier-roots PEM
//     Answers the request with access_denied. Prints {"event":"declined","status","answer"}.
//
// Whatever fails prints {"event":"failed","error"} and ends with 1. FILE holds private keys in the clear: for tests
// only.

import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";

import { clientAuthenticationAnonymous } from "@openid4vc/oauth2";
import { Openid4vciClient } from "@openid4vc/openid4vci";
import { Openid4vpClient } from "@openid4vc/openid4vp";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { DcqlQuery } from "dcql";

import {
  callbacks,
  publicJwk,
  readCertificates,
  readNames,
  sdJwtBase,
  sdJwtSigner,
  subjectNames,
  verifyChain,
  x5cVerifier,
} from "./lib/keys.mjs";
import { readOptions, readText, run, say } from "./lib/program.mjs";

const options = readOptions(
  {
    offer: "",
    pin: undefined,
    store: "",
    "issuer-roots": "",
    all: "yes",
    request: "",
    "verifier-roots": "",
    optional: "none",
    spoil: undefined,
  },
  { commands: ["take", "present", "decline"] },
);

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const readStore = () => (existsSync(options.store) ? JSON.parse(readText(options.store)) : []);
const jwkSigner = (key) => ({ method: "jwk", alg: "ES256", publicJwk: publicJwk(key) });

async function take() {
  const dpopKey = newKey();
  const roots = readCertificates(readText(options["issuer-roots"]));
  const client = (keys) =>
    new Openid4vciClient({
      callbacks: { ...callbacks({ keys, roots }), clientAuthentication: clientAuthenticationAnonymous() },
    });

  const credentialOffer = await client([]).resolveCredentialOffer(options.offer);
  const issuerMetadata = await client([]).resolveIssuerMetadata(credentialOffer.credential_issuer);
  const token = await client([dpopKey]).retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer,
    issuerMetadata,
    txCode: options.pin,
    dpop: { signer: jwkSigner(dpopKey) },
  });
  let { dpop } = token;
  const wanted = credentialOffer.credential_configuration_ids.slice(0, options.all === "no" ? 1 : undefined);
  for (const credentialConfigurationId of wanted) {
    const holderKey = newKey();
    const keyed = client([dpopKey, holderKey]);
    const { c_nonce: nonce } = await keyed.requestNonce({ issuerMetadata });
    const { jwt } = await keyed.createCredentialRequestJwtProof({
      issuerMetadata,
      credentialConfigurationId,
      nonce,
      signer: jwkSigner(holderKey),
    });
    const answer = await keyed.retrieveCredentials({
      issuerMetadata,
      credentialConfigurationId,
      dpop,
      accessToken: token.accessTokenResponse.access_token,
      proofs: { jwt: [jwt] },
    });
    dpop = { ...dpop, ...answer.dpop }; // the newest nonce
    for (const { credential } of answer.credentialResponse.credentials) {
      await keep(credential, credentialConfigurationId, issuerMetadata, holderKey, roots);
    }
    const { notification_id: notificationId } = answer.credentialResponse;
    if (notificationId) {
      await keyed.sendNotification({
        issuerMetadata,
        dpop,
        accessToken: token.accessTokenResponse.access_token,
        notification: { notificationId, event: "credential_accepted" },
      });
    }
  }
}

async function keep(credential, configuration, issuerMetadata, holderKey, roots) {
  const verifier = x5cVerifier(roots);
  const vc = new SDJwtVcInstance({ ...sdJwtBase, verifier, statusVerifier: verifier });
  const { payload, header } = await vc.verify(credential);
  if (header.typ !== "dc+sd-jwt") throw new Error(`expected typ dc+sd-jwt, got ${header.typ}`);
  const { x, y } = publicJwk(holderKey);
  if (payload.cnf?.jwk?.x !== x || payload.cnf.jwk.y !== y) throw new Error("expected a credential bound to our key");
  const stored = { credential, vct: payload.vct, claims: payload, key: holderKey.export({ format: "jwk" }) };
  writeFileSync(options.store, JSON.stringify([...readStore(), stored]), { mode: 0o600 });
  say("received", {
    configuration,
    issuer: issuerMetadata.credentialIssuer.credential_issuer,
    names: subjectNames(verifyChain(header.x5c, roots)),
    vct: payload.vct,
    claims: payload,
  });
}

async function readRequest() {
  const roots = readCertificates(readText(options["verifier-roots"]));
  const client = new Openid4vpClient({ callbacks: callbacks({ roots }) });
  const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: options.request });
  return {
    client,
    request: await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params }),
  };
}

async function present() {
  const { client, request } = await readRequest();
  const { authorizationRequestPayload } = request;
  const query = DcqlQuery.parse(request.dcql.query);
  DcqlQuery.validate(query);
  say("asked", {
    client: request.client.original.clientId,
    names: request.client.x5c && readNames(request.client.x5c[0]),
    purpose: query.credential_sets?.map((set) => set.purpose).filter(Boolean) ?? [],
    queries: query.credentials.map(({ id }) => id),
  });

  const store = readStore();
  const result = DcqlQuery.query(
    query,
    store.map(({ vct, claims }) => ({
      credential_format: "dc+sd-jwt",
      vct,
      claims,
      cryptographic_holder_binding: true,
    })),
  );
  if (!result.can_be_satisfied) throw new Error("expected credentials that satisfy the query");

  const vpToken = {},
    disclosed = {};
  for (const id of chosenQueries(query, result)) {
    const match = result.credential_matches[id].valid_credentials[0];
    const { frame, names } = disclosure(
      query.credentials.find((entry) => entry.id === id),
      match,
    );
    vpToken[id] = [await presentation(store[match.input_credential_index], frame, authorizationRequestPayload)];
    disclosed[id] = names;
  }
  const answer = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload,
    authorizationResponsePayload: { vp_token: vpToken },
    ...(authorizationRequestPayload.response_mode === "direct_post.jwt" && {
      jarm: {
        encryption: { nonce: "" },
        serverMetadata: {
          authorization_signing_alg_values_supported: ["ES256"],
          authorization_encryption_alg_values_supported: ["ECDH-ES"],
          authorization_encryption_enc_values_supported: ["A256GCM", "A128GCM"],
        },
      },
    }),
  });
  const { response } = await client.submitOpenid4vpAuthorizationResponse({ authorizationRequestPayload, ...answer });
  await report("shared", response, { disclosed });
}

/** The credential queries to answer: those of required sets, and of the others as `--optional` says. */
function chosenQueries(query, result) {
  if (!result.credential_sets) return query.credentials.map(({ id }) => id);
  const named = options.optional.split(",");
  const wants = (set) =>
    set.required || options.optional === "all" || set.options.flat().some((id) => named.includes(id));
  return new Set(
    result.credential_sets
      .filter((set) => wants(set) && set.matching_options)
      .flatMap((set) => set.matching_options[0]),
  );
}

/** @sd-jwt's presentation frame for the claims that the query asks of this match. */
function disclosure(credentialQuery, match) {
  const indexes = match.claims.valid_claim_sets[0].valid_claim_indexes ?? [];
  const frame = {},
    names = [];
  for (const index of indexes) {
    const { path } = credentialQuery.claims[index];
    names.push(path.join("."));
    let at = frame;
    path.forEach((step, depth) => {
      if (step === null) throw new Error("expected a path without null: this wallet does not choose among elements");
      at[step] =
        depth + 1 < path.length && typeof at[step] === "object" ? at[step] : depth + 1 < path.length ? {} : true;
      at = at[step];
    });
  }
  return { frame, names };
}

async function presentation({ credential, key }, frame, { nonce, client_id: clientId }) {
  const holder = new SDJwtVcInstance({
    ...sdJwtBase,
    kbSigner: sdJwtSigner(createPrivateKey({ key, format: "jwk" })),
    kbSignAlg: "ES256",
  });
  const payload = {
    iat: Math.floor(Date.now() / 1000),
    aud: options.spoil === "audience" ? `${clientId}x` : clientId,
    nonce: options.spoil === "nonce" ? `${nonce}x` : nonce,
  };
  const presented = await holder.present(credential, frame, { kb: { payload } });
  if (options.spoil !== "disclosure") return presented;
  const parts = presented.split("~");
  const withheld = credential.split("~").find((part) => part && !parts.includes(part));
  return [...parts.slice(0, -1), withheld, parts.at(-1)].join("~");
}

async function decline() {
  const { client, request } = await readRequest();
  const { authorizationRequestPayload } = request;
  const { response } = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload,
    authorizationResponsePayload: { error: "access_denied", state: authorizationRequestPayload.state },
  });
  await report("declined", response, {});
}

async function report(event, response, members) {
  const text = await response.text();
  say(event, { ...members, status: response.status, answer: text.startsWith("{") ? JSON.parse(text) : text });
  if (!response.ok) process.exitCode = 1;
}

await run({ take, present, decline }[options.command]);
