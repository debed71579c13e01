"""Two at once: whoever checks and then writes is not overtaken in between, on either store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from billfold.adapters.store import credential_types, organisations, passkeys, people, relay_endpoints
from billfold.adapters.store.passkeys import Passkey
from billfold.adapters.store.records import Support
from billfold.adapters.store.relay_endpoints import RelayEndpoint
from billfold.adapters.store.staff import Staff
from billfold.adapters.store.type_definition import CredentialTypeDefinition
from billfold.errors import StateError
from billfold.roles.issuer import credential_type_editor as editor
from billfold.roles.issuer import people as directory
from billfold.roles.issuer.credential_type_rules import BadCredentialType
from billfold.roles.issuer.issuer import Issuer, load_issuer
from billfold.roles.operator import passkey
from billfold.roles.operator.organisation import Change, change_organisation, find_organisation
from billfold.roles.operator.passkey import MOST_OF_ONE_PERSON, PasskeyRefused
from billfold.roles.operator.permission import OWNER, Authority, permissions_of
from billfold.roles.operator.staff import Invitation, invite
from billfold.roles.parts import CHANGE_TRIES, ChangedMeanwhile
from tests.support.cred_types import MEMBERSHIP, field
from tests.support.mail_server import mail_server
from tests.support.wire import Wire

Read = Callable[..., Awaitable[Any]]


def together(read: Read) -> Read:
    """Return *read*, whose first two callers go on when both have read the same."""
    both, calls = asyncio.Barrier(2), 0

    async def wait(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # whatever is read
        nonlocal calls
        found, calls = await read(*given, **named), calls + 1
        if calls <= 2:
            await both.wait()
        return found

    return wait


async def at_once(*acts: Awaitable[Any]) -> list[Any]:
    """Return what came of each; a refusal is a result."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    assert not [each for each in results if isinstance(each, BaseException) and not isinstance(each, StateError)]
    return [each if isinstance(each, StateError) else "done" for each in results]


async def issuer_of(wire: Wire) -> Issuer:
    issuer = await load_issuer(wire.parts, "northwind")
    assert issuer is not None
    return issuer


async def owner_of(wire: Wire) -> Authority:
    return Authority((await wire.organisation("northwind")).id, permissions_of(OWNER), wire.parts.act("test"))


async def test_two_changes_of_one_person_both_count(either_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, issuer, person = either_wire, await issuer_of(either_wire), await either_wire.person()
    monkeypatch.setattr(people, "see", together(people.see))

    async def change(**attributes: str) -> None:
        given: dict[str, Any] = {"name": None, "attributes": attributes, "groups": None, "act": wire.parts.act("test")}
        await directory.change(wire.parts, issuer, issuer.id, person.id, **given)

    assert await at_once(change(team="Night shift"), change(car="NW 7")) == ["done", "done"]
    after = await wire.person()
    assert (after.attributes["team"], after.attributes["car"]) == ("Night shift", "NW 7")
    assert after.attributes["staff_number"] == person.attributes["staff_number"]


async def test_whoever_is_always_too_late_is_told(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, person, reads, see = await issuer_of(wire), await wire.person(), 0, people.see

    async def see_and_be_overtaken(*given: Any) -> Any:  # noqa: ANN401  # as `people.see`
        nonlocal reads
        found, reads = await see(*given), reads + 1
        connection = wire.parts.store.connection  # type: ignore[attr-defined]  # SQLite's
        connection.execute("UPDATE people SET name = ?", [f"Name {reads}"])
        return found

    monkeypatch.setattr(people, "see", see_and_be_overtaken)
    given: dict[str, Any] = {"attributes": {}, "groups": None, "act": wire.parts.act("test")}
    with pytest.raises(ChangedMeanwhile, match="try again"):
        await directory.change(wire.parts, issuer, issuer.id, person.id, name="Mine", **given)
    assert reads == CHANGE_TRIES


async def test_two_changes_of_the_settings_both_count(either_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, one, other = either_wire, await owner_of(either_wire), await owner_of(either_wire)
    monkeypatch.setattr(organisations, "see", together(organisations.see))
    zone, support = Change(time_zone="Asia/Tokyo"), Change(support=Support("help@northwind.test", None, None))

    assert await at_once(
        change_organisation(wire.parts, one, zone), change_organisation(wire.parts, other, support)
    ) == ["done", "done"]
    settings = (await find_organisation(wire.parts, one)).settings
    assert (settings.time_zone, settings.support.email) == ("Asia/Tokyo", "help@northwind.test")


async def test_two_types_that_contradict_each_other_are_not_both_published(
    either_wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One attribute is of one kind in all types of an organisation."""
    wire = either_wire
    monkeypatch.setattr(credential_types, "of_organisation", together(credential_types.of_organisation))

    async def publish(slug: str, kind: str) -> None:
        fields = [field("name", "person_name"), field("shoe_size", kind=kind)]
        definition = msgspec.convert({**MEMBERSHIP, "fields": fields}, CredentialTypeDefinition)
        await editor.create(wire.parts, await owner_of(wire), slug, definition)

    first, second = await at_once(publish("shoes", "number"), publish("boots", "text"))
    refused = [each for each in (first, second) if isinstance(each, BadCredentialType)]
    assert ([first, second].count("done"), len(refused)) == (1, 1)


async def invited(wire: Wire) -> Invitation:
    """Return the invitation of somebody who has no password."""
    given = {"email": "nadia@northwind.test", "name": "Nadia Petrov", "role": "support"}
    return await invite(wire.parts, await owner_of(wire), **given)


def new_passkey(wire: Wire, member: Staff) -> Passkey:
    parts, key = wire.parts, wire.parts.random(16)
    return Passkey(parts.new_id(), member.organisation_id, member.id, key, key, 0, "key", parts.now(), None)


def keeping(wire: Wire, member: Staff) -> tuple[str, Awaitable[None]]:
    """Return the id of a new passkey, and what stores it."""
    made = new_passkey(wire, member)
    return made.id, passkey.keep(wire.parts, made, wire.parts.act("test"))


async def test_an_invitation_is_taken_with_one_of_two_passkeys(either_wire: Wire) -> None:
    wire, invitation = either_wire, await invited(either_wire)
    results = await at_once(
        *(
            passkey.take_invitation(
                wire.parts, invitation.secret, new_passkey(wire, invitation.member), reference="test"
            )
            for _ in range(2)
        )
    )
    (refused,) = (each for each in results if each != "done")
    assert (refused.code, len(await passkeys.of_staff(wire.parts.store, invitation.member.id))) == (
        "invitation_over",
        1,
    )


async def test_of_the_last_two_ways_in_one_stays(either_wire: Wire) -> None:
    wire, member = either_wire, (await invited(either_wire)).member
    left: list[str] = []
    for _ in range(5):
        while len(left) < 2:
            new, kept = keeping(wire, member)
            await kept
            left.append(new)
        results = await at_once(*(passkey.remove(wire.parts, member, each, wire.parts.act("test")) for each in left))
        (refused,) = (each for each in results if each != "done")
        left = [each.id for each in await passkeys.of_staff(wire.parts.store, member.id)]
        assert (refused.code, len(left)) == ("last_passkey", 1)


async def test_passkeys_that_come_at_once_are_bounded(either_wire: Wire) -> None:
    wire, member = either_wire, (await invited(either_wire)).member

    results = await at_once(*(keeping(wire, member)[1] for _ in range(MOST_OF_ONE_PERSON + 5)))

    assert results.count("done") == len(await passkeys.of_staff(wire.parts.store, member.id)) == MOST_OF_ONE_PERSON
    assert all(isinstance(each, PasskeyRefused) for each in results if each != "done")


async def test_of_two_tries_of_the_mail_server_one_is_made(either_wire: Wire) -> None:
    wire = either_wire
    new = {"email": "nadia@northwind.test", "name": "Nadia Petrov", "role": "support"}
    body = {"staff_id": (await wire.api("POST", "/staff", new)).json()["staff_id"], "language": "en"}
    async with mail_server(wire.mail_port) as server:
        sent = await asyncio.gather(*(wire.api("POST", "/mail/trials", body) for _ in range(3)))
    assert sorted(each.status_code for each in sent) == [200, 409, 409]
    assert len(server.taken) == 1


async def test_an_endpoint_that_moved_while_its_old_browser_was_rung_is_kept(either_wire: Wire) -> None:
    store, now = either_wire.parts.store, either_wire.parts.now()
    old, secrets = RelayEndpoint("1", "key", "old"), {"token_hash": b"token", "secret_hash": b"secret"}
    await relay_endpoints.add(store, old, **secrets, now=now)
    assert await relay_endpoints.move(store, **secrets, subscription="new")

    await relay_endpoints.gone(store, old)
    moved = await relay_endpoints.by_token(store, b"token")
    assert moved == RelayEndpoint("1", "key", "new")

    await relay_endpoints.gone(store, moved)
    assert await relay_endpoints.by_token(store, b"token") is None
