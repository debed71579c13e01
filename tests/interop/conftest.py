"""Fixtures for speaking with software of others: programs in Node, and certificates for both sides."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.support import needs, node, pki
from tests.support.ports import free_port


class StartNode(Protocol):
    """Starts a program of ``tests/interop/node``; the test's end stops it."""

    def __call__(self, name: str, *arguments: str, **options: object) -> node.NodeProgram: ...


@pytest.fixture(scope="session")
def node_path() -> str | None:
    """Node, where it and the programs' packages are there."""
    return node.find_node()


def starting(path: str | None) -> Iterator[StartNode]:
    """Start programs until the generator is closed."""
    if path is None:
        needs.missing("Node with the packages of tests/interop/node")
    with ExitStack() as running:

        def start(name: str, *arguments: str, **options: object) -> node.NodeProgram:
            return running.enter_context(node.running_program(path, name, *arguments, **options))

        yield start


@pytest.fixture
def start_node(node_path: str | None) -> Iterator[StartNode]:
    """Start programs by name: ``start_node("issuer", key=…, chain=…)``, ``start_node("wallet", "take", offer=…)``."""
    yield from starting(node_path)


@pytest.fixture(scope="module")
def start_node_for_all(node_path: str | None) -> Iterator[StartNode]:
    """As `start_node`, for what a module's tests share."""
    yield from starting(node_path)


@pytest.fixture(scope="session")
def issuer_port() -> int:
    """The port of the issuing program, known beforehand since the issuer's certificate names its address."""
    return free_port()


@pytest.fixture(scope="session")
def issuer_identity(tmp_path_factory: pytest.TempPathFactory, issuer_port: int) -> pki.Identity:
    """A root and a leaf for issuing at ``http://localhost:{issuer_port}``."""
    uris = [f"http://localhost:{issuer_port}"]
    return pki.make_identity(tmp_path_factory.mktemp("issuer"), "issuer", dns=["localhost"], uris=uris)


@pytest.fixture(scope="session")
def verifier_identity(tmp_path_factory: pytest.TempPathFactory) -> pki.Identity:
    """A root and a leaf for asking, on ``localhost`` at any port."""
    return pki.make_identity(tmp_path_factory.mktemp("verifier"), "verifier", dns=["localhost"])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the wallet program keeps what it takes."""
    return tmp_path / "wallet.json"
