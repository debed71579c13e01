"""What became of a notice, whichever way it went."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

DEFAULT_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)


class Outcome(Enum):
    """What became of a notice."""

    DELIVERED = "delivered"
    GONE = "gone"  # whom it is for is there no more
    LATER = "later"  # no answer, or "not now": the same may be tried again
    REFUSED = "refused"  # sending the same again would change nothing


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome, and how long to wait before trying again."""

    outcome: Outcome
    pause: timedelta = DEFAULT_PAUSE
    status: int | None = None

    def pause_after(self, tries: int) -> timedelta:
        """Return how long to wait after so many tries: twice as long each time, up to the longest pause."""
        doubled: int = 2 ** min(tries - 1, 10)
        return max(self.pause, min(self.pause * doubled, LONGEST_PAUSE))
