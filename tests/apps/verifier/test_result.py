"""What a requester's program gets: the state of the Cred at that moment, and field values while their time lasts."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from billfold.roles.verifier.verification import forget_results
from tests.support.presenter import ALL_PASSED, Held, ask, asked, held
from tests.support.problems import assert_problem
from tests.support.refusals import assert_refused
from tests.support.wire import Wire


@pytest.mark.parametrize(
    ("moves", "reason"), [(["suspend"], "suspended"), (["revoke"], "revoked"), (["suspend", "resume"], None)]
)
async def test_the_status_is_asked_at_every_verification(
    either_wire_with_lists: Wire, moves: list[str], reason: str | None
) -> None:
    wire = either_wire_with_lists
    cred = await held(wire)
    before = await asked(wire)
    assert (await before.answer(cred.token(before))).status_code == 200
    person = await wire.person()
    (listed,) = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    for move in moves:
        assert (await wire.api("POST", f"/credentials/{listed['id']}/{move}", {"reason": "test"})).status_code == 200
    request = await asked(wire)
    got = await request.answer(cred.token(request))
    if reason is None:
        assert got.status_code == 200
        assert await request.checks() == ALL_PASSED
        return
    assert_refused(got, "invalid_request", secrets=["Amara"])
    shown = await request.now()
    assert (shown["state"], shown["verification"]["accepted"]) == ("answered", False)
    assert (await request.checks())["status"] == ("failed", reason)


async def test_a_cred_of_an_ended_pairing_is_not_accepted(wire_with_lists: Wire) -> None:
    wire = wire_with_lists
    device = await wire.paired()
    (entry,) = (await device.receive())["credentials"]
    cred = Held(entry["credential"], device.holder_key)
    await device.pairing("DELETE")
    request = await asked(wire)
    assert_refused(await request.answer(cred.token(request)), "invalid_request")
    assert (await request.checks())["status"] == ("failed", "revoked")


async def test_without_the_status_list_nothing_is_accepted(wire: Wire) -> None:
    """Row sl-unreachable: unknown is not valid."""
    cred = await held(wire)
    request = await asked(wire)
    assert_refused(await request.answer(cred.token(request)), "invalid_request")
    assert (await request.checks())["status"][0] == "failed"


async def test_a_check_by_hand_is_recorded_with_its_reason_and_changes_no_result(either_wire: Wire) -> None:
    wire = either_wire
    cred, request = await held(wire), await asked(wire)
    assert_refused(await request.answer(cred.token(request)), "invalid_request")
    before, path = await request.now(), f"/presentation-requests/{request.view['id']}/check-by-hand"

    got = await wire.api("POST", path, {"reason": "  Known to the receptionist "}, slug="harbour")

    assert (got.status_code, got.json()) == (200, before)
    entries = (await wire.api("GET", "/audit", slug="harbour")).json()["items"]
    (entry,) = [each for each in entries if each["action"] == "presentation_request.checked_by_hand"]
    assert (entry["subject_id"], entry["reason"]) == (request.view["id"], "Known to the receptionist")
    assert "Amara" not in str(entry)


@pytest.mark.parametrize("reason", [" ", "x" * 501], ids=["none", "too-long"])
async def test_a_check_by_hand_needs_a_reason(wire: Wire, reason: str) -> None:
    path = f"/presentation-requests/{(await asked(wire)).view['id']}/check-by-hand"
    before = await wire.snapshot()

    got = await wire.api("POST", path, {"reason": reason}, slug="harbour")

    assert_problem(got, 400, "bad_reason")
    assert await wire.snapshot() == before


async def test_what_was_not_asked_is_not_checked_by_hand(wire: Wire) -> None:
    got = await wire.api("POST", "/presentation-requests/no-such/check-by-hand", {"reason": "x"}, slug="harbour")

    assert_problem(got, 404, "not_found")


async def test_field_values_live_as_long_as_the_template_says(either_wire_with_lists: Wire) -> None:
    wire = either_wire_with_lists
    cred = await held(wire)
    request = await asked(wire)
    await request.answer(cred.token(request))
    wire.clock.advance(seconds=timedelta(minutes=10).total_seconds() - 1)
    assert (await request.now())["verification"]["creds"][0]["fields"]
    wire.clock.advance(seconds=1)
    shown = (await request.now())["verification"]
    assert (shown["accepted"], shown["creds"][0]["fields"]) == (True, None)


RETURN_TO = "https://club.example/rate?lane=2"


@pytest.mark.rows("pres-response-code-missing")
async def test_on_the_same_device_the_result_needs_the_response_code(either_wire_with_lists: Wire) -> None:
    """Row pres-response-code-missing (OpenID4VP 14.3)."""
    cred = await held(either_wire_with_lists)
    request = await asked(either_wire_with_lists, return_to=RETURN_TO)
    got = await request.answer(cred.token(request))
    back = httpx.URL(got.json()["redirect_uri"])
    code = back.params["response_code"]
    assert str(back.copy_remove_param("response_code")) == RETURN_TO
    for wrong in (None, "another"):
        shown = (await request.now(wrong))["verification"]
        assert (shown["session_bound"], shown["creds"][0]["fields"]) == (False, None)
    shown = (await request.now(code))["verification"]
    assert (shown["session_bound"], shown["accepted"]) == (True, True)
    assert shown["creds"][0]["fields"]["name"] == "Amara Okafor"


@pytest.mark.rows("pres-other-browser-haip")
async def test_a_template_may_refuse_what_does_not_come_back(wire_with_lists: Wire) -> None:
    """Row pres-other-browser-haip (HAIP 5.1)."""
    wire = wire_with_lists
    await wire.template("strict", refuse_unbound=True)
    cred = await held(wire)
    request = await asked(wire, "strict", return_to=RETURN_TO)
    got = await request.answer(cred.token(request))
    code = httpx.URL(got.json()["redirect_uri"]).params["response_code"]
    shown = (await request.now())["verification"]
    assert shown["accepted"] is False
    assert (await request.checks())["session"] == ("failed", "not_bound")
    assert (await request.now(code))["verification"]["accepted"] is True


async def test_who_declines_goes_back_too(wire: Wire) -> None:
    request = await asked(wire, return_to=RETURN_TO)
    got = await request.post({"error": "access_denied", "state": request.claims["state"]})
    assert got.json()["redirect_uri"].startswith(f"{RETURN_TO}&response_code=")


async def test_values_whose_time_is_over_are_removed(either_wire_with_lists: Wire) -> None:
    """Not merely hidden: nothing of them stays in the store."""
    wire = either_wire_with_lists
    await wire.template("forgetful", keep_result_s=0)
    cred = await held(wire)
    request = await asked(wire, "forgetful")
    assert (await request.answer(cred.token(request))).status_code == 200
    assert (await request.now())["verification"]["creds"][0]["fields"] is None
    await forget_results(wire.parts)
    stored = await wire.snapshot()
    assert "Amara Okafor" not in str(stored["presentation_requests"])


async def test_two_requests_are_nobodys_but_their_own(wire: Wire) -> None:
    first, second = await ask(wire), await ask(wire)
    assert first["id"] != second["id"]
    assert first["short_code"] != second["short_code"]


async def test_the_issuer_learns_nothing_of_a_share(either_wire_with_lists: Wire) -> None:
    """Issuer and requester live in one installation: nothing that is the issuer's changes, its audit neither."""
    wire = either_wire_with_lists
    cred, northwind = await held(wire), await wire.organisation("northwind")
    before = await wire.snapshot()
    for changed in ("shared", "declined"):
        request = await asked(wire)
        if changed == "shared":
            await request.answer(cred.token(request))
            assert (await request.now())["verification"]["accepted"]
        else:
            await request.post({"error": "access_denied", "state": str(request.claims["state"])})
    after = await wire.snapshot()
    assert len(after["audit_entries"]) > len(before["audit_entries"]), "the requester's own"

    def of_the_issuer(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [row for row in rows if northwind.id in row]

    assert {name for name in before if of_the_issuer(before[name]) != of_the_issuer(after[name])} == set()
