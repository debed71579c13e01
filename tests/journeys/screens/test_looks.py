"""The pairwise choice of looks is one: every two values of two kinds meet in it."""

from dataclasses import astuple
from itertools import combinations

from tests.journeys.screens.looks import EVERY, PAIRWISE


def pairs(looks: tuple[object, ...]) -> set[tuple[object, ...]]:
    rows = [astuple(look) for look in looks]  # type: ignore[call-overload]  # looks are dataclasses
    return {(i, row[i], j, row[j]) for row in rows for i, j in combinations(range(len(row)), 2)}


def test_every_two_values_of_two_kinds_meet() -> None:
    assert len(EVERY) == 24
    assert pairs(PAIRWISE) == pairs(EVERY)
