/** What the screens say when something goes wrong, in English: a title, what happened and what to do, per code. */

/** `who` is the other side's name, or "The issuer" where it is not known yet. */
export const errors = {
  happened: "What happened",
  side: "Whose side",
  todo: "What to do",
  theySay: "They say:",
  sides: {
    yours: () => "Yours: something on this device.",
    issuer: (who: string) => `${who}’s.`,
    requester: (who: string) => `${who}’s.`,
    connection: () => "The connection’s, or the other side’s.",
    ours: () => "Ours. Nothing was shared.",
    nobody: () => "Nobody’s.",
  },
  remedies: {
    scan_another: () => "Scan another code",
    scan_again: () => "Scan again",
    new_code: () => "Ask for a new code",
    contact: (who: string) => `Contact ${who}`,
    retry: () => "Try again",
    close: () => "Close",
    unlock: () => "Unlock",
    unpair_first: () => "Open Settings",
    free_space: () => "Try again",
    update_billfold: () => "Use the new version",
  },
  link_unknown: {
    title: "Billfold cannot read this code",
    side: "The code’s. It may be for another app.",
    happened: () => "It is not a code from an issuer or a requester, or a part of it is missing.",
    todo: () => "Scan it again, or copy the whole link once more.",
  },
  code_used: {
    title: "This code was used already",
    side: "Nobody’s, unless it was used and that was not you.",
    happened: () => "A code works once. A device was paired with this one.",
    todo: (who: string) => `If it was you, everything is in order. If not, tell ${lower(who)} at once.`,
  },
  code_expired: {
    title: "This code has run out",
    side: "Nobody’s. Codes on a screen live 30 minutes.",
    happened: () => "A code works for a while only, and the time of this one is over.",
    todo: (who: string) => `Ask ${lower(who)} for a new code.`,
  },
  code_gone: {
    title: "This code does not work any more",
    side: "Nobody’s, unless it was used and that was not you.",
    happened: () => "A newer code took its place, or it was used or has run out. Or a character of it is wrong.",
    todo: (who: string) => `Compare it, or ask ${lower(who)} for a new code. If it was used and that was not you, tell them at once.`,
  },
  pin_missing: {
    title: "This code needs a PIN",
    happened: (who: string) => `${who} sent a PIN by another way, and it was not entered.`,
    todo: () => "Scan the code again and enter the PIN.",
  },
  pin_wrong: {
    title: "That PIN is not right",
    happened: (who: string) => `${who} did not accept the PIN.`,
    todo: () => "Look at the message with the PIN once more.",
  },
  pin_spent: {
    title: "Too many wrong PINs",
    happened: (who: string) => `${who} stopped this code to protect you.`,
    todo: (who: string) => `Ask ${lower(who)} for a new code.`,
  },
  already_paired: {
    title: "This device is paired already",
    happened: (who: string) => `${who} knows this device. A second pairing would take the place of the first.`,
    todo: () => "To pair again, open the issuer in Settings and choose Unpair first.",
  },
  nothing_offered: {
    title: "There is nothing here to receive",
    happened: (who: string) => `${who} offers nothing that this Billfold can hold.`,
    todo: (who: string) => `Tell ${lower(who)}, with the reference if there is one.`,
  },
  request_gone: {
    title: "This request has run out",
    happened: () => "It was answered already, or nobody waits for the answer any more.",
    todo: (who: string) => `Ask ${lower(who)} to show a new code.`,
  },
  request_wrong: {
    title: "This request is not in order",
    happened: () => "It breaks a rule that every request must keep, so Billfold did not answer. Nothing was shared.",
    todo: (who: string) => `Tell ${lower(who)}. They need to mend it.`,
  },
  request_unanswerable: {
    title: "Your Creds do not answer this",
    happened: () => "What they require is not among your Creds. Nothing was shared.",
    todo: (who: string) => `Ask ${lower(who)} what else they accept.`,
  },
  untrusted: {
    title: "This is not safe to go on",
    happened: () => "Billfold cannot prove who is behind this: a signature or a certificate is wrong. Nothing was sent.",
    todo: (who: string) => `Do not try again here. Tell ${lower(who)}, by a way that you know.`,
  },
  wrong_answer: {
    title: "The answer makes no sense",
    happened: (who: string) => `${who} answered in a way that Billfold cannot use.`,
    todo: () => "Try again. If it stays so, tell them.",
  },
  refused: {
    title: "The other side said no",
    happened: (who: string) => `${who} did not accept this.`,
    todo: (who: string) => `Ask ${lower(who)} why, with the reference if there is one.`,
  },
  no_answer: {
    title: "There is no answer",
    titleOf: (who: string) => `${who} does not answer`,
    happened: () => "Billfold asked, and nothing came back in time.",
    todo: () => "Look at your connection, wait a little, and try again.",
  },
  perhaps_shared: {
    title: "It may have arrived",
    happened: (who: string) => `Billfold sent your fields, and no answer says what became of them. They may have reached ${lower(who)}.`,
    todo: (who: string) => `Ask ${lower(who)} whether it arrived. It stands in your history of shares.`,
  },
  offline: {
    title: "You are offline",
    happened: () => "This needs a connection, and there is none.",
    todo: () => "Connect this device to the internet, and try again.",
  },
  not_allowed: {
    title: "This address is not allowed",
    happened: () => "The code leads to an address that Billfold does not talk to, since it is not protected. Nothing was sent.",
    todo: () => "Tell whoever gave you the code.",
  },
  locked: {
    title: "Billfold has locked itself",
    happened: () => "Nobody touched it for a while.",
    todo: () => "Unlock it, and scan the code again.",
  },
  confirmation_needed: {
    title: "This took too long",
    happened: () => "Your unlock is good for two minutes. Nothing was shared.",
    todo: () => "Try again.",
  },
  elsewhere: {
    title: "Billfold is open elsewhere",
    happened: () => "Another tab is in the middle of something.",
    todo: () => "Finish there, or close that tab.",
  },
  storage_full: {
    title: "There is no space left",
    happened: () => "This device has no room for another Cred.",
    todo: () => "Remove something else from the device, and try again.",
  },
  newer_version: {
    title: "This page is out of date",
    happened: () => "A newer Billfold wrote what is stored here.",
    todo: () => "Close every tab with Billfold, and open it again.",
  },
  gone: {
    title: "This is not here any more",
    happened: () => "It was removed, or it belongs to a review that is over.",
    todo: () => "Go back to your Creds.",
  },
  ours: {
    title: "Billfold made a mistake",
    happened: () => "Something went wrong inside Billfold. Nothing was shared.",
    todo: () => "Try again. If it stays so, tell whoever runs this Billfold.",
  },
};

/** "The issuer" inside a sentence. A name stays as it is. */
function lower(who: string): string {
  return who.startsWith("The ") ? `t${who.slice(1)}` : who;
}
