/**
 * A stranger's issuer, at https://issuer.example.com, as far as one test needs it: signed by the vectors'
 * certificates.
 */

import { createHash } from "node:crypto";

import type { BrowserContext, Request, Route } from "playwright-core";

import type { JsonObject } from "../../src/core/encoding";
import { changed, signedBy } from "./signing";

export const FOREIGN = "https://issuer.example.com";
const VCT = `${FOREIGN}/types/library-card`;
const GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
export const FOREIGN_OFFER = `openid-credential-offer://?credential_offer=${encodeURIComponent(
  JSON.stringify({
    credential_issuer: FOREIGN,
    credential_configuration_ids: ["library-card"],
    grants: { [GRANT]: { "pre-authorized_code": "c0de" } },
  }),
)}`;

/** What the stranger's Creds can show, one by one. */
export const FOREIGN_DISCLOSURES = [
  ["c2FsdG9uZXNhbHRvbmU", "reader", "Erika"],
  ["c2FsdHR3b3NhbHR0d28", "born", "1984-01-26"],
  ["c2FsdHRocmVlc2FsdHQ", "town", "Bonn"],
].map((members) => Buffer.from(JSON.stringify(members)).toString("base64url"));

const METADATA: JsonObject = {
  credential_issuer: FOREIGN,
  credential_endpoint: `${FOREIGN}/credential`,
  nonce_endpoint: `${FOREIGN}/nonce`,
  notification_endpoint: `${FOREIGN}/notification`,
  credential_configurations_supported: {
    "library-card": {
      format: "dc+sd-jwt",
      scope: "library-card",
      vct: VCT,
      cryptographic_binding_methods_supported: ["jwk"],
      proof_types_supported: { jwt: { proof_signing_alg_values_supported: ["ES256"] } },
      credential_metadata: { display: [{ name: "Library card" }], claims: [{ path: ["reader"] }] },
    },
  },
  display: [{ name: "Town library" }],
};

/** What the stranger does wrong, or else than others. */
export interface Faults {
  /** How many copies it gives at once. */
  readonly batchSize?: number;
  /** How often it says "later" before the Cred comes. */
  readonly later?: number;
  /** Members of its metadata. */
  readonly metadata?: JsonObject;
  /** Changes of the Cred's claims. */
  readonly claims?: Record<string, unknown>;
  readonly header?: JsonObject;
  /** Which certificate signs its Creds. */
  readonly signer?: string;
  readonly rest?: string;
  /** Signed metadata, by a root that nobody listed. */
  readonly signedMetadata?: boolean;
  readonly redirectMetadata?: boolean;
}

export class ForeignIssuer {
  readonly reports: { readonly event: string; readonly event_description?: string }[] = [];
  /** How many keys came with each request for a Cred. */
  readonly asked: number[] = [];
  /** Transactions that it was asked for. */
  readonly deferred: string[] = [];
  #proofs: readonly string[] = [];
  readonly #faults: Faults;

  private constructor(faults: Faults) {
    this.#faults = faults;
  }

  static async open(context: BrowserContext, faults: Faults = {}): Promise<ForeignIssuer> {
    const issuer = new ForeignIssuer(faults);
    await context.route(`${FOREIGN}/**`, (route) => issuer.#answer(route));
    return issuer;
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request();
    const headers = {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "authorization, dpop, content-type",
      "access-control-expose-headers": "DPoP-Nonce, WWW-Authenticate",
    };
    const { status = 200, body, type = "application/json" } = this.#reply(request);
    const location = status === 302 ? { location: `${FOREIGN}/elsewhere` } : {};
    await route.fulfill({ status, body, headers: { ...headers, ...location, "content-type": type } });
  }

  #reply(request: Request): { status?: number; body: string; type?: string } {
    const { pathname } = new URL(request.url());
    if (request.method() === "OPTIONS") return { status: 204, body: "" };
    if (pathname === "/.well-known/openid-credential-issuer") return this.#metadata(request);
    if (pathname === "/.well-known/oauth-authorization-server") {
      return json({
        issuer: FOREIGN,
        token_endpoint: `${FOREIGN}/token`,
        dpop_signing_alg_values_supported: ["ES256"],
      });
    }
    if (pathname === "/token") {
      return json({ access_token: "t0ken", refresh_token: "r3fresh", token_type: "DPoP", expires_in: 600 });
    }
    if (pathname === "/nonce") return json({ c_nonce: "n0nce" });
    if (pathname === "/credential") return this.#ask(request.postDataJSON() as JsonObject);
    if (pathname === "/deferred") return this.#askAgain(request.postDataJSON() as JsonObject);
    if (pathname === "/notification") this.reports.push(request.postDataJSON());
    return { status: pathname === "/notification" ? 204 : 404, body: "" };
  }

  #metadata(request: Request): { status?: number; body: string; type?: string } {
    if (this.#faults.redirectMetadata) return { status: 302, body: "" };
    const takesSigned = request.headers()["accept"]?.includes("application/jwt");
    const { batchSize, later, metadata = {} } = this.#faults;
    const all = {
      ...METADATA,
      ...(batchSize === undefined ? {} : { batch_credential_issuance: { batch_size: batchSize } }),
      ...(later === undefined ? {} : { deferred_credential_endpoint: `${FOREIGN}/deferred` }),
      ...metadata,
    };
    if (!this.#faults.signedMetadata || !takesSigned) return json(all);
    const now = Math.floor(Date.now() / 1000);
    const claims = { ...all, iss: FOREIGN, sub: FOREIGN, iat: now, exp: now + 3600 };
    const body = signedBy("issuer_leaf", { typ: "openidvci-issuer-metadata+jwt" }, claims);
    return { body, type: "application/jwt" };
  }

  #ask({ proofs }: JsonObject): { status?: number; body: string } {
    this.#proofs = (proofs as { jwt: string[] }).jwt;
    this.asked.push(this.#proofs.length);
    return this.#faults.later ? later(0) : json(this.#credentials());
  }

  #askAgain({ transaction_id }: JsonObject): { status?: number; body: string } {
    this.deferred.push(String(transaction_id));
    const times = this.deferred.length;
    return times < (this.#faults.later ?? 0) ? later(times) : json(this.#credentials());
  }

  #credentials(): object {
    const credentials = this.#proofs.map((proof) => ({ credential: this.#credential(proof) }));
    return { credentials: credentials.reverse(), notification_id: "n1" }; // no wallet may count on the order
  }

  /** Issue a Cred to the key of the proof, with the one fault that was asked for. */
  #credential(proof: string): string {
    const { jwk } = JSON.parse(Buffer.from(proof.split(".")[0] ?? "", "base64url").toString());
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: FOREIGN,
      vct: VCT,
      iat: now,
      exp: now + 86_400,
      cnf: { jwk },
      _sd: FOREIGN_DISCLOSURES.map((disclosure) => createHash("sha256").update(disclosure).digest("base64url")),
    };
    const { signer = "issuer_leaf", header = {}, rest = "" } = this.#faults;
    const signed = signedBy(signer, { typ: "dc+sd-jwt", ...header }, changed(claims, this.#faults.claims ?? {}));
    return `${[signed, ...FOREIGN_DISCLOSURES].join("~")}~${rest}`;
  }
}

function later(times: number): { status: number; body: string } {
  return { status: 202, body: JSON.stringify({ transaction_id: `t${times}`, interval: 60 }) };
}

function json(document: object): { body: string } {
  return { body: JSON.stringify(document) };
}
