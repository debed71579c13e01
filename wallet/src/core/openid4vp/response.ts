/**
 * Presentation responses: which presentations to make out of a Review, and the form that carries them.
 *
 * Source: OpenID4VP 1.0 sections 6.4, 7.1, 8.1 to 8.3.1 and 8.5; RFC 7516; RFC 7518 4.6 (by the `jose` library).
 */

import { CompactEncrypt, importJWK } from "jose";

import { type CredentialMatch, checkAnswer, distinct, isPrefix } from "../dcql/match";
import { jsonDecodeObject, utf8 } from "../encoding";
import { CheckFailed, RequestRefused, WalletError } from "../errors";
import { optionalText } from "../shape";
import type { ConcretePath } from "../sdjwt/sd_jwt";
import type { PresentationRequest } from "./request";
import type { Answers, Review } from "./review";

const MAX_ANSWER_BYTES = 64 * 1024;
export const DECLINED = "access_denied";

/**
 * One presentation to make: the disclosures at `paths`, with key binding where `bound`. `shown` is all that it answers
 * with, also what stands in the clear.
 */
export interface PlannedPresentation {
  readonly queryId: string;
  readonly credentialId: string;
  readonly paths: readonly ConcretePath[];
  readonly shown: readonly ConcretePath[];
  readonly bound: boolean;
}

/** Return the presentations that `answers` asks for, and nothing that was not chosen. @throws WalletError `ours` */
export function planResponse(review: Review, answers: Answers): readonly PlannedPresentation[] {
  try {
    checkAnswer(review.request.query, new Map([...answers].map(([id, chosen]) => [id, chosen.length])));
  } catch (cause) {
    if (cause instanceof RequestRefused) throw new WalletError("ours", cause.message, { cause });
    throw cause;
  }
  return [...answers].flatMap(([queryId, chosen]) =>
    chosen.map((credentialId) => {
      const found = review.match.matches.get(queryId)?.find(({ credential }) => credential.id === credentialId);
      if (found === undefined) throw new WalletError("ours", "expected a Cred that answers its query");
      const paths = withInner(found);
      const shown = distinct([...found.selected.map(({ path }) => path), ...paths]);
      return { queryId, credentialId, paths, shown, bound: found.credential.holderBound };
    }),
  );
}

/** Return the paths of a match and of every disclosure inside what it shows (7.1: a whole object is shown whole). */
function withInner({ credential, selected, paths }: CredentialMatch): readonly ConcretePath[] {
  const inner = credential.disclosable.filter((place) => selected.some(({ path }) => isPrefix(path, place)));
  return distinct([...paths, ...inner]);
}

/** Return the form fields to post to `response_uri`: presentations by credential query id (8.1, 8.3.1). */
export async function responseForm(
  { responseKey, state }: PresentationRequest,
  presentations: readonly (readonly [queryId: string, presentation: string])[],
): Promise<Record<string, string | undefined>> {
  const ids = [...new Set(presentations.map(([id]) => id))];
  const vpToken = Object.fromEntries(
    ids.map((id) => [id, presentations.filter(([other]) => other === id).map(([, text]) => text)]),
  );
  if (responseKey === undefined) return { vp_token: JSON.stringify(vpToken), state };
  const { publicKey, kid, enc } = responseKey;
  const key = await importJWK({ ...publicKey.jwk, alg: "ECDH-ES" }, "ECDH-ES");
  const response = await new CompactEncrypt(utf8(JSON.stringify({ vp_token: vpToken, state })))
    .setProtectedHeader({ alg: "ECDH-ES", enc, kid })
    .encrypt(key);
  return { response };
}

/** Return the form fields that refuse a request: the code alone, whatever the reason was (15.9). */
export function errorForm(code: string, state: string | undefined): Record<string, string | undefined> {
  return { error: code, state };
}

/** Read the requester's answer and return `redirect_uri`, if there. @throws CheckFailed */
export function parseAnswer(body: Uint8Array): string | undefined {
  const redirectUri = optionalText(jsonDecodeObject(body, MAX_ANSWER_BYTES), "redirect_uri");
  if (redirectUri === undefined) return undefined;
  if (!/^https?:\/\//i.test(redirectUri) || !URL.canParse(redirectUri))
    throw new CheckFailed("expected redirect_uri as a web address");
  return redirectUri;
}
