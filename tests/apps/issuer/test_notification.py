"""The notification endpoint on the wire."""

from typing import Any

import pytest

from tests.support.device import Device
from tests.support.refusals import assert_closed, assert_refused, assert_unauthorized
from tests.support.wire import Wire

EVENTS = ("credential_accepted", "credential_failure", "credential_deleted")


async def told(wire: Wire) -> str | None:
    """Return what the device last said of Amara's Credential."""
    person = await wire.person()
    listed = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    event: str | None = listed[-1]["device_event"]
    return event


async def received(wire: Wire) -> tuple[Device, str]:
    device = await wire.paired()
    return device, str((await device.receive())["notification_id"])


@pytest.mark.parametrize("event", EVENTS)
async def test_what_became_of_a_credential_is_kept(either_wire: Wire, event: str) -> None:
    device, notification_id = await received(either_wire)
    got = await device.notify({"notification_id": notification_id, "event": event, "event_description": "so it was"})
    assert (got.status_code, got.content) == (204, b"")
    assert_closed(got)
    assert await told(either_wire) == event


async def entries(wire: Wire) -> int:
    """Return how many audit entries there are of what devices said."""
    listed = (await wire.api("GET", "/audit")).json()["items"]
    return sum(entry["action"] == "credential.device_event" for entry in listed)


@pytest.mark.rows("notif-repeat")
async def test_the_same_said_twice_is_as_good_as_once(either_wire: Wire) -> None:
    """Row notif-repeat: nothing more is kept, and the audit has it once."""
    wire = either_wire
    device, notification_id = await received(wire)
    body = {"notification_id": notification_id, "event": "credential_accepted"}
    assert (await device.notify(body)).status_code == 204
    before = await wire.snapshot()
    wire.clock.advance(seconds=1)
    assert (await device.notify(body)).status_code == 204
    after = await wire.snapshot()
    assert (after["credentials"], after["audit_entries"]) == (before["credentials"], before["audit_entries"])
    assert (await told(wire), await entries(wire)) == ("credential_accepted", 1)
    assert (await device.notify({**body, "event": "credential_deleted"})).status_code == 204
    assert (await told(wire), await entries(wire)) == ("credential_deleted", 2)


async def test_members_that_it_does_not_know_are_ignored(wire: Wire) -> None:
    """Row notif-unknown-member."""
    device, notification_id = await received(wire)
    body = {"notification_id": notification_id, "event": "credential_accepted", "foo": 1}
    assert (await device.notify(body)).status_code == 204


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"notification_id": "unknown"}, "invalid_notification_id", id="notif-unknown-id"),
        pytest.param({"notification_id": None}, "invalid_notification_request", id="notif-no-id"),
        pytest.param({"notification_id": ""}, "invalid_notification_request", id="notif-empty-id"),
        pytest.param({"notification_id": 7}, "invalid_notification_request", id="notif-id-number"),
        pytest.param({"event": None}, "invalid_notification_request", id="notif-no-event"),
        pytest.param({"event": "Credential_Accepted"}, "invalid_notification_request", id="notif-bad-event"),
        pytest.param({"event_description": 'a"b'}, "invalid_notification_request", id="notif-bad-description"),
        pytest.param({"event_description": "ä"}, "invalid_notification_request", id="notif-description-not-ascii"),
    ],
)
async def test_refuses_a_bad_notification(wire: Wire, changes: dict[str, Any], code: str) -> None:
    device, notification_id = await received(wire)
    good = {"notification_id": notification_id, "event": "credential_accepted"}
    before = await wire.snapshot()
    bad = {name: value for name, value in {**good, **changes}.items() if value is not None}
    assert_refused(await device.notify(bad), code, secrets=[*device.secrets, notification_id])
    assert await wire.snapshot() == before


@pytest.mark.parametrize(
    ("content", "content_type"), [(b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain")]
)
async def test_refuses_a_body_that_is_no_notification(wire: Wire, content: bytes, content_type: str) -> None:
    device, _ = await received(wire)
    refused = await device.call("POST", "notification", content=content, content_type=content_type)
    assert_refused(refused, "invalid_notification_request", secrets=device.secrets)


@pytest.mark.rows("notif-no-token")
async def test_needs_a_token(wire: Wire) -> None:
    """Row notif-no-token."""
    device, notification_id = await received(wire)
    body = {"notification_id": notification_id, "event": "credential_accepted"}
    refused = await device.notify(body, dpop=[], authorization="")
    assert refused.status_code == 401
    assert_closed(refused)
    assert_unauthorized(
        await device.notify(body, authorization="DPoP never-made"), ("invalid_token", "invalid_dpop_proof")
    )
    assert await told(wire) is None


async def test_another_device_has_nothing_to_say(wire: Wire) -> None:
    _, notification_id = await received(wire)
    other = await wire.paired("Jonas Lindqvist")
    body = {"notification_id": notification_id, "event": "credential_deleted"}
    assert_refused(await other.notify(body), "invalid_notification_id", secrets=[notification_id])
    assert await told(wire) is None
