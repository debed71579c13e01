"""What the wallet's commands print with `--json`: one document, its names the same as in `billfold.holder`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from billfold.holder import HeldCred, Review


def encode(document: object) -> str:
    """Return *document* as one line of JSON."""
    return msgspec.json.encode(document).decode()


def creds(held: Sequence[HeldCred]) -> dict[str, Any]:
    """Return all Creds with their fields."""
    return {"creds": held}


def review(asked: Review) -> dict[str, Any]:
    """Return who asks what, and which Creds answer."""
    return {
        "requester": asked.requester,
        "stated_name": asked.stated_name,
        "address": asked.address,
        "proven": asked.proven,
        "purpose": asked.purpose,
        "retention_s": None if asked.retention is None else int(asked.retention.total_seconds()),
        "is_answerable": asked.is_answerable,
        "cards": asked.cards,
    }
