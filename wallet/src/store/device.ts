/** What the browser says of itself and of its reader. */

import type { Language, NotificationState } from "../wallet";

const PERMISSION_MS = 10_000;

/** Return the first of the reader's languages that the wallet speaks, else English. */
export function languageOf(preferred: readonly string[]): Language {
  const spoken = preferred.map((tag) => tag.toLowerCase().split("-")[0]);
  return spoken.find((tag) => tag === "en" || tag === "de") ?? "en";
}

/** Return what issuers' support sees unless the person says something else, such as "Chrome on Android". */
export function deviceName(): string {
  const { userAgent } = navigator;
  const found = (names: readonly string[]) => names.find((name) => userAgent.includes(name));
  const browser = found(["Firefox", "Edg", "Chrome", "Safari"]) ?? "Browser";
  const system = found(["Android", "iPhone", "iPad", "Windows", "Mac", "CrOS", "Linux"]) ?? "this device";
  return `${browser === "Edg" ? "Edge" : browser} on ${system}`;
}

export function notificationState(): NotificationState {
  return "Notification" in globalThis ? Notification.permission : "unsupported";
}

/** Ask for the permission; a browser that does not answer counts as one that was not asked. */
export async function askForNotifications(): Promise<NotificationState> {
  if (!("Notification" in globalThis)) return "unsupported";
  const givenUp = new Promise<void>((resolve) => {
    setTimeout(resolve, PERMISSION_MS);
  });
  await Promise.race([Notification.requestPermission(), givenUp]);
  return notificationState();
}

/** End this browser's push subscription: whoever rings it is told that it is gone. */
export async function endPush(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    const subscription = await registration?.pushManager.getSubscription();
    await subscription?.unsubscribe();
  } catch {
    // There is nothing to end, or the browser keeps it: nobody here can read what rings.
  }
}
