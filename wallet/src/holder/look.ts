/**
 * Looks: the issuer's colours and pictures, checked before anything is drawn with them.
 *
 * Source: WCAG 2.2, 1.4.3 (contrast); design, Pictures: JPEG or PNG of at most 48 KB.
 */

import { contrast, MIN_CONTRAST, rgbOf } from "../core/contrast";
import type { Json } from "../core/encoding";
import { type CredentialConfiguration, inLanguage } from "../core/openid4vci/configuration";
import type { Language, Look } from "../wallet";

const PLAIN_LOOK = { background: "#33404a", ink: "#ffffff" };
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
  if (ink !== undefined && contrast(rgbOf(background), rgbOf(ink)) >= MIN_CONTRAST) return { background, ink, ...pictures };
  const [black, white] = ["#000000", "#ffffff"].map((each) => contrast(rgbOf(background), rgbOf(each)));
  return { background, ink: (black ?? 0) > (white ?? 0) ? "#000000" : "#ffffff", ...pictures };
}

function colour(value: string | undefined): string | undefined {
  const [, short] = /^#([0-9a-f]{3})$/i.exec(value ?? "") ?? [];
  const full = short === undefined ? value : `#${[...short].map((digit) => digit + digit).join("")}`;
  return full !== undefined && /^#[0-9a-f]{6}$/i.test(full) ? full.toLowerCase() : undefined;
}
