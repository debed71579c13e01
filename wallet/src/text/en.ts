/** Every sentence that the page shows, in English. The other languages have the same shape. */
export const en = {
  language: "en",
  title: "Your Creds, on this device",
  lead: "Carry badges and permits from your employer, your university or your club. You choose what you share.",
  notYet: {
    title: "This page cannot hold Creds yet",
    body: "Until it can, the command line wallet holds them: it pairs, receives and shares on this machine.",
    how: "With the link that an issuer gave you:",
  },
  link: {
    offerTitle: "An issuer invites you to pair",
    requestTitle: "Somebody asks you to share",
    codeTitle: "You opened a link",
    body: "This page cannot hold Creds yet. The command line wallet can use this very link:",
    pair: "To pair with an issuer",
    share: "To answer a requester",
    damagedTitle: "This link is not complete",
    damagedBody: "A part of it was lost on the way. Copy the whole link again, or ask for a new one.",
  },
  copy: { label: "Copy", done: "Copied", failed: "Your browser does not let this page copy. Select the text instead." },
};

type Shape<T> = { readonly [K in keyof T]: T[K] extends string ? string : Shape<T[K]> };
export type Messages = Shape<typeof en>;
