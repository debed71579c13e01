"""What is signed of a Cred type with every kind of field, and what becomes of it when the type changes."""

import json
from typing import Any

import pytest

from billfold.adapters.store import credential_types
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.type_metadata import check_integrity
from billfold.core.sdjwt.type_rules import check_claims, resolve
from billfold.roles.issuer.renewal import renew
from tests.support.cred_types import MEMBERSHIP, SLUG, add_member, add_membership, field, publish
from tests.support.device import Device
from tests.support.refusals import assert_refused
from tests.support.wire import Wire

Json = dict[str, Any]
VALUES = {
    "name": "Ada Member",
    "club": "Harbour",
    "level": 3,
    "adult": True,
    "born": "1994-03-12",
    "address": {"country": "NL", "city": "Utrecht"},
    "nationalities": ["NL", "NG"],
    "roles": ["staff", "crew"],
    "issued_on": "2026-06-01",
}


async def member(wire: Wire, name: str = "Ada Member") -> Device:
    """Return a paired device of a member."""
    wire.clock.advance(seconds=10)
    return await wire.paired(name)


async def received(device: Device) -> SdJwt:
    (entry,) = (await device.receive(SLUG))["credentials"]
    return SdJwt.parse(entry["credential"])


async def test_values_have_their_kinds_and_stand_where_the_type_says(either_wire: Wire) -> None:
    wire = either_wire
    await add_membership(wire)
    sd_jwt = await received(await member(wire))
    processed = sd_jwt.process()
    assert {name: processed.claims[name] for name in VALUES} == VALUES
    assert processed.claims["adult"] is True
    assert sd_jwt.jws.claims()["club"] == "Harbour"
    assert ("address", "city") in processed.disclosed
    assert ("nationalities", 1) in processed.disclosed
    assert ("club",) not in processed.disclosed


async def test_one_value_of_an_array_is_shown_without_the_others(wire: Wire) -> None:
    await add_membership(wire)
    sd_jwt = await received(await member(wire))
    shown = SdJwt.parse(sd_jwt.select([("nationalities", 0), ("address", "city")])).process().claims
    assert (shown["nationalities"], shown["address"]) == (["NL"], {"city": "Utrecht"})
    assert "level" not in shown


async def test_nobody_sees_which_fields_a_person_lacks_nor_how_many_values_there_are(wire: Wire) -> None:
    await add_membership(wire)
    await add_member(wire, "Eve Member", level=None, adult=None, nationalities=["NL"], city=None)
    whole, less = [await received(await member(wire, name)) for name in ("Ada Member", "Eve Member")]
    assert "level" not in less.process().claims
    assert len(whole.jws.claims()["_sd"]) == len(less.jws.claims()["_sd"])  # type: ignore[arg-type]  # lists
    places = [_value_of(sd_jwt, "nationalities") for sd_jwt in (whole, less)]
    assert [len(place) for place in places] == [4, 4]
    assert [len(_value_of(sd_jwt, "address")["_sd"]) for sd_jwt in (whole, less)] == [2, 2]


def _value_of(sd_jwt: SdJwt, name: str) -> Any:  # noqa: ANN401  # as it was signed
    return next(disclosure.value for disclosure in sd_jwt.disclosures if disclosure.name == name)


async def test_a_value_of_a_kind_that_came_later_counts_as_missing(wire: Wire) -> None:
    """People may have been there before the type that says what their attributes must be."""
    person = await wire.api("POST", "/people", {"name": "Old Member", "attributes": {"level": "three"}})
    await add_membership(wire)
    body = {"person_id": person.json()["id"], "credential_type": SLUG}
    assert (await wire.api("POST", "/entitlements", body)).status_code == 201
    assert "level" not in (await received(await member(wire, "Old Member"))).process().claims


async def test_a_cred_follows_its_type_metadata_and_carries_its_hash(wire: Wire) -> None:
    """SD-JWT VC draft 18, sections 4.4, 4.6 and 5."""
    await add_membership(wire)
    sd_jwt = await received(await member(wire))
    vct = f"{wire.identifier()}/types/{SLUG}"
    contract, look = await wire.issuer.get(vct), await wire.issuer.get(f"{vct}/look")
    assert "immutable" in contract.headers["cache-control"]
    assert "immutable" not in look.headers["cache-control"]
    processed = sd_jwt.process()
    documents = {vct: contract.content, f"{vct}/look": look.content}
    metadata = resolve(vct, documents, expected_integrity=str(processed.claims["vct#integrity"]))
    check_claims(metadata, processed.claims, processed.disclosed.keys(), complete=True)
    assert [display.name for display in metadata.display] == ["Membership", "Mitgliedschaft"]
    labels = {claim.path: claim.display[0].label for claim in metadata.claims if claim.display}
    assert labels["address", "city"] == "address.city"
    assert labels["nationalities", None] == "nationalities"


async def test_the_hash_of_an_old_cred_fits_after_new_versions(wire: Wire) -> None:
    await add_membership(wire)
    integrity = str((await received(await member(wire))).process().claims["vct#integrity"])
    newer = {
        **MEMBERSHIP,
        "names": {"en": "Club", "de": "Klub"},
        "look": {"background_color": "#000000", "text_color": "#ffffff"},
        "fields": [f for f in MEMBERSHIP["fields"] if f["claim"] != "level"] + [field("shoe_size", kind="number")],
    }
    assert (await publish(wire, newer)).status_code == 200
    wire.clock.advance(seconds=10)
    vct = f"{wire.identifier()}/types/{SLUG}"
    check_integrity((await wire.issuer.get(vct)).content, integrity)
    look = (await wire.issuer.get(f"{vct}/look")).json()
    assert look["name"] == "Club"
    assert {"path": ["shoe_size"], "sd": "always"}.items() <= next(
        claim for claim in look["claims"] if claim["path"] == ["shoe_size"]
    ).items()


async def test_a_contract_is_written_in_these_bytes_for_ever(wire: Wire) -> None:
    """Every Cred carries their hash for as long as it lives: whoever writes them otherwise breaks them all."""
    vct = f"{wire.identifier()}/types/parking-permit"
    assert (await wire.issuer.get(vct)).text == (
        f'{{"vct":"{vct}","extends":"{vct}/look",'
        '"claims":[{"path":["plate"],"sd":"always"},{"path":["zone"],"sd":"always"}]}'
    )


async def test_what_a_type_says_anew_is_issued_anew_to_all_its_holders(either_wire: Wire) -> None:
    wire = either_wire
    await add_membership(wire)
    device = await member(wire)
    before = await received(device)
    without = {**MEMBERSHIP, "fields": [f for f in MEMBERSHIP["fields"] if f["claim"] != "born"]}
    assert (await publish(wire, without)).json()["version"] == 2
    assert await renew(wire.parts) == 0  # not before every process issues the new version
    assert await revision(device) == 1
    wire.clock.advance(seconds=10)

    assert await renew(wire.parts) == 1
    while await renew(wire.parts):
        pass

    assert await revision(device) == 2
    assert "born" in before.process().claims
    assert "born" not in (await received(device)).process().claims
    assert await credential_types.due_renewals(wire.parts.store, now=wire.clock()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"names": {"en": "Club", "de": "Klub"}},
        {"look": {"background_color": "#000000", "text_color": "#ffffff"}},
        {"fields": MEMBERSHIP["fields"][::-1]},
        {"validity_days": 10},
    ],
    ids=["names", "look", "order", "validity"],
)
async def test_what_says_nothing_new_wakes_nobody(wire: Wire, changes: Json) -> None:
    await add_membership(wire)
    assert (await publish(wire, {**MEMBERSHIP, **changes})).json()["version"] == 2
    wire.clock.advance(seconds=60)
    assert await renew(wire.parts) == 0


async def revision(device: Device) -> int:
    entitlements = (await device.pairing("GET")).json()["entitlements"]
    return next(int(e["revision"]) for e in entitlements if e["credential_configuration_id"] == SLUG)


@pytest.mark.parametrize(
    ("demanded", "said", "is_issued"),
    [
        ("any", None, True),
        ("any", "none", True),
        ("passphrase", None, False),
        ("passphrase", "none", False),
        ("passphrase", "sworn", False),
        ("passphrase", "passphrase", True),
        ("passphrase", "prf", True),
        ("prf", "passphrase", False),
        ("prf", "prf", True),
    ],
)
async def test_a_cred_comes_only_to_a_wallet_guarded_as_it_demands(
    wire: Wire, demanded: str, said: str | None, is_issued: bool
) -> None:
    await add_membership(wire, {**MEMBERSHIP, "unlock": demanded})
    device = await member(wire)
    if said is not None:
        told = {"device_name": "Phone", "push_subscription": None, "client": {"unlock": said}}
        assert (await device.pairing("PUT", told)).status_code in (200, 204)
    if is_issued:
        await received(device)
        return
    before = await wire.snapshot()
    nonce = await device.c_nonce()
    body = {"credential_configuration_id": SLUG, "proofs": {"jwt": [device.key_proof(nonce)]}}
    got = await device.credential(body)
    assert_refused(got, "credential_request_denied")
    assert "set up that unlock in the wallet" in json.loads(got.content)["error_description"]
    assert await wire.snapshot() == before
