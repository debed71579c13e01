/**
 * The list of anchors that the wallet's operator trusts, and for whom: `/trust.json`.
 *
 * Source: Billfold's own format. Each anchor counts for one role, and there only for the issuer identifiers or
 * requester
 * hosts it names: an organisation's own root cannot speak for another organisation.
 */

import { isArray, isObject, type Json, jsonDecodeObject, member } from "../encoding";
import { CheckFailed } from "../errors";
import { parseCertificate } from "./certificate";
import type { Anchor } from "./chain";

interface Entry {
  readonly anchor: Anchor;
  readonly role: "issuer" | "requester";
  readonly identifiers: readonly string[];
  readonly hosts: readonly string[];
}

export class TrustList {
  private constructor(private readonly entries: readonly Entry[]) {}

  static readonly empty = new TrustList([]);

  /** @throws CheckFailed `trust_error`: not in this shape, or a certificate that cannot be read. */
  static parse(data: Uint8Array | string): TrustList {
    const anchors = member(jsonDecodeObject(data), "anchors") ?? [];
    if (!isArray(anchors)) throw shapeError();
    return new TrustList(anchors.map(readEntry));
  }

  /** Return the anchors that count for the Credential Issuer Identifier `identifier`, compared exactly. */
  issuerAnchors(identifier: string): readonly Anchor[] {
    return this.entries
      .filter(({ role, identifiers }) => role === "issuer" && identifiers.includes(identifier))
      .map(({ anchor }) => anchor);
  }

  /** Return the anchors that count for requesters on `host`; a name stands for itself, never for others below. */
  requesterAnchors(host: string): readonly Anchor[] {
    const wanted = host.toLowerCase();
    return this.entries
      .filter(({ role, hosts }) => role === "requester" && hosts.some((name) => name.toLowerCase() === wanted))
      .map(({ anchor }) => anchor);
  }
}

function readEntry(entry: Json): Entry {
  if (!isObject(entry)) throw shapeError();
  const [name, role, certificate] = ["name", "role", "certificate"].map((key) => member(entry, key));
  if (typeof name !== "string" || (role !== "issuer" && role !== "requester")) throw shapeError();
  return {
    anchor: { certificate: parseCertificate(certificate ?? null), name },
    role,
    identifiers: texts(member(entry, "identifiers")),
    hosts: texts(member(entry, "hosts")),
  };
}

function texts(value: Json | undefined): readonly string[] {
  if (value === undefined) return [];
  if (!isArray(value) || !value.every((entry) => typeof entry === "string")) throw shapeError();
  return value as readonly string[];
}

function shapeError(): CheckFailed {
  return new CheckFailed("expected a trust list with anchors of name, role and certificate", "trust_error");
}
