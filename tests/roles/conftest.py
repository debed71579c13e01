"""Fixtures of tests that look at roles from outside."""

from tests.support.wire import either_database, either_wire, either_wire_with_lists, seeded, seeded_postgresql, wire

__all__ = ["either_database", "either_wire", "either_wire_with_lists", "seeded", "seeded_postgresql", "wire"]
