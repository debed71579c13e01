/**
 * Status: what the issuers' lists say of the Creds held. Asked at receipt and at sync, never at a share.
 *
 * Source: Token Status List draft 20 sections 8.1 to 8.3, 11.4, 11.5 and 13.7; HAIP 1.0 section 6.1.
 */

import { fromUtf8 } from "../core/encoding";
import { NoAnswer } from "../core/errors";
import { checkUrl } from "../core/oauth/urls";
import type { VerifiedSdJwtVc, Vouching } from "../core/sdjwt/sd_jwt_vc";
import {
  requireStatusType,
  STATUS_LIST_MEDIA_TYPE,
  type Status,
  type StatusToken,
  statusOf,
  verifyStatusToken,
} from "../core/status/status_token";
import type { Peers } from "./peer";

export class StatusTokens {
  /** Verified tokens by address and anchor, each with the instant until which it may be kept. */
  readonly #kept = new Map<string, { readonly token: StatusToken; readonly until: number }>();

  constructor(
    private readonly peers: Peers,
    private readonly now: () => number,
    private readonly allowLoopback: boolean,
  ) {}

  /**
   * Return the status of a Cred whose signature and validity were checked; undefined where it names no list.
   *
   * @throws CheckFailed: nothing can be said: the list is malformed, not the issuer's, or out of date.
   * @throws NoAnswer: the list did not come.
   */
  async statusOf({ status: reference, chain }: VerifiedSdJwtVc, vouching: Vouching): Promise<Status | undefined> {
    if (reference === undefined) return undefined;
    const { uri } = reference;
    const now = this.now();
    const key = JSON.stringify([uri, chain?.anchor.certificate.text]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && now < kept.until) return statusOf(kept.token, reference);
    const text = await this.#fetch(uri);
    const token = await verifyStatusToken(text, { ...vouching, uri, credentialChain: chain, now });
    this.#kept.set(key, { token, until: now + token.ttlMs });
    return statusOf(token, reference);
  }

  /** Drop what was kept, so that the next question is answered anew. */
  forget(): void {
    this.#kept.clear();
  }

  async #fetch(uri: string): Promise<string> {
    checkUrl(uri, "the status list's uri", { allowLoopback: this.allowLoopback });
    const answer = await this.peers.get(uri, STATUS_LIST_MEDIA_TYPE, { followRedirects: true });
    if (answer.status !== 200) throw new NoAnswer(`expected a status list, got HTTP status ${answer.status}`);
    requireStatusType(answer.mediaType);
    return fromUtf8(answer.body);
  }
}
