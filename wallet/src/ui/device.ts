/** What this device and browser are, found out at run time. */

/** Whether the browser has what nothing here works without. */
export function isUsable(): boolean {
  return isSecureContext && "indexedDB" in globalThis && navigator.locks !== undefined;
}

/** True in an iPhone's or iPad's browser: what is set up there is not what the Home Screen's app has. */
export function needsHomeScreen(): boolean {
  // Only Safari on iOS has the member; the app on the Home Screen has it as `true`.
  return (navigator as { standalone?: boolean }).standalone === false;
}

/** Whether Billfold runs as an app of its own. */
export function isInstalled(): boolean {
  return (navigator as { standalone?: boolean }).standalone === true || matchMedia("(display-mode: standalone)").matches;
}

export type Allowed = "granted" | "denied" | "prompt" | "unsupported";

/** Whether the camera may be used, as far as the browser says. */
export async function cameraAllowed(): Promise<Allowed> {
  if (navigator.mediaDevices === undefined) return "unsupported";
  try {
    return (await navigator.permissions.query({ name: "camera" as PermissionName })).state;
  } catch {
    return "prompt"; // some browsers do not say
  }
}
