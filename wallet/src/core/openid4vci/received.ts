/**
 * A Cred as the wallet receives it: checked before anything is stored.
 *
 * Source: OpenID4VCI 1.0 sections 8.3, 14.4 and A.3.4, appendix B.2 (`mandatory`); SD-JWT VC draft 18 section 2.4;
 * RFC 9901 7.2 (an issuer never sends a KB-JWT).
 */

import { select } from "../dcql/path";
import { sortedJson } from "../encoding";
import { CheckFailed } from "../errors";
import { thumbprint } from "../keys";
import { parseSdJwt } from "../sdjwt/sd_jwt";
import { type VerifiedSdJwtVc, type Vouching, verifySdJwtVc } from "../sdjwt/sd_jwt_vc";
import { type CredentialConfiguration, FORMAT_SD_JWT_VC } from "./configuration";

export interface Expected {
  readonly configuration: CredentialConfiguration;
  /** The credential issuer identifier that the wallet talks to. */
  readonly issuer: string;
  /** Thumbprints of the keys that were proven; none where the type is not bound to one. */
  readonly keyThumbprints: readonly string[];
}

/** One instance that was checked, and the key of ours that it is bound to. */
export interface VerifiedInstance {
  readonly verified: VerifiedSdJwtVc;
  readonly keyThumbprint: string | undefined;
}

/**
 * Verify every instance of one Cred: each by `verifyReceived`, each bound to a key of its own in whatever order they
 * come, and all of them saying the same.
 *
 * @throws CheckFailed; the event to report is `credential_failure`.
 */
export async function verifyBatch(
  credentials: readonly string[],
  expected: Expected,
  vouching: Vouching,
  now: number,
): Promise<readonly VerifiedInstance[]> {
  const instances: VerifiedInstance[] = [];
  for (const credential of credentials) {
    const instance = await verifyReceived(credential, expected, vouching, now);
    if (instances.some(({ keyThumbprint }) => keyThumbprint === instance.keyThumbprint)) {
      throw new CheckFailed("expected each instance bound to a key of its own", "wrong_key");
    }
    instances.push(instance);
  }
  const [first] = instances;
  if (instances.some((other) => first !== undefined && saidBy(other) !== saidBy(first))) {
    throw new CheckFailed("expected every instance of a Cred to say the same", "wrong_instance");
  }
  return instances;
}

/** What a Cred says and can show, apart from what makes each instance another one. */
function saidBy({ verified: { claims, disclosed } }: VerifiedInstance): string {
  const { cnf: _key, status: _status, iat: _issued, nbf: _from, exp: _until, ...said } = claims;
  const paths = disclosed.map(({ path }) => JSON.stringify(path)).sort();
  return sortedJson([said, paths]); // each instance was shuffled by itself
}

/**
 * Verify one instance of a credential response.
 *
 * Steps: (1) an SD-JWT without key binding; (2) signature, chain, validity; (3) of the issuer that was asked; (4) of
 * the type asked for; (5) bound to our key; (6) every mandatory claim is there.
 *
 * @throws CheckFailed; the event to report is `credential_failure`.
 */
export async function verifyReceived(
  credential: string,
  { configuration, issuer, keyThumbprints }: Expected,
  vouching: Vouching,
  now: number,
): Promise<VerifiedInstance> {
  if (configuration.format !== FORMAT_SD_JWT_VC) throw new CheckFailed(`expected format ${FORMAT_SD_JWT_VC}`);
  const sdJwt = await parseSdJwt(credential);
  if (sdJwt.keyBindingJwt !== undefined) throw new CheckFailed("expected a Cred without key binding", "has_kb_jwt");
  const verified = await verifySdJwtVc(sdJwt, vouching, now);
  if (verified.issuer !== issuer) throw new CheckFailed("expected a Cred of the issuer that was asked", "wrong_issuer");
  if (verified.vct !== configuration.vct) {
    throw new CheckFailed("expected a Cred of the type that was asked for", "wrong_type");
  }
  const keyThumbprint = verified.holderKey && (await thumbprint(verified.holderKey.jwk));
  if (configuration.bound && (keyThumbprint === undefined || !keyThumbprints.includes(keyThumbprint))) {
    throw new CheckFailed("expected a Cred bound to a key that this wallet sent", "wrong_key");
  }
  for (const { path, mandatory } of configuration.claims) {
    if (mandatory && select(verified.claims, path).length === 0) {
      throw new CheckFailed("expected every mandatory claim in the Cred", "missing_claim");
    }
  }
  return { verified, keyThumbprint };
}
