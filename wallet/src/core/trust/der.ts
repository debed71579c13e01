/**
 * DER: the strict subset of ASN.1's encodings that certificates are written in.
 *
 * Source: ITU-T X.690 sections 8 and 10 (definite, shortest lengths; low tag numbers), RFC 5280 4.1.
 */

import type { Bytes } from "../encoding";
import { CheckFailed } from "../errors";

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element: its tag octet, its whole encoding and its content. */
export interface Element {
  readonly tag: number;
  readonly encoded: Bytes;
  readonly content: Bytes;
}

/** Read the one element that `data` is. @throws CheckFailed `trust_error` */
export function readDer(data: Bytes, tag?: number): Element {
  const [element, ...rest] = readAll(data);
  if (element === undefined || rest.length > 0) throw malformed("expected one element of DER");
  return tag === undefined ? element : require(element, tag);
}

/** Return the elements inside a constructed one. @throws CheckFailed `trust_error` */
export function children(element: Element, tag: number): readonly Element[] {
  return readAll(require(element, tag).content);
}

/** Return `element` when it has this tag. @throws CheckFailed `trust_error` */
export function require(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw malformed(`expected an element with tag ${tag}`);
  return element;
}

export function readAll(data: Bytes): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < data.length;) {
    const element = readAt(data, at);
    elements.push(element);
    at += element.encoded.length;
  }
  return elements;
}

function readAt(data: Bytes, start: number): Element {
  const tag = byteAt(data, start);
  if ((tag & 0x1f) === 0x1f) throw malformed("expected low tag numbers");
  let length = byteAt(data, start + 1);
  let at = start + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 3) throw malformed("expected a definite length of up to 3 bytes");
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + byteAt(data, at + index);
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw malformed("expected the shortest form of a length");
    at += count;
  }
  if (at + length > data.length) throw malformed("expected an element that ends inside its parent");
  return { tag, encoded: data.slice(start, at + length), content: data.slice(at, at + length) };
}

function byteAt(data: Bytes, index: number): number {
  const byte = data[index];
  if (byte === undefined) throw malformed("expected more bytes");
  return byte;
}

/** Read a non-negative INTEGER below 2^31. @throws CheckFailed `trust_error` */
export function smallInteger(element: Element | undefined): number {
  const { content } = require(element, TAG.integer);
  checkInteger(content);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) throw malformed("expected a small number");
  return content.reduce((number, byte) => number * 256 + byte, 0);
}

/** Check that `content` is an INTEGER in its shortest form (X.690 8.3.2). @throws CheckFailed `trust_error` */
export function checkInteger(content: Bytes): void {
  const [first, second] = content;
  if (first === undefined) throw malformed("expected a number");
  if (second === undefined) return;
  if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
    throw malformed("expected the shortest form of a number");
  }
}

/** @throws CheckFailed `trust_error` */
export function booleanOf(element: Element): boolean {
  const { content } = require(element, TAG.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw malformed("expected true or false");
  return content[0] === 0xff;
}

/** Return the bytes of a BIT STRING without unused bits. @throws CheckFailed `trust_error` */
export function wholeBits(element: Element | undefined): Bytes {
  const { content } = require(element, TAG.bitString);
  if (content[0] !== 0) throw malformed("expected a bit string without unused bits");
  return content.slice(1);
}

/** Read an OBJECT IDENTIFIER as dotted text; arcs may have 128 bits. @throws CheckFailed `trust_error` */
export function oidOf(element: Element | undefined): string {
  const { content } = require(element, TAG.oid);
  const arcs: bigint[] = [];
  let arc = 0n;
  let isOpen = false;
  for (const byte of content) {
    if (!isOpen && byte === 0x80) throw malformed("expected the shortest form of an identifier");
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    isOpen = byte >= 0x80;
    if (!isOpen) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined || isOpen) throw malformed("expected a whole object identifier");
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
}

/**
 * Read UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5, as milliseconds. @throws CheckFailed
 * `trust_error`
 */
export function timeOf(element: Element | undefined): number {
  const text = String.fromCharCode(...(element?.content ?? []));
  const isShort = element?.tag === TAG.utcTime;
  if (!isShort && element?.tag !== TAG.generalizedTime) throw malformed("expected a time");
  const full = isShort ? `${text < "5" ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = Date.parse(iso);
  if (year === undefined || Number.isNaN(time) || new Date(time).toISOString() !== iso) {
    throw malformed("expected a time in the form of RFC 5280");
  }
  return time;
}

/** Read a character string of one of the kinds that names use. @throws CheckFailed `trust_error` */
export function textOf({ tag, content }: Element): string {
  const label = { [TAG.utf8String]: "utf-8", [TAG.printableString]: "utf-8", [TAG.bmpString]: "utf-16be" }[tag];
  try {
    if (tag === TAG.ia5String || label === undefined) return asciiOf(content);
    return new TextDecoder(label, { fatal: true }).decode(content);
  } catch (cause) {
    throw new CheckFailed("expected readable text", "trust_error", { cause });
  }
}

/** @throws CheckFailed `trust_error` */
export function asciiOf(content: Bytes): string {
  if (content.some((byte) => byte >= 0x80)) throw malformed("expected ASCII");
  return String.fromCharCode(...content);
}

export function malformed(message: string): CheckFailed {
  return new CheckFailed(message, "trust_error");
}
