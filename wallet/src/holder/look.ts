/**
 * Looks: the issuer's colours and pictures, checked before anything is drawn with them.
 *
 * Source: WCAG 2.2, 1.4.3 (contrast); design, Pictures: JPEG or PNG of at most 48 KB.
 */

import type { Json } from "../core/encoding";
import { type CredentialConfiguration, inLanguage } from "../core/openid4vci/configuration";
import type { Language, Look } from "../wallet";

const PLAIN_LOOK = { background: "#33404a", ink: "#ffffff" };
const MIN_CONTRAST = 4.5;
export const MAX_PICTURE_BYTES = 48 * 1024;
// Type and first bytes must agree.
const PICTURE = /^data:image\/(?:png;base64,iVBORw0KGgo|jpeg;base64,\/9j\/)[A-Za-z0-9+/]*=*$/;
const MAX_PICTURE_CHARACTERS = 24 + (MAX_PICTURE_BYTES * 4) / 3;

/** Return a picture that may be shown: a data URI of JPEG or PNG, not too large; else nothing. */
export function pictureOf(value: Json | undefined): string | null {
  const isPicture = typeof value === "string" && value.length <= MAX_PICTURE_CHARACTERS && PICTURE.test(value);
  return isPicture ? value : null;
}

/** Return a look that can be read: an ink of too little contrast gives way to black or white. */
export function lookOf({ display }: Pick<CredentialConfiguration, "display">, language: Language): Look {
  const own = inLanguage(display, language);
  const background = colour(own?.background);
  const pictures = { logo: pictureOf(own?.logo), art: pictureOf(own?.art) };
  if (background === undefined) return { ...PLAIN_LOOK, ...pictures };
  const ink = colour(own?.ink);
  if (ink !== undefined && contrast(background, ink) >= MIN_CONTRAST) return { background, ink, ...pictures };
  const better = contrast(background, "#000000") > contrast(background, "#ffffff") ? "#000000" : "#ffffff";
  return { background, ink: better, ...pictures };
}

function colour(value: string | undefined): string | undefined {
  const [, short] = /^#([0-9a-f]{3})$/i.exec(value ?? "") ?? [];
  const full = short === undefined ? value : `#${[...short].map((digit) => digit + digit).join("")}`;
  return full !== undefined && /^#[0-9a-f]{6}$/i.test(full) ? full.toLowerCase() : undefined;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16)));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(channel: number): number {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
