/**
 * Passkey: the device's own unlock, which gives a key for the vault (WebAuthn with the PRF extension).
 *
 * Source: Web Authentication level 3, sections 5.1.3, 5.1.4, 6.1 (flags) and 10.1.4 (prf). The page has no server, so
 * nothing is attested and no signature is checked: what counts is the secret that comes out, and that the device says
 * it verified the person. That flag is read, since not every browser insists on it.
 */

import type { Bytes } from "../core/encoding";
import { randomBytes } from "./crypto";
import type { PrfUnlock } from "./database";

export type PasskeyFailure = "no_prf" | "cancelled" | "no_screen_lock";
export type PasskeyResult =
  | { readonly outcome: "secret"; readonly secret: Bytes; readonly unlock: PrfUnlock }
  | { readonly outcome: PasskeyFailure };

const RP_NAME = "Billfold";
const ES256 = -7;
const RS256 = -257;
const TIMEOUT_MS = 120_000;
const SALT_BYTES = 32;
const USER_ID_BYTES = 16;
const FLAGS_AT = 32; // after the hash of the relying party's id (6.1)
const USER_VERIFIED = 0x04;

/** Make a passkey on this device, or on a security key, and get its secret. Call it inside a tap. */
export async function createPasskey(attachment: AuthenticatorAttachment): Promise<PasskeyResult> {
  const prfSalt = randomBytes(SALT_BYTES);
  const created = await create(attachment, prfSalt);
  if (typeof created === "string") return { outcome: created };
  const response = created.response as AuthenticatorAttestationResponse;
  if (!isUserVerified(response.getAuthenticatorData())) return { outcome: "no_screen_lock" };
  const transports = response.getTransports();
  const unlock: PrfUnlock = { kind: "prf", credentialId: new Uint8Array(created.rawId), transports, prfSalt };
  const secret = secretOf(created);
  // Older devices enable the extension at creation, and give its result at the first assertion only.
  const result = secret === undefined ? await askPasskey(unlock) : { outcome: "secret" as const, secret, unlock };
  if (result.outcome === "no_prf") await forget(created.id);
  return result;
}

/** Ask for the secret of a passkey that exists. Call it inside a tap. */
export async function askPasskey(unlock: PrfUnlock): Promise<PasskeyResult> {
  const { credentialId, transports, prfSalt } = unlock;
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: randomBytes(SALT_BYTES),
    rpId: location.hostname,
    allowCredentials: [{ type: "public-key", id: credentialId, transports: transports as AuthenticatorTransport[] }],
    userVerification: "required",
    timeout: TIMEOUT_MS,
    extensions: { prf: { eval: { first: prfSalt } } },
  };
  let found: PublicKeyCredential | null;
  try {
    found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null;
  } catch {
    return { outcome: "cancelled" }; // also where the passkey is gone: the browser does not say which
  }
  if (found === null) return { outcome: "cancelled" };
  const { authenticatorData } = found.response as AuthenticatorAssertionResponse;
  if (!isUserVerified(authenticatorData)) return { outcome: "no_screen_lock" };
  const secret = secretOf(found);
  return secret === undefined ? { outcome: "no_prf" } : { outcome: "secret", secret, unlock };
}

/** Create a passkey with the extension; where a device chokes on it, once more without. */
async function create(attachment: AuthenticatorAttachment, prfSalt: Bytes): Promise<PublicKeyCredential | "cancelled"> {
  try {
    return await createWith(attachment, { prf: { eval: { first: prfSalt } } });
  } catch (error) {
    if (isCancelled(error)) return "cancelled";
  }
  try {
    return await createWith(attachment, {});
  } catch {
    return "cancelled";
  }
}

async function createWith(
  authenticatorAttachment: AuthenticatorAttachment,
  extensions: AuthenticationExtensionsClientInputs,
): Promise<PublicKeyCredential> {
  const created = await navigator.credentials.create({
    publicKey: {
      challenge: randomBytes(SALT_BYTES),
      rp: { id: location.hostname, name: RP_NAME },
      user: { id: randomBytes(USER_ID_BYTES), name: RP_NAME, displayName: RP_NAME },
      pubKeyCredParams: [ES256, RS256].map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { authenticatorAttachment, residentKey: "required", userVerification: "required" },
      attestation: "none",
      timeout: TIMEOUT_MS,
      extensions,
    },
  });
  if (created === null) throw new DOMException("expected a passkey", "NotAllowedError");
  return created as PublicKeyCredential;
}

function isCancelled(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError");
}

function isUserVerified(authenticatorData: ArrayBuffer): boolean {
  const flags = new Uint8Array(authenticatorData)[FLAGS_AT] ?? 0;
  return (flags & USER_VERIFIED) !== 0;
}

function secretOf(credential: PublicKeyCredential): Bytes | undefined {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) return undefined;
  const view = ArrayBuffer.isView(first) ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength) : first;
  const secret = new Uint8Array(view);
  return secret.length === SALT_BYTES ? secret : undefined;
}

/** Tell the passkey's keeper that this one leads nowhere, where the browser has a way to say so. */
async function forget(credentialId: string): Promise<void> {
  const signal = (PublicKeyCredential as { signalUnknownCredential?: (options: object) => Promise<void> })
    .signalUnknownCredential;
  await signal?.call(PublicKeyCredential, { rpId: location.hostname, credentialId }).catch(() => undefined);
}
