/**
 * The pairing profile's messages: what the wallet reads and writes at the pairing endpoint.
 *
 * Source: Billfold's pairing profile (docs/pairing-profile.md), item 4.
 */

import { jsonDecodeObject } from "../encoding";
import { CheckFailed } from "../errors";
import { objects, optionalInteger, text } from "../shape";
import type { Wanted } from "./credential";

const MAX_VIEW_BYTES = 1024 * 1024;
const MAX_NAME_CHARACTERS = 100;

/** Read what the person should hold now; the list is the whole truth, possibly empty. @throws CheckFailed */
export function parsePairingView(body: Uint8Array): readonly Wanted[] {
  const members = jsonDecodeObject(body, MAX_VIEW_BYTES);
  text(members, "state");
  const entries = objects(members, "entitlements").map((entry) => ({
    configurationId: text(entry, "credential_configuration_id"),
    identifier: text(entry, "credential_identifier"),
    revision: optionalInteger(entry, "revision"),
  }));
  if (entries.some(({ revision }) => revision === undefined)) throw new CheckFailed("expected revision in each entry");
  if (new Set(entries.map(({ identifier }) => identifier)).size !== entries.length) {
    throw new CheckFailed("expected each credential_identifier once");
  }
  return entries;
}

/** What support needs to see of this wallet; proven by nothing. */
export interface ClientReport {
  readonly version: string;
  readonly display_mode: string;
  readonly unlock: string;
  readonly persisted: boolean;
  readonly notifications: string;
}

export interface PushSubscriptionMember {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** Return the JSON body that tells the issuer of this device. */
export function pairingUpdate(
  deviceName: string,
  subscription: PushSubscriptionMember | null,
  client: ClientReport,
): string {
  const name = deviceName.slice(0, MAX_NAME_CHARACTERS);
  return JSON.stringify({ device_name: name, push_subscription: subscription, client });
}
