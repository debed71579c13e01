"""Allotment: every entry once, and no order to be seen."""

from itertools import pairwise

import pytest

from billfold.core.status.allotment import entry_at

KEY = b"k" * 32


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100, 256, 1000])
def test_every_position_has_an_entry_of_its_own(size: int) -> None:
    assert sorted(entry_at(KEY, size=size, position=p) for p in range(size)) == list(range(size))


def test_neighbours_in_time_are_no_neighbours_in_the_list() -> None:
    """Draft 20 section 12.5; HAIP 6.1: unpredictable."""
    entries = [entry_at(KEY, size=2**20, position=p) for p in range(64)]

    steps = {abs(a - b) for a, b in pairwise(entries)}
    assert min(steps) > 1
    assert len(steps) > 60
    assert entries != [entry_at(b"other" * 7, size=2**20, position=p) for p in range(64)]


@pytest.mark.parametrize("position", [-1, 16])
def test_a_position_outside_the_list_is_refused(position: int) -> None:
    with pytest.raises(ValueError, match="position below 16"):
        entry_at(KEY, size=16, position=position)
