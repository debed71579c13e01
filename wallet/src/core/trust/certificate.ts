/**
 * Certificates as JOSE carries them, and the facts of a leaf that other modules lean on.
 *
 * Source: RFC 5280 4.1 and 4.2 (form, extensions), RFC 7515 4.1.6 (x5c: standard base64 of DER);
 * OpenID4VP 1.0 sections 5.9.3 (x509_hash) and 6.1.1.1 (aki).
 */

import { type Bytes, b64Decode, b64urlEncode, isArray, type Json, sha256 } from "../encoding";
import { CheckFailed } from "../errors";
import {
  asciiOf,
  booleanOf,
  checkInteger,
  children,
  type Element,
  malformed,
  oidOf,
  readDer,
  require,
  smallInteger,
  TAG,
  textOf,
  timeOf,
  wholeBits,
} from "./der";

export const MAX_CHAIN_LENGTH = 6;
const MAX_CERTIFICATE_BYTES = 16 * 1024;

export const OID = {
  organisation: "2.5.4.10",
  commonName: "2.5.4.3",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;

const EXPLICIT = 0xa0;
const DNS_NAME = 0x82;
const URI_NAME = 0x86;
const KEY_IDENTIFIER = 0x80;
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;

/** An X.509 v3 certificate, read whole: a bad value fails before anything leans on it. */
export interface Certificate {
  /** Standard base64 of the DER: equal texts are equal certificates. */
  readonly text: string;
  readonly der: Bytes;
  /** What the signature is over. */
  readonly signed: Bytes;
  readonly signatureAlgorithm: string;
  readonly signature: Bytes;
  /** DER of the names, for comparison. */
  readonly issuer: Bytes;
  readonly subject: Bytes;
  readonly issuerName: string;
  /** The organisation, else the common name, else nothing. */
  readonly subjectName: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Bytes;
  /** All extensions that are critical, by number. */
  readonly critical: readonly string[];
  readonly hasNameConstraints: boolean;
  readonly isCa: boolean | undefined;
  readonly pathLength: number | undefined;
  readonly maySign: boolean | undefined;
  readonly mayCertify: boolean | undefined;
  readonly usages: readonly string[] | undefined;
  /** In lower case; the common name never counts. */
  readonly dnsNames: readonly string[];
  readonly uriNames: readonly string[];
  /** base64url. */
  readonly authorityKeyId: string | undefined;
}

/** Read an `x5c` header, leaf first. @throws CheckFailed `no_chain`, `trust_error` */
export function parseX5c(x5c: Json | undefined): readonly Certificate[] {
  if (!isArray(x5c) || x5c.length < 1 || x5c.length > MAX_CHAIN_LENGTH) {
    throw new CheckFailed(`expected x5c as a list of 1 to ${MAX_CHAIN_LENGTH} certificates`, "no_chain");
  }
  return x5c.map(parseCertificate);
}

/** Read one certificate from canonical standard base64 of its DER. @throws CheckFailed `trust_error` */
export function parseCertificate(text: Json): Certificate {
  if (typeof text !== "string" || text.length > (MAX_CERTIFICATE_BYTES * 4) / 3) {
    throw malformed(`expected a certificate as base64 of at most ${MAX_CERTIFICATE_BYTES} bytes`);
  }
  try {
    return read(text, b64Decode(text));
  } catch (cause) {
    throw new CheckFailed("expected a readable X.509 v3 certificate as base64 of DER", "trust_error", { cause });
  }
}

/** Return the value behind the prefix `x509_hash:`. */
export async function x509Hash(certificate: Certificate): Promise<string> {
  return b64urlEncode(await sha256(certificate.der));
}

/** Return the authority key identifiers of a chain (OpenID4VP 6.1.1.1). */
export function authorityKeyIds(certificates: readonly Certificate[]): ReadonlySet<string> {
  return new Set(certificates.flatMap(({ authorityKeyId }) => authorityKeyId ?? []));
}

function read(text: string, der: Bytes): Certificate {
  const [signed, outerAlgorithm, signature] = exactly(children(readDer(der), TAG.sequence), 3);
  const [version, serial, algorithm, issuer, validity, subject, publicKeyInfo, ...rest] = children(
    signed as Element,
    TAG.sequence,
  );
  if (smallInteger(readDer(require(version, EXPLICIT).content)) !== 2) throw malformed("expected version 3");
  checkSerial(require(serial, TAG.integer).content);
  if (!sameBytes(require(algorithm, TAG.sequence).encoded, (outerAlgorithm as Element).encoded)) {
    throw malformed("expected one signature algorithm");
  }
  const [notBefore, notAfter] = exactly(children(require(validity, TAG.sequence), TAG.sequence), 2);
  return {
    text,
    der,
    signed: (signed as Element).encoded,
    signatureAlgorithm: oidOf(children(outerAlgorithm as Element, TAG.sequence)[0]),
    signature: wholeBits(signature),
    issuer: require(issuer, TAG.sequence).encoded,
    subject: require(subject, TAG.sequence).encoded,
    issuerName: nameOf(issuer as Element),
    subjectName: nameOf(subject as Element),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    publicKeyInfo: require(publicKeyInfo, TAG.sequence).encoded,
    ...extensionsOf(rest),
  };
}

function checkSerial(content: Bytes): void {
  checkInteger(content);
  const first = content[0] ?? 0x80;
  if (first >= 0x80 || (first === 0 && content.length === 1)) throw malformed("expected a serial number above 0");
}

function nameOf(name: Element): string {
  const attributes = children(name, TAG.sequence).flatMap((group) =>
    children(group, TAG.set).map((attribute) => exactly(children(attribute, TAG.sequence), 2)),
  );
  for (const wanted of [OID.organisation, OID.commonName]) {
    const found = attributes.find(([type]) => oidOf(type) === wanted)?.[1];
    if (found !== undefined) return textOf(found);
  }
  return "";
}

type Extensions = Pick<
  Certificate,
  | "critical"
  | "hasNameConstraints"
  | "isCa"
  | "pathLength"
  | "maySign"
  | "mayCertify"
  | "usages"
  | "dnsNames"
  | "uriNames"
  | "authorityKeyId"
>;

function extensionsOf(rest: readonly Element[]): Extensions {
  const critical: string[] = [];
  const values = new Map<string, Bytes>();
  const wrapper = rest.find(({ tag }) => tag === 0xa3);
  for (const entry of wrapper ? children(readDer(wrapper.content), TAG.sequence) : []) {
    const parts = children(entry, TAG.sequence);
    const oid = oidOf(parts[0]);
    if (parts.length === 3 && booleanOf(parts[1] as Element)) critical.push(oid);
    else if (parts.length !== 2) throw malformed("expected an extension of number, true where critical, and value");
    if (values.has(oid)) throw malformed("expected each extension once");
    values.set(oid, require(parts.at(-1), TAG.octetString).content);
  }
  return { critical, hasNameConstraints: values.has(OID.nameConstraints), ...understood((oid) => values.get(oid)) };
}

function understood(value: (oid: string) => Bytes | undefined): Omit<Extensions, "critical" | "hasNameConstraints"> {
  const constraints = value(OID.basicConstraints);
  const usage = keyUsage(value(OID.keyUsage));
  const extended = value(OID.extendedKeyUsage);
  const names = value(OID.subjectAlternativeName);
  const alternatives = names ? children(readDer(names), TAG.sequence) : [];
  return {
    ...(constraints ? basicConstraints(constraints) : { isCa: undefined, pathLength: undefined }),
    maySign: usage === undefined ? undefined : (usage & DIGITAL_SIGNATURE) !== 0,
    mayCertify: usage === undefined ? undefined : (usage & KEY_CERT_SIGN) !== 0,
    usages: extended ? children(readDer(extended), TAG.sequence).map(oidOf) : undefined,
    dnsNames: alternatives.filter(({ tag }) => tag === DNS_NAME).map(({ content }) => asciiOf(content).toLowerCase()),
    uriNames: alternatives.filter(({ tag }) => tag === URI_NAME).map(({ content }) => asciiOf(content)),
    authorityKeyId: authorityKeyId(value(OID.authorityKeyId)),
  };
}

function basicConstraints(value: Bytes): { isCa: boolean; pathLength: number | undefined } {
  const parts = [...children(readDer(value), TAG.sequence)];
  const isCa = parts[0]?.tag === TAG.boolean ? booleanOf(parts.shift() as Element) : false;
  const pathLength = parts.length > 0 ? smallInteger(parts.shift()) : undefined;
  if (parts.length > 0) throw malformed("expected basicConstraints of cA and pathLenConstraint");
  return { isCa, pathLength };
}

/** Return the first octet of the bits: digitalSignature is the highest one. */
function keyUsage(value: Bytes | undefined): number | undefined {
  if (value === undefined) return undefined;
  const { content } = readDer(value, TAG.bitString);
  const [unused, bits] = content;
  if (unused === undefined || unused > 7 || bits === undefined) throw malformed("expected keyUsage with a bit");
  return bits;
}

function authorityKeyId(value: Bytes | undefined): string | undefined {
  if (value === undefined) return undefined;
  const found = children(readDer(value), TAG.sequence).find(({ tag }) => tag === KEY_IDENTIFIER);
  return found && b64urlEncode(found.content);
}

function exactly(elements: readonly Element[], count: number): readonly Element[] {
  if (elements.length !== count) throw malformed(`expected ${count} elements`);
  return elements;
}

export function sameBytes(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** Cut the two numbers of a DER-encoded ECDSA signature out, each `sizeBytes` long (RFC 3279 2.2.3). */
export function rawSignature(der: Bytes, sizeBytes: number): Bytes {
  const [r, s] = exactly(children(readDer(der), TAG.sequence), 2);
  const raw = new Uint8Array(2 * sizeBytes);
  [r, s].forEach((element, index) => {
    const { content } = require(element, TAG.integer);
    checkInteger(content);
    const number = content[0] === 0 ? content.slice(1) : content;
    if (number.length > sizeBytes || (content[0] ?? 0) >= 0x80) throw malformed("expected a signature of this curve");
    raw.set(number, (index + 1) * sizeBytes - number.length);
  });
  return raw;
}

/** Return algorithm, parameters and key of a SubjectPublicKeyInfo. @throws CheckFailed `trust_error` */
export function publicKeyParts(info: Bytes): { algorithm: string; curve: string | undefined; point: Bytes } {
  const [algorithm, key] = exactly(children(readDer(info), TAG.sequence), 2);
  const [oid, parameters] = children(algorithm as Element, TAG.sequence);
  const curve = parameters?.tag === TAG.oid ? oidOf(parameters) : undefined;
  return { algorithm: oidOf(oid), curve, point: wholeBits(key) };
}
