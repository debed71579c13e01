/**
 * A Cred as the wallet receives it: checked before anything is stored.
 *
 * Source: OpenID4VCI 1.0 sections 8.3, 14.4 and A.3.4, appendix B.2 (`mandatory`); SD-JWT VC draft 18 section 2.4;
 * RFC 9901 7.2 (an issuer never sends a KB-JWT).
 */

import { select } from "../dcql/path";
import { CheckFailed } from "../errors";
import { thumbprint } from "../keys";
import { parseSdJwt } from "../sdjwt/sd_jwt";
import { type VerifiedSdJwtVc, type Vouching, verifySdJwtVc } from "../sdjwt/sd_jwt_vc";
import { type CredentialConfiguration, FORMAT_SD_JWT_VC } from "./configuration";

export interface Expected {
  readonly configuration: CredentialConfiguration;
  /** The credential issuer identifier that the wallet talks to. */
  readonly issuer: string;
  /** Thumbprint of the key that was proven; undefined where the type is not bound to one. */
  readonly keyThumbprint: string | undefined;
}

/**
 * Verify one Cred of a credential response.
 *
 * Steps: (1) an SD-JWT without key binding; (2) signature, chain, validity; (3) of the issuer that was asked; (4) of
 * the
 * type asked for; (5) bound to our key; (6) every mandatory claim is there.
 *
 * @throws CheckFailed; the event to report is `credential_failure`.
 */
export async function verifyReceived(
  credential: string,
  { configuration, issuer, keyThumbprint }: Expected,
  vouching: Vouching,
  now: number,
): Promise<VerifiedSdJwtVc> {
  if (configuration.format !== FORMAT_SD_JWT_VC) throw new CheckFailed(`expected format ${FORMAT_SD_JWT_VC}`);
  const sdJwt = await parseSdJwt(credential);
  if (sdJwt.keyBindingJwt !== undefined) throw new CheckFailed("expected a Cred without key binding", "has_kb_jwt");
  const verified = await verifySdJwtVc(sdJwt, vouching, now);
  if (verified.issuer !== issuer) throw new CheckFailed("expected a Cred of the issuer that was asked", "wrong_issuer");
  if (verified.vct !== configuration.vct) {
    throw new CheckFailed("expected a Cred of the type that was asked for", "wrong_type");
  }
  const bound = verified.holderKey && (await thumbprint(verified.holderKey.jwk));
  if (configuration.bound && (bound === undefined || bound !== keyThumbprint)) {
    throw new CheckFailed("expected a Cred bound to a key that this wallet sent", "wrong_key");
  }
  for (const { path, mandatory } of configuration.claims) {
    if (mandatory && select(verified.claims, path).length === 0) {
      throw new CheckFailed("expected every mandatory claim in the Cred", "missing_claim");
    }
  }
  return verified;
}
