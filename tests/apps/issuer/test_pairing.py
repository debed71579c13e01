"""Pairing on the wire: from code to device, one at a time, and how it ends."""

import asyncio
from typing import Any

import httpx
import pytest

from billfold.core.encoding import b64url_encode
from tests.support.device import redeem_form, subscription
from tests.support.refusals import assert_closed, assert_refused, assert_unauthorized
from tests.support.wire import PERSON, Wire, pre_authorized_code

DESCRIPTION = {"device_name": "Pixel", "push_subscription": None, "client": {"version": "1", "unlock": "prf"}}


def offer_url(code: dict[str, Any]) -> str:
    return str(httpx.URL(code["offer"]).params["credential_offer_uri"])


async def state_of(wire: Wire, code: dict[str, Any]) -> str:
    return str((await wire.api("GET", f"/pairing-codes/{code['id']}")).json()["state"])


async def devices(wire: Wire, name: str = PERSON) -> list[dict[str, Any]]:
    person = await wire.person(name)
    return list((await wire.api("GET", f"/pairings?person_id={person.id}")).json()["items"])


async def test_a_code_goes_from_waiting_to_paired(either_wire: Wire) -> None:
    """The pairing counts from the first use of its access token."""
    code = await either_wire.code()
    seen = [await state_of(either_wire, code)]
    offer = await either_wire.offer(code)
    seen.append(await state_of(either_wire, code))
    device = either_wire.device()
    await device.redeem(pre_authorized_code(offer))
    seen.append(await state_of(either_wire, code))
    await device.pairing("GET")
    seen.append(await state_of(either_wire, code))
    assert seen == ["waiting", "opened", "opened", "paired"]


async def test_a_device_sees_what_its_person_should_hold(wire: Wire) -> None:
    device = await wire.paired(used=False)
    got = await device.pairing("GET")
    assert got.status_code == 200
    assert_closed(got)
    view = got.json()
    assert view.keys() == {"state", "entitlements"}
    assert view["state"] == "active"
    held = {e["credential_configuration_id"]: (e["credential_identifier"], e["revision"]) for e in view["entitlements"]}
    assert held.keys() == {"employee-badge", "parking-permit"}
    assert {revision for _, revision in held.values()} == {1}


async def test_a_person_who_should_hold_nothing_pairs_all_the_same(wire: Wire) -> None:
    """The list may be empty, and what comes later is in it."""
    made = (await wire.api("POST", "/people", {"name": "Nobody Yet"})).json()
    device = await wire.paired("Nobody Yet", used=False)
    assert (await device.pairing("GET")).json()["entitlements"] == []
    body = {"person_id": made["id"], "credential_type": "employee-badge"}
    assert (await wire.api("POST", "/entitlements", body)).status_code == 201
    (entry,) = (await device.pairing("GET")).json()["entitlements"]
    assert entry["credential_configuration_id"] == "employee-badge"


async def test_what_the_device_says_of_itself_is_kept(wire: Wire) -> None:
    device = await wire.paired(used=False)
    update = {**DESCRIPTION, "push_subscription": subscription()}
    got = await device.pairing("PUT", update)
    assert (got.status_code, got.content) == (204, b"")
    assert_closed(got)
    (listed,) = await devices(wire)
    assert (listed["device_name"], listed["state"]) == ("Pixel", "active")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"device_name": ""}, id="no-name"),
        pytest.param({"device_name": "x" * 101}, id="long-name"),
        pytest.param({"device_name": "a\nb"}, id="name-with-line-end"),
        pytest.param({"device_name": 7}, id="name-number"),
        pytest.param({"foo": 1}, id="unknown-member"),
        pytest.param({"push_subscription": subscription(endpoint="http://push.example/1")}, id="push-endpoint-http"),
        pytest.param({"push_subscription": subscription(endpoint="ftp://push.example")}, id="push-endpoint-ftp"),
        pytest.param({"push_subscription": subscription(p256dh="AAAA")}, id="push-p256dh"),
        pytest.param(
            {"push_subscription": subscription(p256dh=b64url_encode(b"\x04" + bytes(64)))}, id="push-p256dh-off-curve"
        ),
        pytest.param({"push_subscription": subscription(auth="AAAA")}, id="push-auth"),
        pytest.param({"client": {"version": "x" * 101}}, id="long-version"),
    ],
)
async def test_refuses_a_description_that_cannot_be_used(wire: Wire, changes: dict[str, Any]) -> None:
    device = await wire.paired()
    before = await wire.snapshot()
    refused = await device.pairing("PUT", {**DESCRIPTION, **changes})
    assert_refused(refused, "invalid_request", secrets=device.secrets)
    assert await wire.snapshot() == before


async def test_a_device_ends_its_own_pairing(either_wire: Wire) -> None:
    """Its tokens die and its Credentials turn invalid."""
    device = await either_wire.paired()
    await device.receive()
    got = await device.pairing("DELETE")
    assert (got.status_code, got.content) == (204, b"")
    assert_closed(got)
    assert_unauthorized(await device.pairing("GET"), "invalid_token", secrets=device.secrets)
    assert_unauthorized(await device.pairing("DELETE"), "invalid_token", secrets=device.secrets)
    (listed,) = await devices(either_wire)
    assert listed["state"] == "ended"
    person = await either_wire.person()
    credentials = (await either_wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    assert [c["state"] for c in credentials] == ["revoked"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_without_token_there_is_no_pairing(wire: Wire, method: str) -> None:
    refused = await wire.device().pairing(method, DESCRIPTION, dpop=[], authorization="")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("DPoP ")
    assert_closed(refused)


async def test_a_code_replaced_before_its_first_use_strands_nobody(either_wire: Wire) -> None:
    """A lost token answer: the first device never used its pairing, so the next code takes its place."""
    first = await either_wire.paired(used=False)
    either_wire.clock.advance(seconds=1)
    again = await either_wire.paired(used=False)
    assert_unauthorized(await first.pairing("GET"), "invalid_token")
    assert (await again.pairing("GET")).status_code == 200
    assert [d["state"] for d in await devices(either_wire)] == ["ended", "active"]


async def test_a_code_whose_pairing_ended_unused_was_replaced_and_not_paired(either_wire: Wire) -> None:
    code = await either_wire.code()
    await either_wire.device().redeem(pre_authorized_code(await either_wire.offer(code)))
    either_wire.clock.advance(seconds=1)
    device = await either_wire.paired()
    assert await state_of(either_wire, code) == "replaced"
    await device.pairing("DELETE")
    assert await state_of(either_wire, code) == "replaced"


async def test_a_code_stays_paired_after_its_pairing_ended(either_wire: Wire) -> None:
    code = await either_wire.code()
    device = either_wire.device()
    await device.redeem(pre_authorized_code(await either_wire.offer(code)))
    either_wire.clock.advance(seconds=1)
    await device.pairing("GET")
    await device.pairing("DELETE")
    assert await state_of(either_wire, code) == "paired"


async def test_a_new_code_ends_the_unused_one(either_wire: Wire) -> None:
    first, second = await either_wire.code(), await either_wire.code()
    assert await state_of(either_wire, first) == "replaced"
    offer = await either_wire.offer(second)
    assert (await either_wire.device().redeem(pre_authorized_code(offer)))["access_token"]


async def test_while_a_device_is_paired_a_code_is_refused(either_wire: Wire) -> None:
    await either_wire.paired()
    person = await either_wire.person()
    before = await either_wire.snapshot()
    refused = await either_wire.api("POST", "/pairing-codes", {"person_id": person.id})
    assert refused.status_code == 409
    assert refused.json()["code"] == "device_paired"
    assert await either_wire.snapshot() == before


async def test_after_the_pairing_ended_a_new_device_pairs(either_wire: Wire) -> None:
    device = await either_wire.paired()
    await device.pairing("DELETE")
    again = await either_wire.paired()
    assert (await again.receive())["credentials"]


async def test_two_issuers_do_not_know_of_each_other(wire: Wire) -> None:
    here, there = await wire.paired(), await wire.paired(slug="lakeside")
    await here.pairing("DELETE")
    assert (await there.pairing("GET")).status_code == 200


async def test_of_twelve_racing_token_requests_one_wins_and_its_tokens_work(either_wire: Wire) -> None:
    code = pre_authorized_code(await either_wire.offer(await either_wire.code()))
    racers = [either_wire.device() for _ in range(12)]
    for racer in racers:
        await racer.c_nonce()
    answers = await asyncio.gather(*(racer.token(redeem_form(code)) for racer in racers))
    won = [(racer, answer) for racer, answer in zip(racers, answers, strict=True) if answer.status_code == 200]
    assert len(won) == 1
    winner, answer = won[0]
    winner.keep(answer)
    for other in answers:
        if other is not answer:
            assert_refused(other, "invalid_grant", secrets=[code, *winner.secrets])
    assert (await winner.receive())["credentials"]
    assert len(await devices(either_wire)) == 1


async def test_racing_wrong_pins_get_no_more_tries_than_allowed(either_wire: Wire) -> None:
    code = await either_wire.code(tx_code=True)
    given = pre_authorized_code(await either_wire.offer(code))
    device = either_wire.device()
    await device.c_nonce()
    wrong = [f"{(int(code['tx_code']) + n) % 10**6:06}" for n in range(1, 13)]
    answers = await asyncio.gather(*(device.token(redeem_form(given, tx_code=pin)) for pin in wrong))
    said = [answer.json()["error_description"] for answer in answers]
    assert sum("This PIN is wrong" in text for text in said) == 5
    assert_refused(await device.token(redeem_form(given, tx_code=code["tx_code"])), "invalid_grant")


async def test_whatever_races_a_person_has_one_device(either_wire: Wire) -> None:
    """Codes made at once, redeemed at once, used at once: what counts is one pairing."""
    person = await either_wire.person()
    body = {"person_id": person.id, "tx_code": False}
    made = await asyncio.gather(*(either_wire.api("POST", "/pairing-codes", body) for _ in range(6)))
    racers = [either_wire.device() for _ in made]
    for racer in racers:
        await racer.c_nonce()
    offers = [await either_wire.issuer.get(offer_url(got.json())) for got in made]
    live = [
        (racer, pre_authorized_code(offer.json()))
        for racer, offer in zip(racers, offers, strict=True)
        if offer.status_code == 200
    ]
    answers = await asyncio.gather(*(racer.token(redeem_form(code)) for racer, code in live))
    for (racer, _), answer in zip(live, answers, strict=True):
        if answer.status_code == 200:
            racer.keep(answer)
    with_tokens = [racer for racer, _ in live if racer.access_token]
    used = await asyncio.gather(*(racer.pairing("GET") for racer in with_tokens))
    assert sorted(got.status_code for got in used)[:1] == [200]
    assert [d["state"] for d in await devices(either_wire) if d["state"] != "ended"] == ["active"]


async def test_a_device_replaced_many_times_at_once_leaves_one_code(either_wire: Wire) -> None:
    wire = either_wire
    await wire.paired()
    person = await wire.person()
    body = {"reason": "lost", "checked_how": "saw the passport"}
    calls = (wire.api("POST", f"/people/{person.id}/replace-device", body) for _ in range(6))
    made = [got.json()["id"] for got in await asyncio.gather(*calls) if got.status_code == 201]
    states = [(await wire.api("GET", f"/pairing-codes/{code_id}")).json()["state"] for code_id in made]
    assert sorted(states) == ["replaced"] * (len(made) - 1) + ["waiting"]
    assert [d["state"] for d in await devices(wire)] == ["ended"]
