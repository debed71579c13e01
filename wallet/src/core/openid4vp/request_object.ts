/**
 * Reading a presentation request: who asks, is it proven, and does the request obey the rules.
 *
 * Source: OpenID4VP 1.0 sections 5 to 5.11, 8.2, 8.3, 8.5, 11.1 and B.3.4; RFC 9101 4 and 6; HAIP 1.0 sections 5, 5.1.
 * Until the sender is authenticated a refusal is for the screen only. After that it carries where it may be sent
 * (5.10.1).
 */

import { type DcqlQuery, parseQuery } from "../dcql/query";
import { isArray, isObject, type Json, type JsonObject, member } from "../encoding";
import { type AnswerTo, RequestRefused } from "../errors";
import { checkTimes, claimsOf, type Jws, parseJws, requireTyp, verifyJws } from "../jose/jws";
import { mediaType } from "../oauth/form";
import { checkUrl, hostOf, type UrlRules } from "../oauth/urls";
import { shown } from "../shape";
import { type Certificate, parseX5c } from "../trust/certificate";
import { type Anchor, type Chain, PURPOSE, verifyChain } from "../trust/chain";
import { ALWAYS_ENCRYPTED, type ClientId, checkClientLeaf, parseClientId, type Prefix } from "./client_id";
import {
  asRefusal,
  checkUrlSafe,
  type PresentationRequest,
  type Purpose,
  REQUEST_MEDIA_TYPE,
  REQUEST_TYP,
  refused,
  refusing,
} from "./request";
import { chooseResponseKey } from "./response_key";

const AUDIENCE = "https://self-issued.me/v2"; // of every wallet that is not known beforehand (5.8)
const FORMAT_SD_JWT_VC = "dc+sd-jwt";
const LEEWAY_MS = 60_000;
const MAX_AGE_MS = 24 * 3600_000;
const MAX_REQUEST_BYTES = 256 * 1024;
const MAX_TEXT_CHARACTERS = 300;

export interface RequestRules extends UrlRules {
  /** `client_id` of the link. */
  readonly linkClientId: string;
  /** Is given the host of `response_uri`; returns the anchors that count for requesters there. */
  readonly anchorsFor: (host: string) => readonly Anchor[];
  readonly now: number;
  readonly contentType: string | null;
  readonly postedWalletNonce?: string | undefined;
}

/** Who asks, as far as it is known, and where the answer goes. */
interface Sender {
  readonly clientId: ClientId;
  readonly responseUri: string;
  readonly chain: Chain | undefined;
}

/**
 * Verify a signed request that was fetched from the `request_uri` of a link.
 *
 * Steps: (1) parse, `typ`; (2) `client_id` as in the link, with an x509 prefix; (3) `response_uri`; (4) leaf fits
 * `client_id`, chain up to an anchor for that host, signature; (5) the host is one the leaf names; (6) audience, times,
 * `wallet_nonce`; (7) parameters; (8) query; (9) response encryption. From step 7 on refusals may be sent.
 *
 * @throws RequestRefused: the code is the one the standard names; the cause tells which proof failed.
 */
export async function verifyRequestObject(jwt: string, rules: RequestRules): Promise<PresentationRequest> {
  let claims: JsonObject;
  let sender: Sender;
  try {
    if (mediaType(rules.contentType) !== REQUEST_MEDIA_TYPE) throw refused(`expected ${REQUEST_MEDIA_TYPE}`);
    const jws = parseJws(jwt, MAX_REQUEST_BYTES);
    requireTyp(jws, REQUEST_TYP);
    claims = claimsOf(jws);
    const clientId = signedClientId(claims, rules.linkClientId);
    const responseUri = checkUrl(member(claims, "response_uri"), "response_uri", rules);
    sender = { clientId, responseUri, chain: await authenticate(jws, clientId, responseUri, rules) };
    checkFreshness(claims, rules);
  } catch (error) {
    throw asRefusal(error);
  }
  try {
    return await read(claims, sender);
  } catch (error) {
    throw answerable(asRefusal(error), claims, sender.responseUri);
  }
}

/**
 * Read an unsigned request with the prefix `redirect_uri`; nothing proves who asks (5.9.3).
 *
 * @throws RequestRefused
 */
export async function readUnsignedRequest(claims: JsonObject, rules: UrlRules): Promise<PresentationRequest> {
  const clientId = refusing(() => parseClientId(member(claims, "client_id")));
  if (clientId.prefix !== "redirect_uri") throw refused("expected a signed request for this client_id");
  if ((member(claims, "response_uri") ?? clientId.value) !== clientId.value) {
    throw refused("expected response_uri as client_id states it");
  }
  refusing(() => checkUrl(clientId.value, "response_uri", rules));
  return read(claims, { clientId, responseUri: clientId.value, chain: undefined });
}

function answerable(error: unknown, claims: JsonObject, responseUri: string): unknown {
  if (!(error instanceof RequestRefused)) return error;
  const state = member(claims, "state");
  const answerTo: AnswerTo = { responseUri, state: typeof state === "string" ? state : undefined };
  return new RequestRefused(error.code, error.message, answerTo, { cause: error });
}

function signedClientId(claims: JsonObject, linkClientId: string): ClientId {
  const clientId = parseClientId(member(claims, "client_id"));
  if (clientId.text !== linkClientId) throw refused("expected client_id as the link states it");
  if (clientId.prefix === "redirect_uri") throw refused("expected an unsigned request for the prefix redirect_uri");
  return clientId;
}

async function authenticate(jws: Jws, clientId: ClientId, responseUri: string, rules: RequestRules): Promise<Chain> {
  const { now, anchorsFor } = rules;
  const x5c = member(jws.header, "x5c");
  const host = hostOf(responseUri);
  await checkClientLeaf(clientId, parseX5c(x5c)[0] as Certificate);
  const chain = await verifyChain(x5c, anchorsFor(host), { now, purpose: PURPOSE.requester });
  await verifyJws(jws, chain.publicKey);
  const names = clientId.prefix === "x509_san_dns" ? [clientId.value.toLowerCase()] : chain.leaf.dnsNames;
  if (!names.includes(host)) {
    throw refused("expected response_uri on a host that the requester's certificate names");
  }
  return chain;
}

function checkFreshness(claims: JsonObject, { now, postedWalletNonce }: RequestRules): void {
  if (member(claims, "aud") !== AUDIENCE) throw refused(`expected aud ${AUDIENCE}`);
  const maxAgeMs = Object.hasOwn(claims, "iat") ? MAX_AGE_MS : undefined;
  checkTimes(claims, now, { leewayMs: LEEWAY_MS, maxAgeMs });
  if (postedWalletNonce !== undefined && member(claims, "wallet_nonce") !== postedWalletNonce) {
    throw refused("expected wallet_nonce as this wallet posted it");
  }
}

async function read(claims: JsonObject, sender: Sender): Promise<PresentationRequest> {
  const isEncrypted = checkResponseMode(claims, sender.clientId.prefix);
  const query = queryOf(claims);
  const state = Object.hasOwn(claims, "state") ? checkUrlSafe(member(claims, "state"), "state") : undefined;
  if (state === undefined && !query.credentials.every((entry) => entry.holderBinding)) {
    throw refused("expected state beside a query without holder binding");
  }
  const metadata = clientMetadata(claims, query);
  return {
    clientId: sender.clientId.text,
    responseUri: sender.responseUri,
    nonce: checkUrlSafe(member(claims, "nonce"), "nonce"),
    state,
    query,
    responseKey: isEncrypted ? await chooseResponseKey(metadata) : undefined,
    requesterName: shown(sender.chain?.leaf.subjectName) ?? hostOf(sender.responseUri),
    statedName: textFor(metadata, "client_name"),
    logo: logoOf(metadata),
    purposes: purposesOf(metadata),
    retentionS: retentionOf(metadata),
    chain: sender.chain,
  };
}

/** Return whether the response is to be encrypted. */
function checkResponseMode(claims: JsonObject, prefix: Prefix): boolean {
  for (const name of ["request", "request_uri"]) {
    if (Object.hasOwn(claims, name)) throw refused(`expected no ${name} inside the request`);
  }
  const responseType = member(claims, "response_type");
  if (typeof responseType !== "string") throw refused("expected response_type");
  if (responseType !== "vp_token") {
    throw new RequestRefused("unsupported_response_type", "expected response_type vp_token");
  }
  if (Object.hasOwn(claims, "redirect_uri")) throw refused("expected response_uri without redirect_uri");
  const mode = member(claims, "response_mode");
  if (mode === "direct_post.jwt") return true;
  if (mode === "direct_post" && !ALWAYS_ENCRYPTED.has(prefix)) return false;
  throw refused("expected response_mode direct_post.jwt");
}

function queryOf(claims: JsonObject): DcqlQuery {
  if (Object.hasOwn(claims, "scope") || !Object.hasOwn(claims, "dcql_query")) {
    throw refused("expected dcql_query, and no scope");
  }
  const query = parseQuery(member(claims, "dcql_query"));
  if (Object.hasOwn(claims, "transaction_data")) {
    throw new RequestRefused("invalid_transaction_data", "expected no transaction_data, this wallet supports none");
  }
  if (Object.hasOwn(claims, "verifier_info")) checkVerifierInfo(member(claims, "verifier_info"));
  return query;
}

/** Check the shape; what is inside is of no format that is known here, so it is ignored (5.11). */
function checkVerifierInfo(value: Json | undefined): void {
  const isEntry = (entry: Json) =>
    isObject(entry) && typeof member(entry, "format") === "string" && Object.hasOwn(entry, "data");
  if (!isArray(value) || value.length === 0 || !value.every(isEntry)) {
    throw refused("expected verifier_info as a non-empty array of format and data");
  }
}

function clientMetadata(claims: JsonObject, query: DcqlQuery): JsonObject {
  const metadata = member(claims, "client_metadata");
  if (!isObject(metadata)) throw refused("expected client_metadata as an object");
  const formats = member(metadata, "vp_formats_supported");
  if (!isObject(formats)) throw refused("expected vp_formats_supported");
  if (!query.credentials.some(({ format }) => format === FORMAT_SD_JWT_VC)) {
    throw formatRefused(`expected a query for format ${FORMAT_SD_JWT_VC}`);
  }
  const details = member(formats, FORMAT_SD_JWT_VC);
  if (!isObject(details)) throw formatRefused(`expected ${FORMAT_SD_JWT_VC} among vp_formats_supported`);
  const algorithms = member(details, "kb-jwt_alg_values") ?? ["ES256"];
  if (!isArray(algorithms) || !algorithms.includes("ES256")) {
    throw formatRefused("expected ES256 among kb-jwt_alg_values");
  }
  return metadata;
}

function formatRefused(message: string): RequestRefused {
  return new RequestRefused("vp_formats_not_supported", message);
}

/** Return a text for the screen, or undefined where it is not one; it never spoils the request. */
function textFor(metadata: JsonObject, name: string): string | undefined {
  const value = member(metadata, name);
  return typeof value === "string" && value.length <= MAX_TEXT_CHARACTERS ? shown(value) : undefined;
}

/** Return why it asks, by language (RFC 7591 2.2: the tag stands behind `#`). */
/** An address is no use: nothing is fetched from a requester before consent. */
function logoOf(metadata: JsonObject): string | undefined {
  const value = member(metadata, "logo_uri");
  return typeof value === "string" && value.startsWith("data:") ? value : undefined;
}

function purposesOf(metadata: JsonObject): readonly Purpose[] {
  return Object.keys(metadata).flatMap((name) => {
    const [base, locale] = name.split("#", 2);
    const text = base === "billfold_purpose" ? textFor(metadata, name) : undefined;
    return text === undefined ? [] : [{ locale, text }];
  });
}

function retentionOf(metadata: JsonObject): number | undefined {
  const value = member(metadata, "billfold_retention_s");
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < 1e10 ? value : undefined;
}
