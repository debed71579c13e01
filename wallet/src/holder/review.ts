/**
 * Review: who asks what, and which Creds of this wallet answer, with the names and values that a person decides on.
 *
 * Source: OpenID4VP 1.0 sections 6.4, 6.4.1, 6.4.2 and 15.1; Billfold's docs/optional-fields.md.
 */

import type { HeldCredential, Miss } from "../core/dcql/match";
import { fieldName } from "../core/dcql/path";
import { WalletError } from "../core/errors";
import { hostOf } from "../core/oauth/urls";
import { FORMAT_SD_JWT_VC, inLanguage } from "../core/openid4vci/configuration";
import { type Candidate, type OptionalClaim, Review, type ReviewGroup } from "../core/openid4vp/review";
import { credById, inStackOrder, pairingOf, stateAt, steadyNow } from "../core/state/contents";
import type { StoredCred } from "../core/state/records";
import type { OptionalField, ShareCard, ShareCred, ShareReview, UnfitCred } from "../wallet";
import type { HolderParts } from "./parts";
import { fetchRequest } from "./request";
import { fieldView, labelOf } from "./fields";
import { lookOf, pictureOf } from "./look";
import { certificateView, typeName } from "./view";

const REVIEWS = new WeakMap<ShareReview, Review>();

/** Return what stands behind `review`. @throws WalletError `gone` */
export function reviewBehind(review: ShareReview): Review {
  const found = REVIEWS.get(review);
  if (found === undefined) throw new WalletError("gone", "expected a review that this wallet made");
  return found;
}

/** Fetch and verify the request behind `link`, and put it beside the Creds held. Nothing is sent. */
export async function reviewRequest(parts: HolderParts, link: string): Promise<ShareReview> {
  parts.vault(); // before anything is asked: a locked wallet leaves no trace at the requester
  const request = await fetchRequest(parts, link);
  const contents = parts.vault().contents;
  const now = parts.now();
  const best = inStackOrder(contents, now, steadyNow(contents, now)).toReversed();
  const inner = Review.make(
    request,
    best.map((cred) => forMatching(cred, now)),
  );
  const chain = request.chain;
  const review: ShareReview = {
    kind: "sharing",
    requester: request.requesterName,
    statedName: request.statedName ?? null,
    address: hostOf(request.responseUri),
    proven: chain !== undefined,
    logo: chain === undefined ? null : pictureOf(request.logo),
    purpose: inLanguage(request.purposes, parts.language())?.text ?? null,
    retentionS: request.retentionS ?? null,
    cards: inner.groups.map((group, index) => cardOf(parts, group, index)),
    answerable: inner.match.isAnswerable,
    certificates: chain
      ? await Promise.all([...chain.certificates, chain.anchor.certificate].map(certificateView))
      : [],
  };
  REVIEWS.set(review, inner);
  return review;
}

function forMatching(cred: StoredCred, now: number): HeldCredential {
  const state = stateAt(cred, now);
  return {
    id: cred.id,
    format: FORMAT_SD_JWT_VC,
    types: cred.configuration.vct === undefined ? [] : [cred.configuration.vct],
    claims: cred.claims,
    disclosable: cred.disclosable,
    holderBound: cred.instances.every(({ key }) => key !== null),
    authorityKeyIds: new Set(cred.authorityKeyIds),
    unusable: state === "active" ? undefined : state,
  };
}

function cardOf(parts: HolderParts, group: ReviewGroup, index: number): ShareCard {
  const { query, required, setIndex, optionIndex, candidates, misses, optional } = group;
  const language = parts.language();
  const creds = candidates.map((candidate) => credOf(parts, candidate, optional));
  const contents = parts.contents();
  const known = contents.creds.find(({ configuration: { vct } }) => vct !== undefined && query.types.includes(vct));
  return {
    index,
    required,
    set: setIndex,
    option: optionIndex,
    multiple: query.multiple,
    typeName: known === undefined ? spoken(query.types[0] ?? query.id) : typeName(known.configuration, known.configurationId, language),
    wanted: query.claims.map(({ path }) =>
      known === undefined ? fieldName(path) : labelOf(path, known.configuration, language),
    ),
    creds,
    unfit: unfitOf(parts, misses),
  };
}

/** Return what the name of a type that this wallet does not hold sounds like: its last part, as words. */
function spoken(vct: string): string {
  const words = (vct.split(/[/:]/).findLast((part) => part !== "") ?? vct).replaceAll(/[-_]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function credOf(parts: HolderParts, candidate: Candidate, optional: readonly OptionalClaim[]): ShareCred {
  const cred = stored(parts, candidate.credentialId);
  const { configuration } = cred;
  const language = parts.language();
  const choices = optional.map(({ id, paths }): OptionalField => {
    const places = candidate.optional.get(id) ?? [];
    const label = paths.map((path) => labelOf(path, configuration, language)).join(", ");
    const fields = places.map(({ path, value }) => fieldView(path, value, configuration, language));
    return { id, label, fields };
  });
  return {
    credId: cred.id,
    typeName: typeName(configuration, cred.configurationId, language),
    issuerName: issuerName(parts, cred),
    look: lookOf(configuration, language),
    required: candidate.required.map(({ path, value }) => fieldView(path, value, configuration, language)),
    optional: choices,
  };
}

const WHY: Readonly<Record<Miss["code"], UnfitCred["why"]>> = {
  wrong_format: "other_type",
  wrong_type: "other_type",
  not_bound: "other_type",
  unusable: "expired",
  wrong_authority: "other_issuer",
  missing_claim: "lacks_field",
  wrong_value: "other_value",
};

/** Return the Creds that cannot answer, those of the right type first. */
function unfitOf(parts: HolderParts, misses: readonly Miss[]): readonly UnfitCred[] {
  const unfit = misses.flatMap(({ credential, code }): readonly UnfitCred[] => {
    const cred = stored(parts, credential.id);
    const why = code === "unusable" ? stateAt(cred, parts.now()) : WHY[code];
    if (why === "active") return [];
    const name = typeName(cred.configuration, cred.configurationId, parts.language());
    return [{ credId: cred.id, typeName: name, issuerName: issuerName(parts, cred), why }];
  });
  return [...unfit.filter(({ why }) => why !== "other_type"), ...unfit.filter(({ why }) => why === "other_type")];
}

function issuerName(parts: HolderParts, { issuer }: StoredCred): string {
  return pairingOf(parts.contents(), issuer)?.issuerName ?? issuer;
}

/** @throws WalletError `gone`: the Cred has left the wallet since. */
export function stored(parts: HolderParts, credId: string): StoredCred {
  const cred = credById(parts.contents(), credId);
  if (cred === undefined) throw new WalletError("gone", "expected a Cred that is still in this wallet");
  return cred;
}
