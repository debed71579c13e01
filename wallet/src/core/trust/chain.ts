/**
 * Certificate chains: from the leaf in `x5c` to an anchor that the caller trusts for this purpose.
 *
 * Source: RFC 5280 6.1 (path validation, without policies and revocation lists), RFC 7515 4.1.6 (order of x5c);
 * HAIP 1.0 sections 4.1, 5 and 6.1 (no anchor in x5c, leaf not self-signed).
 * Browsers have no verifier of their own to call, so the path is walked here, link by link, on WebCrypto.
 */

import { type Bytes, b64urlEncode, type Json } from "../encoding";
import { CheckFailed } from "../errors";
import { EC_ALGORITHMS, type EcAlgorithm, type PublicKey, publicKeyFromJwk } from "../keys";
import { type Certificate, OID, parseX5c, publicKeyParts, rawSignature, sameBytes } from "./certificate";

// Two key purposes of our own, on the arc of UUIDs (ITU-T X.667): one leaf signs for an issuer or asks as a requester.
const BILLFOLD_ISSUER = "2.25.39274332620451303619057324542750140892";
const BILLFOLD_REQUESTER = "2.25.267404491573209380011158611362851622496";
const MDOC_SIGNER = "1.0.18013.5.1.2";
const MDOC_READER = "1.0.18013.5.1.6";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";

const ISSUING = [BILLFOLD_ISSUER, MDOC_SIGNER];

/** What a leaf is used for: the extended key usages that fit, beside none at all and anyExtendedKeyUsage. */
export const PURPOSE = {
  issuer: { name: "issuing", usages: ISSUING },
  requester: { name: "requesting", usages: [BILLFOLD_REQUESTER, MDOC_READER, SERVER_AUTH, CLIENT_AUTH] },
  status: { name: "status signing", usages: ISSUING },
  metadata: { name: "metadata signing", usages: ISSUING },
} as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

const UNDERSTOOD: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectAlternativeName,
];
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
const RSA_PUBLIC_KEY = "1.2.840.113549.1.1.1";
const CURVES: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.7": "P-256",
  "1.3.132.0.34": "P-384",
  "1.3.132.0.35": "P-521",
};
const SIGNATURES: Readonly<Record<string, readonly [kind: "EC" | "RSA", hash: string]>> = {
  "1.2.840.10045.4.3.2": ["EC", "SHA-256"],
  "1.2.840.10045.4.3.3": ["EC", "SHA-384"],
  "1.2.840.10045.4.3.4": ["EC", "SHA-512"],
  "1.2.840.113549.1.1.11": ["RSA", "SHA-256"],
  "1.2.840.113549.1.1.12": ["RSA", "SHA-384"],
  "1.2.840.113549.1.1.13": ["RSA", "SHA-512"],
};
const MIN_RSA_BITS = 2048;

/** A certificate that is trusted, and the name it goes by. */
export interface Anchor {
  readonly certificate: Certificate;
  readonly name: string;
}

/** A chain that was verified: `certificates` leaf first, without the anchor (unless the leaf itself is pinned). */
export interface Chain {
  readonly leaf: Certificate;
  readonly certificates: readonly Certificate[];
  readonly anchor: Anchor;
  readonly publicKey: PublicKey;
}

export interface ChainRules {
  /** Milliseconds. */
  readonly now: number;
  readonly purpose: Purpose;
  /** Refuse an anchor inside x5c and a self-signed leaf; false where a certificate of the chain itself is pinned. */
  readonly haip?: boolean;
}

/**
 * Verify the chain in `x5c` up to one of `anchors`.
 *
 * Steps: (1) read the certificates, (2) find the anchor, (3) signatures and names, (4) validity,
 * (5) extensions of every certificate, (6) the issuing ones, (7) the leaf and its purpose.
 *
 * @throws CheckFailed `no_chain`, `untrusted`, `expired`, `not_yet_valid`, `wrong_purpose`, `trust_error`, `key_error`
 */
export async function verifyChain(
  x5c: Json | undefined,
  anchors: readonly Anchor[],
  { now, purpose, haip = true }: ChainRules,
): Promise<Chain> {
  const given = parseX5c(x5c);
  const first = given[0] as Certificate;
  if (haip && (await isIssuedBy(first, first))) throw trustError("expected a leaf that is not self-signed");
  const { certificates, anchor } = await findAnchor(given, anchors, haip);
  const leaf = certificates[0] as Certificate;
  const isPinned = leaf.text === anchor.certificate.text;
  const path = isPinned ? certificates : [...certificates, anchor.certificate];
  for (const [position, certificate] of path.entries()) {
    const parent = path[position + 1];
    if (parent !== undefined) await checkLink(certificate, parent);
    checkValidity(certificate, now);
    checkExtensions(certificate);
    if (position > 0) checkIssuing(certificate, position - 1);
  }
  const publicKey = await ecKeyOf(leaf);
  checkLeaf(leaf, purpose);
  return { leaf, certificates, anchor, publicKey };
}

/** Refuse a certificate whose subject is its issuer. @throws CheckFailed `trust_error` */
export function refuseSelfSigned(certificate: Certificate): void {
  if (sameBytes(certificate.subject, certificate.issuer)) {
    throw trustError("expected x5c without self-signed certificates");
  }
}

/** Return the part of the chain below the anchor, and the anchor. */
async function findAnchor(
  given: readonly Certificate[],
  anchors: readonly Anchor[],
  haip: boolean,
): Promise<{ certificates: readonly Certificate[]; anchor: Anchor }> {
  for (const [position, certificate] of given.entries()) {
    const anchor = haip ? undefined : anchors.find((entry) => entry.certificate.text === certificate.text);
    if (anchor !== undefined) return { certificates: given.slice(0, Math.max(position, 1)), anchor };
  }
  const last = given.at(-1) as Certificate;
  if (anchors.some((anchor) => anchor.certificate.text === last.text)) {
    throw trustError("expected x5c without the trust anchor");
  }
  for (const anchor of anchors) {
    if (await isIssuedBy(last, anchor.certificate)) return { certificates: given, anchor };
  }
  throw new CheckFailed("expected a chain that ends at a trusted anchor", "untrusted");
}

async function isIssuedBy(child: Certificate, parent: Certificate): Promise<boolean> {
  try {
    await checkLink(child, parent);
    return true;
  } catch (error) {
    if (error instanceof CheckFailed) return false;
    throw error;
  }
}

async function checkLink(child: Certificate, parent: Certificate): Promise<void> {
  const untrusted = new CheckFailed("expected each certificate issued by the next", "untrusted");
  if (!sameBytes(child.issuer, parent.subject)) throw untrusted;
  const [kind, hash] = SIGNATURES[child.signatureAlgorithm] ?? [];
  if (kind === undefined || hash === undefined) {
    throw trustError("expected certificates signed with SHA-256, SHA-384 or SHA-512");
  }
  const verified = kind === "EC" ? await verifyEc(child, parent, hash) : await verifyRsa(child, parent, hash);
  if (!verified) throw untrusted;
}

async function verifyEc(child: Certificate, parent: Certificate, hash: string): Promise<boolean> {
  const { algorithm, key } = await ecKeyOf(parent);
  const signature = rawSignature(child.signature, algorithm.sizeBytes);
  return crypto.subtle.verify({ name: "ECDSA", hash }, key, signature, child.signed);
}

async function verifyRsa(child: Certificate, parent: Certificate, hash: string): Promise<boolean> {
  const name = "RSASSA-PKCS1-v1_5";
  const key = await importInfo(parent.publicKeyInfo, RSA_PUBLIC_KEY, { name, hash });
  if ((key.algorithm as RsaHashedKeyAlgorithm).modulusLength < MIN_RSA_BITS) {
    throw trustError(`expected an issuing key on a curve, or RSA of ${MIN_RSA_BITS} bits`);
  }
  return crypto.subtle.verify({ name }, key, child.signature, child.signed);
}

async function importInfo(info: Bytes, wanted: string, algorithm: RsaHashedImportParams): Promise<CryptoKey> {
  if (publicKeyParts(info).algorithm !== wanted) throw trustError("expected a key that fits the signature");
  try {
    return await crypto.subtle.importKey("spki", info, algorithm, true, ["verify"]);
  } catch (cause) {
    throw new CheckFailed("expected a readable key", "trust_error", { cause });
  }
}

/**
 * Return the certified key. @throws CheckFailed `key_error`: not an uncompressed point on a curve that is known here.
 */
async function ecKeyOf(certificate: Certificate): Promise<PublicKey> {
  const { algorithm, curve, point } = publicKeyParts(certificate.publicKeyInfo);
  const name = algorithm === EC_PUBLIC_KEY && curve !== undefined ? CURVES[curve] : undefined;
  const found: EcAlgorithm | undefined = EC_ALGORITHMS.find((entry) => entry.curve === name);
  if (found === undefined || point[0] !== 4 || point.length !== 1 + 2 * found.sizeBytes) {
    throw new CheckFailed("expected an EC key on P-256, P-384 or P-521", "key_error");
  }
  const half = 1 + found.sizeBytes;
  const [x, y] = [point.slice(1, half), point.slice(half)].map(b64urlEncode) as [string, string];
  return publicKeyFromJwk({ kty: "EC", crv: found.curve, x, y });
}

function checkValidity({ notBefore, notAfter }: Certificate, now: number): void {
  if (now > notAfter) throw new CheckFailed("expected certificates that have not expired", "expired");
  if (now < notBefore) throw new CheckFailed("expected certificates that are valid already", "not_yet_valid");
}

/** Refuse what is critical and not understood; name constraints are not, whatever they claim to be. */
function checkExtensions({ critical, hasNameConstraints }: Certificate): void {
  const unknown = critical.find((oid) => !UNDERSTOOD.includes(oid));
  if (unknown !== undefined || hasNameConstraints) {
    throw trustError(`expected no critical extension ${unknown ?? OID.nameConstraints}`);
  }
}

function checkIssuing({ isCa, pathLength, mayCertify }: Certificate, intermediatesBelow: number): void {
  if (isCa !== true) throw trustError("expected an issuing certificate with basicConstraints cA");
  if (pathLength !== undefined && intermediatesBelow > pathLength) {
    throw trustError(`expected at most ${pathLength} certificates below pathLenConstraint`);
  }
  if (mayCertify === false) throw trustError("expected an issuing certificate with keyUsage keyCertSign");
}

function checkLeaf({ isCa, maySign, usages }: Certificate, purpose: Purpose): void {
  if (isCa === true) throw trustError("expected a leaf without basicConstraints cA");
  if (maySign === false) throw new CheckFailed("expected a leaf with keyUsage digitalSignature", "wrong_purpose");
  const fitting: readonly string[] = [...purpose.usages, ANY_USAGE];
  if (usages !== undefined && !usages.some((usage) => fitting.includes(usage))) {
    throw new CheckFailed(`expected a leaf that is meant for ${purpose.name}`, "wrong_purpose");
  }
}

function trustError(message: string): CheckFailed {
  return new CheckFailed(message, "trust_error");
}
