"""What a test needs from the machine: where it is missing, the test is skipped and the summary says so, loudly.

With NEED_ALL=1 in the environment (as in CI) a missing need fails the test instead, but for what is optional: a second
browser, which nobody has to install for the sake of one smoke test.
"""

import os
from collections import Counter
from typing import NoReturn

import pytest

_LACKS = "this machine lacks "


def missing(need: str, *, optional: bool = False) -> NoReturn:
    """End the running test: the machine lacks *need* (a phrase such as "Chromium").

    NEED_ALL makes that a failure, unless it is *optional*.
    """
    if os.environ.get("NEED_ALL") == "1" and not optional:
        pytest.fail(_LACKS + need, pytrace=False)
    pytest.skip(_LACKS + need)


def summary(reporter: pytest.TerminalReporter) -> list[str]:
    """Return one line for each need that was missing, in whichever worker process."""
    counts: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _LACKS in reason:
            counts[reason.partition(_LACKS)[2]] += 1
    return [
        f"did not run: {count} {'test' if count == 1 else 'tests'}, since this machine lacks {need}"
        for need, count in sorted(counts.items())
    ]
