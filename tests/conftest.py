"""Fixtures and settings that all tests share."""

from collections.abc import Iterator

import hypothesis
import pytest

from tests.support import counts, needs, postgresql
from tests.support.demo import Demo, running_demo

# Two examples of one run must not differ in outcome because a shared machine was slow.
hypothesis.settings.register_profile("billfold", deadline=None)
hypothesis.settings.load_profile("billfold")


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[postgresql.Cluster]:
    """One throw-away PostgreSQL cluster for the whole run."""
    binaries = postgresql.find_binaries()
    if binaries is None:
        needs.missing(f"PostgreSQL {postgresql.OLDEST_VERSION} or newer")
    with postgresql.running_cluster(binaries) as cluster:
        yield cluster


@pytest.fixture
def postgresql_url(postgresql_cluster: postgresql.Cluster) -> Iterator[str]:
    """The address of an empty PostgreSQL database that this test has to itself."""
    with postgresql_cluster.database() as url:
        yield url


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """One demo for all tests that only add to it; its relay also rings push services of tests."""
    with running_demo("--ephemeral", environment={"BILLFOLD_PUSH_HOSTS": "localhost"}) as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Put the ids of the rows of `vectors/negative` that a test tries into the test's own id."""
    marker = metafunc.definition.get_closest_marker("rows")
    if marker is not None:
        metafunc.fixturenames.append("rows")
        metafunc.parametrize("rows", [marker.args], ids=[f"({' '.join(marker.args)})"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what did not run where nobody can overlook it, and what was counted."""
    for line in counts.summary(terminalreporter):
        terminalreporter.write_line(line)
    for line in needs.summary(terminalreporter):
        terminalreporter.write_line(line, yellow=True, bold=True)
