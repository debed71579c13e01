/**
 * Card art: an issuer's picture as `blob:`, if text of the card's ink can be read everywhere on it.
 *
 * Source: WCAG 2.2, 1.4.3 (contrast 4.5 : 1), measured from the pixels where text may stand.
 */

import { contrast, MIN_CONTRAST, type Rgb, rgbOf } from "../core/contrast";

// As large as tells light from dark: the card's own shape, and a tenth of its size.
const WIDTH = 60;
const HEIGHT = 38;

/** One address for each picture and ink, as long as the page lives: a hundred cards share it. */
const KNOWN = new Map<string, Promise<string | undefined>>();

/** Return an address of the picture `dataUri` that CSS can use; undefined where it is none, or hides `ink`. */
export function readableArt(dataUri: string, ink: string): Promise<string | undefined> {
  const name = `${ink} ${dataUri}`;
  const known = KNOWN.get(name) ?? make(dataUri, ink).catch(() => undefined); // no picture: the plain colour stays
  KNOWN.set(name, known);
  return known;
}

async function make(dataUri: string, ink: string): Promise<string | undefined> {
  const blob = blobOf(dataUri);
  const picture = await createImageBitmap(blob, { resizeWidth: WIDTH, resizeHeight: HEIGHT });
  const context = new OffscreenCanvas(WIDTH, HEIGHT).getContext("2d");
  if (context === null) return undefined;
  context.drawImage(picture, 0, 0);
  picture.close();
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  return worstContrast(data, rgbOf(ink)) >= MIN_CONTRAST ? URL.createObjectURL(blob) : undefined;
}

function blobOf(dataUri: string): Blob {
  const [, type = "", base64 = ""] = /^data:([^;]+);base64,(.*)$/s.exec(dataUri) ?? [];
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], { type });
}

/** Return the contrast of `ink` at the worst of `pixels` (red, green, blue and alpha, one after another). */
export function worstContrast(pixels: ArrayLike<number>, ink: Rgb): number {
  let worst = Number.POSITIVE_INFINITY;
  for (let at = 0; at < pixels.length; at += 4) {
    if ((pixels[at + 3] ?? 0) < 255) return 0; // what shows through is not known
    worst = Math.min(worst, contrast([pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0], ink));
  }
  return worst;
}
