/** An issuer's support as links; an address that is none of the three kinds leads nowhere. */

import type { Support } from "../wallet";

export interface Contact {
  readonly href: string;
  readonly shown: string;
}

export function contactOf({ url, email, phone }: Support): readonly Contact[] {
  const found: Contact[] = [];
  if (url !== null && /^https:\/\/[^\s]+$/i.test(url)) found.push({ href: url, shown: url.replace(/^https:\/\//i, "") });
  if (email !== null && /^[^\s@?&]+@[^\s@?&]+$/.test(email)) found.push({ href: `mailto:${email}`, shown: email });
  if (phone !== null && /^[+\d][\d\s().-]+$/.test(phone)) {
    found.push({ href: `tel:${phone.replaceAll(/[^+\d]/g, "")}`, shown: phone });
  }
  return found;
}
