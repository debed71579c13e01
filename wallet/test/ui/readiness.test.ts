/** What `/ready` finds, check by check: each of the ways a device can be. */

import { afterEach, describe, expect, it, vi } from "vitest";

import { type CheckName, checkDevice } from "../../src/ui/readiness";
import type { DeviceSupport } from "../../src/wallet";

const PHONE: DeviceSupport = { usable: true, webauthn: true, screenLock: true, isPhone: true, ways: ["device"] };
const DESKTOP: DeviceSupport = { ...PHONE, isPhone: false, screenLock: false, ways: ["passphrase"] };

interface Browser {
  readonly cameras?: number;
  readonly camera?: "granted" | "denied" | "prompt";
  readonly notifications?: "granted" | "denied" | "default";
  readonly persisted?: boolean;
  readonly prf?: boolean;
  readonly standalone?: boolean;
}

/** Put on what the browser has; all that is not named is as in a good one. */
function wear({ cameras = 1, camera = "prompt", notifications = "default", persisted = true, prf = true, standalone }: Browser): void {
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("indexedDB", {});
  vi.stubGlobal("Notification", { permission: notifications });
  vi.stubGlobal("PublicKeyCredential", { getClientCapabilities: async () => ({ "extension:prf": prf }) });
  vi.stubGlobal("navigator", {
    locks: {},
    mediaDevices: { enumerateDevices: async () => Array.from({ length: cameras }, () => ({ kind: "videoinput" })) },
    permissions: { query: async () => ({ state: camera }) },
    storage: { persisted: async () => persisted },
    ...(standalone === undefined ? {} : { standalone }),
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const check = async (name: CheckName, support: DeviceSupport, browser: Browser = {}) => {
  wear(browser);
  const found = (await checkDevice(async () => support)).find((each) => each.name === name);
  return [found?.verdict, found?.says];
};

describe("a device", () => {
  it.each<[string, CheckName, DeviceSupport, Browser, string, string]>([
    ["a phone with a screen lock", "screenLock", PHONE, {}, "ok", "lockOk"],
    ["a phone without one", "screenLock", { ...PHONE, screenLock: false }, {}, "no", "lockPhone"],
    ["a desktop without one", "screenLock", DESKTOP, {}, "maybe", "lockDesktop"],
    ["a browser that encrypts by it", "prf", PHONE, {}, "ok", "prfOk"],
    ["a browser that cannot", "prf", PHONE, { prf: false }, "maybe", "prfNo"],
    ["a camera", "camera", PHONE, {}, "ok", "cameraOk"],
    ["a camera that was refused", "camera", PHONE, { camera: "denied" }, "maybe", "cameraDenied"],
    ["no camera", "camera", PHONE, { cameras: 0 }, "maybe", "cameraNo"],
    ["an iPhone's tab", "homeScreen", PHONE, { standalone: false }, "no", "homePhone"],
    ["an iPhone's Home Screen", "homeScreen", PHONE, { standalone: true }, "ok", "homeOk"],
    ["a tab of any other", "homeScreen", PHONE, {}, "ok", "homeOptional"],
    ["notifications allowed", "notifications", PHONE, { notifications: "granted" }, "ok", "notifyOk"],
    ["notifications not asked for yet", "notifications", PHONE, {}, "ok", "notifyAsk"],
    ["notifications refused", "notifications", PHONE, { notifications: "denied" }, "maybe", "notifyNo"],
    ["storage that stays", "storage", PHONE, {}, "ok", "storageOk"],
    ["storage that may go", "storage", PHONE, { persisted: false }, "maybe", "storageMaybe"],
  ])("is told of %s", async (_, name, support, browser, verdict, says) => {
    expect(await check(name, support, browser)).toEqual([verdict, says]);
  });

  it("is told of nothing else where nothing works", async () => {
    wear({});
    vi.stubGlobal("isSecureContext", false);
    const checks = await checkDevice(() => Promise.reject(new Error("expected no question")));
    expect(checks).toEqual([{ name: "browser", verdict: "no", says: "browserNo" }]);
  });
});
