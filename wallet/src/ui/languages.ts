/** Languages by their own names, the same in every language. */

import type { Language } from "../wallet";

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };
