"""What an operator's program does through the API: the good case of each operation, and what each refuses."""

import json
from typing import Any

import pytest

from billfold.core.openid4vci.offer import OfferByValue, encode_offer, parse_offer_link
from tests.support.problems import assert_problem
from tests.support.wire import Wire, pre_authorized_code


async def test_a_person_is_added_and_found(either_wire: Wire) -> None:
    body = {"name": "Ada Lovelace", "attributes": {"team": "Engines"}, "groups": ["staff"]}
    made = await either_wire.api("POST", "/people", body)
    assert made.status_code == 201
    person = made.json()
    assert {name: person[name] for name in body} == body
    assert (await either_wire.api("GET", f"/people/{person['id']}")).json() == person
    assert person in (await either_wire.api("GET", "/people")).json()["items"]


async def test_people_come_page_by_page(wire: Wire) -> None:
    for number in range(105):
        assert (await wire.api("POST", "/people", {"name": f"Person {number}"})).status_code == 201
    first = (await wire.api("GET", "/people")).json()
    second = (await wire.api("GET", f"/people?after={first['next']}")).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (100, 9, None)
    assert not {p["id"] for p in first["items"]} & {p["id"] for p in second["items"]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "bad_name"),
        ({"name": "   "}, "bad_name"),
        ({"name": "x" * 201}, "bad_name"),
        ({"name": "a\u0000b"}, "bad_name"),
        ({"name": 7}, "bad_request"),
        ({"name": None}, "bad_request"),
        ({"attributes": {"Team": "x"}}, "bad_attribute"),
        ({"attributes": {"": "x"}}, "bad_attribute"),
        ({"attributes": {"team": {"is": "x"}}}, "bad_request"),
        ({"attributes": {"team": "a\u0000b"}}, "bad_attribute"),
        ({"groups": ["a\u0000b"]}, "bad_group"),
        ({"attributes": {"team": "x" * 68_001}}, "bad_attribute"),
        ({"attributes": {f"a{n}": "x" for n in range(101)}}, "bad_attribute"),
        ({"groups": [""]}, "bad_group"),
        ({"groups": ["x"] * 101}, "bad_group"),
        ({"id": "x"}, "bad_request"),
        ({"organisation_id": "x"}, "bad_request"),
    ],
)
async def test_refuses_a_person_that_cannot_be(wire: Wire, changes: dict[str, Any], code: str) -> None:
    before = await wire.snapshot()
    assert_problem(await wire.api("POST", "/people", {"name": "Ada", **changes}), 400, code)
    assert (await wire.snapshot())["people"] == before["people"]


async def test_an_attribute_may_hold_any_text(either_wire: Wire) -> None:
    value = 'Zoë\n\u202e𝄞"\\</script>'
    made = await either_wire.api("POST", "/people", {"name": "Ada", "attributes": {"note": value}})
    assert made.status_code == 201
    assert made.json()["attributes"]["note"] == value


async def test_an_entitlement_is_made_and_ended(either_wire: Wire) -> None:
    person = await either_wire.person("Jonas Lindqvist")
    body = {"person_id": person.id, "credential_type": "parking-permit"}
    made = await either_wire.api("POST", "/entitlements", body)
    assert made.status_code == 201
    entitlement = made.json()
    assert {name: entitlement[name] for name in body} == body
    assert (entitlement["state"], entitlement["revision"]) == ("active", 1)
    assert_problem(await either_wire.api("POST", "/entitlements", body), 409, "already_entitled")
    for _ in range(2):
        ended = await either_wire.api("DELETE", f"/entitlements/{entitlement['id']}")
        assert ended.status_code == 204
    assert (await either_wire.api("POST", "/entitlements", body)).status_code == 201


async def test_refuses_an_entitlement_to_what_is_not_there(wire: Wire) -> None:
    person = await wire.person()
    body = {"person_id": person.id, "credential_type": "student-card"}
    assert_problem(await wire.api("POST", "/entitlements", body), 400, "unknown_credential_type")
    body = {"person_id": "no-such", "credential_type": "employee-badge"}
    assert_problem(await wire.api("POST", "/entitlements", body), 404, "not_found")
    assert_problem(await wire.api("DELETE", "/entitlements/no-such"), 404, "not_found")


async def test_a_pairing_code_has_a_pin_and_half_an_hour(wire: Wire) -> None:
    person = await wire.person()
    made = await wire.api("POST", "/pairing-codes", {"person_id": person.id})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    code = made.json()
    assert (len(code["tx_code"]), code["tx_code"].isdecimal(), code["state"]) == (6, True, "waiting")
    assert code["expires_at"] == "2026-06-01T12:50:00Z"
    assert len(code["short_code"]) == 12
    assert code["wallet_link"] == f"{wire.parts.addresses.wallet}/#c={code['short_code']}"
    assert code["offer"].startswith("openid-credential-offer://?credential_offer_uri=")
    by_value = parse_offer_link(code["offer_by_value"], allow_loopback_http=True)
    assert isinstance(by_value, OfferByValue)
    shown = await wire.api("GET", f"/pairing-codes/{code['id']}")
    assert shown.json() == code
    assert json.loads(encode_offer(by_value.offer)) == await wire.offer(code)
    assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("expires_in_s", [59, 14 * 86_400 + 1, 0, -1, 10**18])
async def test_refuses_a_lifetime_out_of_bounds(wire: Wire, expires_in_s: int) -> None:
    person = await wire.person()
    body = {"person_id": person.id, "expires_in_s": expires_in_s}
    assert_problem(await wire.api("POST", "/pairing-codes", body), 400, "bad_lifetime")
    assert (await wire.snapshot())["pairing_codes"] == []


async def test_a_pairing_code_that_ran_out_says_so(wire: Wire) -> None:
    code = await wire.code(expires_in_s=60)
    wire.clock.advance(seconds=60)
    assert (await wire.api("GET", f"/pairing-codes/{code['id']}")).json()["state"] == "expired"


async def test_the_desk_ends_a_pairing(either_wire: Wire) -> None:
    device = await either_wire.paired()
    await device.receive()
    person = await either_wire.person()
    (pairing,) = (await either_wire.api("GET", f"/pairings?person_id={person.id}")).json()["items"]
    for _ in range(2):
        assert (await either_wire.api("DELETE", f"/pairings/{pairing['id']}")).status_code == 204
    refused = await device.refresh()
    assert refused.json()["billfold_pairing"] == "ended"
    (credential,) = (await either_wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    assert credential["state"] == "revoked"
    assert_problem(await either_wire.api("DELETE", "/pairings/no-such"), 404, "not_found")


async def test_replacing_a_device_ends_the_old_one_and_makes_a_code(either_wire: Wire) -> None:
    """One action, one audit entry; what was suspended stays suspended."""
    wire = either_wire
    old = await wire.paired()
    await old.receive()
    await old.receive("parking-permit")
    person = await wire.person()
    issued = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    permit = next(c["id"] for c in issued if c["credential_type"] == "parking-permit")
    await wire.api("POST", f"/credentials/{permit}/suspend", {"reason": "unpaid"})
    body = {"reason": "lost", "checked_how": "saw the passport"}
    made = await wire.api("POST", f"/people/{person.id}/replace-device", body)

    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert (await old.refresh()).json()["billfold_pairing"] == "ended"
    entries = (await wire.api("GET", f"/audit?person_id={person.id}")).json()["items"]
    (entry,) = [e for e in entries if e["action"] == "device.replaced"]
    assert entry["reason"] == "lost; checked: saw the passport"
    new = wire.device()
    code = made.json()
    await new.redeem(pre_authorized_code(await wire.offer(code)), tx_code=code["tx_code"])
    assert (await new.receive())["credentials"]
    proof = new.key_proof(await new.c_nonce())
    request = {"credential_configuration_id": "parking-permit", "proofs": {"jwt": [proof]}}
    assert (await new.credential(request)).json()["error"] == "credential_request_denied"


@pytest.mark.parametrize("reason", ["lost", "stolen", "new_device", "data_gone"])
async def test_a_device_is_replaced_for_a_reason_that_the_audit_names(wire: Wire, reason: str) -> None:
    old, person = await wire.paired(), await wire.person()
    body = {"reason": reason, "checked_how": "called back"}
    assert (await wire.api("POST", f"/people/{person.id}/replace-device", body)).status_code == 201
    assert (await old.refresh()).json()["billfold_pairing"] == "ended"
    entries = (await wire.api("GET", f"/audit?person_id={person.id}")).json()["items"]
    assert [e["reason"] for e in entries if e["action"] == "device.replaced"] == [f"{reason}; checked: called back"]


async def test_a_device_is_not_replaced_for_any_other_reason(wire: Wire) -> None:
    await wire.paired()
    before, body = await wire.snapshot(), {"reason": "bored", "checked_how": "called back"}
    refused = await wire.api("POST", f"/people/{(await wire.person()).id}/replace-device", body)
    assert_problem(refused, 400, "bad_request")
    after = await wire.snapshot()
    assert {name for name in before if before[name] != after[name]} <= {"api_keys", "audit_entries"}


async def test_a_device_that_is_not_there_cannot_be_replaced(wire: Wire) -> None:
    person = await wire.person()
    body = {"reason": "lost", "checked_how": "saw the passport"}
    got = await wire.api("POST", f"/people/{person.id}/replace-device", body)
    assert got.status_code in {404, 409}
    assert_problem(got, got.status_code)
    assert_problem(await wire.api("POST", "/people/no-such/replace-device", body), 404)


async def test_a_credential_is_suspended_resumed_and_revoked(either_wire: Wire) -> None:
    wire = either_wire
    await (await wire.paired()).receive()
    person = await wire.person()
    (credential,) = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    assert (credential["state"], credential["credential_type"]) == ("active", "employee-badge")
    seen = []
    for move in ("resume", "suspend", "suspend", "resume", "revoke", "revoke", "resume"):
        got = await wire.api("POST", f"/credentials/{credential['id']}/{move}", {"reason": "test"})
        seen.append(got.json()["state"] if got.status_code == 200 else got.json()["code"])
    assert seen == ["wrong_state", "suspended", "wrong_state", "active", "revoked", "wrong_state", "wrong_state"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_a_move_needs_a_reason(wire: Wire, reason: str) -> None:
    await (await wire.paired()).receive()
    person = await wire.person()
    (credential,) = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    before = await wire.snapshot()
    got = await wire.api("POST", f"/credentials/{credential['id']}/suspend", {"reason": reason})
    assert_problem(got, 400, "bad_reason")
    assert await wire.snapshot() == before


async def test_changing_a_person_raises_the_revision_of_what_shows_it(either_wire: Wire) -> None:
    wire = either_wire
    device = await wire.paired()
    await device.receive()
    await device.receive("parking-permit")
    person = await wire.person()
    got = await wire.api("PATCH", f"/people/{person.id}", {"attributes": {"team": "Vision"}})
    assert got.status_code == 200
    assert got.json()["attributes"]["team"] == "Vision"
    view = (await device.pairing("GET")).json()
    revisions = {e["credential_configuration_id"]: e["revision"] for e in view["entitlements"]}
    assert revisions == {"employee-badge": 2, "parking-permit": 1}


async def test_every_act_leaves_an_entry_with_its_reference(either_wire: Wire) -> None:
    wire = either_wire
    got = await wire.api("POST", "/people", {"name": "Ada"})
    entries = (await wire.api("GET", "/audit")).json()["items"]
    entry = next(e for e in entries if e["subject_id"] == got.json()["id"])
    assert entry["reference"] == got.headers["billfold-reference"]
    assert entry["actor"] == "api:test"


RETURN_TO = [
    "http:/nowhere",
    "javascript:alert(1)",
    "https://club.example/#fragment",
    "https:///path",
    "//club.example",
    "",
    "http://[",
    "http://club.example:99999999/",
    f"https://club.example/{'x' * 2000}",
]


@pytest.mark.parametrize("return_to", RETURN_TO)
async def test_refuses_to_send_people_elsewhere(wire: Wire, return_to: str) -> None:
    body = {"template": "staff-rate", "return_to": return_to}
    assert_problem(await wire.api("POST", "/presentation-requests", body, slug="harbour"), 400, "bad_return_to")


async def test_a_request_has_a_link_a_code_and_five_minutes(wire: Wire) -> None:
    got = await wire.api("POST", "/presentation-requests", {"template": "staff-rate"}, slug="harbour")
    assert got.status_code == 201
    assert got.headers["cache-control"] == "no-store"
    view = got.json()
    assert (view["state"], view["verification"], len(view["short_code"])) == ("waiting", None, 12)
    assert view["expires_at"] == "2026-06-01T12:25:00Z"
    assert view["request"].startswith("openid4vp://?client_id=x509_hash")


async def test_refuses_a_request_from_no_template(wire: Wire) -> None:
    got = await wire.api("POST", "/presentation-requests", {"template": "no-such"}, slug="harbour")
    assert_problem(got, 404, "not_found")


TEMPLATE = {
    "slug": "parking",
    "names": {"en": "Parking"},
    "purposes": {"en": "To let you park"},
    "asks": [
        {
            "accepted": [{"issuer": "ISSUER", "credential_type": "parking-permit"}],
            "fields": [{"claim": "plate", "required": True}],
        }
    ],
}


def template(wire: Wire, **changes: object) -> dict[str, Any]:
    made: dict[str, Any] = {**TEMPLATE, **changes}
    accepted = [{"issuer": wire.identifier(), "credential_type": "parking-permit"}]
    made["asks"] = [
        {"accepted": accepted, **ask} for ask in changes.get("asks", [{"fields": TEMPLATE["asks"][0]["fields"]}])
    ]  # type: ignore[index, attr-defined]
    return made


async def test_a_template_is_made_listed_and_asked(wire: Wire) -> None:
    wire.clock.advance(seconds=1)
    got = await wire.api("POST", "/presentation-templates", template(wire), slug="harbour")
    assert got.status_code == 201
    made = got.json()
    listed = (await wire.api("GET", "/presentation-templates", slug="harbour")).json()["items"]
    assert [t["slug"] for t in listed] == ["staff-rate", "parking"]
    assert (await wire.api("GET", f"/presentation-templates/{made['id']}", slug="harbour")).json() == made
    asked = await wire.api("POST", "/presentation-requests", {"template": "parking"}, slug="harbour")
    assert asked.status_code == 201
    again = await wire.api("POST", "/presentation-templates", template(wire), slug="harbour")
    assert_problem(again, 409, "slug_taken")


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "Bad Slug"},
        {"asks": []},
        {"asks": [{"fields": []}]},
        {"asks": [{"fields": [{"claim": "plate", "required": False}]}]},
        {"asks": [{"fields": [{"claim": "a..b", "required": True}]}]},
        {"asks": [{"fields": [{"claim": "*.b", "required": True}]}]},
        {"asks": [{"fields": [{"claim": "nationalities.0", "required": True}]}]},
        {"asks": [{"fields": [{"claim": "vct", "required": True}]}]},
        {"asks": [{"fields": [{"claim": "cnf.jwk", "required": True}]}]},
        {"asks": [{"fields": [{"claim": f"c{n}", "required": True} for n in range(257)]}]},
        {
            "asks": [{"fields": [{"claim": c, "required": c == "x"} for c in ("x", "a.b", "a-b")]}],
            "optional_as": "per_field",
        },
        {"asks": [{"id": "x y", "fields": [{"claim": "plate", "required": True}]}]},
        {"asks": [{"accepted": [], "fields": [{"claim": "plate", "required": True}]}]},
        {"request_lifetime_s": 59},
        {"request_lifetime_s": 10**18},
        {"keep_result_s": -1},
        {"keep_result_s": 10**18},
    ],
)
async def test_refuses_a_template_that_cannot_be_asked(wire: Wire, changes: dict[str, Any]) -> None:
    before = await wire.snapshot()
    got = await wire.api("POST", "/presentation-templates", template(wire, **changes), slug="harbour")
    assert_problem(got, 400, "bad_template")
    assert (await wire.snapshot())["presentation_templates"] == before["presentation_templates"]


async def test_the_audit_comes_newest_first_and_page_by_page(wire: Wire) -> None:
    for number in range(60):
        await wire.api("POST", "/people", {"name": f"Person {number}"})
        wire.clock.advance(seconds=1)
    seen: list[str] = []
    following = ""
    while True:
        page = (await wire.api("GET", f"/audit{following}")).json()
        seen += [entry["at"] for entry in page["items"]]
        if page["next"] is None:
            break
        following = f"?before={page['next']}"
    assert seen == sorted(seen, reverse=True)
    assert len(seen) >= 60
