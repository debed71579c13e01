/**
 * Client identifiers of requesters: prefix and value, and the certificate that must stand behind them.
 *
 * Source: OpenID4VP 1.0 sections 5.9.1 to 5.9.3; HAIP 1.0 section 5.
 * The whole text, prefix included, is what presentations are made for.
 */

import type { Json } from "../encoding";
import { RequestRefused } from "../errors";
import { type Certificate, x509Hash } from "../trust/certificate";

export const PREFIXES = ["x509_hash", "x509_san_dns", "redirect_uri"] as const;
export type Prefix = (typeof PREFIXES)[number];
/** Whose answers are never in the clear: HAIP 1.0 section 5 binds `x509_hash`, which is its own, and no other. */
export const ALWAYS_ENCRYPTED: ReadonlySet<Prefix> = new Set(["x509_hash"]);
const MAX_CLIENT_ID_CHARACTERS = 2048;

export interface ClientId {
  readonly text: string;
  readonly prefix: Prefix;
  readonly value: string;
}

/** @throws RequestRefused: missing, or with another prefix (a client registered beforehand counts as such). */
export function parseClientId(text: Json | undefined): ClientId {
  if (typeof text !== "string" || text === "" || text.length > MAX_CLIENT_ID_CHARACTERS) {
    throw refused("expected client_id as text");
  }
  const at = text.indexOf(":");
  const prefix = PREFIXES.find((name) => name === text.slice(0, Math.max(at, 0)));
  const value = text.slice(at + 1);
  if (prefix === undefined || value === "") {
    throw refused(`expected client_id with one of the prefixes ${PREFIXES.join(", ")}`);
  }
  return { text, prefix, value };
}

/**
 * Check that `leaf` is the certificate, or names the host, that `clientId` stands for (5.9.3). @throws RequestRefused
 */
export async function checkClientLeaf({ prefix, value }: ClientId, leaf: Certificate): Promise<void> {
  if (prefix === "x509_hash" && value === (await x509Hash(leaf))) return;
  if (prefix === "x509_san_dns" && leaf.dnsNames.includes(value.toLowerCase())) return;
  throw refused("expected client_id to fit the certificate that signed the request");
}

function refused(message: string): RequestRefused {
  return new RequestRefused("invalid_request", message);
}
