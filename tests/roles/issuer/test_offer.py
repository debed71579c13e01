"""What a pairing code offers."""

import pytest

from billfold.adapters.store import people
from billfold.adapters.store.records import OrganisationSettings, Person
from billfold.roles.issuer.issuer import load_issuer
from billfold.roles.issuer.offer import NoCredentialType, WantedWay, create_code
from billfold.roles.organisation import add_organisation
from tests.support.wire import Wire


async def test_nobody_pairs_for_nothing(wire: Wire) -> None:
    """OpenID4VCI 4.1.1: an offer names at least one configuration, so there must be one."""
    parts = wire.parts
    empty = await add_organisation(parts, slug="empty", name="Empty", settings=OrganisationSettings())
    issuer = await load_issuer(parts, empty.slug)
    assert issuer is not None
    person = Person(parts.new_id(), "Ada Byron", {}, (), parts.now())
    await people.create(parts.store, empty.id, person, act=parts.act("test"), asked_once=None)
    before = await wire.snapshot()
    with pytest.raises(NoCredentialType, match="a Cred type first"):
        await create_code(parts, issuer, person_id=person.id, way=WantedWay(), act=parts.act("test"), asked_once=None)
    assert await wire.snapshot() == before
