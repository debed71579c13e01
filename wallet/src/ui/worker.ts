/** The service worker's page side: register it, and tell when a new version waits. */

const URL_OF_WORKER = "/sw.js";
const CHECK_MS = 60 * 60 * 1000;

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

export interface WorkerEvents {
  /** A new version waits; `useIt` takes it into use, which reloads the page. */
  readonly onNewVersion: (useIt: () => void) => void;
  /** An issuer has something new. */
  readonly onNews: () => void;
}

/** Register the worker. */
export function startWorker({ onNewVersion, onNews }: WorkerEvents): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data === "news") onNews();
  });
  void register(onNewVersion).catch(() => undefined); // without it Billfold works, but not offline
}

async function register(onNewVersion: (useIt: () => void) => void): Promise<void> {
  const registration = await navigator.serviceWorker.register(trustedUrl());
  const offer = (worker: ServiceWorker | null) => {
    if (worker !== null && navigator.serviceWorker.controller !== null) onNewVersion(() => use(worker));
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed") offer(worker);
    });
  });
  setInterval(() => void registration.update().catch(() => undefined), CHECK_MS);
}

function use(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  worker.postMessage("use");
}

/** The one script address that the page may hand to the browser (Trusted Types, policy `billfold-sw`). */
function trustedUrl(): string {
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy };
  };
  const rules = {
    createScriptURL(url: string): string {
      if (url !== URL_OF_WORKER) throw new TypeError(`expected ${URL_OF_WORKER}`);
      return url;
    },
  };
  return (trustedTypes?.createPolicy("billfold-sw", rules) ?? rules).createScriptURL(URL_OF_WORKER);
}
