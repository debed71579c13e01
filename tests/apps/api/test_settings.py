"""The organisation's own affairs by API: what an owner's key may do, and that no other key may."""

from typing import Any

import pytest

from tests.support.console import PASSWORD, Front
from tests.support.problems import assert_problem
from tests.support.wire import Wire

NEW: dict[str, Any] = {"email": "Nadia@Northwind.test", "name": "Nadia Petrov", "role": "support"}


async def test_the_organisation_is_read_and_changed(either_wire: Wire) -> None:
    before = (await either_wire.api("GET", "/organisation")).json()
    assert (before["slug"], before["name"]) == ("northwind", "Northwind Robotics")

    changed = await either_wire.api("PATCH", "/organisation", {"support": {"phone": "+44 1"}, "logo": ""})

    assert changed.json() == {**before, "support": {"phone": "+44 1"}, "logo": None}
    assert (await either_wire.api("GET", "/organisation")).json() == changed.json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"time_zone": "Mars"},
        {"support": {"url": "javascript:alert(1)"}},
        {"support": {"phone": "1" * 301}},
        {"logo": "data:image/svg+xml;base64,AAAA"},
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_changes(wire: Wire, wrong: dict[str, Any]) -> None:
    await wire.api("GET", "/organisation")
    before = await wire.snapshot()

    assert_problem(await wire.api("PATCH", "/organisation", wrong), 400, "bad_settings")

    assert await wire.snapshot() == before


async def test_somebody_invited_by_api_joins_in_the_console(wire: Wire) -> None:
    made = await wire.api("POST", "/staff", NEW)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    path = made.json()["link"].partition("/o/northwind")[2]
    browser = Front(wire).stranger()
    await browser.get(path)

    assert (await browser.post(path, {"password": PASSWORD})).status_code == 303

    (member,) = (await wire.api("GET", "/staff")).json()["items"]
    assert (member["email"], member["role"], member["invited_until_at"]) == ("nadia@northwind.test", "support", None)
    assert_problem(await wire.api("POST", "/staff", NEW), 409, "known_staff")


async def test_roles_change_and_access_ends_and_an_owner_stays(either_wire: Wire) -> None:
    wire = either_wire
    first = (await wire.api("POST", "/staff", {**NEW, "role": "owner"})).json()["staff_id"]
    for answer in (
        await wire.api("DELETE", f"/staff/{first}"),
        await wire.api("PATCH", f"/staff/{first}", {"role": "support"}),
    ):
        assert_problem(answer, 409, "last_owner")
    second = (await wire.api("POST", "/staff", {**NEW, "email": "b@c.example"})).json()["staff_id"]

    assert (await wire.api("PATCH", f"/staff/{second}", {"role": "owner"})).json()["role"] == "owner"
    assert (await wire.api("DELETE", f"/staff/{first}")).status_code == 204

    assert [each["id"] for each in (await wire.api("GET", "/staff")).json()["items"]] == [second]
    assert_problem(await wire.api("POST", f"/staff/{first}/invite"), 404, "not_found")
    assert (await wire.api("POST", "/staff", NEW)).json()["staff_id"] == first


@pytest.mark.parametrize("wrong", [{"email": "none"}, {"name": ""}, {"role": "king"}])
async def test_somebody_described_wrongly_is_not_added(wire: Wire, wrong: dict[str, Any]) -> None:
    assert (await wire.api("POST", "/staff", {**NEW, **wrong})).status_code == 400
    assert (await wire.api("GET", "/staff")).json()["items"] == []


async def test_an_api_key_is_made_works_and_ends(either_wire: Wire) -> None:
    wire = either_wire
    made = await wire.api("POST", "/api-keys", {"name": "Payroll", "scopes": ["people"]})
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    secret = {"authorization": f"Bearer {made.json()['secret']}"}
    assert (await wire.console.get("/api/v1/people", headers=secret)).status_code == 200
    assert (await wire.console.get("/api/v1/staff", headers=secret)).status_code == 403
    listed = (await wire.api("GET", "/api-keys")).json()["items"]
    assert {"id": made.json()["id"], "name": "Payroll", "scopes": ["people"]} in listed

    assert (await wire.api("DELETE", f"/api-keys/{made.json()['id']}")).status_code == 204

    wire.clock.advance(seconds=6)
    assert (await wire.console.get("/api/v1/people", headers=secret)).status_code == 401
    assert_problem(await wire.api("DELETE", f"/api-keys/{made.json()['id']}"), 404, "not_found")


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["everything"]}])
async def test_an_api_key_that_cannot_be_is_refused(wire: Wire, wrong: dict[str, Any]) -> None:
    asked = {"name": "Payroll", "scopes": ["people"], **wrong}
    assert_problem(await wire.api("POST", "/api-keys", asked), 400, "bad_api_key")


async def test_a_signing_key_is_renewed_and_the_one_before_stays_once(either_wire: Wire) -> None:
    wire = either_wire
    for _ in range(3):
        wire.clock.advance(seconds=20)
        assert (await wire.api("POST", "/organisation/signing-keys/issuer/renew")).status_code == 204

    keys = (await wire.api("GET", "/organisation/signing-keys")).json()["items"]

    assert sorted(each["purpose"] for each in keys) == ["issuer", "issuer", "requester", "root"]
    assert_problem(await wire.api("POST", "/organisation/signing-keys/root/renew"), 404, "not_found")


async def test_a_request_goes_on_under_the_key_that_it_began_with(wire: Wire) -> None:
    made = (await wire.api("POST", "/presentation-requests", {"template": "staff-rate"}, slug="harbour")).json()
    wire.clock.advance(seconds=20)

    assert (await wire.api("POST", "/organisation/signing-keys/requester/renew", slug="harbour")).status_code == 204
    wire.clock.advance(seconds=20)

    same = (await wire.api("GET", f"/presentation-requests/{made['id']}", slug="harbour")).json()
    later = (await wire.api("POST", "/presentation-requests", {"template": "staff-rate"}, slug="harbour")).json()
    identity = [each["request"].partition("&")[0] for each in (made, same, later)]
    assert identity[0] == identity[1] != identity[2]


async def test_the_overview_counts(either_wire: Wire) -> None:
    await (await either_wire.paired()).receive()

    found = (await either_wire.api("GET", "/organisation/overview")).json()

    assert (found["people"], found["paired_devices"], found["reachable_devices"]) == (4, 1, 0)
    assert (found["active_creds"], found["silent_devices"]) == (1, 0)
    either_wire.clock.advance(days=31)
    assert (await either_wire.api("GET", "/organisation/overview")).json()["silent_devices"] == 1


async def test_people_are_searched_tolerantly(either_wire: Wire) -> None:
    found = (await either_wire.api("GET", "/people/search?q=okafro&which=no_device")).json()

    assert ([each["name"] for each in found["items"]], found["tolerant"]) == (["Amara Okafor"], True)
    assert found["counts"]["paired"] == 0
    assert (await either_wire.api("GET", "/people/search?which=nonsense")).status_code == 400


async def test_everything_is_suspended_and_resumed(either_wire: Wire) -> None:
    wire = either_wire
    person, reason = await wire.person(), {"reason": "lost"}

    held = (await wire.api("POST", f"/people/{person.id}/suspend", reason)).json()["items"]
    assert {each["state"] for each in held} == {"suspended"}
    one = await wire.api("POST", f"/entitlements/{held[0]['id']}/resume", reason)
    assert one.json()["state"] == "active"
    assert_problem(await wire.api("POST", f"/entitlements/{held[0]['id']}/resume", reason), 409, "wrong_state")
    assert_problem(await wire.api("POST", f"/people/{person.id}/resume", {"reason": " "}), 400, "bad_reason")

    held = (await wire.api("POST", f"/people/{person.id}/resume", reason)).json()["items"]
    assert {each["state"] for each in held} == {"active"}
    assert (await wire.api("GET", f"/entitlements?person_id={person.id}")).json()["items"] == held


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=lost", 2),
        ("q=okafor&action=entitlement.suspended", 2),
        ("since=2026-06-01T12:20:00Z&q=lost", 2),
        ("until=2026-06-01T12:20:00Z&q=lost", 0),
        ("actor=staff:nobody", 0),
    ],
)
async def test_the_audit_is_searched(wire: Wire, query: str, count: int) -> None:
    await wire.api("POST", f"/people/{(await wire.person()).id}/suspend", {"reason": "lost"})

    assert len((await wire.api("GET", f"/audit?{query}")).json()["items"]) == count
    assert_problem(await wire.api("GET", "/audit?since=2026-06-01T12:20:00"), 400, "bad_instant")
