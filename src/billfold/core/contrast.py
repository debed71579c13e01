"""Contrast of two colours, so that nobody publishes a card that cannot be read.

Source: WCAG 2.2, definitions of "contrast ratio" and "relative luminance"; success criterion 1.4.3 (4.5 to 1).
"""

import re
from typing import Final

LEAST_CONTRAST: Final = 4.5
COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}\Z")


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours written ``#rrggbb``: 1 for the same, 21 for black on white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
