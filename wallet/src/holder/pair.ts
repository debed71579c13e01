/**
 * Pair with an issuer: from the review to the Creds.
 *
 * Source: Billfold's pairing profile; OpenID4VCI 1.0 sections 6 to 8 and 11.
 * Tokens are kept before their first use, and each Cred as soon as it is checked: a crash costs at most one request.
 */

import { NoAnswer, PeerRefusal, WalletError } from "../core/errors";
import type { TokenResponse } from "../core/oauth/token";
import { inLanguage } from "../core/openid4vci/configuration";
import type { Wanted } from "../core/openid4vci/credential";
import { pairingOf, withPairing, withPairingChanged } from "../core/state/contents";
import type { StoredPairing } from "../core/state/records";
import type { MissingCred, PairingReview, PairOptions, PairProgress, PairResult } from "../wallet";
import { fetchCred } from "./credential";
import { issuerError } from "./failure";
import type { IssuerDocuments } from "./metadata";
import { type Reviewed, reviewed } from "./offer";
import { describe, viewPairing } from "./pairing";
import type { HolderParts } from "./parts";
import { redeemCode, withTokens } from "./token";
import { pictureOf } from "./look";
import { credView, issuerView, typeName } from "./view";

/** Accept `review`: spend the code, keep the tokens, fetch and check every Cred, and tell the issuer. */
export async function pair(parts: HolderParts, review: PairingReview, options: PairOptions): Promise<PairResult> {
  const behind = reviewed(review);
  if (pairingOf(parts.contents(), review.issuer)?.state === "active") {
    throw new WalletError("already_paired", "expected an issuer that is not paired yet: unpair it first");
  }
  if (review.pin !== null && !options.pin) throw new WalletError("pin_missing", "expected the PIN for this code");
  const key = await parts.vault().newKey();
  const tokens = await redeem(parts, review, behind, options.pin, key);
  const pairing = withTokens(newPairing(parts, review, behind, tokens, key), tokens);
  await parts.vault().change(withPairing(pairing));
  const { documents } = behind;
  const wanted = await viewPairing(parts, documents, pairing).catch(() => pairing.wanted);
  const progress = await fetchAll(parts, documents, pairing.issuer, wanted, options);
  await parts.vault().change(withPairingChanged(pairing.issuer, { checkedAt: parts.now() }));
  const now = pairingOf(parts.contents(), pairing.issuer) ?? pairing;
  await describe(parts, documents, now);
  return { ...progress, issuer: issuerView(now, parts.contents()) };
}

/** Fetch `wanted` one after another; one that fails does not keep the others away. */
export async function fetchAll(
  parts: HolderParts,
  documents: IssuerDocuments,
  issuer: string,
  wanted: readonly Wanted[],
  { onProgress, signal }: Pick<PairOptions, "onProgress" | "signal"> = {},
): Promise<PairProgress> {
  let progress: PairProgress = { total: wanted.length, received: [], missing: [] };
  onProgress?.(progress);
  for (const entry of wanted) {
    const pairing = pairingOf(parts.contents(), issuer); // a first Cred may have pinned a certificate
    if (pairing === undefined || signal?.aborted) break;
    try {
      const cred = await fetchCred(parts, documents, pairing, entry);
      const view = credView(cred, parts.contents(), parts.language(), parts.now());
      progress = { ...progress, received: [...progress.received, view] };
    } catch (error) {
      progress = { ...progress, missing: [...progress.missing, missing(parts, documents, entry, error)] };
    }
    onProgress?.(progress);
  }
  return progress;
}

function missing(parts: HolderParts, documents: IssuerDocuments, wanted: Wanted, error: unknown): MissingCred {
  const found = issuerError(error);
  if (found.code === "locked" || found.code === "storage_full") throw found; // the others would fare no better
  const { configurationId } = wanted;
  const configuration = documents.metadata.configurations.get(configurationId);
  return {
    configurationId,
    typeName: configuration ? typeName(configuration, configurationId, parts.language()) : configurationId,
    comesLater: error instanceof NoAnswer,
    error: found,
  };
}

/** How often a PIN was refused, by review: it tells a dead code from one that was used before. */
const WRONG_PINS = new WeakMap<PairingReview, number>();

async function redeem(
  parts: HolderParts,
  review: PairingReview,
  behind: Reviewed,
  pin: string | undefined,
  key: StoredPairing["deviceKey"],
): Promise<TokenResponse> {
  try {
    return await redeemCode(parts, behind, review.pin === null ? undefined : pin, parts.vault().signer(key));
  } catch (error) {
    if (!(error instanceof PeerRefusal) || error.code !== "invalid_grant") throw error;
    const { description, reference } = error.said;
    const details = { description, reference, wireCode: error.code, cause: error };
    const over = await behind.whyOver();
    if (over !== undefined && over.code !== "code_gone") throw over;
    const wrong = WRONG_PINS.get(review) ?? 0;
    WRONG_PINS.set(review, wrong + 1);
    if (over === undefined && review.pin !== null) throw new WalletError("pin_wrong", "expected the right PIN", details);
    if (wrong > 0) throw new WalletError("pin_spent", "expected a code with tries left", details);
    throw new WalletError("code_gone", "expected a code that is neither used nor run out", details);
  }
}

function newPairing(
  parts: HolderParts,
  review: PairingReview,
  { documents, offer, grant }: Reviewed,
  tokens: TokenResponse,
  deviceKey: StoredPairing["deviceKey"],
): StoredPairing {
  const { metadata } = documents;
  const named = tokens.details?.flatMap(({ configurationId, identifiers }) =>
    identifiers.map((identifier) => ({ configurationId, identifier, revision: undefined })),
  );
  const unnamed = offer.configurationIds.map((configurationId) => ({
    configurationId,
    identifier: undefined,
    revision: undefined,
  }));
  return {
    issuer: review.issuer,
    issuerName: review.issuerName,
    proven: review.proven,
    pairedAt: parts.now(),
    deviceKey,
    deviceName: parts.contents().settings.deviceName,
    tokenType: tokens.tokenType,
    accessToken: tokens.accessToken,
    refreshToken: null,
    authorizationServer: grant.authorizationServer ?? null,
    wanted: named ?? unnamed,
    unwanted: [],
    pinned: null,
    state: "active",
    described: null,
    checkedAt: null,
    logo: pictureOf(inLanguage(metadata.display, parts.language())?.logo),
    support: review.support,
    tryIt: metadata.pairing?.tryIt ?? null,
    notifications: true,
    deferred: [],
  };
}
