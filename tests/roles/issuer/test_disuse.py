"""Disuse: a silent device is reminded once before its refresh token ends, and not where it need not or cannot be."""

from datetime import timedelta

import pytest

from billfold.adapters.store import audit, outbox
from billfold.roles.issuer import disuse
from tests.support.device import Device, subscription
from tests.support.wire import PERSON, Wire


async def reminded(wire: Wire) -> list[str]:
    """Return the pairings that are reminded now."""
    await disuse.remind(wire.parts)
    now = wire.parts.now()
    wakes = await outbox.lease(wire.parts.store, most=10, now=now, until=now)
    for wake in wakes:
        await outbox.give_up(wire.parts.store, wake.id)
    return [wake.pairing_id for wake in wakes]


async def paired(wire: Wire, name: str = PERSON, *, push: bool = True) -> Device:
    device = await wire.paired(name)
    said = {"device_name": "phone", "push_subscription": subscription() if push else None, "client": {"version": "1"}}
    assert (await device.pairing("PUT", said)).status_code == 204
    return device


async def pass_days(wire: Wire, device: Device, days: int) -> None:
    wire.clock.advance(days=days)
    device.dpop_nonce = None


async def test_a_device_silent_for_eleven_months_is_reminded_once(either_wire: Wire) -> None:
    device = await paired(either_wire)
    await pass_days(either_wire, device, 334)
    assert await reminded(either_wire) == []
    await pass_days(either_wire, device, 2)
    (pairing_id,) = await reminded(either_wire)
    assert await reminded(either_wire) == []
    person, organisation = await either_wire.person(), await either_wire.organisation("northwind")
    newest, *_ = await audit.newest(either_wire.parts.store, organisation.id, most=5, person_id=person.id)
    assert (newest.action, newest.subject_id, newest.actor) == ("device.reminded", pairing_id, "system")


async def test_a_device_that_came_back_is_reminded_again_when_it_falls_silent(either_wire: Wire) -> None:
    device = await paired(either_wire)
    await pass_days(either_wire, device, 340)
    first = await reminded(either_wire)
    assert (await device.refresh()).status_code == 200
    await pass_days(either_wire, device, 200)
    assert await reminded(either_wire) == []
    await pass_days(either_wire, device, 140)
    assert await reminded(either_wire) == first


@pytest.mark.parametrize("case", ["ended", "no push", "too late"])
async def test_who_cannot_be_helped_is_not_reminded(either_wire: Wire, case: str) -> None:
    device = await paired(either_wire, push=case != "no push")
    if case == "ended":
        await device.pairing("DELETE")
        assert len(await reminded(either_wire)) == 1, "the end itself is told"
    await pass_days(either_wire, device, 366 if case == "too late" else 340)
    assert await reminded(either_wire) == []


async def test_many_silent_devices_are_all_reminded(either_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disuse, "BATCH", 1)
    for name in ("Amara Okafor", "Mei Tanaka"):
        await paired(either_wire, name)
    either_wire.clock.advance(days=340)
    assert len(await reminded(either_wire)) == 2


def test_the_reminder_comes_before_the_end() -> None:
    assert timedelta(days=7) < disuse.REMIND_BEFORE < timedelta(days=90)
