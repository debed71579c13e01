/**
 * Pictures that an issuer's metadata names by address: fetched from the issuer's own host, checked, and kept as data
 * URIs, so that nothing is asked for when a Cred is looked at.
 *
 * Source: OpenID4VCI 1.0 sections 12.2.4 (`logo`, `background_image`); design, Pictures. A picture that does not come
 * costs the look, not the Cred.
 */

import { b64Encode } from "../core/encoding";
import { CheckFailed } from "../core/errors";
import { hostOf } from "../core/oauth/urls";
import type { IssuerMetadata } from "../core/openid4vci/metadata";
import { MAX_PICTURE_BYTES } from "./look";
import type { HolderParts } from "./parts";

const TYPES = "image/png, image/jpeg";
const MAX_PICTURES = 16;
/** What came, or did not, until the wallet locks. */
const KEPT = new WeakMap<HolderParts, Map<string, Promise<string | undefined>>>();

/** Return `metadata` with data URIs in place of those addresses whose picture came. */
export async function withPictures(parts: HolderParts, metadata: IssuerMetadata): Promise<IssuerMetadata> {
  const looks = [...metadata.configurations.values()].flatMap(({ display }) => display.flatMap(({ logo, art }) => [logo, art]));
  const named = new Set([...metadata.display.map(({ logo }) => logo), ...looks]);
  const host = hostOf(metadata.identifier);
  const urls = [...named].filter((uri) => uri !== undefined && /^https?:/i.test(uri) && URL.canParse(uri));
  const own = urls.filter((url): url is string => url !== undefined && hostOf(url) === host).slice(0, MAX_PICTURES);
  if (own.length === 0) return metadata;
  const kept = KEPT.get(parts) ?? new Map<string, Promise<string | undefined>>();
  KEPT.set(parts, kept);
  for (const url of own) if (!kept.has(url)) kept.set(url, fetchPicture(parts, url));
  const came = new Map(await Promise.all(own.map(async (url) => [url, await kept.get(url)] as const)));
  const known = (uri: string | undefined) => (uri === undefined ? uri : (came.get(uri) ?? uri));
  const configurations = [...metadata.configurations].map(([id, configuration]) => {
    const display = configuration.display.map((each) => ({ ...each, logo: known(each.logo), art: known(each.art) }));
    return [id, { ...configuration, display }] as const;
  });
  return {
    ...metadata,
    display: metadata.display.map((each) => ({ ...each, logo: known(each.logo) })),
    configurations: new Map(configurations),
  };
}

async function fetchPicture(parts: HolderParts, url: string): Promise<string | undefined> {
  try {
    const { status, mediaType, body } = await parts.peers.get(url, TYPES);
    if (status !== 200 || !TYPES.split(", ").includes(mediaType) || body.length > MAX_PICTURE_BYTES) return undefined;
    return `data:${mediaType};base64,${b64Encode(body)}`;
  } catch (error) {
    if (error instanceof CheckFailed) return undefined;
    throw error;
  }
}
