/** What a device can do for Billfold, check by check; for people before their first day. Stores nothing, tells nobody. */

import type { DeviceSupport } from "../wallet";
import { cameraAllowed, isInstalled, isUsable, needsHomeScreen } from "./device";

export type CheckName = "browser" | "screenLock" | "prf" | "camera" | "homeScreen" | "notifications" | "storage";
export type Verdict = "ok" | "maybe" | "no";

export interface Check {
  readonly name: CheckName;
  readonly verdict: Verdict;
  /** The key of the sentence that says what is so and what to do. */
  readonly says:
    | "browserOk"
    | "browserNo"
    | "lockOk"
    | "lockPhone"
    | "lockDesktop"
    | "prfOk"
    | "prfNo"
    | "cameraOk"
    | "cameraDenied"
    | "cameraNo"
    | "homeOk"
    | "homePhone"
    | "homeOptional"
    | "notifyOk"
    | "notifyAsk"
    | "notifyNo"
    | "storageOk"
    | "storageMaybe";
}

/** Run every check. Asks the person nothing. */
export async function checkDevice(probe: () => Promise<DeviceSupport>): Promise<readonly Check[]> {
  if (!isUsable()) return [{ name: "browser", verdict: "no", says: "browserNo" }];
  const support = await probe();
  return [
    { name: "browser", verdict: "ok", says: "browserOk" },
    screenLock(support),
    await prf(support),
    await camera(),
    homeScreen(),
    notifications(),
    await storage(),
  ];
}

function screenLock({ screenLock: has, isPhone, webauthn }: DeviceSupport): Check {
  if (has) return { name: "screenLock", verdict: "ok", says: "lockOk" };
  return isPhone && webauthn
    ? { name: "screenLock", verdict: "no", says: "lockPhone" }
    : { name: "screenLock", verdict: "maybe", says: "lockDesktop" };
}

async function prf({ webauthn, screenLock: has }: DeviceSupport): Promise<Check> {
  const { PublicKeyCredential: known } = globalThis as {
    PublicKeyCredential?: { getClientCapabilities?: () => Promise<Record<string, boolean>> };
  };
  const capabilities = await known?.getClientCapabilities?.().catch(() => undefined);
  const can = webauthn && has && capabilities?.["extension:prf"] !== false;
  return can ? { name: "prf", verdict: "ok", says: "prfOk" } : { name: "prf", verdict: "maybe", says: "prfNo" };
}

async function camera(): Promise<Check> {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  if (!devices.some(({ kind }) => kind === "videoinput")) return { name: "camera", verdict: "maybe", says: "cameraNo" };
  const isDenied = (await cameraAllowed()) === "denied";
  return isDenied
    ? { name: "camera", verdict: "maybe", says: "cameraDenied" }
    : { name: "camera", verdict: "ok", says: "cameraOk" };
}

function homeScreen(): Check {
  if (needsHomeScreen()) return { name: "homeScreen", verdict: "no", says: "homePhone" };
  return { name: "homeScreen", verdict: "ok", says: isInstalled() ? "homeOk" : "homeOptional" };
}

function notifications(): Check {
  const state = "Notification" in globalThis ? Notification.permission : "denied";
  if (state === "denied") return { name: "notifications", verdict: "maybe", says: "notifyNo" };
  return { name: "notifications", verdict: "ok", says: state === "granted" ? "notifyOk" : "notifyAsk" };
}

async function storage(): Promise<Check> {
  const isKept = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
  return isKept
    ? { name: "storage", verdict: "ok", says: "storageOk" }
    : { name: "storage", verdict: "maybe", says: "storageMaybe" };
}
