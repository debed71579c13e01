"""Fixtures of all tests that speak with an app."""

from tests.support.wire import either_wire, seeded, wire

__all__ = ["either_wire", "seeded", "wire"]
