"""Who may call the API: keys, scopes, organisations; and every error as a problem with a reference."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from billfold.roles.operator import staff
from billfold.roles.operator.api_key import SCOPES
from tests.support.problems import assert_problem
from tests.support.wire import Wire

Json = dict[str, Any]
PERSON_BODY: Json = {"name": "Ada"}
REPLACE: Json = {"reason": "lost", "checked_how": "saw the passport"}
DEFINITION: Json = {"names": {"en": "X"}, "fields": [{"claim": "x", "labels": {"en": "X"}, "source": "attribute"}]}
OPERATIONS = [
    ("people", "POST", "/people", PERSON_BODY),
    ("people", "GET", "/people", None),
    ("people", "GET", "/people/search?q=PERSON", None),
    ("people", "GET", "/people/PERSON", None),
    ("people", "PATCH", "/people/PERSON", {"name": "Eve"}),
    ("people", "GET", "/attributes", None),
    ("types", "GET", "/credential-types", None),
    ("types", "POST", "/credential-types", {"slug": "x", "definition": DEFINITION}),
    ("types", "GET", "/credential-types/TYPE", None),
    ("types", "PUT", "/credential-types/TYPE", {"replaces": 1, "definition": DEFINITION}),
    ("types", "GET", "/credential-types/TYPE/versions", None),
    ("types", "GET", "/credential-types/TYPE/versions/1", None),
    ("pairings", "POST", "/people/PERSON/replace-device", REPLACE),
    ("entitlements", "POST", "/entitlements", {"person_id": "PERSON", "credential_type": "parking-permit"}),
    ("entitlements", "DELETE", "/entitlements/ENTITLEMENT", None),
    ("entitlements", "GET", "/entitlements?person_id=PERSON", None),
    ("entitlements", "POST", "/entitlements/ENTITLEMENT/suspend", {"reason": "x"}),
    ("entitlements", "POST", "/entitlements/ENTITLEMENT/resume", {"reason": "x"}),
    ("entitlements", "POST", "/people/PERSON/suspend", {"reason": "x"}),
    ("entitlements", "POST", "/people/PERSON/resume", {"reason": "x"}),
    ("pairings", "POST", "/pairing-codes", {"person_id": "PERSON"}),
    ("pairings", "GET", "/pairing-codes/CODE", None),
    ("pairings", "GET", "/pairing-codes/CODE/mails", None),
    ("pairings", "GET", "/pairing-codes/CODE/letter", None),
    ("pairings", "GET", "/pairing-codes/CODE/pin-letter", None),
    ("pairings", "POST", "/pairing-codes/CODE/pin-mail", {}),
    ("pairings", "GET", "/pairings?person_id=PERSON", None),
    ("pairings", "DELETE", "/pairings/PAIRING", None),
    ("pairings", "POST", "/pairings/PAIRING/send-again", None),
    ("credentials", "GET", "/credentials?person_id=PERSON", None),
    ("credentials", "POST", "/credentials/CREDENTIAL/suspend", {"reason": "x"}),
    ("credentials", "POST", "/credentials/CREDENTIAL/resume", {"reason": "x"}),
    ("credentials", "POST", "/credentials/CREDENTIAL/revoke", {"reason": "x"}),
    ("requests", "POST", "/presentation-requests", {"template": "staff-rate"}),
    ("requests", "GET", "/presentation-requests/REQUEST", None),
    ("requests", "POST", "/presentation-requests/REQUEST/check-by-hand", {"reason": "x"}),
    ("requests", "GET", "/presentation-templates", None),
    ("requests", "POST", "/presentation-templates", {"slug": "x", "names": {"en": "X"}, "purposes": {}, "asks": []}),
    ("requests", "GET", "/presentation-templates/TEMPLATE", None),
    ("requests", "PUT", "/presentation-templates/TEMPLATE", {"names": {"en": "X"}, "purposes": {}, "asks": []}),
    ("audit", "GET", "/audit", None),
    ("settings", "GET", "/organisation", None),
    ("settings", "PATCH", "/organisation", {"name": "Mine"}),
    ("people", "GET", "/organisation/overview", None),
    ("settings", "GET", "/organisation/signing-keys", None),
    ("settings", "GET", "/mail", None),
    ("settings", "POST", "/mail/trials", {"staff_id": "0"}),
    ("settings", "POST", "/organisation/signing-keys/ROLE/renew", None),
    ("settings", "GET", "/staff", None),
    ("settings", "POST", "/staff", {"email": "a@b.example", "name": "Ada", "role": "owner"}),
    ("settings", "POST", "/staff/STAFF/invite", None),
    ("settings", "PATCH", "/staff/STAFF", {"role": "owner"}),
    ("settings", "DELETE", "/staff/STAFF", None),
    ("settings", "GET", "/api-keys", None),
    ("settings", "POST", "/api-keys", {"name": "Mine", "scopes": ["audit"]}),
    ("settings", "DELETE", "/api-keys/APIKEY", None),
]
IDS = [f"{method} {path}" for _, method, path, _ in OPERATIONS]
ALL = pytest.mark.parametrize(("scope", "method", "path", "body"), OPERATIONS, ids=IDS)


async def test_no_operation_of_the_document_is_left_out_here(wire: Wire) -> None:
    """Whoever adds an operation says here what it is called with, and with what of somebody else's."""
    paths = (await wire.console.get("/api/v1/schema/openapi.json")).json()["paths"]
    documented = {(m.upper(), re.sub(r"{\w+}", "*", path)) for path, methods in paths.items() for m in methods}
    tried = {
        (method, "/api/v1" + re.sub(r"[A-Z]+|\d+", "*", path.partition("?")[0])) for _, method, path, _ in OPERATIONS
    }
    assert tried == documented


@ALL
async def test_refuses_a_call_without_a_good_key(
    wire: Wire, scope: str, method: str, path: str, body: Json | None
) -> None:
    before = await wire.snapshot()
    for authorization in (None, "Bearer bf_unknown", "Bearer ", "Basic eDp5", "bf_unknown"):
        headers = {} if authorization is None else {"authorization": authorization}
        got = await wire.console.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert_problem(got, 401, "unauthorized")
        assert got.headers["www-authenticate"] == "Bearer"
    assert await wire.snapshot() == before
    assert scope in SCOPES


@ALL
async def test_refuses_a_key_without_the_scope(
    wire: Wire, scope: str, method: str, path: str, body: Json | None
) -> None:
    others = tuple(name for name in SCOPES if name != scope)
    await wire.api("GET", "/nothing", scopes=others)
    before = await wire.snapshot()
    assert_problem(await wire.api(method, path, body, scopes=others), 403, "insufficient_scope")
    assert await wire.snapshot() == before


NORTHWINDS = ("PERSON", "TYPE", "ENTITLEMENT", "CODE", "PAIRING", "CREDENTIAL", "STAFF", "APIKEY")


async def objects_of(wire: Wire) -> dict[str, str]:
    """Return the id of one thing of each kind, all of northwind but for request and template, which are harbour's."""
    await (await wire.paired()).receive()
    person = await wire.person()
    code = await wire.code("Jonas Lindqvist")
    (pairing,) = (await wire.api("GET", f"/pairings?person_id={person.id}")).json()["items"]
    (credential,) = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    request = await wire.api("POST", "/presentation-requests", {"template": "staff-rate"}, slug="harbour")
    templates = (await wire.api("GET", "/presentation-templates", slug="harbour")).json()["items"]
    return {
        "PERSON": person.id,
        "ENTITLEMENT": credential["entitlement_id"],
        "CODE": code["id"],
        "PAIRING": pairing["id"],
        "CREDENTIAL": credential["id"],
        "TYPE": "parking-permit",
        "REQUEST": request.json()["id"],
        "TEMPLATE": templates[0]["id"],
        "STAFF": await hired(wire),
        "APIKEY": (await wire.api("GET", "/api-keys")).json()["items"][0]["id"],
    }


async def hired(wire: Wire) -> str:
    """Add somebody to northwind's staff, and return the id."""
    organisation = await wire.organisation("northwind")
    given = {"email": "ada@northwind.test", "name": "Ada", "role": "support", "password": "a password for tests"}
    return (await staff.add(wire.parts, organisation.id, **given, act=wire.parts.act("test"))).id


def filled(value: Any, ids: dict[str, str]) -> Any:  # noqa: ANN401  # JSON of a test
    """Return *value* with the ids in their places."""
    if isinstance(value, dict):
        return {name: filled(member, ids) for name, member in value.items()}
    for name, object_id in ids.items():
        value = value.replace(name, object_id) if isinstance(value, str) else value
    return value


@pytest.mark.parametrize("slug", ["lakeside", "harbour", "northwind"])
async def test_one_organisations_key_opens_nothing_of_anothers(either_wire: Wire, slug: str) -> None:
    """Each operation on each thing of somebody else: 404 or 403, or an empty list; and nothing changed."""
    wire = either_wire
    ids = await objects_of(wire)
    await wire.api("GET", "/people", slug=slug)
    before = await wire.snapshot()
    for _, method, path, body in OPERATIONS:
        theirs = ("REQUEST", "TEMPLATE") if slug != "harbour" else ()
        ours = NORTHWINDS if slug != "northwind" else ()
        if not any(name in f"{path}{body}" for name in (*theirs, *ours)):
            continue
        got = await wire.api(method, filled(path, ids), filled(body, ids), slug=slug)
        if "?" in path:
            assert (got.status_code, got.json()["items"]) == (200, []), path
        else:
            assert got.status_code in {400, 403, 404}, path
            assert_problem(got, got.status_code)
            assert not any(object_id in got.text for name, object_id in ids.items() if name != "TYPE")
    assert await wire.snapshot() == before


async def test_lists_hold_only_ones_own(wire: Wire) -> None:
    names = {
        slug: {p["name"] for p in (await wire.api("GET", "/people", slug=slug)).json()["items"]}
        for slug in ("northwind", "lakeside", "harbour")
    }
    assert "Mei Tanaka" not in names["lakeside"]
    assert "Leyla Demir" not in names["northwind"]
    assert names["harbour"] == set()
    entries = {slug: {e["id"] for e in (await wire.api("GET", "/audit", slug=slug)).json()["items"]} for slug in names}
    assert not entries["northwind"] & entries["lakeside"]


CREATIONS = [
    ("northwind", "/people", {"name": "Ada"}, {"name": "Eve"}),
    (
        "northwind",
        "/entitlements",
        {"person_id": "JONAS", "credential_type": "parking-permit"},
        {"person_id": "TOMAS", "credential_type": "parking-permit"},
    ),
    ("northwind", "/pairing-codes", {"person_id": "JONAS"}, {"person_id": "JONAS", "expires_in_s": 600}),
    (
        "harbour",
        "/presentation-requests",
        {"template": "staff-rate"},
        {"template": "staff-rate", "return_to": "https://x.example/"},
    ),
]


@pytest.mark.parametrize(("slug", "path", "body", "other"), CREATIONS, ids=[c[1] for c in CREATIONS])
async def test_a_creation_asked_twice_under_one_key_is_made_once(
    either_wire: Wire, slug: str, path: str, body: Json, other: Json
) -> None:
    wire = either_wire
    ids = {"JONAS": (await wire.person("Jonas Lindqvist")).id, "TOMAS": (await wire.person("Tomás Alvarado")).id}
    key = {"idempotency-key": "the-same"}
    first = await wire.api("POST", path, filled(body, ids), slug=slug, headers=key)
    assert first.status_code == 201, first.text
    wire.clock.advance(seconds=3)
    before = await wire.snapshot()
    again = await wire.api("POST", path, filled(body, ids), slug=slug, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    refused = await wire.api("POST", path, filled(other, ids), slug=slug, headers=key)
    assert_problem(refused, 422, "idempotency_key_reused")
    assert await wire.snapshot() == before
    another = await wire.api("POST", path, filled(other, ids), slug=slug, headers={"idempotency-key": "another"})
    assert another.status_code == 201
    assert another.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(("slug", "path", "body", "other"), CREATIONS, ids=[c[1] for c in CREATIONS])
async def test_of_twelve_racing_calls_under_one_key_all_get_the_same(
    either_wire: Wire, slug: str, path: str, body: Json, other: Json
) -> None:
    wire = either_wire
    ids = {"JONAS": (await wire.person("Jonas Lindqvist")).id, "TOMAS": (await wire.person("Tomás Alvarado")).id}
    await wire.api("GET", "/audit", slug=slug)
    before = await wire.snapshot()
    key = {"idempotency-key": "the-same"}
    calls = (wire.api("POST", path, filled(body, ids), slug=slug, headers=key) for _ in range(12))
    answers = await asyncio.gather(*calls)
    assert [got.status_code for got in answers] == [201] * 12
    assert [got.json() for got in answers] == [answers[0].json()] * 12
    after = await wire.snapshot()
    table = path[1:].replace("-", "_")
    assert len(after[table]) == len(before[table]) + 1
    refused = await wire.api("POST", path, filled(other, ids), slug=slug, headers=key)
    assert_problem(refused, 422, "idempotency_key_reused")


async def test_a_pairing_code_asked_for_again_is_the_same_even_after_the_pairing(either_wire: Wire) -> None:
    """A caller that lost the answer learns how it stands now, offer and all, and ends nobody's pairing."""
    wire = either_wire
    person = await wire.person()
    body = {"person_id": person.id, "tx_code": False}
    key = {"idempotency-key": "the-same"}
    first = (await wire.api("POST", "/pairing-codes", body, headers=key)).json()
    device = wire.device()
    grant = (await wire.offer(first))["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"]
    await device.redeem(grant["pre-authorized_code"])
    again = (await wire.api("POST", "/pairing-codes", body, headers=key)).json()
    assert again == {**first, "state": "opened"}
    assert (await device.pairing("GET")).status_code == 200
    again = (await wire.api("POST", "/pairing-codes", body, headers=key)).json()
    assert again == {**first, "state": "paired", "offer_by_value": None}
    assert (await device.pairing("GET")).status_code == 200


async def test_keys_of_two_organisations_do_not_meet(wire: Wire) -> None:
    key = {"idempotency-key": "the-same"}
    made = [
        await wire.api("POST", "/people", {"name": "Ada"}, slug=slug, headers=key) for slug in ("northwind", "lakeside")
    ]
    assert [got.status_code for got in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_refuses_a_key_of_no_use(wire: Wire, key: str) -> None:
    assert_problem(await wire.api("POST", "/people", {"name": "Ada"}, headers={"idempotency-key": key}), 400)


async def test_an_issuers_api_is_for_issuers_and_a_requesters_for_requesters(wire: Wire) -> None:
    person = await wire.person()
    got = await wire.api("POST", "/pairing-codes", {"person_id": person.id}, slug="harbour")
    assert_problem(got, 403, "not_an_issuer")
    got = await wire.api("POST", "/presentation-requests", {"template": "staff-rate"}, slug="lakeside")
    assert_problem(got, 403, "not_a_requester")


Call = Callable[[Wire], Awaitable[Any]]


def raw(method: str, path: str, content: bytes = b"", content_type: str = "application/json") -> Call:
    async def call(wire: Wire) -> Any:  # noqa: ANN401  # an answer
        await wire.api("GET", "/people")
        (key,) = wire.api_keys.values()
        headers = {"authorization": f"Bearer {key}", "content-type": content_type}
        return await wire.console.request(method, path, content=content, headers=headers)

    return call


@pytest.mark.parametrize(
    ("call", "status"),
    [
        pytest.param(raw("POST", "/api/v1/people", b"{"), 400, id="bad JSON"),
        pytest.param(raw("POST", "/api/v1/people", b""), 400, id="no body"),
        pytest.param(raw("POST", "/api/v1/people", b"[]"), 400, id="an array"),
        pytest.param(raw("POST", "/api/v1/people", b"\xff"), 400, id="not UTF-8"),
        pytest.param(raw("POST", "/api/v1/people", b'{"name":"A","foo":1}'), 400, id="unknown member"),
        pytest.param(raw("POST", "/api/v1/people", b'{"name":"\\ud800"}'), 400, id="half a character"),
        pytest.param(raw("POST", "/api/v1/people", b"[" * 10_000), 400, id="deep nesting"),
        pytest.param(raw("POST", "/api/v1/entitlements", b"x" * 1_100_000), 413, id="too large"),
        pytest.param(raw("PUT", "/api/v1/people"), 405, id="wrong method"),
        pytest.param(raw("GET", "/api/v1/nothing"), 404, id="unknown path"),
        pytest.param(raw("GET", "/api/v1"), 404, id="no operation"),
        pytest.param(raw("GET", "/nothing"), 404, id="unknown path outside the API"),
        pytest.param(raw("GET", "/api/v1/pairings"), 400, id="parameter missing"),
        pytest.param(raw("GET", "/api/v1/people/no-such"), 404, id="not found"),
    ],
)
async def test_every_error_is_a_problem_with_a_reference(wire: Wire, call: Call, status: int) -> None:
    assert_problem(await call(wire), status)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/people/%00", None),
        ("GET", "/people?after=%00", None),
        ("GET", "/pairings?person_id=%00", None),
        ("DELETE", "/pairings/%00", None),
        ("POST", "/entitlements", {"person_id": "\u0000", "credential_type": "employee-badge"}),
        ("POST", "/pairing-codes", {"person_id": "\u0000"}),
        ("GET", "/audit?before=%00", None),
        ("GET", "/people/%F0%9F%92%A9", None),
    ],
)
async def test_no_character_makes_it_fail(either_wire: Wire, method: str, path: str, body: Json | None) -> None:
    """A zero byte is no text to PostgreSQL."""
    got = await either_wire.api(method, path, body)
    assert got.status_code in {200, 400, 404}, got.text


async def test_a_failure_says_nothing_of_the_inside(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("billfold.apps.api.people.people.page", broken)
    got = await wire.api("GET", "/people")
    assert_problem(got, 500, "server_error")
    assert "secret" not in got.text


async def test_the_openapi_document_needs_no_key(wire: Wire) -> None:
    got = await wire.console.get("/api/v1/schema/openapi.json")
    assert got.status_code == 200
    assert got.json()["info"]["title"] == "Billfold API"
