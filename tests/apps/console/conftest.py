"""Fixtures of the console's tests."""

import pytest

from tests.support.console import Front
from tests.support.wire import Wire


@pytest.fixture
def front(wire: Wire) -> Front:
    """The console's pages."""
    return Front(wire)


@pytest.fixture
def counter(wire: Wire) -> Front:
    """The counter's pages."""
    return Front(wire, "counter")
