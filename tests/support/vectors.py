"""Test vectors by folder and file; each folder's README names its source."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"


def load_json(*parts: str) -> Any:  # noqa: ANN401  what a vector holds is known by its test
    """Return the vector file at *parts* below the vectors' folder, read as JSON."""
    return json.loads((VECTORS.joinpath(*parts)).read_bytes())


def load_text(*parts: str) -> str:
    """Return the vector file at *parts* as text, without the line end after it."""
    return VECTORS.joinpath(*parts).read_text(encoding="utf-8").rstrip("\n")
