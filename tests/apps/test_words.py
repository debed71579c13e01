"""Words: both languages say the same things, and every page finds its words."""

import re
import string
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from billfold.apps.words import _MESSAGES, LANGUAGES, Words, words_for

TEMPLATES = files("billfold.apps.console").joinpath("templates")
SAID = re.compile(r"""\bt\("([a-z0-9_.]+)"[,)]""")
COUNTED = re.compile(r"""\bt\.count\("([a-z0-9_.]+)",""")
FORBIDDEN = re.compile(r"\b(Oops|Please|Successfully|Invalid|Unauthorized|DCQL|DPoP|JWT|Bitte)\b|!")


def holes(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_both_languages_have_the_same_messages_with_the_same_holes() -> None:
    english, german = (_MESSAGES[language] for language in LANGUAGES)
    assert english.keys() == german.keys()
    assert {key for key in english if holes(english[key]) != holes(german[key])} == set()


def test_every_template_finds_its_words() -> None:
    missing = set()
    for template in TEMPLATES.iterdir():
        text = template.read_text()
        missing |= {key for key in SAID.findall(text) if key not in _MESSAGES["en"]}
        missing |= {key for key in COUNTED.findall(text) if f"{key}.other" not in _MESSAGES["en"]}
    assert missing == set()


def test_no_template_holds_style_or_script_of_its_own() -> None:
    for template in TEMPLATES.iterdir():
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?! src)|javascript:", template.read_text())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_says_what_screens_do_not_say(language: str) -> None:
    assert [text for text in _MESSAGES[language].values() if FORBIDDEN.search(text)] == []


@pytest.mark.parametrize(
    ("accepted", "said"),
    [("de-AT,de;q=0.9,en;q=0.8", "24. Nov. 2026, 09:55"), ("fr, en", "24 Nov 2026, 09:55"), ("", "24 Nov 2026, 09:55")],
)
def test_instants_are_told_in_the_language_and_the_zone(accepted: str, said: str) -> None:
    instant = datetime(2026, 11, 24, 8, 55, tzinfo=UTC)

    assert words_for(accepted, "Europe/Berlin").instant(instant) == said


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        (datetime(2026, 11, 23, 23, 5, tzinfo=UTC), "Heute, 00:05"),
        (datetime(2026, 11, 23, 22, 55, tzinfo=UTC), "Gestern, 23:55"),
        (datetime(2026, 11, 22, 22, 55, tzinfo=UTC), "22. Nov. 2026, 23:55"),
        (datetime(2026, 11, 24, 23, 5, tzinfo=UTC), "25. Nov. 2026, 00:05"),
    ],
    ids=["today", "yesterday", "before", "tomorrow"],
)
def test_today_and_yesterday_are_those_of_the_zone(instant: datetime, said: str) -> None:
    now = datetime(2026, 11, 24, 8, 55, tzinfo=UTC)

    assert words_for("de", "Europe/Berlin").lately(instant, now) == said


def test_an_unknown_zone_is_utc() -> None:
    assert words_for("en", "../etc/passwd").time(datetime(2026, 11, 24, 8, 55, tzinfo=UTC)) == "08:55"


def test_numbers_have_their_thousands_apart() -> None:
    assert (words_for("en", "UTC").number(12530), words_for("de", "UTC").number(12530)) == ("12,530", "12.530")


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        pytest.param(True, "Yes", "Ja", id="true"),
        pytest.param(False, "No", "Nein", id="false"),
        pytest.param(1, "1", "1", id="one-is-no-yes"),
        pytest.param(12345, "12,345", "12.345", id="thousands"),
        pytest.param(-0.5, "-0.5", "-0,5", id="negative"),
        pytest.param(1234.5, "1,234.5", "1.234,5", id="part"),
        pytest.param("1994-03-12", "12 Mar 1994", "12. März 1994", id="date"),
        pytest.param("1994-02-30", "1994-02-30", "1994-02-30", id="no-such-day"),
        pytest.param("NR-20418", "NR-20418", "NR-20418", id="text"),
        pytest.param(["NL", True, 3], "NL, Yes, 3", "NL, Ja, 3", id="several"),
        pytest.param(
            {"city": "Utrecht", "moved": "2020-01-02"}, "Utrecht, 2 Jan 2020", "Utrecht, 2. Jan. 2020", id="parts"
        ),
    ],
)
def test_a_value_is_written_as_people_read_it(value: object, english: str, german: str) -> None:
    assert (Words("en", UTC).value(value), Words("de", UTC).value(value)) == (english, german)
