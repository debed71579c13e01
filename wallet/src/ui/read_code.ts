/** Our decoder of QR codes: a chunk of its own, for browsers without one. */

import decodeQR from "qr/decode.js";

/** Return the text of the code in a picture, or nothing. */
export function readCode(picture: ImageData): string | undefined {
  try {
    return decodeQR(picture);
  } catch {
    return undefined; // no code in this picture
  }
}
