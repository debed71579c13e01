/**
 * Pairing: what the issuer has for this device, what it is told of it, and how the pairing ends.
 *
 * Source: Billfold's pairing profile, items 4 to 7; OpenID4VCI 1.0 section 11; RFC 9449 7.1.
 */

import { CheckFailed, NoAnswer, PeerRefusal } from "../core/errors";
import { type NotificationEvent, notificationRequest, type Wanted } from "../core/openid4vci/credential";
import { type ClientReport, pairingUpdate, parsePairingView } from "../core/openid4vci/pairing";
import { withPairingChanged } from "../core/state/contents";
import type { StoredPairing } from "../core/state/records";
import type { HttpRequest } from "../net/http";
import type { IssuerDocuments } from "./metadata";
import type { HolderParts } from "./parts";
import { requireSuccess, type SignedCall } from "./peer";

declare const BILLFOLD_VERSION: string;

/** Return a request with the access token of `pairing`, signed by its device's key. */
export function signedCall(
  parts: HolderParts,
  { deviceKey, accessToken, tokenType }: StoredPairing,
  method: HttpRequest["method"],
  url: string,
  body?: string,
): SignedCall {
  return { method, url, device: parts.vault().signer(deviceKey), accessToken, tokenType, body };
}

/** Return what the person should hold now: as the issuer lists it, or as the token was given. */
export async function viewPairing(
  parts: HolderParts,
  { metadata }: IssuerDocuments,
  pairing: StoredPairing,
): Promise<readonly Wanted[]> {
  if (metadata.pairing === undefined) return pairing.wanted;
  const answer = await parts.peers.send(signedCall(parts, pairing, "GET", metadata.pairing.endpoint));
  return parsePairingView(requireSuccess(answer, "the pairing").body);
}

/**
 * Tell the issuer of this device where something changed. A failure is no fault of the pairing: the next sync tells.
 */
export async function describe(
  parts: HolderParts,
  { metadata }: IssuerDocuments,
  pairing: StoredPairing,
): Promise<void> {
  if (metadata.pairing === undefined) return;
  const { endpoint, vapidPublicKey } = metadata.pairing;
  const subscription =
    vapidPublicKey === undefined || !pairing.notifications
      ? await parts.relay.unsubscribe(pairing.issuer).then(() => null, () => null)
      : await parts.relay.subscribe(pairing.issuer, pairing.issuerName, vapidPublicKey).catch(() => null);
  const body = pairingUpdate(pairing.deviceName, subscription, await report(parts));
  if (pairing.described === body) return;
  try {
    const answer = await parts.peers.send(signedCall(parts, pairing, "PUT", endpoint, body));
    requireSuccess(answer, "to be told of the device", 200, 204);
  } catch (error) {
    if (error instanceof CheckFailed) return;
    throw error;
  }
  await parts.vault().change(withPairingChanged(pairing.issuer, { described: body }));
}

/** End the pairing with the issuer. @throws PeerRefusal, CheckFailed, NoAnswer */
export async function endPairing(
  parts: HolderParts,
  { metadata }: IssuerDocuments,
  pairing: StoredPairing,
): Promise<void> {
  if (metadata.pairing === undefined) return;
  const answer = await parts.peers.send(signedCall(parts, pairing, "DELETE", metadata.pairing.endpoint));
  requireSuccess(answer, "the end of the pairing", 200, 204);
}

/** Report what became of a Cred, and return whether there is nothing left to report. */
export async function notify(
  parts: HolderParts,
  { metadata }: IssuerDocuments,
  pairing: StoredPairing,
  notification: { readonly id: string | null; readonly event: NotificationEvent; readonly description?: string },
): Promise<boolean> {
  const endpoint = metadata.notificationEndpoint;
  if (endpoint === undefined || notification.id === null) return true;
  const body = notificationRequest(notification.id, notification.event, notification.description);
  try {
    const answer = await parts.peers.send(signedCall(parts, pairing, "POST", endpoint, body));
    requireSuccess(answer, "to be told of a Cred", 200, 202, 204);
    return true;
  } catch (error) {
    if (error instanceof PeerRefusal) return error.code === "invalid_notification_id"; // would be refused again
    if (error instanceof NoAnswer || error instanceof CheckFailed) return false;
    throw error;
  }
}

async function report(parts: HolderParts): Promise<ClientReport> {
  const isStandalone = matchMedia("(display-mode: standalone)").matches;
  return {
    version: BILLFOLD_VERSION,
    display_mode: isStandalone ? "standalone" : "browser",
    unlock: parts.around.unlockKind() ?? "none",
    persisted: await navigator.storage.persisted(),
    notifications: parts.around.notifications(),
  };
}
