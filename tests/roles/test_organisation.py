"""An organisation's keys: leaves are renewed by themselves, in time and once, as long as their root lasts."""

from datetime import timedelta

import pytest

from billfold.adapters.store import audit, organisations
from billfold.adapters.store.records import SigningKey
from billfold.core.jose.jws import Jws
from billfold.core.trust.certificate import parse_x5c
from billfold.roles.organisation import LEAF_LIFETIME, ROOT_LIFETIME, renew_leaves
from tests.support.wire import Wire


async def keys_of(wire: Wire) -> dict[str, SigningKey]:
    found = await organisations.newest_keys_of(wire.parts.store, (await wire.organisation("northwind")).id)
    return {key.purpose: key for key in found}


async def test_a_leaf_is_renewed_once_when_two_thirds_of_its_time_are_over(either_wire: Wire) -> None:
    first = await keys_of(either_wire)
    either_wire.clock.advance(days=LEAF_LIFETIME.days * 2 // 3 - 1)
    await renew_leaves(either_wire.parts)
    assert await keys_of(either_wire) == first

    either_wire.clock.advance(days=2)
    await renew_leaves(either_wire.parts)
    second = await keys_of(either_wire)
    assert second["root"] == first["root"]
    assert {role for role in second if second[role] != first[role]} == {"issuer", "requester"}
    assert all(second[role].not_after_at > first[role].not_after_at for role in ("issuer", "requester"))
    await renew_leaves(either_wire.parts)
    assert await keys_of(either_wire) == second

    entries = await audit.newest(either_wire.parts.store, (await either_wire.organisation("northwind")).id, most=2)
    assert {(entry.action, entry.actor) for entry in entries} == {("signing_key.renewed", "system")}


async def test_a_cred_is_signed_by_the_new_leaf_and_lasts_as_long_as_its_type_says(wire: Wire) -> None:
    wire.clock.advance(days=LEAF_LIFETIME.days - 300)
    await renew_leaves(wire.parts)
    wire.clock.advance(seconds=30)
    received = await (await wire.paired()).receive()
    jws = Jws.parse(received["credentials"][0]["credential"].split("~")[0])
    (leaf,) = parse_x5c(jws.header["x5c"])
    assert leaf.not_valid_after_utc == (await keys_of(wire))["issuer"].not_after_at
    assert jws.claims()["exp"] - wire.clock().timestamp() > timedelta(days=360).total_seconds()


@pytest.mark.parametrize("days", [LEAF_LIFETIME.days - 300, ROOT_LIFETIME.days - 100])
async def test_a_cred_lies_within_the_time_of_its_leaf_and_ends_with_an_hour(wire: Wire, days: int) -> None:
    """OpenID4VCI 15.4.1: also at once after the leaf was made, and where that ends before the Cred would."""
    wire.clock.advance(days=days, minutes=20)
    await renew_leaves(wire.parts)
    wire.clock.advance(seconds=30)
    received = await (await wire.paired()).receive()
    jws = Jws.parse(received["credentials"][0]["credential"].split("~")[0])
    (leaf,) = parse_x5c(jws.header["x5c"])
    claims, begin, end = jws.claims(), leaf.not_valid_before_utc, leaf.not_valid_after_utc
    assert begin.timestamp() <= claims["iat"] < claims["exp"] <= end.timestamp()
    assert claims["iat"] % 3600 == claims["exp"] % 3600 == 0


async def test_a_leaf_that_ends_with_its_root_is_left_alone(wire: Wire) -> None:
    wire.clock.advance(days=ROOT_LIFETIME.days - 900)
    await renew_leaves(wire.parts)
    last = await keys_of(wire)
    assert last["issuer"].not_after_at == last["root"].not_after_at
    wire.clock.advance(days=800)
    await renew_leaves(wire.parts)
    assert await keys_of(wire) == last
