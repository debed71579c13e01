"""Logs: structured, to standard error, without personal data or secrets."""

import logging
import sys

import structlog


def set_up(*, verbose: bool, json: bool) -> None:
    """Send events to standard error: as JSON lines for machines, else as text for people.

    Args:
        verbose: every request; else only what went wrong.
    """
    # What strangers send that is no HTTP is answered with 400 and is no event of ours.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
