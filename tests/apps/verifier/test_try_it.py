"""Try it: an issuer that requests too asks for a Cred of its own, anew for each wallet that follows its one link."""

from typing import Any

import httpx
import pytest

from billfold.core.jose.jws import Jws
from billfold.core.openid4vp.request import parse_request_link
from billfold.roles.verifier import try_it
from billfold.roles.verifier.verification import forget_results
from tests.support.presenter import Asked, held, read
from tests.support.problems import assert_problem
from tests.support.refusals import assert_refused
from tests.support.wire import Wire

PATH = "/o/northwind/try-it"


async def announced(wire: Wire, slug: str = "northwind") -> str | None:
    """Return `try_it` of the issuer's metadata."""
    got = await wire.issuer.get(f"/.well-known/openid-credential-issuer/o/{slug}")
    found: str | None = got.json()["billfold_pairing"].get("try_it")
    return found


async def followed(wire: Wire) -> Asked:
    """Follow the link as a wallet does."""
    return await read(wire, {"request": await announced(wire)})


async def results(wire: Wire) -> list[tuple[Any, ...]]:
    return (await wire.snapshot())["presentation_requests"]


async def test_each_call_asks_anew_and_is_answered_once(either_wire_with_lists: Wire) -> None:
    wire = either_wire_with_lists
    cred = await held(wire)
    first, second = await followed(wire), await followed(wire)
    assert first.claims["nonce"] != second.claims["nonce"]
    assert first.path != second.path
    for asked in (first, second):
        assert (await asked.answer(cred.token(asked, {"required": ("name",)}))).status_code == 200
        assert_refused(await asked.answer(cred.token(asked, {"required": ("name",)})), "not_found", status=404)


async def test_the_link_names_who_the_request_object_comes_from(wire: Wire) -> None:
    link = parse_request_link(await announced(wire) or "", allow_loopback_http=True)
    asked = await followed(wire)
    assert link.client_id == asked.client_id
    assert asked.client_id.startswith("x509_hash:")
    assert asked.claims["response_mode"] == "direct_post.jwt"


async def test_a_wallets_nonce_comes_back(wire: Wire) -> None:
    """OpenID4VP 1.0 section 5.10."""
    got = await wire.verifier.post(PATH, data={"wallet_nonce": "n-0S6_WzA2Mj-and-more"})
    assert Jws.parse(got.text).claims()["wallet_nonce"] == "n-0S6_WzA2Mj-and-more"
    assert got.headers["cache-control"] == "no-store"


async def test_nothing_of_a_try_is_kept(wire: Wire) -> None:
    """As its purpose says, in the demo: no field outlives the answer's own second."""
    cred = await held(wire)
    asked = await followed(wire)
    await asked.answer(cred.token(asked, {"required": ("name",)}))
    wire.clock.advance(seconds=1)
    await forget_results(wire.parts)
    assert "Amara Okafor" not in str(await results(wire))


@pytest.mark.parametrize("slug", ["lakeside", "harbour", "nobody"])
async def test_who_has_nothing_to_try_is_not_there(wire: Wire, slug: str) -> None:
    before = await wire.snapshot()
    assert_refused(await wire.verifier.get(f"/o/{slug}/try-it"), "not_found", status=404)
    assert await wire.snapshot() == before


async def test_an_issuer_that_requests_no_more_announces_nothing_to_try(wire: Wire) -> None:
    await wire.set_settings("northwind", roles=("issuer",))
    assert await announced(wire) is None
    assert await announced(wire, "lakeside") is None


async def test_who_tries_without_end_is_held_off_for_a_while(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(try_it, "MOST_IN_WINDOW", 2)
    for _ in range(2):
        assert (await wire.verifier.get(PATH)).status_code == 200
    before = len(await results(wire))
    assert_refused(await wire.verifier.get(PATH), "temporarily_unavailable", status=429)
    assert len(await results(wire)) == before
    wire.clock.advance(seconds=61)
    assert (await wire.verifier.get(PATH)).status_code == 200


async def change(wire: Wire, slug: str = "northwind", **changes: object) -> httpx.Response:
    return await wire.api("PATCH", "/organisation", changes, slug=slug)


async def test_an_owner_chooses_what_to_try(wire: Wire) -> None:
    assert (await wire.api("GET", "/organisation")).json()["try_it"] == "try-badge"
    assert (await change(wire, try_it="")).json()["try_it"] is None
    wire.clock.advance(seconds=10)
    assert await announced(wire) is None
    assert_refused(await wire.verifier.get(PATH), "not_found", status=404)
    assert (await change(wire, try_it="try-badge")).json()["try_it"] == "try-badge"


@pytest.mark.parametrize(
    ("slug", "template"),
    [("northwind", "nothing"), ("northwind", "test-lab"), ("harbour", "staff-rate"), ("lakeside", "staff-rate")],
    ids=["unknown", "of-others-creds", "who-does-not-issue", "who-does-not-request"],
)
async def test_what_cannot_be_tried_is_refused(wire: Wire, slug: str, template: str) -> None:
    refused = await change(wire, slug, try_it=template)
    assert_problem(refused, 400, "bad_settings")
    assert "asks for the own Creds" in refused.json()["detail"]
