import { de } from "./de";
import { en, type Messages } from "./en";

const LANGUAGES: readonly Messages[] = [en, de];

/** The messages in the first of the reader's languages that the page speaks, else in English. */
export function messagesFor(preferred: readonly string[]): Messages {
  for (const tag of preferred) {
    const found = LANGUAGES.find((messages) => messages.language === tag.toLowerCase().split("-")[0]);
    if (found !== undefined) return found;
  }
  return en;
}
