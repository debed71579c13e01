/**
 * Peers: the servers of issuers and requesters. Every request of the holder goes out here.
 *
 * Source: RFC 9449 sections 4.2, 7.1, 8, 8.2 and 9 (DPoP proofs and nonces), RFC 6749 5.2 and RFC 6750 3 (errors).
 * One nonce is kept for each server, newest first come; so is how far its clock is from ours, since proofs follow it.
 */

import { b64urlEncode } from "../core/encoding";
import { CheckFailed, NoAnswer, PeerRefusal } from "../core/errors";
import type { Signer } from "../core/keys";
import { dpopProof } from "../core/oauth/dpop";
import { readErrorResponse } from "../core/oauth/error_response";
import { encodeForm, FORM_TYPE } from "../core/oauth/form";
import type { Answer, Http, HttpRequest } from "../net/http";
import { randomBytes } from "../store/crypto";

const REFERENCE_HEADER = "billfold-reference";
const TOLERATED_SKEW_MS = 2_000; // Date counts whole seconds, and the answer took its time
const JTI_BYTES = 16;
const BUSY = 429;

/** A request under a DPoP proof by `device`; there is no access token yet at the token endpoint. */
export interface SignedCall {
  readonly method: HttpRequest["method"];
  readonly url: string;
  readonly device: Signer;
  readonly accessToken?: string;
  readonly tokenType?: "DPoP" | "Bearer";
  readonly body?: string | undefined;
  readonly contentType?: string;
}

interface Server {
  dpopNonce: string | undefined;
  skewMs: number;
}

export class Peers {
  readonly #servers = new Map<string, Server>();

  constructor(
    private readonly http: Http,
    private readonly now: () => number,
  ) {}

  async get(url: string, accept: string, options: { readonly followRedirects?: boolean } = {}): Promise<Answer> {
    return this.#learn(url, await this.http.send({ method: "GET", url, headers: { accept }, ...options }));
  }

  async post(url: string, body: string, contentType: string, accept = "application/json"): Promise<Answer> {
    const headers = { accept, "content-type": contentType };
    return this.#learn(url, await this.http.send({ method: "POST", url, headers, body }));
  }

  postForm(url: string, fields: Readonly<Record<string, string | undefined>>, accept?: string): Promise<Answer> {
    return this.post(url, encodeForm(fields), FORM_TYPE, accept);
  }

  /** Send `call`, and once more where the server asks for a nonce (RFC 9449 8, 9). */
  async send(call: SignedCall): Promise<Answer> {
    const answer = await this.#sendOnce(call);
    return asksForNonce(answer) ? this.#sendOnce(call) : answer;
  }

  /** Return what the clock of the server behind `url` shows now, as far as is known. */
  timeAt(url: string): number {
    return this.now() + this.#server(url).skewMs;
  }

  async #sendOnce(call: SignedCall): Promise<Answer> {
    const { method, url, accessToken, tokenType = "DPoP", body, contentType = "application/json" } = call;
    const headers: Record<string, string> = { accept: "application/json" };
    if (accessToken !== undefined) headers["authorization"] = `${tokenType} ${accessToken}`;
    if (tokenType === "DPoP") {
      const nonce = this.#server(url).dpopNonce;
      const jti = b64urlEncode(randomBytes(JTI_BYTES));
      headers["dpop"] = await dpopProof(call.device, { method, url, jti, now: this.timeAt(url), accessToken, nonce });
    }
    if (body !== undefined) headers["content-type"] = contentType;
    return this.#learn(url, await this.http.send({ method, url, headers, body }));
  }

  #learn(url: string, answer: Answer): Answer {
    const server = this.#server(url);
    server.dpopNonce = answer.headers.get("dpop-nonce") ?? server.dpopNonce;
    const skewMs = Date.parse(answer.headers.get("date") ?? "") - this.now();
    server.skewMs = Math.abs(skewMs) > TOLERATED_SKEW_MS ? skewMs : 0; // not a date: our own clock has to do
    return answer;
  }

  #server(url: string): Server {
    const { origin } = new URL(url);
    const server = this.#servers.get(origin) ?? { dpopNonce: undefined, skewMs: 0 };
    this.#servers.set(origin, server);
    return server;
  }
}

/**
 * Return `answer` when its status is one of `statuses`.
 *
 * @throws PeerRefusal: the other side refused. @throws NoAnswer `peer_failed`: it is busy or has failed.
 * @throws CheckFailed: it answered something that no standard knows.
 */
export function requireSuccess(answer: Answer, what: string, ...statuses: readonly number[]): Answer {
  const { status } = answer;
  if ((statuses.length > 0 ? statuses : [200]).includes(status)) return answer;
  if (status === BUSY || status >= 500) {
    throw new NoAnswer(`expected ${what}, got HTTP status ${status}`, "peer_failed");
  }
  if (status < 400) throw new CheckFailed(`expected ${what}, got HTTP status ${status}`);
  const { error, description, pairingEnded } = readErrorResponse(answer.body);
  throw new PeerRefusal(`expected ${what}, got ${error} with HTTP status ${status}`, error, {
    status,
    description,
    reference: referenceOf(answer),
    pairingEnded,
  });
}

/** Return the reference that the other side gave, if it is one. */
export function referenceOf({ headers }: Answer): string | undefined {
  const value = headers.get(REFERENCE_HEADER) ?? "";
  return /^[\x21-\x7e]{1,64}$/.test(value) ? value : undefined;
}

function asksForNonce(answer: Answer): boolean {
  if (![400, 401].includes(answer.status) || !answer.headers.has("dpop-nonce")) return false;
  const challenge = answer.headers.get("www-authenticate") ?? "";
  return challenge.includes("use_dpop_nonce") || readErrorResponse(answer.body).error === "use_dpop_nonce";
}
