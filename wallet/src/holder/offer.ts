/**
 * Offer: look at what an issuer offers. Nothing is accepted and nothing kept.
 *
 * Source: OpenID4VCI 1.0 sections 4.1 to 4.1.3, 13.5 and 13.6.2.
 */

import { PeerRefusal, WalletError } from "../core/errors";
import type { AuthorizationServer } from "../core/oauth/metadata";
import { hostOf } from "../core/oauth/urls";
import { FORMAT_SD_JWT_VC, inLanguage } from "../core/openid4vci/configuration";
import {
  type CredentialOffer,
  checkOffer,
  type PreAuthorizedGrant,
  parseOffer,
  parseOfferLink,
} from "../core/openid4vci/offer";
import { shown } from "../core/shape";
import { pairingOf } from "../core/state/contents";
import type { OfferedCred, PairingReview } from "../wallet";
import { fetchAuthorizationServer, fetchIssuer, type IssuerDocuments } from "./metadata";
import { codeOver } from "./link";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";
import { lookOf, pictureOf } from "./look";
import { certificateView, supportOf, typeName } from "./view";

/** What stands behind a PairingReview that was made here. */
export interface Reviewed {
  readonly documents: IssuerDocuments;
  readonly server: AuthorizationServer;
  readonly offer: CredentialOffer;
  readonly grant: PreAuthorizedGrant;
  /** Ask why the code may not be redeemed any more; nothing: it lives, as does an offer by value, which cannot be asked for. */
  readonly whyOver: () => Promise<WalletError | undefined>;
}

const REVIEWED = new WeakMap<PairingReview, Reviewed>();

/** Return what stands behind `review`, once more than a look of it was made. @throws WalletError `gone` */
export function reviewed(review: PairingReview): Reviewed {
  const found = REVIEWED.get(review);
  if (found === undefined) throw new WalletError("gone", "expected a review that this wallet made");
  return found;
}

/** Fetch the offer behind `link` and its issuer's metadata, and put them side by side. */
export async function lookAt(parts: HolderParts, link: string): Promise<PairingReview> {
  const offer = await fetchOffer(parts, link);
  const documents = await fetchIssuer(parts, offer.issuer);
  const { metadata } = documents;
  const usable = [...metadata.configurations].filter(([, { format }]) => format === FORMAT_SD_JWT_VC);
  checkOffer(offer, {
    configurationIds: usable.map(([id]) => id),
    authorizationServers: metadata.authorizationServers,
  });
  const grant = offer.preAuthorized;
  if (grant === undefined) {
    throw new WalletError("nothing_offered", "expected a pairing code, this wallet cannot sign in with an issuer");
  }
  const server = await fetchAuthorizationServer(parts, documents, grant.authorizationServer);
  const review = await view(parts, documents, offer, grant);
  const whyOver = () =>
    fetchOffer(parts, link).then(
      () => undefined,
      (error: unknown) => (error instanceof WalletError ? error : undefined), // unreachable now: nobody says that it is over
    );
  REVIEWED.set(review, { documents, server, offer, grant, whyOver });
  return review;
}

async function fetchOffer(parts: HolderParts, link: string): Promise<CredentialOffer> {
  const found = parseOfferLink(link, parts.rules);
  if ("offer" in found) return found.offer;
  const answer = await parts.peers.get(found.uri, "application/json");
  try {
    requireSuccess(answer, "the offer");
  } catch (cause) {
    if (!(cause instanceof PeerRefusal)) throw cause;
    throw codeOver(cause);
  }
  return parseOffer(answer.body, answer.headers.get("content-type"), parts.rules);
}

async function view(
  parts: HolderParts,
  { metadata, name, chain }: IssuerDocuments,
  offer: CredentialOffer,
  { txCode }: PreAuthorizedGrant,
): Promise<PairingReview> {
  return {
    kind: "pairing",
    issuer: metadata.identifier,
    address: hostOf(metadata.identifier),
    issuerName: name,
    proven: chain !== undefined,
    logo: pictureOf(inLanguage(metadata.display, parts.language())?.logo),
    offered: offer.configurationIds.map((id) => offered(parts, metadata.configurations, id)),
    pin: txCode
      ? { numeric: txCode.numeric, length: txCode.length ?? null, description: txCode.description ?? null }
      : null,
    alreadyPaired: pairingOf(parts.contents(), metadata.identifier)?.state === "active",
    certificates: chain
      ? await Promise.all([...chain.certificates, chain.anchor.certificate].map(certificateView))
      : [],
    support: supportOf(metadata) ?? { email: null, phone: null, url: null },
  };
}

function offered(
  parts: HolderParts,
  configurations: IssuerDocuments["metadata"]["configurations"],
  configurationId: string,
): OfferedCred {
  const configuration = configurations.get(configurationId);
  if (configuration === undefined) throw new WalletError("nothing_offered", "expected Cred types that are described");
  const language = parts.language();
  return {
    configurationId,
    name: typeName(configuration, configurationId, language),
    description: shown(inLanguage(configuration.display, language)?.description) ?? null,
    look: lookOf(configuration, language),
  };
}
