/**
 * DPoP: a proof, per HTTP request, that the sender holds the key its tokens are bound to.
 *
 * Source: RFC 9449 4.2 (syntax), 7.1 (`ath`), 8 and 9 (nonces).
 */

import { b64urlEncode, sha256, utf8 } from "../encoding";
import { signJwt } from "../jose/jws";
import { OWN_ALGORITHM, type Signer } from "../keys";

export interface DpopRequest {
  readonly method: string;
  readonly url: string;
  /** Fresh, of at least 96 random bits. */
  readonly jti: string;
  /** Milliseconds, by the server's clock as far as it is known. */
  readonly now: number;
  readonly accessToken?: string | undefined;
  readonly nonce?: string | undefined;
}

/** Return the proof for one request, signed by the device's key. */
export async function dpopProof(device: Signer, request: DpopRequest): Promise<string> {
  const { accessToken, nonce } = request;
  const claims = {
    jti: request.jti,
    htm: request.method,
    htu: request.url.replace(/[?#].*$/s, ""),
    iat: Math.floor(request.now / 1000),
    ...(accessToken === undefined ? {} : { ath: b64urlEncode(await sha256(utf8(accessToken))) }),
    ...(nonce === undefined ? {} : { nonce }),
  };
  return signJwt(device, { typ: "dpop+jwt", alg: OWN_ALGORITHM, jwk: { ...device.jwk } }, claims);
}
