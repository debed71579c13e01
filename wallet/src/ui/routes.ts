/** Addresses of the screens: everything behind `#`, so that it never reaches a server. */

export type Route =
  | { readonly screen: "creds" | "scan" | "code" | "settings" | "set-up" | "safe" | "erase" | "history" | "about" }
  | { readonly screen: "auto-lock" | "notifications" | "language" | "review" }
  | { readonly screen: "cred" | "issuer" | "share"; readonly id: string };

const PLAIN = [
  "creds",
  "scan",
  "code",
  "settings",
  "set-up",
  "safe",
  "erase",
  "history",
  "about",
  "auto-lock",
  "notifications",
  "language",
  "review",
] as const;
const WITH_ID = ["cred", "issuer", "share"] as const;

/** Read the address of a screen; anything else leads to the Creds. */
export function readRoute(hash: string): Route {
  const [, name = "", rawId] = /^#([a-z-]+)(?:\/(.*))?$/s.exec(hash) ?? [];
  const plain = PLAIN.find((screen) => screen === name);
  if (plain !== undefined && rawId === undefined) return { screen: plain };
  const screen = WITH_ID.find((known) => known === name);
  const id = decode(rawId);
  return screen === undefined || !id ? { screen: "creds" } : { screen, id };
}

export function addressOf(screen: "cred" | "issuer" | "share", id: string): string {
  return `#${screen}/${encodeURIComponent(id)}`;
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
