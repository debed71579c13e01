"""Less: where a template asks for more than the question behind it needs, the narrower field that the Cred has too.

The rule is a table, and it speaks only where every accepted type offers the narrower field: a date of birth gives way
to an "over N", a whole address to its country or place. It advises and never decides: some need the whole.
"""

from collections.abc import Sequence
from typing import Final

# What is asked, and how the names of narrower fields begin, the narrowest first (claims of OpenID Connect Core 5.1 and
# of EUDI PID, whose names many issuers take).
_NARROWER: Final[dict[str, tuple[str, ...]]] = {
    "date_of_birth": ("age_over_", "is_over_", "over_"),
    "birth_date": ("age_over_", "is_over_", "over_"),
    "birthdate": ("age_over_", "is_over_", "over_"),
    "address": ("country", "region", "locality", "postal_code"),
    "resident_address": ("resident_country", "resident_state", "resident_city", "resident_postal_code"),
}


def less_of(asked: Sequence[str], available: Sequence[str]) -> list[tuple[str, str]]:
    """Return which of the *asked* claims could give way to which of the *available* ones.

    Args:
        available: claims that every accepted type has.
    """
    found = []
    for claim in asked:
        beginnings = _NARROWER.get(claim, ())
        narrower = [each for start in beginnings for each in available if each.startswith(start)]
        if narrower and not set(narrower) & set(asked):
            found.append((claim, narrower[0]))
    return found
