/** Whether a scanned text may be for a wallet at all; what exactly it leads to is found out by the wallet. */

const SCHEMES = /^(?:openid-credential-offer|haip-vci|openid4vp|haip-vp):/i;
const WEB = /^https?:\/\//i;
const HINTS = /#(?:c|offer|request)=|[?&](?:credential_offer|credential_offer_uri|request_uri|client_id)=/;
const SHORT_CODE = /^[0-9A-HJKMNP-TV-Z]{8}(?:[0-9A-HJKMNP-TV-Z]{4})?$/i;

/** So that the camera goes on over posters and packages. */
export function isLink(text: string): boolean {
  const trimmed = text.trim();
  return SCHEMES.test(trimmed) || (WEB.test(trimmed) && HINTS.test(trimmed)) || SHORT_CODE.test(trimmed.replaceAll("-", ""));
}
