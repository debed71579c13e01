"""Looks: the ways in which people see a screen, by theme, width, language and size of text."""

from dataclasses import dataclass
from itertools import product
from typing import Literal

Theme = Literal["light", "dark"]
Language = Literal["en", "de"]

THEMES: tuple[Theme, ...] = ("light", "dark")
LANGUAGES: tuple[Language, ...] = ("en", "de")
WIDTHS = (320, 390, 1280)  # a small phone, a phone, a desk
HEIGHTS = {320: 640, 390: 844, 820: 1180, 1280: 800}
# WCAG 2.2 asks for text twice as large (1.4.4) and for a width of 320 (1.4.10), not for both at once; here both hold.
TEXT_PERCENTS = (100, 200)
LOCALES = {"en": "en-GB", "de": "de-DE"}


@dataclass(frozen=True, slots=True)
class Look:
    """One way to see a screen; *text_percent* is the browser's own setting for the size of text."""

    theme: Theme
    width: int
    language: Language
    text_percent: int = 100

    @property
    def name(self) -> str:
        """What files of this look are called."""
        return f"{self.theme}-{self.width}-{self.language}-{self.text_percent}"

    @property
    def height(self) -> int:
        """The window's height in pixels."""
        return HEIGHTS[self.width]


EVERY = tuple(
    Look(theme, width, language, percent)
    for language, theme, width, percent in product(LANGUAGES, THEMES, WIDTHS, TEXT_PERCENTS)
)
# Any two values of two kinds meet in one of these; `test_looks` counts it. Six is the least: three widths by two.
PAIRWISE = (
    Look("light", 320, "en", 100),
    Look("dark", 390, "en", 200),
    Look("light", 1280, "en", 200),
    Look("dark", 320, "de", 200),
    Look("light", 390, "de", 100),
    Look("dark", 1280, "de", 100),
)

# What stands on a counter, and the longer language twice as large on a phone.
OF_A_DESK = (Look("light", 820, "en", 200), Look("dark", 820, "de"), Look("light", 390, "de", 200))


def in_language(looks: tuple[Look, ...], language: Language) -> tuple[Look, ...]:
    """Return those of *looks* that are in *language*: a page changes its theme while it is open, not its language."""
    return tuple(look for look in looks if look.language == language)
