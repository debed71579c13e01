"""Logs: structured, to standard error, without personal data or secrets.

Of a failure that nobody expected a log tells places and kinds. What its messages say may be anybody's: a database
quotes the row that it refused. Only our own errors speak for themselves, since their texts hold no values.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

import structlog

from billfold.errors import BillfoldError

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class _PlacesOnly(logging.Formatter):
    """Formats what libraries log by Python's own logging."""

    def formatException(self, ei: object) -> str:  # noqa: N802  # the standard library's own name
        error = ei[1] if isinstance(ei, tuple) else None
        return "" if error is None else "".join(_told(error))


def set_up(*, verbose: bool, json: bool) -> None:
    """Send events to standard error: as JSON lines for machines, else as text for people.

    Args:
        verbose: every request; else only what went wrong.
    """
    # What strangers send that is no HTTP is answered with 400 and is no event of ours.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlacesOnly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(told),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def told(exc_info: ExcInfo) -> str:
    """Return what a log tells of an exception and of those that led to it, oldest first."""
    return "".join(_told(exc_info[1]))


def _told(exc: BaseException) -> Iterator[str]:
    before = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    if before is not None:
        yield from _told(before)
        yield "\n\nwhich led to\n\n"
    yield from traceback.format_tb(exc.__traceback__)
    yield f"{type(exc).__module__}.{type(exc).__qualname__}"
    if isinstance(exc, BillfoldError):
        yield f": {exc}"
