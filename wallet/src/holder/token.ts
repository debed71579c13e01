/**
 * Token: spend the pairing code, or refresh, under the device's key.
 *
 * Source: OpenID4VCI 1.0 sections 6.1 and 6.2; RFC 6749 sections 5 and 6; RFC 9449 section 5; pairing profile, item 3.
 */

import { CheckFailed, PeerRefusal } from "../core/errors";
import type { Signer } from "../core/keys";
import { encodeForm, FORM_TYPE } from "../core/oauth/form";
import type { AuthorizationServer } from "../core/oauth/metadata";
import { type Grant, parseTokenResponse, type TokenResponse, tokenRequest } from "../core/oauth/token";
import { FORMAT_SD_JWT_VC } from "../core/openid4vci/configuration";
import type { StoredPairing } from "../core/state/records";
import type { IssuerDocuments } from "./metadata";
import type { Reviewed } from "./offer";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";

/** Spend the pairing code. @throws PeerRefusal: it is spent, or the PIN is wrong. @throws CheckFailed, NoAnswer */
export function redeemCode(
  parts: HolderParts,
  { documents, server, offer, grant }: Reviewed,
  pin: string | undefined,
  device: Signer,
): Promise<TokenResponse> {
  const asking = { parts, documents, server, device };
  return ask(asking, { kind: "code", code: grant.code, pin }, offer.configurationIds);
}

/** Get a new access token for `pairing`. @throws PeerRefusal, CheckFailed, NoAnswer */
export function refresh(
  parts: HolderParts,
  documents: IssuerDocuments,
  server: AuthorizationServer,
  pairing: StoredPairing,
): Promise<TokenResponse> {
  const usable = [...documents.metadata.configurations].filter(([, { format }]) => format === FORMAT_SD_JWT_VC);
  const asking = { parts, documents, server, device: parts.vault().signer(pairing.deviceKey) };
  const grant: Grant = { kind: "refresh", refreshToken: pairing.refreshToken ?? "" };
  return ask(
    asking,
    grant,
    usable.map(([id]) => id),
  );
}

/** Return `pairing` with new tokens; a refresh token that did not come again stays as it was. */
export function withTokens(pairing: StoredPairing, tokens: TokenResponse): StoredPairing {
  return {
    ...pairing,
    tokenType: tokens.tokenType,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken ?? pairing.refreshToken,
    state: "active",
  };
}

interface Asking {
  readonly parts: HolderParts;
  readonly documents: IssuerDocuments;
  readonly server: AuthorizationServer;
  readonly device: Signer;
}

/** Ask with `authorization_details` where the issuer speaks the pairing profile; else, or if refused, without. */
async function ask(asking: Asking, grant: Grant, configurationIds: readonly string[]): Promise<TokenResponse> {
  const { metadata } = asking.documents;
  if (metadata.pairing !== undefined) {
    const location = metadata.authorizationServers.length > 0 ? metadata.identifier : undefined;
    try {
      return await post(asking, tokenRequest(grant, { configurationIds, location }));
    } catch (error) {
      if (!(error instanceof PeerRefusal) || error.code !== "invalid_authorization_details") throw error;
    }
  }
  return post(asking, tokenRequest(grant));
}

async function post(
  { parts, documents, server, device }: Asking,
  fields: Record<string, string | undefined>,
): Promise<TokenResponse> {
  const body = encodeForm(fields);
  const url = server.tokenEndpoint;
  const answer = await parts.peers.send({ method: "POST", url, device, body, contentType: FORM_TYPE });
  const tokens = parseTokenResponse(requireSuccess(answer, "tokens").body);
  const mustBind = server.dpopAlgorithms.length > 0 || documents.metadata.pairing !== undefined;
  if (mustBind && tokens.tokenType === "Bearer") {
    throw new CheckFailed("expected tokens that are bound to the device's key");
  }
  return tokens;
}
