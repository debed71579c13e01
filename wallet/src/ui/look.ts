/** The issuer's colours on a card: set through the CSSOM, since a style attribute does not pass the page's policy. */

import type { Attachment } from "svelte/attachments";

import type { Look } from "../wallet";

/** Give an element the colours of `look`. */
export function colours({ background, ink }: Look): Attachment<HTMLElement> {
  return (element) => {
    element.style.setProperty("--cred-bg", background);
    element.style.setProperty("--cred-bg-2", `color-mix(in oklab, ${background}, ${ink} 14%)`);
    element.style.setProperty("--cred-ink", ink);
  };
}

/** Move the focus to an element when it comes. */
export function focused(element: HTMLElement): void {
  element.focus();
}
