/** The issuer's look on a card: set through the CSSOM, since a style attribute does not pass the page's policy. */

import type { Attachment } from "svelte/attachments";

import { contrast, rgbOf } from "../core/contrast";
import type { Look } from "../wallet";
import { readableArt } from "./art";

/** Give an element the colours of `look`, and its picture once it is known that the ink can be read on it. */
export function colours({ background, ink, art }: Look): Attachment<HTMLElement> {
  return (element) => {
    element.style.setProperty("--cred-bg", background);
    element.style.setProperty("--cred-bg-2", `color-mix(in oklab, ${background}, ${awayFrom(ink)} 14%)`);
    element.style.setProperty("--cred-ink", ink);
    if (art === null) return undefined;
    let isHere = true;
    void readableArt(art, ink).then((url) => {
      if (isHere && url !== undefined) element.style.setProperty("--cred-art", `url("${url}")`);
    });
    return () => {
      isHere = false;
      element.style.removeProperty("--cred-art");
    };
  };
}

/** Black or white: what the background may lean to and leave the ink no harder to read. */
function awayFrom(ink: string): string {
  const [black, white] = ["#000000", "#ffffff"];
  return contrast(rgbOf(ink), rgbOf(black)) > contrast(rgbOf(ink), rgbOf(white)) ? black : white;
}

/** Move the focus to an element when it comes. */
export function focused(element: HTMLElement): void {
  element.focus();
}
