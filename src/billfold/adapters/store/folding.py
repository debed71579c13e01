"""Folding: texts as they are searched, so that accents, case and letters that keyboards lack make no difference."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

LONGEST_VALUE = 200  # pictures and other long values are nothing to search
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i"})


def fold(text: str) -> str:
    """Return *text* in lower case, without accents, its blanks single."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def fold_person(name: str, attributes: Mapping[str, object]) -> str:
    """Return what a person is found by: the name first, since lists are kept in its order, then the short values."""
    return "\n".join(fold(text) for text in (name, *_texts(attributes.values())))


def _texts(values: Iterable[object]) -> Iterator[str]:
    """Yield the short values as texts; whether something is true or false finds nobody."""
    for value in values:
        if isinstance(value, list):
            yield from _texts(value)
        elif not isinstance(value, bool) and len(found := str(value)) <= LONGEST_VALUE:
            yield found
