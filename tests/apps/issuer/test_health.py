"""Liveness and readiness: whoever restarts a process asks the one, whoever sends it requests the other."""

import pytest

from billfold.adapters.store import organisations
from billfold.errors import TransportError
from tests.support.wire import Wire


@pytest.mark.parametrize(("path", "word"), [("/health/live", "live"), ("/health/ready", "ready")])
async def test_a_process_that_lives_and_serves_says_so(either_wire: Wire, path: str, word: str) -> None:
    got = await either_wire.issuer.get(path)
    assert (got.status_code, got.json(), got.headers["cache-control"]) == (200, {"status": word}, "no-store")
    assert (await either_wire.issuer.head(path)).status_code == 200
    assert (await either_wire.issuer.post(path)).status_code == 405


@pytest.mark.parametrize("error", [TransportError("expected an answer of the database"), ConnectionRefusedError()])
async def test_a_process_without_its_store_lives_and_is_not_ready(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def away(_store: object) -> None:
        raise error

    monkeypatch.setattr(organisations, "every", away)
    assert (await wire.issuer.get("/health/live")).status_code == 200
    got = await wire.issuer.get("/health/ready")
    assert (got.status_code, got.json()) == (503, {"status": "store_unreachable"})
