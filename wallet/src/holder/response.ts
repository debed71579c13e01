/**
 * Response: share exactly what was chosen, or decline. Both are in the history, which goes nowhere.
 *
 * Source: OpenID4VP 1.0 sections 8.1 to 8.3.1, 8.5, 14.1 and 14.8; RFC 9901 4.3 (key binding).
 * The history is written before anything is sent: what may have left the wallet is never missing from it. Where no
 * answer came, the fields may have arrived: a later refusal of the same request then proves nothing, and says nothing.
 */

import { fieldName } from "../core/dcql/path";
import { CheckFailed, NoAnswer, PeerRefusal, WalletError } from "../core/errors";
import {
  DECLINED,
  errorForm,
  type PlannedPresentation,
  parseAnswer,
  planResponse,
  responseForm,
} from "../core/openid4vp/response";
import type { Review } from "../core/openid4vp/review";
import { bindKey } from "../core/sdjwt/key_binding";
import { type ConcretePath, parseSdJwt, selectDisclosures } from "../core/sdjwt/sd_jwt";
import { all, nextInstance, pairingOf, stateAt, withShare, withShown } from "../core/state/contents";
import type { StoredInstance, StoredShare, StoredSharedFrom } from "../core/state/records";
import type { Answer } from "../net/http";
import { newId } from "../store/vault";
import type { DeclineResult, ShareChoice, ShareResult, ShareReview } from "../wallet";
import type { HolderParts } from "./parts";
import { referenceOf, requireSuccess } from "./peer";
import { reviewBehind, stored } from "./review";
import { labelOf } from "./fields";
import { typeName } from "./view";

/** Shares that nobody answered, by what they answered. */
const unanswered = new WeakMap<ShareReview, StoredShare>();

/** Send what `choice` says, and nothing else. @throws WalletError `perhaps_shared`: no answer came. @throws CheckFailed */
export async function share(parts: HolderParts, view: ShareReview, choice: ShareChoice): Promise<ShareResult> {
  const review = reviewBehind(view);
  const picks = choice.picks.map(({ card, credIds, optional }) => ({ group: card, credentialIds: credIds, optional }));
  const planned = planResponse(review, review.choose(picks));
  // One copy of each Cred answers everything that is asked of it, and no other requester.
  const instances = new Map(planned.map(({ credentialId: id }) => [id, nextInstance(stored(parts, id))]));
  const presentations: [string, string][] = [];
  for (const entry of planned) {
    const instance = instances.get(entry.credentialId) as StoredInstance;
    presentations.push([entry.queryId, await present(parts, review, entry, instance)]);
  }
  const fields = await responseForm(review.request, presentations);
  const record = again(
    recordOf(parts, view, "unknown", sharedFrom(parts, planned), [...instances.keys()]),
    unanswered.get(view),
  );
  const shown = [...instances].map(([id, instance]) => withShown(id, instance, record.at));
  await parts.vault().change(all(withShare(record), ...shown));
  try {
    return await conclude(parts, view, record, await parts.peers.postForm(review.request.responseUri, fields));
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    unanswered.set(view, record);
    throw new WalletError("perhaps_shared", error.message, { cause: error });
  }
}

/**
 * Tell the requester that nothing is shared; it does not hear why (15.4.1).
 *
 * Whatever it answers, or does not, the person has declined: only where to go on may be missing (8.2).
 *
 * @throws WalletError: `perhaps_shared`, it is too late to say that.
 */
export async function decline(parts: HolderParts, view: ShareReview): Promise<DeclineResult> {
  const { request } = reviewBehind(view);
  if (unanswered.has(view)) {
    throw new WalletError("perhaps_shared", "expected nothing to be sent before", { remedy: "close" });
  }
  const about = new Set(view.cards.flatMap(({ creds }) => creds.map(({ credId }) => credId)));
  await parts.vault().change(withShare(recordOf(parts, view, "declined", [], [...about])));
  let told = false;
  let redirectUri: string | null = null;
  try {
    const answer = await parts.peers.postForm(request.responseUri, errorForm(DECLINED, request.state));
    const { body } = requireSuccess(answer, "to be told of the refusal");
    told = true;
    redirectUri = parseAnswer(body) ?? null;
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error;
  }
  return { told, redirectUri };
}

/** Return the copy with the disclosures that were planned, bound to this requester and request. */
async function present(
  parts: HolderParts,
  { request, match }: Review,
  { queryId, credentialId, paths, bound }: PlannedPresentation,
  { sdJwt, key }: StoredInstance,
): Promise<string> {
  const cred = stored(parts, credentialId);
  const reviewed = match.matches.get(queryId)?.find(({ credential }) => credential.id === credentialId);
  if (reviewed?.credential.claims !== cred.claims || stateAt(cred, parts.now()) !== "active") {
    // Other values than those were agreed to.
    throw new WalletError("gone", "expected a Cred that has not changed since the review");
  }
  const presentation = selectDisclosures(await parseSdJwt(sdJwt), paths);
  if (key === null || !bound) return presentation;
  const now = parts.peers.timeAt(request.responseUri);
  const binding = { audience: request.clientId, nonce: request.nonce, now };
  return bindKey(presentation, parts.vault().signer(key), binding);
}

async function conclude(
  parts: HolderParts,
  view: ShareReview,
  record: StoredShare,
  answer: Answer,
): Promise<ShareResult> {
  const reference = referenceOf(answer) ?? null;
  let redirectUri: string | null = null;
  let reason: string | null = null;
  let accepted = true;
  try {
    redirectUri = parseAnswer(requireSuccess(answer, "an answer to what was shared").body) ?? null;
  } catch (error) {
    if (!(error instanceof PeerRefusal)) throw error;
    if (unanswered.has(view)) {
      await parts.vault().change(withShare({ ...record, reference }));
      const details = { description: error.said.description, reference: error.said.reference, wireCode: error.code };
      throw new WalletError("perhaps_shared", error.message, { ...details, remedy: "close", cause: error });
    }
    accepted = false;
    reason = error.said.description ?? error.code;
  }
  const outcome = accepted ? "accepted" : "not_accepted";
  await parts.vault().change(withShare({ ...record, outcome, reference }));
  return { accepted, redirectUri, reference, reason, shared: record.shared };
}

/** Return the record of a second try: still one share, with everything that left in either. */
function again(record: StoredShare, before: StoredShare | undefined): StoredShare {
  if (before === undefined) return record;
  const shared = new Map(before.shared.map((each) => [each.credId, each]));
  for (const each of record.shared) {
    const fields = [...(shared.get(each.credId)?.fields ?? []), ...each.fields];
    shared.set(each.credId, { ...each, fields: [...new Map(fields.map((field) => [field.name, field])).values()] });
  }
  const about = [...new Set([...before.about, ...record.about])];
  return { ...record, id: before.id, shared: [...shared.values()], about };
}

function recordOf(
  parts: HolderParts,
  { requester, address, proven, purpose }: ShareReview,
  outcome: StoredShare["outcome"],
  shared: readonly StoredSharedFrom[],
  about: readonly string[],
): StoredShare {
  const what = { requester, address, proven, purpose, outcome, shared, about };
  return { id: newId(), at: parts.now(), ...what, reference: null };
}

/** Return the names of what was asked for and is sent, disclosed or in the clear, Cred by Cred. */
function sharedFrom(parts: HolderParts, planned: readonly PlannedPresentation[]): readonly StoredSharedFrom[] {
  const paths = new Map<string, ConcretePath[]>();
  for (const entry of planned) {
    paths.set(entry.credentialId, [...(paths.get(entry.credentialId) ?? []), ...entry.shown]);
  }
  return [...paths].map(([credId, given]) => {
    const cred = stored(parts, credId);
    const language = parts.language();
    const fields = new Map(given.map((path) => [fieldName(path), labelOf(path, cred.configuration, language)]));
    return {
      credId,
      issuerName: pairingOf(parts.contents(), cred.issuer)?.issuerName ?? cred.issuer,
      typeName: typeName(cred.configuration, cred.configurationId, language),
      fields: [...fields].map(([name, label]) => ({ name, label })),
    };
  });
}
