"""State belongs to the entitlement: what is signed for it follows; a replaced instance turns invalid in its time."""

import asyncio
from typing import Any

import pytest

from billfold.core.jose.jws import Jws
from billfold.core.status.status_list import StatusList
from billfold.roles.issuer import superseding
from tests.support.device import Device, request_of
from tests.support.organisations import new_key
from tests.support.refusals import assert_refused
from tests.support.wire import Wire


async def credential_id(wire: Wire, name: str = "Amara Okafor") -> str:
    person = await wire.person(name)
    return str((await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"][-1]["id"])


@pytest.mark.rows("cred-denied")
async def test_what_is_suspended_is_not_issued_until_it_is_resumed(either_wire: Wire) -> None:
    """Row cred-denied; state belongs to the entitlement, so a fresh fetch turns nothing valid."""
    device = await either_wire.paired()
    await device.receive()
    credential = await credential_id(either_wire)
    moved = await either_wire.api("POST", f"/credentials/{credential}/suspend", {"reason": "lost"})
    assert moved.status_code == 200
    before = await either_wire.snapshot()
    request = request_of(device.key_proof(await device.c_nonce(), key=new_key()))
    refused = await device.credential(request)
    assert_refused(refused, "credential_request_denied", secrets=device.secrets)
    assert await either_wire.snapshot() == before
    await either_wire.api("POST", f"/credentials/{credential}/resume", {"reason": "found"})
    assert (await device.credential(request)).status_code == 200


async def test_what_was_revoked_is_gone(either_wire: Wire) -> None:
    device = await either_wire.paired()
    await device.receive()
    await either_wire.api("POST", f"/credentials/{await credential_id(either_wire)}/revoke", {"reason": "left"})
    request = request_of(device.key_proof(await device.c_nonce(), key=new_key()))
    assert_refused(await device.credential(request), "insufficient_scope", status=403, secrets=device.secrets)


async def test_what_lacks_a_required_field_is_not_issued(wire: Wire) -> None:
    person = await wire.person("Jonas Lindqvist")
    body = {"person_id": person.id, "credential_type": "parking-permit"}
    assert (await wire.api("POST", "/entitlements", body)).status_code == 201
    device = await wire.paired("Jonas Lindqvist")
    before = await wire.snapshot()
    request = request_of(device.key_proof(await device.c_nonce()), credential_configuration_id="parking-permit")
    assert_refused(await device.credential(request), "credential_request_denied", secrets=device.secrets)
    assert await wire.snapshot() == before


async def fetched(device: Device) -> tuple[str, Any]:
    """Return the notification id of a fresh Credential, and where its status is."""
    answer = await device.receive(keys=[new_key()])
    claims: Any = Jws.parse(answer["credentials"][0]["credential"].partition("~")[0]).claims()
    return answer["notification_id"], claims["status"]["status_list"]


async def status(wire: Wire, reference: Any) -> int:  # noqa: ANN401  # a claim
    got = await wire.issuer.get(reference["uri"])
    claim: Any = Jws.parse(got.text, max_bytes=len(got.text)).claims()["status_list"]
    return StatusList.parse(claim).status_at(reference["idx"])


async def test_a_replaced_instance_turns_invalid_when_its_successor_is_accepted(either_wire: Wire) -> None:
    """The pairing profile, item 6; until then both are valid, since an answer may be lost."""
    device = await either_wire.paired()
    _, old = await fetched(device)
    either_wire.clock.advance(seconds=1)
    notification_id, new = await fetched(device)
    assert [await status(either_wire, reference) for reference in (old, new)] == [0, 0]
    accepted = {"notification_id": notification_id, "event": "credential_accepted"}
    assert (await device.notify(accepted)).status_code == 204
    assert [await status(either_wire, reference) for reference in (old, new)] == [1, 0]


async def test_a_replaced_instance_turns_invalid_after_a_day_without_a_word(either_wire: Wire) -> None:
    device = await either_wire.paired()
    _, old = await fetched(device)
    either_wire.clock.advance(minutes=5)
    _, new = await fetched(device)
    either_wire.clock.advance(hours=23, minutes=59)
    await superseding.expire(either_wire.parts)
    assert [await status(either_wire, reference) for reference in (old, new)] == [0, 0]
    either_wire.clock.advance(minutes=1)
    await superseding.expire(either_wire.parts)
    assert [await status(either_wire, reference) for reference in (old, new)] == [1, 0]


async def test_a_successor_that_failed_leaves_the_old_one_valid(either_wire: Wire) -> None:
    device = await either_wire.paired()
    _, old = await fetched(device)
    either_wire.clock.advance(seconds=1)
    notification_id, _ = await fetched(device)
    await device.notify({"notification_id": notification_id, "event": "credential_failure"})
    assert await status(either_wire, old) == 0


async def test_an_old_acceptance_that_comes_late_ends_nothing_newer(either_wire: Wire) -> None:
    device = await either_wire.paired()
    notification_id, old = await fetched(device)
    either_wire.clock.advance(seconds=1)
    _, new = await fetched(device)
    await device.notify({"notification_id": notification_id, "event": "credential_accepted"})
    assert [await status(either_wire, reference) for reference in (old, new)] == [0, 0]


async def test_suspending_and_issuing_at_once_leaves_nothing_valid(either_wire: Wire) -> None:
    """Whoever comes first: afterwards no instance of a suspended entitlement is valid."""
    wire = either_wire
    device = await wire.paired()
    _, reference = await fetched(device)
    credential = await credential_id(wire)
    for _ in range(4):
        nonces = [await device.c_nonce() for _ in range(3)]
        requests = [request_of(device.key_proof(nonce, key=new_key())) for nonce in nonces]
        moved, *answers = await asyncio.gather(
            wire.api("POST", f"/credentials/{credential}/suspend", {"reason": "race"}),
            *(device.credential(request) for request in requests),
        )
        assert moved.status_code == 200
        assert {got.status_code for got in answers} <= {200, 400}
        stored = await wire.snapshot()
        assert {row[4] for row in stored["credential_instances"]} == {2}, stored["credential_instances"]
        assert await status(wire, reference) == 2
        back = await wire.api("POST", f"/credentials/{credential}/resume", {"reason": "race"})
        assert back.status_code == 200


async def test_ending_the_pairing_and_issuing_at_once_leaves_nothing_valid(either_wire: Wire) -> None:
    wire = either_wire
    device = await wire.paired()
    nonces = [await device.c_nonce() for _ in range(4)]
    requests = [request_of(device.key_proof(nonce, key=new_key())) for nonce in nonces]
    ended, *answers = await asyncio.gather(
        device.pairing("DELETE"), *(device.credential(request) for request in requests)
    )
    assert ended.status_code == 204
    assert {got.status_code for got in answers} <= {200, 400, 401}
    stored = await wire.snapshot()
    assert {row[4] for row in stored["credential_instances"]} <= {1}
