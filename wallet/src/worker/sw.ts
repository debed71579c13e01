/**
 * The service worker: keeps the page for offline, and shows what an issuer's push message says.
 *
 * Source: Service Workers, Push API; design, Push and several issuers. A message holds nothing personal, and the vault is
 * locked: the notification names the issuer, as far as the browser's store of push keys knows it.
 */

import { decryptPush, splitRelayed } from "../core/push/message";
import { openDatabase } from "../store/database";
import { de } from "../text/push_de";
import { en } from "../text/push_en";

/** Written by the build: every file of the page with its hashed name, and what tells this version from others. */
declare const PRECACHE: readonly string[];
declare const VERSION: string;

const worker = globalThis as unknown as ServiceWorkerGlobalScope;
const CACHE = `billfold-${VERSION}`;
const PAGES = ["/", "/ready"];
const TAG = "billfold-news";

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(PRECACHE.map((url) => new Request(url, { cache: "reload" })))));
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(dropOldVersions().then(() => worker.clients.claim()));
});

/** The person takes the new version into use. */
worker.addEventListener("message", ({ data }) => {
  if (data === "use") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && PAGES.includes(url.pathname)) event.respondWith(kept("/", request));
  else if (PRECACHE.includes(url.pathname)) event.respondWith(kept(url.pathname, request));
  // All else, such as the trust list and the codes, goes to the server: an old answer would be a wrong one.
});

worker.addEventListener("push", (event) => {
  event.waitUntil(Promise.all([show(event.data), tellPages()]));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage());
});

async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

async function dropOldVersions(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("billfold-") && name !== CACHE).map((name) => caches.delete(name)));
}

/** Every push shows something: browsers end a subscription that stays silent. */
async function show(data: PushMessageData | null): Promise<void> {
  const { issuerName, language } = await sender(data).catch(() => ({ issuerName: undefined, language: undefined }));
  const isGerman = (language ?? navigator.language).toLowerCase().startsWith("de");
  const text = isGerman ? de : en;
  const body = issuerName === undefined ? text.unnamed : text.body(issuerName);
  // One notification per issuer: a newer one takes the older one's place.
  await worker.registration.showNotification(text.title, { body, tag: issuerName ?? TAG, icon: "/icon-192.png" });
}

/** Find out which issuer rang: only a message that opens with the keys made for it counts. */
async function sender(data: PushMessageData | null) {
  const database = await openDatabase();
  try {
    const language = await database.get("plain", "language");
    if (data === null) return { issuerName: undefined, language };
    const { handle, message } = splitRelayed(new Uint8Array(data.arrayBuffer()));
    const bell = await database.get("bells", handle);
    const isGenuine = bell !== undefined && (await decryptPush(message, bell.keys).catch(() => undefined)) !== undefined;
    return { issuerName: isGenuine ? bell.issuerName : undefined, language };
  } finally {
    database.close();
  }
}

/** An open page asks for the news itself. */
async function tellPages(): Promise<void> {
  for (const page of await worker.clients.matchAll({ type: "window" })) page.postMessage("news");
}

async function openPage(): Promise<void> {
  const pages = await worker.clients.matchAll({ type: "window" });
  const page = pages.find(({ url }) => new URL(url).pathname === "/");
  if (page !== undefined) await page.focus();
  else await worker.clients.openWindow("/#creds");
}
