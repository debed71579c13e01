"""What a test needs from the machine: where it is missing, the test is skipped and the summary says so, loudly.

With NEED_ALL=1 in the environment (as in CI) a missing need fails the test instead.
"""

import os
from collections import Counter
from typing import NoReturn

import pytest

_MISSING = pytest.StashKey[Counter[str]]()


def missing(stash: pytest.Stash, need: str) -> NoReturn:
    """End the running test: the machine lacks *need* (a phrase such as "Chromium"), counted in the run's *stash*."""
    if os.environ.get("NEED_ALL") == "1":
        pytest.fail(f"this machine lacks {need}", pytrace=False)
    stash.setdefault(_MISSING, Counter())[need] += 1
    pytest.skip(f"this machine lacks {need}")


def summary(stash: pytest.Stash) -> list[str]:
    """Return one line for each need that was missing."""
    counts = stash.get(_MISSING, Counter())
    return [f"did not run: {count} tests, since this machine lacks {need}" for need, count in sorted(counts.items())]
