"""Issuers and requesters that a test decides on."""

from collections.abc import Iterator

import pytest

from tests.support.stub_issuer import StubIssuer, new_issuer
from tests.support.stub_server import StubServer


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as running:
        yield running


@pytest.fixture
def issuer(server: StubServer) -> StubIssuer:
    return new_issuer(server)
