/**
 * The relay at the wallet's host: one endpoint for each issuer, which rings this browser's one push subscription.
 *
 * Source: design, Push and several issuers; RFC 8030, RFC 8291 3.1 and 3.2; Push API (`PushManager.subscribe`).
 * A browser that cannot reach its push service may leave `subscribe` open for ever, so that counts as "no push".
 */

import { b64urlDecode, b64urlEncode, jsonDecodeObject } from "../core/encoding";
import { NoAnswer } from "../core/errors";
import { newPushKeys } from "../core/push/message";
import { text } from "../core/shape";
import { randomBytes } from "../store/crypto";
import type { Bell, Database } from "../store/database";
import type { PushRelay, PushSubscriptionKeys } from "../wallet";
import { Http } from "./http";

const SUBSCRIBE_MS = 10_000;
const AUTH_BYTES = 16;

/** The browser's own subscription, as the relay takes it. */
interface BrowserSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export class HostRelay implements PushRelay {
  readonly #database: Database;
  readonly #http: Http;
  readonly #base: string;

  constructor(database: Database, origin: string, allowLoopback: boolean) {
    this.#database = database;
    this.#http = new Http(allowLoopback);
    this.#base = `${origin}/relay`;
  }

  async subscribe(issuer: string, issuerName: string, vapidPublicKey: string): Promise<PushSubscriptionKeys | null> {
    const browser = await this.#browserSubscription();
    if (browser === null) return null;
    const known = await this.#bellOf(issuer);
    const bell =
      known === undefined
        ? await this.#register(browser, { issuer, issuerName, vapidPublicKey })
        : await this.#move(known, browser);
    await this.#database.put("bells", { ...bell, issuerName });
    const { point, auth } = bell.keys;
    return { endpoint: bell.endpoint, keys: { p256dh: b64urlEncode(point), auth: b64urlEncode(auth) } };
  }

  /** Remove the endpoint of one issuer: whoever rings it from now on is told that it is gone. */
  async unsubscribe(issuer: string): Promise<void> {
    const bell = await this.#bellOf(issuer);
    if (bell === undefined) return;
    await this.#database.delete("bells", bell.handle);
    await this.#call("DELETE", bell.endpoint, undefined, bell.secret);
  }

  async #bellOf(issuer: string): Promise<Bell | undefined> {
    return (await this.#database.getAll("bells")).find((bell) => bell.issuer === issuer);
  }

  async #register(
    browser: BrowserSubscription,
    { issuer, issuerName, vapidPublicKey }: { issuer: string; issuerName: string; vapidPublicKey: string },
  ): Promise<Bell> {
    const body = JSON.stringify({ subscription: browser, vapid_public_key: vapidPublicKey });
    const made = await this.#call("POST", this.#base, body);
    const keys = await newPushKeys(randomBytes(AUTH_BYTES));
    return {
      handle: text(made, "handle"),
      issuer,
      issuerName,
      endpoint: text(made, "endpoint"),
      secret: text(made, "secret"),
      keys,
      rings: browser.endpoint,
    };
  }

  /** Lead an endpoint to the browser's present subscription; the issuer does not notice. */
  async #move(bell: Bell, browser: BrowserSubscription): Promise<Bell> {
    if (bell.rings === browser.endpoint) return bell;
    await this.#call("PUT", bell.endpoint, JSON.stringify({ subscription: browser }), bell.secret);
    return { ...bell, rings: browser.endpoint };
  }

  async #call(method: "GET" | "POST" | "PUT" | "DELETE", url: string, body?: string, secret?: string) {
    const headers: Record<string, string> = { accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (secret !== undefined) headers["authorization"] = `Bearer ${secret}`;
    const answer = await this.#http.send({ method, url, headers, body });
    if (answer.status >= 300) throw new NoAnswer(`expected the relay's help, got HTTP status ${answer.status}`);
    return answer.body.length === 0 ? {} : jsonDecodeObject(answer.body);
  }

  /**
   * Return the browser's subscription under the relay's key, made where there is none; null where there can be none.
   */
  async #browserSubscription(): Promise<BrowserSubscription | null> {
    if (!("PushManager" in globalThis) || Notification.permission !== "granted") return null;
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration === undefined) return null;
    const key = text(await this.#call("GET", this.#base), "vapid_public_key");
    const found = await withinTime(subscribed(registration.pushManager, key));
    const { endpoint, keys } = found?.toJSON() ?? {};
    const { p256dh, auth } = keys ?? {};
    return endpoint && p256dh && auth ? { endpoint, keys: { p256dh, auth } } : null;
  }
}

async function subscribed(manager: PushManager, key: string): Promise<PushSubscription> {
  const found = await manager.getSubscription();
  const current = found?.options.applicationServerKey;
  if (found && current && b64urlEncode(new Uint8Array(current)) === key) return found;
  await found?.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: b64urlDecode(key) });
}

function withinTime<T>(promise: Promise<T>): Promise<T | null> {
  const late = new Promise<null>((resolve) => {
    setTimeout(() => resolve(null), SUBSCRIBE_MS);
  });
  return Promise.race([promise.catch(() => null), late]);
}
