"""The store's contract: one suite, run on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import Table, Update, update

from billfold.adapters.store import (
    audit,
    credential_types,
    credentials,
    entitlements,
    organisations,
    outbox,
    pairing_codes,
    pairings,
    people,
    presentation_requests,
    redemptions,
    requester_tables,
    schema,
    status_lists,
    tables,
    used_proofs,
)
from billfold.adapters.store.audit import Act
from billfold.adapters.store.credentials import Instance
from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.once import KeyReused, Once
from billfold.adapters.store.pairing_codes import SCREEN, CodeHashes, Way
from billfold.adapters.store.presentation_requests import RequestHashes
from billfold.adapters.store.records import (
    CredentialType,
    Organisation,
    OrganisationSettings,
    Person,
    PresentationRequestRecord,
    PresentationTemplate,
    SigningKey,
)
from billfold.adapters.store.template_definition import AcceptedType, Ask, TemplateDefinition, TemplateField
from billfold.adapters.store.type_definition import CredentialTypeDefinition, FieldDefinition, contract_of
from billfold.adapters.store.unit import Steps, Unit, text
from billfold.adapters.store.used_proofs import UsedProof
from billfold.core.openid4vci.states import (
    CODE_MOVES,
    PAIRING_MOVES,
    CodeEvent,
    CodeState,
    PairingEvent,
    PairingState,
)
from billfold.core.openid4vp.states import REQUEST_MOVES, RequestEvent, RequestState
from tests.support.postgresql import Cluster

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)


def new_id() -> str:
    return str(uuid4())


def act(at: datetime = NOW, reason: str | None = None) -> Act:
    return Act(new_id(), at, "api:test", "4M8T-C2WP", reason)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    asyncio.run(schema.migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_cluster: Cluster) -> Iterator[str]:
    with postgresql_cluster.database() as url:
        asyncio.run(schema.migrate(url))
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated store that the test has to itself: a copy, since migrating takes its time."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), tmp_path)}"
        return
    cluster, like = (request.getfixturevalue(name) for name in ("postgresql_cluster", "migrated_postgresql"))
    with cluster.database(like=like) as url:
        yield url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Engine]:
    engine = await schema.open_store(store_url)
    yield engine
    await engine.close()


class Scene:
    """An organisation with one entitled person, and short names for what tests do to them."""

    def __init__(self, store: Engine) -> None:
        self.store, self.organisation_id, self.person_id = store, new_id(), new_id()
        self.entitlement_id, self.status_list_id = new_id(), new_id()

    async def set(self) -> "Scene":
        settings = OrganisationSettings(allow_bearer=True)
        await organisations.add(
            self.store, Organisation(self.organisation_id, "northwind", "Northwind", settings), now=NOW
        )
        person = Person(self.person_id, "Amara Okafor", {"team": "Motion"}, ("staff",), NOW)
        await people.create(self.store, self.organisation_id, person, act=act(), asked_once=None)
        await self.entitle(self.entitlement_id)
        await status_lists.add(self.store, self.organisation_id, status_list_id=self.status_list_id, size=512, now=NOW)
        return self

    async def entitle(
        self,
        entitlement_id: str,
        *,
        once: Once | None = None,
        kind: str = "employee-badge",
        person_id: str | None = None,
    ) -> str | None:
        return await entitlements.create(
            self.store,
            self.organisation_id,
            entitlement_id=entitlement_id,
            person_id=person_id or self.person_id,
            credential_type=kind,
            act=act(),
            asked_once=once,
        )

    async def code(self, name: str, *, pin: bytes | None = None, once: Once | None = None) -> str | None:
        return await pairing_codes.create(
            self.store,
            self.organisation_id,
            code_id=new_id(),
            person_id=self.person_id,
            hashes=CodeHashes(f"c{name}".encode(), f"o{name}".encode(), f"s{name}".encode(), pin),
            way=Way(SCREEN, LATER, "en"),
            replaces_device=False,
            act=act(),
            asked_once=once,
        )

    async def redeem(
        self, name: str, *, pin: bytes | None = None, at: datetime = NOW, pairing_id: str | None = None
    ) -> redemptions.Redemption | None:
        pairing_id = pairing_id or new_id()
        return await redemptions.redeem(
            self.store,
            self.organisation_id,
            code_hash=f"c{name}".encode(),
            tx_code_hash=pin,
            pairing_id=pairing_id,
            device_jkt="jkt",
            client_id=None,
            access_token_hash=b"access" + pairing_id.encode(),
            access_expires_at=at + timedelta(minutes=10),
            uses_identifiers=False,
            refresh_token_hash=b"refresh" + pairing_id.encode(),
            act=act(at),
        )

    async def pair(self, name: str = "1") -> str:
        pairing_id = new_id()
        await self.code(name)
        redemption = await self.redeem(name, pairing_id=pairing_id)
        assert redemption is not None
        assert redemption.redeemed
        return pairing_id

    async def issue(
        self, pairing_id: str, *, nonce: bytes = b"n", indexes: tuple[int, ...] = (7,), at: datetime = NOW
    ) -> str | None:
        credential_id = new_id()
        instances = [Instance(new_id(), self.status_list_id, i, f"key{i}") for i in indexes]
        issued = await credentials.issue(
            self.store,
            credential_id=credential_id,
            pairing_id=pairing_id,
            entitlement_id=self.entitlement_id,
            nonce_hash=nonce,
            notification_hash=b"notify" + nonce + bytes(indexes),
            expires_at=LATER,
            instances=instances,
            act=act(at),
        )
        return credential_id if issued else None

    async def add_type(self) -> CredentialType:
        definition = CredentialTypeDefinition({"en": "Badge"}, (FieldDefinition("team", {"en": "Team"}, "attribute"),))
        made = CredentialType(new_id(), "employee-badge", 1, definition, contract_of(definition))
        assert await self.add(made, seen=0)
        return made

    async def add(self, made: CredentialType, *, seen: int) -> bool:
        return await credential_types.add(
            self.store, self.organisation_id, made, seen=seen, version_id=new_id(), act=act()
        )

    async def publish(
        self,
        definition: CredentialTypeDefinition,
        *,
        replaces: int,
        seen: int | None = None,
        renew_at: datetime | None = None,
    ) -> bool:
        return await credential_types.publish(
            self.store,
            self.organisation_id,
            "employee-badge",
            definition,
            replaces=replaces,
            seen=replaces if seen is None else seen,
            version_id=new_id(),
            renew_at=renew_at,
            act=act(),
        )

    async def entitle_another(self) -> str:
        """Entitle one more person to the scene's Cred type."""
        person, entitlement_id = Person(new_id(), "Jonas", {}, (), NOW), new_id()
        await people.create(self.store, self.organisation_id, person, act=act(), asked_once=None)
        await self.entitle(entitlement_id, person_id=person.id)
        return entitlement_id

    async def pairing_states(self) -> list[str]:
        return [p.state for p in await pairings.of_person(self.store, self.organisation_id, self.person_id)]

    async def credential_states(self) -> list[str]:
        return [c.state for c in await credentials.of_person(self.store, self.organisation_id, self.person_id)]

    async def actions(self) -> list[str]:
        return sorted(e.action for e in await audit.newest(self.store, self.organisation_id, most=100))


@pytest.fixture
async def scene(store: Engine) -> Scene:
    return await Scene(store).set()


async def test_an_organisation_and_its_settings_come_back_as_they_went_in(scene: Scene) -> None:
    organisation = await organisations.by_slug(scene.store, "northwind")

    assert organisation is not None
    assert organisation.settings == OrganisationSettings(allow_bearer=True)
    assert await organisations.by_id(scene.store, organisation.id) == organisation
    assert await organisations.every(scene.store) == [organisation]


async def test_a_second_organisation_of_one_slug_is_a_conflict(scene: Scene) -> None:
    twin = Organisation(new_id(), "northwind", "Twin", OrganisationSettings())

    with pytest.raises(Conflict) as refused:
        await organisations.add(scene.store, twin, now=NOW)

    assert refused.value.constraint == "uq_organisations_slug"


async def test_an_organisation_comes_with_its_keys_or_not_at_all(scene: Scene) -> None:
    """Without its keys it could neither issue nor be made once more under its slug."""
    keys = [SigningKey(new_id(), purpose, b"sealed", b"der", LATER, NOW) for purpose in ("root", "issuer", "requester")]
    made = Organisation(new_id(), "lakeside", "Lakeside", OrganisationSettings(("issuer", "requester")))
    await organisations.add(scene.store, made, keys, now=NOW)
    assert sorted(await organisations.signing_keys_of(scene.store, made.id), key=repr) == sorted(keys, key=repr)

    twin = Organisation(new_id(), "harbour", "Harbour", OrganisationSettings())
    with pytest.raises(Conflict):
        await organisations.add(scene.store, twin, keys, now=NOW)  # ids that are taken

    assert await organisations.by_slug(scene.store, "harbour") is None
    assert await organisations.signing_keys_of(scene.store, twin.id) == []


async def test_a_credential_type_comes_back_as_it_went_in(scene: Scene) -> None:
    badge = await scene.add_type()

    assert await credential_types.of_organisation(scene.store, scene.organisation_id) == [badge]
    (version,) = await credential_types.versions_of(scene.store, scene.organisation_id, "employee-badge")
    assert (version.version, version.definition) == (1, badge.definition)


async def test_of_two_changes_of_one_version_the_first_counts(scene: Scene) -> None:
    badge = await scene.add_type()
    shorter = msgspec.structs.replace(badge.definition, validity_days=30)

    assert await scene.publish(shorter, replaces=1)
    assert not await scene.publish(badge.definition, replaces=1)

    (found,) = await credential_types.of_organisation(scene.store, scene.organisation_id)
    assert (found.version, found.definition, found.contract) == (2, shorter, badge.contract)
    versions = await credential_types.versions_of(scene.store, scene.organisation_id, "employee-badge")
    assert [(v.version, v.definition) for v in versions] == [(1, badge.definition), (2, shorter)]
    assert await credential_types.due_renewals(scene.store, now=NOW) == []


async def test_a_type_is_not_published_beside_others_than_those_it_was_judged_by(scene: Scene) -> None:
    badge = await scene.add_type()
    other = replace(badge, id=new_id(), slug="parking-permit")

    assert not await scene.add(other, seen=0)
    assert not await scene.publish(badge.definition, replaces=1, seen=0)
    assert await scene.add(other, seen=1)
    assert not await scene.publish(badge.definition, replaces=1, seen=1)
    assert await scene.publish(badge.definition, replaces=1, seen=2)


async def test_a_renewal_goes_page_by_page_through_all_holders_once(scene: Scene) -> None:
    badge = await scene.add_type()
    holders = [await scene.entitle_another() for _ in range(4)]
    assert await scene.publish(badge.definition, replaces=1, renew_at=NOW + timedelta(seconds=10))
    assert await credential_types.due_renewals(scene.store, now=NOW) == []

    sizes = []
    while renewals := await credential_types.due_renewals(scene.store, now=NOW + timedelta(seconds=10)):
        sizes.append(await credential_types.renew(scene.store, renewals[0], most=2, act=act()))

    assert sizes == [2, 2, 1, 0]
    found = [await entitlements.get(scene.store, scene.organisation_id, e) for e in [scene.entitlement_id, *holders]]
    assert [e.revision for e in found if e] == [2] * 5


async def test_a_page_that_two_workers_took_is_renewed_once(scene: Scene) -> None:
    badge = await scene.add_type()
    assert await scene.publish(badge.definition, replaces=1, renew_at=NOW)
    (renewal,) = await credential_types.due_renewals(scene.store, now=NOW)

    for _ in range(2):
        await credential_types.renew(scene.store, renewal, most=10, act=act())

    found = await entitlements.get(scene.store, scene.organisation_id, scene.entitlement_id)
    assert found is not None
    assert found.revision == 2


async def test_a_renewal_wakes_the_devices_of_its_holders(scene: Scene) -> None:
    pairing_id, badge = await scene.pair(), await scene.add_type()
    said = {"device_name": "Phone", "push_subscription": {"endpoint": "e"}, "client": {}}
    await pairings.describe(scene.store, pairing_id, **said, proof=a_proof(), now=NOW)
    assert await scene.publish(badge.definition, replaces=1, renew_at=NOW)
    (renewal,) = await credential_types.due_renewals(scene.store, now=NOW)

    await credential_types.renew(scene.store, renewal, most=10, act=act())

    (wake,) = await outbox.lease(scene.store, most=50, now=NOW, until=LATER)
    assert wake.pairing_id == pairing_id


async def test_a_person_comes_back_as_they_went_in_and_only_to_their_organisation(scene: Scene) -> None:
    person = await people.get(scene.store, scene.organisation_id, scene.person_id)

    assert person == Person(scene.person_id, "Amara Okafor", {"team": "Motion"}, ("staff",), NOW)
    assert await people.get(scene.store, new_id(), scene.person_id) is None


async def test_nobody_is_entitled_to_one_type_twice_until_the_first_has_ended(scene: Scene) -> None:
    with pytest.raises(Conflict) as refused:
        await scene.entitle(new_id())
    assert refused.value.constraint == "uq_entitlements_held"

    assert await entitlements.end(scene.store, scene.organisation_id, scene.entitlement_id, act())

    again = new_id()
    assert await scene.entitle(again) == again
    assert [e.id for e in await entitlements.held_by(scene.store, scene.person_id)] == [again]


async def test_a_stranger_cannot_be_entitled(scene: Scene) -> None:
    assert await scene.entitle(new_id(), person_id=new_id()) is None


async def test_a_creation_under_a_known_key_gives_the_first_row_again(scene: Scene) -> None:
    once = Once("key-1", b"request")
    first = await scene.code("1", once=once)

    assert await scene.code("2", once=once) == first
    with pytest.raises(KeyReused, match="new Idempotency-Key"):
        await scene.code("3", once=Once("key-1", b"other request"))
    assert await scene.redeem("1") is not None, "the repetition must not have replaced the code"


async def test_a_new_code_ends_the_unused_one_and_the_pairing_that_never_began(scene: Scene) -> None:
    await scene.code("1")
    await scene.code("2")
    assert await scene.redeem("1") is None

    assert (await scene.redeem("2")) is not None
    assert await scene.pairing_states() == ["pending"]
    assert await scene.code("3") is not None
    assert await scene.pairing_states() == ["ended"]


async def test_no_code_is_made_while_a_device_is_paired(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id)

    assert await scene.code("2") is None
    assert await scene.pairing_states() == ["active"]


async def test_an_offer_opens_until_it_is_redeemed_and_names_what_the_person_may_get(scene: Scene) -> None:
    await scene.entitle(new_id(), kind="parking-permit")
    code_id = await scene.code("1", pin=b"pin")
    opened = await pairing_codes.open_offer(scene.store, scene.organisation_id, b"o1", now=NOW)

    assert opened == pairing_codes.OpenedOffer(str(code_id), True, ("employee-badge", "parking-permit"))
    found = await pairing_codes.get(scene.store, scene.organisation_id, str(code_id))
    assert found is not None
    stored, types = found
    assert (stored.state, stored.opened_at, types) == ("opened", NOW, opened.credential_types)
    await scene.redeem("1", pin=b"pin")
    assert await pairing_codes.open_offer(scene.store, scene.organisation_id, b"o1", now=NOW) is None


async def test_an_expired_code_neither_opens_nor_redeems(scene: Scene) -> None:
    await scene.code("1")

    assert await pairing_codes.open_offer(scene.store, scene.organisation_id, b"o1", now=LATER) is None
    assert await scene.redeem("1", at=LATER) is None


async def test_wrong_transaction_codes_are_counted_and_then_the_code_is_dead(scene: Scene) -> None:
    await scene.code("1", pin=b"right")
    left = []
    for _ in range(pairing_codes.MAX_TX_CODE_TRIES):
        redemption = await scene.redeem("1", pin=b"wrong")
        assert redemption is not None
        assert not redemption.redeemed
        left.append(redemption.tries_left)

    assert left == [4, 3, 2, 1, 0]
    assert await scene.redeem("1", pin=b"right") is None
    assert await scene.pairing_states() == []


@pytest.mark.parametrize(("expected", "given"), [(b"pin", None), (None, b"pin")], ids=["missing", "unexpected"])
async def test_a_missing_or_unexpected_transaction_code_costs_no_try(
    scene: Scene, expected: bytes | None, given: bytes | None
) -> None:
    await scene.code("1", pin=expected)

    redemption = await scene.redeem("1", pin=given)

    assert redemption is not None
    assert (redemption.redeemed, redemption.tries_left) == (False, pairing_codes.MAX_TX_CODE_TRIES)
    assert (await scene.redeem("1", pin=expected)) is not None


async def test_twelve_requests_racing_for_one_code_give_one_pairing(scene: Scene) -> None:
    await scene.code("1")

    answers = await asyncio.gather(*(scene.redeem("1") for _ in range(12)))

    assert [a.redeemed for a in answers if a is not None] == [True]
    assert await scene.pairing_states() == ["pending"]


async def test_twelve_requests_racing_with_one_nonce_give_one_credential(scene: Scene) -> None:
    pairing_id = await scene.pair()

    answers = await asyncio.gather(
        *(scene.issue(pairing_id, indexes=(index,)) for index in range(12)), return_exceptions=True
    )

    refused = [a for a in answers if isinstance(a, Conflict)]
    assert len(refused) == 11
    assert {r.constraint for r in refused} == {"uq_credentials_nonce_hash"}
    assert await scene.credential_states() == ["active"]


async def test_a_batch_is_recorded_whole_or_not_at_all(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id, nonce=b"1", indexes=(1, 2, 3))

    with pytest.raises(Conflict) as refused:
        await scene.issue(pairing_id, nonce=b"2", indexes=(4, 5, 2))

    assert refused.value.constraint == "uq_credential_instances_status_list_id_status_index"
    assert await scene.credential_states() == ["active"]
    assert await scene.issue(pairing_id, nonce=b"2", indexes=(4, 5)) is not None


async def test_state_belongs_to_the_entitlement_and_spreads_to_every_instance(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id, indexes=(1, 2))
    versions = []

    async def look() -> tuple[list[str], dict[int, int]]:
        status_list = await status_lists.get(scene.store, scene.organisation_id, scene.status_list_id)
        assert status_list is not None
        versions.append(status_list.version)
        return await scene.credential_states(), await status_lists.not_valid(scene.store, scene.status_list_id)

    assert await look() == (["active"], {})
    assert await entitlements.suspend(scene.store, scene.organisation_id, scene.entitlement_id, act(reason="lost"))
    assert await look() == (["suspended"], {1: 2, 2: 2})
    assert await scene.issue(pairing_id, nonce=b"withheld") is None
    assert await entitlements.resume(scene.store, scene.organisation_id, scene.entitlement_id, act())
    assert await look() == (["active"], {})
    assert await entitlements.end(scene.store, scene.organisation_id, scene.entitlement_id, act())
    assert await look() == (["revoked"], {1: 1, 2: 1})
    assert not await entitlements.resume(scene.store, scene.organisation_id, scene.entitlement_id, act())
    assert versions == sorted(set(versions)), "every change must show in the list's version"


async def test_a_suspension_racing_with_issuance_leaves_no_valid_credential(scene: Scene) -> None:
    pairing_id = await scene.pair()

    await asyncio.gather(
        *(scene.issue(pairing_id, nonce=bytes([i]), indexes=(i,)) for i in range(8)),
        entitlements.suspend(scene.store, scene.organisation_id, scene.entitlement_id, act()),
    )

    states = await scene.credential_states()
    assert set(states) <= {"suspended"}
    assert len(await status_lists.not_valid(scene.store, scene.status_list_id)) == len(states)


async def test_an_ended_pairing_takes_its_credentials_and_tokens_with_it(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id)

    assert await pairings.end(scene.store, scene.organisation_id, pairing_id, act(reason="lost"))

    assert await scene.credential_states() == ["revoked"]
    assert await status_lists.not_valid(scene.store, scene.status_list_id) == {7: 1}
    assert await scene.issue(pairing_id, nonce=b"after") is None
    refresh_hash = b"refresh" + pairing_id.encode()
    assert await refresh(scene, refresh_hash) is None
    state = await pairings.refresh_state(scene.store, scene.organisation_id, refresh_hash)
    assert state == pairings.RefreshState("ended", "jkt", None)
    assert not await pairings.end(scene.store, scene.organisation_id, pairing_id, act())


def a_proof(ends_at: datetime = LATER) -> UsedProof:
    return UsedProof(new_id().encode(), ends_at)


async def refresh(
    scene: Scene,
    refresh_hash: bytes,
    *,
    jkt: str = "jkt",
    client_id: str | None = None,
    at: datetime = NOW,
    proof: UsedProof | None = None,
) -> object:
    return await pairings.refresh(
        scene.store,
        scene.organisation_id,
        refresh_token_hash=refresh_hash,
        device_jkt=jkt,
        client_id=client_id,
        proof=proof or a_proof(),
        access_token_hash=b"fresh",
        access_expires_at=at + timedelta(minutes=10),
        uses_identifiers=True,
        now=at,
    )


async def test_a_refresh_needs_the_device_key_and_a_contact_within_a_year(scene: Scene) -> None:
    pairing_id = await scene.pair()
    refresh_hash = b"refresh" + pairing_id.encode()

    assert await refresh(scene, refresh_hash, jkt="another") is None
    assert await refresh(scene, refresh_hash, at=NOW + pairings.IDLE_LIFETIME) is None
    assert await refresh(scene, refresh_hash) == (pairing_id, scene.person_id)
    access = await pairings.by_access_token(scene.store, scene.organisation_id, b"fresh")
    assert access is not None
    assert (access.pairing_id, access.uses_identifiers) == (pairing_id, True)


async def test_a_proof_changes_something_once_until_nobody_would_take_it(scene: Scene) -> None:
    refresh_hash, proof = b"refresh" + (await scene.pair()).encode(), a_proof(ends_at=LATER)
    assert await refresh(scene, refresh_hash, jkt="another", proof=proof) is None, "what changed nothing spends nothing"
    assert await refresh(scene, refresh_hash, proof=proof)
    await used_proofs.forget(scene.store, now=LATER - timedelta(seconds=1))
    with pytest.raises(Conflict):
        await refresh(scene, refresh_hash, proof=proof)
    await used_proofs.forget(scene.store, now=LATER)
    assert await refresh(scene, refresh_hash, proof=proof)


async def test_an_access_token_leads_to_the_person_and_the_entitlement_it_names(scene: Scene) -> None:
    pairing_id = await scene.pair()

    async def look(identifier: str | None, kind: str | None) -> pairings.Issuance | None:
        return await pairings.for_issuance(
            scene.store,
            scene.organisation_id,
            b"access" + pairing_id.encode(),
            credential_identifier=identifier,
            credential_type=kind,
        )

    by_type, by_identifier = await look(None, "employee-badge"), await look(scene.entitlement_id, None)
    assert by_type == by_identifier
    assert by_type is not None
    assert by_type.entitlement is not None
    assert by_type.entitlement.id == scene.entitlement_id
    assert by_type.person.name == "Amara Okafor"
    other = await look(None, "parking-permit")
    assert other is not None
    assert other.entitlement is None


async def test_blocks_of_status_entries_are_given_out_once_until_the_list_is_full(scene: Scene) -> None:
    taken = await asyncio.gather(
        *(status_lists.take_block(scene.store, scene.organisation_id, block_size=128) for _ in range(6))
    )

    assert sorted(block for t in taken if t is not None for block in [t[2]]) == [0, 1, 2, 3]


async def test_the_device_may_say_the_same_thing_twice(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id)

    for _ in range(2):
        assert await credentials.notify(scene.store, pairing_id, b"notifyn\x07", "credential_accepted", act())
    assert not await credentials.notify(scene.store, new_id(), b"notifyn\x07", "credential_deleted", act())


async def test_a_replaced_credential_turns_invalid_when_its_successor_is_accepted(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id, nonce=b"1", indexes=(1,))
    await scene.issue(pairing_id, nonce=b"2", indexes=(2,), at=NOW + timedelta(hours=1))
    assert await scene.credential_states() == ["active", "active"]

    await credentials.notify(scene.store, pairing_id, b"notify2\x02", "credential_accepted", act())

    assert sorted(await scene.credential_states()) == ["active", "superseded"]
    assert await status_lists.not_valid(scene.store, scene.status_list_id) == {1: 1}


async def test_a_replaced_credential_turns_invalid_after_its_time_of_grace(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id, nonce=b"1", indexes=(1,))
    await scene.issue(pairing_id, nonce=b"2", indexes=(2,), at=NOW + timedelta(hours=1))

    assert await credentials.replaced(scene.store, replaced_before=NOW, most=9) == []
    (due,) = await credentials.replaced(scene.store, replaced_before=NOW + timedelta(hours=1), most=9)
    await asyncio.gather(*(credentials.supersede(scene.store, due, act()) for _ in range(3)))
    assert sorted(await scene.credential_states()) == ["active", "superseded"]
    assert (await scene.actions()).count("credential.superseded") == 1
    assert await credentials.replaced(scene.store, replaced_before=NOW + timedelta(days=1), most=9) == []


async def test_every_act_leaves_its_audit_entry_in_the_same_unit(scene: Scene) -> None:
    pairing_id = await scene.pair()
    await scene.issue(pairing_id)
    await entitlements.suspend(scene.store, scene.organisation_id, scene.entitlement_id, act(reason="lost"))
    await pairings.end(scene.store, scene.organisation_id, pairing_id, act())

    assert await scene.actions() == [
        "credential.issued",
        "entitlement.created",
        "entitlement.suspended",
        "pairing.ended",
        "pairing.started",
        "pairing_code.created",
        "person.created",
    ]


@pytest.fixture
def template() -> PresentationTemplate:
    accepted = AcceptedType("https://x.example/t", "https://x.example", "X", "AA==", {"en": "Badge"})
    fields = (TemplateField("name", required=True), TemplateField("team", required=False))
    return PresentationTemplate(
        new_id(), "staff-rate", TemplateDefinition({"en": "Rate"}, {"en": "Staff rate"}, (Ask((accepted,), fields),))
    )


async def ask(scene: Scene, template: PresentationTemplate) -> PresentationRequestRecord:
    await presentation_requests.create_template(
        scene.store, scene.organisation_id, template, act=act(), asked_once=None
    )
    asked = PresentationRequestRecord(
        id=new_id(),
        organisation_id=scene.organisation_id,
        template=template.definition,
        state="waiting",
        nonce="nonce",
        response_key_sealed=b"sealed",
        return_to=None,
        response_code_hash=None,
        verification=None,
        fields=None,
        fields_expire_at=None,
        expires_at=LATER,
        created_at=NOW,
    )
    request_id = await presentation_requests.create(
        scene.store,
        asked,
        template_id=template.id,
        hashes=RequestHashes(b"request", b"short", b"state"),
        act=act(),
        asked_once=None,
    )
    assert await presentation_requests.get(scene.store, scene.organisation_id, request_id) == asked
    return asked


async def answer(scene: Scene, request_id: str, state: str = "answered") -> bool:
    return await presentation_requests.answer(
        scene.store,
        request_id,
        state=state,
        verification={"accepted": True},
        fields=[{"name": "Amara"}],
        fields_expire_at=LATER,
        response_code_hash=None,
        act=act(),
    )


async def test_a_request_is_opened_many_times_and_answered_once(scene: Scene, template: PresentationTemplate) -> None:
    asked = await ask(scene, template)
    assert await presentation_requests.templates_of(scene.store, scene.organisation_id) == [template]

    for _ in range(2):
        opened = await presentation_requests.open_request(scene.store, scene.organisation_id, b"request", now=NOW)
        assert opened is not None
        assert (opened.id, opened.state, opened.template) == (asked.id, "opened", template.definition)

    assert sorted(await asyncio.gather(*(answer(scene, asked.id) for _ in range(12)))) == [False] * 11 + [True]
    found = await presentation_requests.by_request_hash(scene.store, scene.organisation_id, b"request")
    assert found is not None
    record, state_hash = found
    assert (record.state, record.verification, record.fields) == ("answered", {"accepted": True}, [{"name": "Amara"}])
    assert record.response_key_sealed is None, "what could open the response again must be gone"
    assert state_hash == b"state"
    assert await presentation_requests.by_short_code(scene.store, b"short", now=NOW) is None


async def put(scene: Scene, table: Table, state: str) -> None:
    """Put everything in *table* into *state*, whatever led there."""
    statement = update(table).values(state=text("state"))
    await scene.store.run(Unit(lambda steps: _only(steps, statement)), state=str(state))


def _only(steps: Steps, statement: Update) -> None:
    steps.do("only", statement)


@pytest.mark.parametrize("state", CodeState)
async def test_a_pairing_code_moves_as_its_table_says(scene: Scene, state: CodeState) -> None:
    await scene.code("1")
    await put(scene, tables.pairing_codes, state)
    opened = await pairing_codes.open_offer(scene.store, scene.organisation_id, b"o1", now=NOW)
    assert (opened is not None) is (CodeEvent.OPEN in CODE_MOVES[state])
    await put(scene, tables.pairing_codes, state)
    assert (await scene.redeem("1") is not None) is (CodeEvent.REDEEM in CODE_MOVES[state])


@pytest.mark.parametrize("state", PairingState)
async def test_a_pairing_moves_as_its_table_says(scene: Scene, state: PairingState) -> None:
    pairing_id = await scene.pair()
    for event in PairingEvent:
        await put(scene, tables.pairings, state)
        if event is PairingEvent.USE:
            moved = await pairings.use(scene.store, pairing_id, now=NOW)
        else:
            moved = await pairings.end(scene.store, scene.organisation_id, pairing_id, act())
        assert moved is (event in PAIRING_MOVES[state])
        found = await pairings.get(scene.store, scene.organisation_id, pairing_id)
        assert found is not None
        assert found.state == PAIRING_MOVES[state].get(event, state)


@pytest.mark.parametrize("state", RequestState)
async def test_a_request_moves_as_its_table_says(
    scene: Scene, template: PresentationTemplate, state: RequestState
) -> None:
    asked = await ask(scene, template)
    await put(scene, requester_tables.presentation_requests, state)
    opened = await presentation_requests.open_request(scene.store, scene.organisation_id, b"request", now=NOW)
    assert (opened is not None) is (RequestEvent.OPEN in REQUEST_MOVES[state])
    for event, word in ((RequestEvent.ANSWER, "answered"), (RequestEvent.DECLINE, "declined")):
        await put(scene, requester_tables.presentation_requests, state)
        assert await answer(scene, asked.id, word) is (event in REQUEST_MOVES[state])
