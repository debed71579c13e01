"""Drafts of Cred types, on either engine: kept per person, brought over to a newer version, gone once published."""

import asyncio

from msgspec.structs import replace

from billfold.adapters.store import staff
from billfold.roles.issuer import credential_type_draft as drafts
from billfold.roles.issuer import credential_type_editor as editor
from billfold.roles.issuer.credential_type_draft import Editing
from billfold.roles.operator.permission import OWNER, Authority, permissions_of
from tests.support.console import Front
from tests.support.wire import Wire

SLUG = "employee-badge"


async def owner_of(wire: Wire) -> tuple[Authority, str]:
    organisation = await wire.organisation("northwind")
    email = await Front(wire).hire("northwind", OWNER)
    member = await staff.by_email(wire.parts.store, organisation.id, email)
    assert member is not None
    return Authority(organisation.id, permissions_of(OWNER), wire.parts.act("test")), member.id


async def found(wire: Wire, by: Authority, staff_id: str) -> Editing:
    return await drafts.find(wire.parts, by.organisation_id, staff_id, SLUG)


async def save(wire: Wire, by: Authority, staff_id: str, days: int, *, seen: int = 1) -> None:
    editing = await found(wire, by, staff_id)
    changed = replace(editing.definition, validity_days=days)
    await drafts.change(wire.parts, by, staff_id, editing, changed, seen=seen)


async def test_a_draft_is_kept_changed_published_and_gone(either_wire: Wire) -> None:
    by, staff_id = await owner_of(either_wire)
    await save(either_wire, by, staff_id, 10)
    await save(either_wire, by, staff_id, 20)
    editing = await found(either_wire, by, staff_id)
    assert (editing.definition.validity_days, editing.replaces, editing.is_stale) == (20, 1, False)

    made = await drafts.publish(either_wire.parts, by, staff_id, editing)

    assert (made.version, made.definition.validity_days) == (2, 20)
    assert (await found(either_wire, by, staff_id)).draft is None


async def test_two_tabs_of_one_person_keep_one_draft(either_wire: Wire) -> None:
    by, staff_id = await owner_of(either_wire)

    await asyncio.gather(*(save(either_wire, by, staff_id, days) for days in (10, 20, 30)))

    assert (await found(either_wire, by, staff_id)).definition.validity_days in (10, 20, 30)


async def test_a_draft_of_an_older_version_is_stale_until_it_is_carried_over(either_wire: Wire) -> None:
    by, staff_id = await owner_of(either_wire)
    await save(either_wire, by, staff_id, 10)
    newest = await editor.find(either_wire.parts, by.organisation_id, SLUG)
    act = replace_act(either_wire, by)
    changed = replace(newest.definition, descriptions={})
    await editor.change(either_wire.parts, act, SLUG, changed, replaces=1)

    editing = await found(either_wire, by, staff_id)
    assert (editing.version, editing.replaces, editing.is_stale) == (2, 1, True)
    await drafts.carry_over(either_wire.parts, by, staff_id, editing)

    together = await found(either_wire, by, staff_id)
    assert (together.is_stale, together.definition.validity_days, together.definition.descriptions) == (False, 10, {})


def replace_act(wire: Wire, by: Authority) -> Authority:
    """Return the same authority for another act."""
    return Authority(by.organisation_id, by.may, wire.parts.act("test"))


async def test_what_says_the_same_as_the_newest_version_is_no_draft(either_wire: Wire) -> None:
    by, staff_id = await owner_of(either_wire)
    await save(either_wire, by, staff_id, 10)
    await save(either_wire, by, staff_id, 365)

    assert (await found(either_wire, by, staff_id)).draft is None
