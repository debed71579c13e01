/**
 * Metadata: what an issuer says of itself, whether that is proven, and its authorization server.
 *
 * Source: OpenID4VCI 1.0 sections 12.2.2 to 12.2.4 and 12.3; RFC 8414 sections 3 and 3.3; Billfold's rule for "Identity
 * proven": signed metadata under an anchor that the wallet's operator listed for this very identifier. Signed metadata
 * from an unknown root is set aside and the plain form fetched; one that fails in any other way is an error.
 */

import { fromUtf8 } from "../core/encoding";
import { CheckFailed } from "../core/errors";
import { OWN_ALGORITHM } from "../core/keys";
import { type AuthorizationServer, authorizationServerUrl, parseAuthorizationServer } from "../core/oauth/metadata";
import { hostOf } from "../core/oauth/urls";
import { type CredentialConfiguration, inLanguage } from "../core/openid4vci/configuration";
import type { Wanted } from "../core/openid4vci/credential";
import {
  type IssuerMetadata,
  issuerMetadataUrl,
  parseIssuerMetadata,
  SIGNED_METADATA_TYPE,
  verifySignedMetadata,
} from "../core/openid4vci/metadata";
import { shown } from "../core/shape";
import type { Anchor, Chain } from "../core/trust/chain";
import type { Answer } from "../net/http";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";
import { withPictures } from "./pictures";

const PLAIN = "application/json";
const SIGNED_FIRST = `${SIGNED_METADATA_TYPE}, ${PLAIN};q=0.5`;

/** What is known of an issuer before anything is accepted from it. */
export interface IssuerDocuments {
  readonly metadata: IssuerMetadata;
  /** The certificate's where it is proven, else the issuer's own word, else its host. */
  readonly name: string;
  /** What proves it. */
  readonly chain: Chain | undefined;
  /** Those that the operator listed for it; without any, its first Cred pins one. */
  readonly anchors: readonly Anchor[];
}

/** Fetch and check the metadata of `identifier`. @throws CheckFailed, PeerRefusal, NoAnswer */
export async function fetchIssuer(parts: HolderParts, identifier: string): Promise<IssuerDocuments> {
  const anchors = (await parts.trust()).issuerAnchors(identifier);
  const answer = await fetchMetadata(parts, identifier, SIGNED_FIRST);
  if (answer.mediaType !== SIGNED_METADATA_TYPE) return plain(parts, identifier, answer, anchors);
  try {
    const rules = { ...parts.rules, anchors, now: parts.now() };
    const { metadata, chain } = await verifySignedMetadata(fromUtf8(answer.body), identifier, rules);
    const name = shown(chain.leaf.subjectName) ?? hostOf(identifier);
    return { metadata: await withPictures(parts, metadata), name, chain, anchors };
  } catch (error) {
    if (!(error instanceof CheckFailed) || error.code !== "untrusted") throw error;
    return plain(parts, identifier, await fetchMetadata(parts, identifier, PLAIN), anchors);
  }
}

/** Fetch the metadata of the authorization server that was `named`, else the issuer's first or own. */
export async function fetchAuthorizationServer(
  parts: HolderParts,
  { metadata }: IssuerDocuments,
  named: string | undefined,
): Promise<AuthorizationServer> {
  const server = named ?? metadata.authorizationServers[0] ?? metadata.identifier;
  const answer = await parts.peers.get(authorizationServerUrl(server), PLAIN);
  const { body } = requireSuccess(answer, "the authorization server's metadata");
  return parseAuthorizationServer(body, server, parts.rules);
}

/** @throws CheckFailed: the type is not described, or asks for what this wallet cannot do. */
export function configurationOf(
  { metadata }: IssuerDocuments,
  { configurationId }: Pick<Wanted, "configurationId">,
): CredentialConfiguration {
  const configuration = metadata.configurations.get(configurationId);
  if (configuration === undefined) throw new CheckFailed("expected a Cred type that the issuer's metadata describes");
  if (!configuration.bound) return configuration;
  if (!configuration.proofAlgorithms.includes(OWN_ALGORITHM)) {
    throw new CheckFailed(`expected an issuer that takes key proofs of type jwt by ${OWN_ALGORITHM}`);
  }
  if (configuration.needsAttestation) throw new CheckFailed("expected an issuer that takes keys without attestation");
  return configuration;
}

async function fetchMetadata(parts: HolderParts, identifier: string, accept: string): Promise<Answer> {
  return requireSuccess(await parts.peers.get(issuerMetadataUrl(identifier), accept), "the issuer's metadata");
}

async function plain(
  parts: HolderParts,
  identifier: string,
  answer: Answer,
  anchors: readonly Anchor[],
): Promise<IssuerDocuments> {
  if (answer.mediaType !== PLAIN) throw new CheckFailed(`expected issuer metadata as ${PLAIN}`);
  const metadata = parseIssuerMetadata(answer.body, identifier, parts.rules);
  const name = shown(inLanguage(metadata.display, parts.language())?.name) ?? hostOf(identifier);
  return { metadata: await withPictures(parts, metadata), name, chain: undefined, anchors };
}
