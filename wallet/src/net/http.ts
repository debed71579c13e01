/**
 * The one way out to other servers: limits on size and time, no redirects, no cookies, no referrer.
 *
 * Addresses are checked by whoever read them (`core/oauth/urls`) and once more here. A browser tells a refused
 * connection, a missing CORS header and a redirect apart for nobody, so all of them are `no_answer`.
 */

import type { Bytes } from "../core/encoding";
import { CheckFailed, NoAnswer } from "../core/errors";
import { mediaType } from "../core/oauth/form";
import { checkUrl } from "../core/oauth/urls";

const TIMEOUT_MS = 15_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Follow redirects; for what is public and signed only. */
  readonly followRedirects?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Bytes;
  readonly mediaType: string;
}

export class Http {
  constructor(private readonly allowLoopback: boolean) {}

  /** @throws NoAnswer: no usable answer came. @throws CheckFailed `url_error`: an address that is not talked to. */
  async send({ method, url, headers = {}, body, followRedirects = false }: HttpRequest): Promise<Answer> {
    const rules = { allowLoopback: this.allowLoopback };
    checkUrl(url, "the address", rules);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        method,
        headers: { ...headers },
        ...(body === undefined ? {} : { body }),
        redirect: followRedirects ? "follow" : "error",
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        signal: abort.signal,
      });
      if (response.redirected) checkUrl(response.url, "the address", rules);
      return {
        status: response.status,
        headers: response.headers,
        body: await readBody(response),
        mediaType: mediaType(response.headers.get("content-type")),
      };
    } catch (cause) {
      if (cause instanceof CheckFailed) throw cause;
      const code = navigator.onLine === false ? "offline" : "no_answer";
      throw new NoAnswer(`expected an answer of ${new URL(url).host}`, code, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

async function readBody(response: Response): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    size += read.value.length;
    if (size > MAX_BODY_BYTES) {
      await reader?.cancel();
      throw new NoAnswer(`expected an answer of at most ${MAX_BODY_BYTES} bytes`, "no_answer");
    }
    chunks.push(read.value);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
