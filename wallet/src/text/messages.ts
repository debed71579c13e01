import type { Language } from "../wallet";
import { de } from "./de";
import { en, type Messages } from "./en";

const LANGUAGES: Readonly<Record<Language, Messages>> = { en, de };

/** Every sentence in `language`. */
export function messagesIn(language: Language): Messages {
  return LANGUAGES[language];
}
