/**
 * Key binding: the holder's short JWT under a presentation, for one audience and one nonce.
 *
 * Source: RFC 9901 4.3 and 4.3.1; OpenID4VP 1.0 sections 14.1 and B.3.6 (audience is the whole client_id).
 */

import { signJwt } from "../jose/jws";
import { OWN_ALGORITHM, type Signer } from "../keys";
import { sdJwtError } from "./disclosure";
import { parseSdJwt, sdHash } from "./sd_jwt";

export interface Binding {
  readonly audience: string;
  readonly nonce: string;
  /** Milliseconds. */
  readonly now: number;
}

/** Return `presentation`, a text that ends in `~`, with the KB-JWT of `holder` behind it. @throws CheckFailed */
export async function bindKey(presentation: string, holder: Signer, binding: Binding): Promise<string> {
  const sdJwt = await parseSdJwt(presentation);
  if (sdJwt.keyBindingJwt !== undefined) throw sdJwtError("expected a presentation that ends in ~");
  const claims = {
    iat: Math.floor(binding.now / 1000),
    aud: binding.audience,
    nonce: binding.nonce,
    sd_hash: await sdHash(sdJwt),
  };
  return presentation + (await signJwt(holder, { alg: OWN_ALGORITHM, typ: "kb+jwt" }, claims));
}
