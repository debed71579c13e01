/**
 * Request: fetch what a requester asks, and check who asks, before anything of this wallet is looked at.
 *
 * Source: OpenID4VP 1.0 sections 5.7, 5.9.3, 5.10, 5.10.1, 8.5 and 14.8 (no redirects followed); HAIP 1.0 section 5.1.
 */

import { b64urlEncode, fromUtf8 } from "../core/encoding";
import { NoAnswer, RequestRefused } from "../core/errors";
import {
  type PresentationRequest,
  parseRequestLink,
  REQUEST_MEDIA_TYPE,
  type RequestLink,
} from "../core/openid4vp/request";
import { readUnsignedRequest, verifyRequestObject } from "../core/openid4vp/request_object";
import { errorForm } from "../core/openid4vp/response";
import type { Answer } from "../net/http";
import { randomBytes } from "../store/crypto";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";

const WALLET_NONCE_BYTES = 16;

/** Fetch the request behind `link` and verify it; one that an authenticated sender got wrong is answered so. */
export async function fetchRequest(parts: HolderParts, link: string): Promise<PresentationRequest> {
  const found = parseRequestLink(link, parts.rules);
  try {
    if ("parameters" in found) return await readUnsignedRequest(found.parameters, parts.rules);
    return await fetchSigned(parts, found);
  } catch (error) {
    if (error instanceof RequestRefused) await answerRefusal(parts, error);
    throw error;
  }
}

type Reference = Extract<RequestLink, { readonly requestUri: string }>;

async function fetchSigned(parts: HolderParts, link: Reference): Promise<PresentationRequest> {
  const walletNonce = link.method === "post" ? b64urlEncode(randomBytes(WALLET_NONCE_BYTES)) : undefined;
  const trust = await parts.trust();
  const answer = requireSuccess(await fetchFrom(parts, link.requestUri, walletNonce), "the request");
  return verifyRequestObject(fromUtf8(answer.body), {
    ...parts.rules,
    linkClientId: link.clientId,
    anchorsFor: (host) => trust.requesterAnchors(host),
    now: parts.now(),
    contentType: answer.headers.get("content-type"),
    postedWalletNonce: walletNonce,
  });
}

function fetchFrom(parts: HolderParts, uri: string, walletNonce: string | undefined): Promise<Answer> {
  if (walletNonce === undefined) return parts.peers.get(uri, REQUEST_MEDIA_TYPE);
  return parts.peers.postForm(uri, { wallet_nonce: walletNonce }, REQUEST_MEDIA_TYPE);
}

/** Tell the requester its request's fault, by code alone (15.9); whether that arrives changes nothing here. */
async function answerRefusal(parts: HolderParts, { code, answerTo }: RequestRefused): Promise<void> {
  if (answerTo === undefined) return;
  try {
    await parts.peers.postForm(answerTo.responseUri, errorForm(code, answerTo.state));
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
  }
}
