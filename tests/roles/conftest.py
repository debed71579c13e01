"""Fixtures of tests that look at roles from outside."""

from tests.support.wire import either_wire, either_wire_with_lists, seeded

__all__ = ["either_wire", "either_wire_with_lists", "seeded"]
