/** Dates, counts, lists and values, as the reader's language writes them. */

import type { Json } from "../core/encoding";
import type { Language } from "../wallet";
import type { Messages } from "./en";

const LOCALES: Record<Language, string> = { en: "en-GB", de: "de-DE" };
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

/** One language's way to write things. Times are shown in the browser's zone. */
export class Format {
  readonly #locale: string;

  constructor(
    language: Language,
    private readonly words: Messages["words"],
  ) {
    this.#locale = LOCALES[language];
  }

  /** "24 Nov 2026" */
  date(date: Date): string {
    return this.#dates({ day: "numeric", month: "short", year: "numeric" }).format(date);
  }

  /** "24 Nov 2026, 08:55" */
  dateAndTime(date: Date): string {
    return `${this.date(date)}, ${this.time(date)}`;
  }

  time(date: Date): string {
    return this.#dates({ hour: "2-digit", minute: "2-digit" }).format(date);
  }

  /** "today at 09:12", or the date. */
  when(date: Date, now = new Date()): string {
    return date.toDateString() === now.toDateString() ? this.words.todayAt(this.time(date)) : this.date(date);
  }

  /** "just now", "2 minutes ago", "today at 08:14", or the date. */
  ago(date: Date, now = new Date()): string {
    const seconds = (now.getTime() - date.getTime()) / 1000;
    if (seconds < MINUTE_S) return this.words.justNow;
    if (seconds >= HOUR_S) return this.when(date, now);
    const relative = new Intl.RelativeTimeFormat(this.#locale, { numeric: "always" });
    return relative.format(-Math.floor(seconds / MINUTE_S), "minute");
  }

  /** "1 day", "10 minutes" */
  duration(seconds: number): string {
    const [size, unit] =
      seconds % DAY_S === 0
        ? ([DAY_S, "day"] as const)
        : seconds % HOUR_S === 0
          ? ([HOUR_S, "hour"] as const)
          : ([MINUTE_S, "minute"] as const);
    const count = Math.max(1, Math.round(seconds / size));
    return new Intl.NumberFormat(this.#locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
  }

  list(parts: readonly string[]): string {
    return new Intl.ListFormat(this.#locale, { type: "conjunction" }).format(parts);
  }

  /** The value of a field in words: a date as a date, a list as a list. Pictures are not for this. */
  value(value: Json): string {
    if (typeof value === "string") return ISO_DATE.test(value) ? this.#dateValue(value) : value;
    if (typeof value === "boolean") return value ? this.words.yes : this.words.no;
    if (typeof value === "number") return String(value); // a number may be a name: no separators
    if (value === null) return "–";
    const parts = Array.isArray(value) ? value : Object.values(value);
    return parts.map((part: Json) => this.value(part)).join(", ");
  }

  #dateValue(value: string): string {
    const date = new Date(`${value}T12:00:00Z`);
    if (Number.isNaN(date.getTime())) return value;
    return this.#dates({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(date);
  }

  #dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return new Intl.DateTimeFormat(this.#locale, options);
  }
}
