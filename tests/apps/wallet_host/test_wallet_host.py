"""The wallet's host: the list of who is trusted, and what somebody scanned or typed."""

import re

import pytest
import structlog

from billfold.apps.wallet_host.app import LOOK_UPS_A_MINUTE
from billfold.core.trust.trust_list import TrustList
from tests.support import needs
from tests.support.presenter import asked, held
from tests.support.wire import Wire, pre_authorized_code

HEADERS = ("content-security-policy", "referrer-policy", "x-content-type-options", "permissions-policy")


async def test_the_trust_list_names_each_role_of_each_organisation(wire: Wire) -> None:
    got = await wire.wallet_host.get("/trust.json")
    assert got.status_code == 200
    assert got.headers["content-type"].partition(";")[0] == "application/json"
    assert got.headers["cache-control"] == "public, max-age=60"
    listed = TrustList.parse(got.content)
    assert {(e.name, e.role, e.identifiers, e.hosts) for e in listed.anchors} == {
        ("Northwind Robotics", "issuer", (wire.identifier(),), ()),
        ("Northwind Robotics", "requester", (), ("localhost",)),
        ("Lakeside University", "issuer", (wire.identifier("lakeside"),), ()),
        ("Harbour Sports Club", "requester", (), ("localhost",)),
    }


async def test_a_short_code_leads_to_its_offer(either_wire: Wire) -> None:
    code = await either_wire.code()
    got = await either_wire.wallet_host.post("/codes", json={"code": code["short_code"]})
    assert got.status_code == 200
    assert got.headers["cache-control"] == "no-store"
    assert got.json() == {"offer": code["offer"]}


async def test_a_short_code_leads_to_its_request(either_wire: Wire) -> None:
    view = (await asked(either_wire)).view
    got = await either_wire.wallet_host.post("/codes", json={"code": view["short_code"]})
    assert got.status_code == 200
    assert got.json() == {"request": view["request"]}


async def test_a_short_code_is_read_as_it_was_meant(wire: Wire) -> None:
    """Crockford: case, hyphens and spaces do not count; I and L are 1, O is 0."""
    short = (await wire.code())["short_code"]
    typed = " ".join(short.lower().replace("1", "l").replace("0", "o")[n : n + 4] for n in range(0, 12, 4))
    assert (await wire.wallet_host.post("/codes", json={"code": typed})).status_code == 200


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("unknown", "not_found"),
        ("replaced", "not_found"),
        ("expired", "code_expired"),
        ("used", "code_used"),
        ("answered", "request_gone"),
        ("zero byte", "not_found"),
        ("empty", "not_found"),
    ],
)
async def test_a_code_that_is_over_says_why_to_who_has_it_whole(wire_with_lists: Wire, how: str, said: str) -> None:
    wire = wire_with_lists
    code = await wire.code("Jonas Lindqvist")
    short = str(code["short_code"])
    if how == "replaced":
        await wire.code("Jonas Lindqvist")
    elif how == "expired":
        wire.clock.advance(minutes=30)
    elif how == "used":
        await wire.device().redeem(pre_authorized_code(await wire.offer(code)))
    elif how == "answered":
        cred = await held(wire)
        request = await asked(wire)
        await request.answer(cred.token(request))
        short = request.view["short_code"]
    else:
        short = {"unknown": "0000-0000-0000", "zero byte": "\0", "empty": ""}[how]
    got = await wire.wallet_host.post("/codes", json={"code": short})
    assert got.status_code == (404 if said == "not_found" else 410)
    assert got.json()["error"] == said
    assert got.headers["billfold-reference"]
    assert all(got.headers[name] for name in HEADERS)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"code":7}', 400),
        (b'{"code":"x","foo":1}', 400),
        (b"x" * 70_000, 413),
        (b"[" * 10_000, 400),
    ],
)
async def test_refuses_what_is_no_code(wire: Wire, content: bytes, status: int) -> None:
    got = await wire.wallet_host.post("/codes", content=content, headers={"content-type": "application/json"})
    assert got.status_code == status
    assert got.json().keys() == {"error", "error_description"}
    assert "Traceback" not in got.text
    assert got.headers["billfold-reference"]


async def test_a_failure_says_nothing_of_the_inside(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("billfold.apps.wallet_host.app.short_codes.find", broken)
    with structlog.testing.capture_logs() as captured:
        got = await wire.wallet_host.post("/codes", json={"code": "x"})
    assert (got.status_code, got.json()["error"]) == (500, "server_error")
    assert "secret" not in got.text
    assert [entry["reference"] for entry in captured] == [got.headers["billfold-reference"]]


async def test_a_code_is_looked_up_by_post_only(wire: Wire) -> None:
    got = await wire.wallet_host.get("/codes?code=x")
    assert got.status_code in {404, 405}


async def test_looking_up_is_limited(wire: Wire) -> None:
    """Twelve characters cannot be guessed in any case; this keeps the tries down."""
    seen = [
        (await wire.wallet_host.post("/codes", json={"code": "0"})).status_code for _ in range(LOOK_UPS_A_MINUTE + 1)
    ]
    assert seen == [404] * LOOK_UPS_A_MINUTE + [429]
    assert (await wire.wallet_host.get("/trust.json")).status_code == 200


async def test_the_page_comes_squeezed_and_its_assets_are_kept_for_good(wire: Wire) -> None:
    page = await wire.wallet_host.get("/")
    found = re.search(r'src="(/assets/[^"]+\.js)"', page.text)
    if found is None:
        needs.missing("the wallet's built page")

    asset = await wire.wallet_host.get(found[1], headers={"accept-encoding": "gzip"})

    assert (asset.headers["content-encoding"], asset.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "immutable" in asset.headers["cache-control"]
    assert "script-src 'self'" in asset.headers["content-security-policy"]
    assert "immutable" not in page.headers.get("cache-control", "")


async def test_codes_are_not_squeezed(wire: Wire) -> None:
    code = await wire.code()

    found = await wire.wallet_host.post(
        "/codes", json={"code": code["short_code"]}, headers={"accept-encoding": "gzip"}
    )

    assert (found.status_code, "content-encoding" in found.headers) == (200, False)
