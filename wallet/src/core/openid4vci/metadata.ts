/**
 * Credential issuer metadata: what an issuer offers, and where its endpoints are; plain, and signed, which proves it.
 *
 * Source: OpenID4VCI 1.0 sections 12.2.1 to 12.2.4 and 10; HAIP 1.0 section 4.1 (x5c without anchor, signer not
 * self-signed); Billfold's pairing profile for `billfold_pairing`, and its rule that the hosts of all endpoints are DNS
 * names of the signer's leaf. A Cred type that breaks a rule is left out; it does not spoil the others.
 */

import { isObject, type JsonObject, jsonDecodeObject, member } from "../encoding";
import { CheckFailed } from "../errors";
import { checkTimes, claimsOf, numericDate, parseJws, requireTyp, verifyJws } from "../jose/jws";
import { checkUrl, hostOf, type UrlRules, wellKnownUrl } from "../oauth/urls";
import { flag, objects, optionalInteger, optionalObject, optionalText, optionalTexts, shown, text } from "../shape";
import { type Anchor, type Chain, PURPOSE, verifyChain } from "../trust/chain";
import { type CredentialConfiguration, type Named, onePerLocale, readConfiguration, readNamed } from "./configuration";

export const SIGNED_METADATA_TYPE = "application/jwt";
const TYP = "openidvci-issuer-metadata+jwt";
const MAX_METADATA_BYTES = 4 * 1024 * 1024;
const MAX_SIGNED_BYTES = 6 * 1024 * 1024;
const LEEWAY_MS = 60_000;

export interface IssuerDisplay extends Named {
  readonly logo: string | undefined;
}

export interface PairingMember {
  readonly endpoint: string;
  readonly vapidPublicKey: string | undefined;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly url: string | undefined;
  readonly tryIt: string | undefined;
}

export interface IssuerMetadata {
  readonly identifier: string;
  readonly credentialEndpoint: string;
  readonly nonceEndpoint: string | undefined;
  readonly notificationEndpoint: string | undefined;
  /** Where Creds are fetched that were promised for later. */
  readonly deferredEndpoint: string | undefined;
  /** How many instances of a Cred one request may ask for; 1 where the issuer says nothing. */
  readonly batchSize: number;
  /** Empty where the issuer is its own. */
  readonly authorizationServers: readonly string[];
  readonly configurations: ReadonlyMap<string, CredentialConfiguration>;
  readonly display: readonly IssuerDisplay[];
  /** There where the issuer speaks the pairing profile. */
  readonly pairing: PairingMember | undefined;
}

/** Return where the metadata of an issuer lies: between host and path (12.2.2). */
export function issuerMetadataUrl(identifier: string): string {
  return wellKnownUrl(identifier, "openid-credential-issuer", { keepFinalSlash: true });
}

/** Read the plain metadata that was fetched for `identifier`. @throws CheckFailed */
export function parseIssuerMetadata(body: Uint8Array, identifier: string, rules: MetadataRules): IssuerMetadata {
  return readMetadata(jsonDecodeObject(body, MAX_METADATA_BYTES), identifier, rules);
}

export interface MetadataRules extends UrlRules {
  /** Leave out Cred types without `scope`, and refuse key binding without `nonce_endpoint` (HAIP 4.1). */
  readonly haip?: boolean;
}

export interface SignedRules extends UrlRules {
  /** Those that count for this identifier. */
  readonly anchors: readonly Anchor[];
  readonly now: number;
}

/**
 * Verify signed metadata that was fetched for `identifier`.
 *
 * Steps: (1) parse, `typ`; (2) chain, meant for metadata; (3) signature; (4) `sub`, `iat`, `exp`; (5) the members, as
 * of plain metadata, and by the profile that whoever is proven keeps; (6) the hosts of all endpoints are the leaf's.
 *
 * @throws CheckFailed: with code `untrusted` where plain metadata may be fetched instead.
 */
export async function verifySignedMetadata(
  jwt: string,
  identifier: string,
  { anchors, now, ...rules }: SignedRules,
): Promise<{ readonly metadata: IssuerMetadata; readonly chain: Chain }> {
  const jws = parseJws(jwt, MAX_SIGNED_BYTES);
  requireTyp(jws, TYP);
  const chain = await verifyChain(member(jws.header, "x5c"), anchors, { now, purpose: PURPOSE.metadata });
  await verifyJws(jws, chain.publicKey);
  const claims = claimsOf(jws);
  if (member(claims, "sub") !== identifier) throw new CheckFailed("expected sub as the identifier that was used");
  numericDate(claims, "iat", true);
  checkTimes(claims, now, { leewayMs: LEEWAY_MS });
  const metadata = readMetadata(claims, identifier, { ...rules, haip: true });
  const urls = [identifier, ...metadata.authorizationServers, ...endpointsOf(metadata)];
  if (!urls.every((url) => chain.leaf.dnsNames.includes(hostOf(url)))) {
    throw new CheckFailed("expected all endpoints on hosts that the signer's certificate names");
  }
  return { metadata, chain };
}

function endpointsOf(metadata: IssuerMetadata): string[] {
  const { credentialEndpoint, nonceEndpoint, notificationEndpoint, deferredEndpoint, pairing } = metadata;
  const all = [credentialEndpoint, nonceEndpoint, notificationEndpoint, deferredEndpoint, pairing?.endpoint];
  return all.filter((url) => url !== undefined);
}

function readMetadata(document: JsonObject, identifier: string, rules: MetadataRules): IssuerMetadata {
  const bare = { ...rules, query: false };
  if (checkUrl(member(document, "credential_issuer"), "credential_issuer", bare) !== identifier) {
    throw new CheckFailed("expected credential_issuer as the identifier that was used");
  }
  const url = (name: string) =>
    member(document, name) === undefined ? undefined : checkUrl(member(document, name), name, rules);
  const servers = optionalTexts(document, "authorization_servers");
  checkEncryption(document);
  const configurations = readConfigurations(document, rules.haip === true);
  const nonceEndpoint = url("nonce_endpoint");
  if (rules.haip && nonceEndpoint === undefined && [...configurations.values()].some(({ bound }) => bound)) {
    throw new CheckFailed("expected nonce_endpoint beside key binding");
  }
  return {
    identifier,
    credentialEndpoint: checkUrl(member(document, "credential_endpoint"), "credential_endpoint", rules),
    nonceEndpoint,
    notificationEndpoint: url("notification_endpoint"),
    deferredEndpoint: url("deferred_credential_endpoint"),
    batchSize: batchSizeOf(document),
    authorizationServers: servers.map((server) => checkUrl(server, "authorization_servers", bare)),
    configurations,
    display: onePerLocale(objects(document, "display").map(readDisplay)),
    pairing: readPairing(document, rules),
  };
}

function readConfigurations(document: JsonObject, haip: boolean): ReadonlyMap<string, CredentialConfiguration> {
  const entries = member(document, "credential_configurations_supported");
  if (!isObject(entries)) throw new CheckFailed("expected credential_configurations_supported as an object");
  const usable = new Map<string, CredentialConfiguration>();
  for (const [id, entry] of Object.entries(entries)) {
    try {
      if (haip && isObject(entry)) text(entry, "scope");
      usable.set(id, readConfiguration(entry));
    } catch (error) {
      if (!(error instanceof CheckFailed)) throw error;
    }
  }
  if (usable.size === 0) throw new CheckFailed("expected a Cred type that can be used");
  return usable;
}

function readDisplay(entry: JsonObject): IssuerDisplay {
  const logo = optionalObject(entry, "logo");
  return { ...readNamed(entry), logo: logo && optionalText(logo, "uri") };
}

function readPairing(document: JsonObject, rules: UrlRules): PairingMember | undefined {
  const pairing = optionalObject(document, "billfold_pairing");
  if (pairing === undefined) return undefined;
  const support = optionalObject(pairing, "support") ?? {};
  return {
    endpoint: checkUrl(text(pairing, "pairing_endpoint"), "pairing_endpoint", rules),
    vapidPublicKey: optionalText(pairing, "vapid_public_key"),
    email: shown(optionalText(support, "email")),
    phone: shown(optionalText(support, "phone")),
    url: shown(optionalText(support, "url")),
    tryIt: optionalText(pairing, "try_it"),
  };
}

function batchSizeOf(document: JsonObject): number {
  const batch = optionalObject(document, "batch_credential_issuance");
  if (batch === undefined) return 1;
  const size = optionalInteger(batch, "batch_size") ?? 0;
  if (size < 2) throw new CheckFailed("expected batch_size of at least 2");
  return size;
}

/** Messages go in the clear inside TLS; an issuer that insists on more cannot be used. */
function checkEncryption(document: JsonObject): void {
  for (const name of ["credential_request_encryption", "credential_response_encryption"]) {
    const encryption = optionalObject(document, name);
    if (encryption === undefined) continue;
    if (flag(encryption, "encryption_required", false)) {
      throw new CheckFailed("expected an issuer that does not require encrypted messages");
    }
    if (name === "credential_request_encryption") checkEncryptionKeys(optionalObject(encryption, "jwks"));
  }
}

function checkEncryptionKeys(jwks: JsonObject | undefined): void {
  const keys = jwks ? objects(jwks, "keys") : [];
  const isNamed = (key: JsonObject) => typeof member(key, "kid") === "string" && typeof member(key, "alg") === "string";
  if (keys.length === 0 || !keys.every(isNamed)) {
    throw new CheckFailed("expected kid and alg in each key of credential_request_encryption");
  }
}
