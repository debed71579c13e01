"""Words: what pages, letters and mails say, per language, with numbers and instants as they are written there."""

import importlib.resources
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

LANGUAGES: Final = ("en", "de")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_FILES = importlib.resources.files("billfold.apps").joinpath("text")
_MESSAGES: Final[dict[str, dict[str, str]]] = {
    language: msgspec.json.decode(_FILES.joinpath(f"{language}.json").read_bytes(), type=dict[str, str])
    for language in LANGUAGES
}


@dataclass(frozen=True, slots=True)
class Words:
    """One language's messages; call it with a key and the values that the message holds."""

    language: str
    zone: tzinfo

    def __call__(self, key: str, **values: object) -> str:
        """Return the message *key*.

        Raises:
            KeyError: there is no such message, or a value for it is missing; a programming error.
        """
        return _MESSAGES[self.language][key].format(**values)

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the message for one or for several things; it holds ``{n}``."""
        form = "one" if number == 1 else "other"
        return self(f"{key}.{form}", n=self.number(number), **values)

    def has(self, key: str) -> bool:
        """Say whether there is a message *key*."""
        return key in _MESSAGES[self.language]

    def number(self, number: int) -> str:
        """Return a whole number with its thousands apart."""
        return f"{number:,}".replace(",", self("format.thousands"))

    def date(self, instant: datetime) -> str:
        """Return the day of an instant, as in "24 Nov 2026"."""
        local = instant.astimezone(self.zone)
        month = self("format.months").split()[local.month - 1]
        return self("format.date", day=local.day, month=month, year=local.year)

    def time(self, instant: datetime) -> str:
        """Return the time of day of an instant, as in "08:55"."""
        return instant.astimezone(self.zone).strftime("%H:%M")

    def instant(self, instant: datetime) -> str:
        """Return day and time of an instant."""
        return self("format.instant", date=self.date(instant), time=self.time(instant))

    def lately(self, instant: datetime, now: datetime) -> str:
        """Return day and time of an instant that is past; of today and yesterday, as those are at *now*, by name."""
        days_ago = (now.astimezone(self.zone).date() - instant.astimezone(self.zone).date()).days
        if days_ago not in (0, 1):
            return self.instant(instant)
        day = self("format.yesterday" if days_ago else "format.today")
        return self("format.instant", date=day, time=self.time(instant))

    def value(self, value: object) -> str:
        """Return a field's value: a truth value as a word, a day as it is written here, several with commas."""
        if isinstance(value, list):
            return ", ".join(map(self.value, value))
        if isinstance(value, dict):
            return ", ".join(map(self.value, value.values()))
        if isinstance(value, bool):
            return self("value.yes" if value else "value.no")
        if isinstance(value, int | float):
            return f"{value:,}".translate(str.maketrans(",.", self("format.thousands") + self("format.decimal")))
        text = str(value)
        return self._day(text) if _DAY.match(text) else text

    def _day(self, text: str) -> str:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        month = self("format.months").split()[day.month - 1]
        return self("format.date", day=day.day, month=month, year=day.year)

    def local(self, texts: dict[str, str]) -> str:
        """Return the text in this language of texts that somebody wrote per language."""
        return texts.get(self.language) or texts.get("en") or next(iter(texts.values()), "")


def words_for(accept_language: str, zone_name: str) -> Words:
    """Return the words for a browser that sends this ``Accept-Language``."""
    for wanted in accept_language.split(","):
        language = wanted.split(";")[0].strip().lower().partition("-")[0]
        if language in LANGUAGES:
            return Words(language, _zone(zone_name))
    return Words(LANGUAGES[0], _zone(zone_name))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
