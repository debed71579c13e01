/**
 * Links: what somebody scanned, opened, pasted or typed, and what it leads to.
 *
 * Source: OpenID4VCI 1.0 section 4.1, OpenID4VP 1.0 section 5.7, HAIP 1.0 sections 4.2 and 5.1; Billfold's own links:
 * `https://WALLET/#c=CODE` with a short code that the wallet's host looks up, `#offer=` and `#request=`.
 */

import { jsonDecodeObject } from "../core/encoding";
import { CheckFailed, PeerRefusal, WalletError } from "../core/errors";
import { OFFER_SCHEMES } from "../core/openid4vci/offer";
import { REQUEST_SCHEMES } from "../core/openid4vp/request";
import { optionalText } from "../core/shape";
import type { HolderParts } from "./parts";
import { requireSuccess } from "./peer";

const MAX_LINK_CHARACTERS = 64 * 1024;
const GONE = 410;
const SHORT_CODE = /^[0-9A-Za-z]{8}(?:[0-9A-Za-z]{4})?$/;

/** What a link leads to: an offer of an issuer, or a request of a requester. */
export interface Target {
  readonly kind: "offer" | "request";
  readonly link: string;
}

/**
 * Return what `text` leads to; a short code is looked up at our own host. @throws WalletError, CheckFailed, NoAnswer
 */
export async function resolveLink(parts: HolderParts, text: string): Promise<Target> {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LINK_CHARACTERS) throw unknownLink();
  const code = trimmed.replaceAll(/[\s-]/g, "");
  if (SHORT_CODE.test(code)) return lookUp(parts, code);
  const [, origin, inLink] = /^(https?:\/\/[^/#?]+)\/?#c=(.*)$/is.exec(trimmed) ?? [];
  if (origin === undefined || inLink === undefined) return read(trimmed);
  // Another wallet's host answers only its own page; for other installations links carry the whole address.
  if (origin.toLowerCase() !== parts.around.origin) throw unknownLink();
  return lookUp(parts, inLink.replaceAll(/[\s-]/g, ""));
}

function read(text: string): Target {
  const scheme = text.slice(0, Math.max(text.indexOf(":"), 0)).toLowerCase();
  if (OFFER_SCHEMES.includes(scheme)) return { kind: "offer", link: text };
  if (REQUEST_SCHEMES.includes(scheme)) return { kind: "request", link: text };
  const [, query = "", fragment = ""] = /^https?:[^?#]*\??([^#]*)#?(.*)$/is.exec(text) ?? [];
  if (fragment.startsWith("offer=") || /(?:^|&)credential_offer(?:_uri)?=/.test(query)) {
    return { kind: "offer", link: text };
  }
  if (fragment.startsWith("request=") || /(?:^|&)client_id=/.test(query)) return { kind: "request", link: text };
  throw unknownLink();
}

async function lookUp(parts: HolderParts, code: string): Promise<Target> {
  const answer = await parts.peers.post(`${parts.around.origin}/codes`, JSON.stringify({ code }), "application/json");
  let members: ReturnType<typeof jsonDecodeObject>;
  try {
    members = jsonDecodeObject(requireSuccess(answer, "what the short code leads to").body);
  } catch (cause) {
    if (!(cause instanceof PeerRefusal)) throw cause;
    throw codeOver(cause);
  }
  for (const kind of ["offer", "request"] as const) {
    const link = optionalText(members, kind);
    if (link === undefined) continue;
    const target = read(link);
    if (target.kind === kind) return target;
  }
  throw new CheckFailed("expected an offer or a request behind the short code");
}

/** What a code that is over is called: an issuer or host may tell whoever holds the code why it is. */
const OVER = ["code_used", "code_expired", "pin_spent", "request_gone"] as const;

/** Return what became of a code, from the refusal of whoever knows it. */
export function codeOver(refusal: PeerRefusal): WalletError {
  const { status, description, reference } = refusal.said;
  const told = status === GONE ? OVER.find((code) => code === refusal.code) : undefined;
  // Our own words are the better ones where the reason is known.
  const details = { cause: refusal, reference, wireCode: refusal.code, ...(told === undefined ? { description } : {}) };
  return new WalletError(told ?? "code_gone", "expected a code that is neither used nor run out", details);
}

function unknownLink(): WalletError {
  return new WalletError("link_unknown", "expected a pairing link, a request's link, or a code of 8 or 12 characters");
}
