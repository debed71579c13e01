/**
 * Status List: the statuses of many credentials, packed into one byte array.
 *
 * Source: Token Status List, draft-ietf-oauth-status-list-20, sections 4.1, 4.2 and 8.3.
 * Shape: entry `i` of width `bits` starts at bit `i * bits` of `packed`, counting bytes upwards and, inside a byte,
 * from
 * the least significant bit.
 */

import { type Bytes, b64urlDecode, isObject, type Json, member } from "../encoding";
import { CheckFailed } from "../errors";

export const MAX_PACKED_BYTES = 8 * 1024 * 1024; // inflated; holds 64 Mi one-bit entries

export interface StatusList {
  readonly bits: number;
  readonly packed: Uint8Array;
}

/** Read the `status_list` claim of a Status List Token (4.2). @throws CheckFailed `status_list_error` */
export async function parseStatusList(claim: Json | undefined): Promise<StatusList> {
  if (!isObject(claim)) throw statusListError("expected status_list as an object");
  const bits = member(claim, "bits");
  const lst = member(claim, "lst");
  if (typeof bits !== "number" || ![1, 2, 4, 8].includes(bits)) throw statusListError("expected bits of 1, 2, 4 or 8");
  if (typeof lst !== "string") throw statusListError("expected lst as a string");
  try {
    return { bits, packed: await inflate(b64urlDecode(lst)) };
  } catch (cause) {
    if (cause instanceof CheckFailed && cause.code === "status_list_error") throw cause;
    throw new CheckFailed("expected lst as base64url of zlib data", "status_list_error", { cause });
  }
}

/**
 * Return the status value of entry `index`, counted from 0 (8.3).
 *
 * @throws CheckFailed `status_index_error`: there is no such entry; nothing may read this as valid.
 */
export function statusAt({ bits, packed }: StatusList, index: number): number {
  const size = (packed.length * 8) / bits;
  const byte = packed[Math.floor((index * bits) / 8)];
  if (!Number.isSafeInteger(index) || index < 0 || index >= size || byte === undefined) {
    throw new CheckFailed(`expected index below ${size}, got ${index}`, "status_index_error");
  }
  return (byte >> ((index * bits) % 8)) & ((1 << bits) - 1);
}

/** Inflate one whole zlib stream, and stop early at what is too much. */
async function inflate(data: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_PACKED_BYTES) {
      await reader.cancel();
      throw statusListError(`expected a list of up to ${MAX_PACKED_BYTES} bytes`);
    }
    chunks.push(value);
  }
  const packed = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    packed.set(chunk, at);
    at += chunk.length;
  }
  return packed;
}

export function statusListError(message: string): CheckFailed {
  return new CheckFailed(message, "status_list_error");
}
