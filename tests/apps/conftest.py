"""Fixtures of all tests that speak with an app."""

from tests.support.wire import (
    either_database,
    either_wire,
    either_wire_with_lists,
    seeded,
    seeded_postgresql,
    wire,
    wire_with_lists,
)

__all__ = [
    "either_database",
    "either_wire",
    "either_wire_with_lists",
    "seeded",
    "seeded_postgresql",
    "wire",
    "wire_with_lists",
]
