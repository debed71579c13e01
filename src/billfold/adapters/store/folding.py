"""Folding: texts as they are searched, so that accents, case and letters that keyboards lack make no difference."""

import unicodedata
from collections.abc import Iterable, Mapping

LONGEST_VALUE = 200  # pictures and other long values are nothing to search
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i"})


def fold(text: str) -> str:
    """Return *text* in lower case, without accents, its blanks single."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def fold_person(name: str, attributes: Mapping[str, str]) -> str:
    """Return what a person is found by: the name first, since lists are kept in its order, then the short values."""
    values: Iterable[str] = (v for v in attributes.values() if len(v) <= LONGEST_VALUE)
    return "\n".join(fold(text) for text in (name, *values))
