"""What an issuer publishes: offer, metadata plain and signed, Type Metadata, nonce, status list."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from billfold.adapters.store import status_lists
from billfold.core.jose.jws import Jws
from billfold.core.keys import PublicKey
from billfold.core.openid4vci.signed_metadata import MAX_SIGNED_BYTES
from billfold.core.status.status_list import StatusList
from billfold.core.trust.certificate import parse_certificate
from billfold.roles.issuer.status import RESIGN_AFTER, TOKEN_LIFETIME, TTL_S
from tests.support.device import Device, request_of
from tests.support.organisations import new_key
from tests.support.refusals import assert_closed, assert_refused
from tests.support.wire import Wire, pre_authorized_code

WELL_KNOWN = "/.well-known/openid-credential-issuer/o/northwind"


def offer_url(code: dict[str, Any]) -> str:
    return str(httpx.URL(code["offer"]).params["credential_offer_uri"])


async def test_an_offer_names_what_the_person_may_get(wire: Wire) -> None:
    got = await wire.issuer.get(offer_url(await wire.code()))
    assert got.status_code == 200
    assert got.headers["content-type"] == "application/json"
    assert_closed(got)
    offer = got.json()
    assert offer.keys() == {"credential_issuer", "credential_configuration_ids", "grants"}
    assert offer["credential_issuer"] == wire.identifier()
    assert set(offer["credential_configuration_ids"]) == {"employee-badge", "parking-permit"}
    (grant,) = offer["grants"].values()
    assert grant.keys() == {"pre-authorized_code"}


async def test_an_offer_with_a_pin_says_what_to_enter_but_not_the_pin(wire: Wire) -> None:
    code = await wire.code(tx_code=True)
    got = await wire.issuer.get(offer_url(code))
    assert code["tx_code"] not in got.text
    (grant,) = got.json()["grants"].values()
    assert grant["tx_code"]["length"] == len(code["tx_code"])
    assert grant["tx_code"].get("input_mode", "numeric") == "numeric"


async def test_an_offer_may_be_fetched_again_while_it_lives(either_wire: Wire) -> None:
    code = await either_wire.code()
    assert await either_wire.offer(code) == await either_wire.offer(code)


@pytest.mark.parametrize(
    ("how", "said", "status"),
    [
        ("used", "code_used", 410),
        ("expired", "code_expired", 410),
        ("replaced", "not_found", 404),
        ("unknown", "not_found", 404),
        ("other-issuer", "not_found", 404),
    ],
)
async def test_an_offer_that_is_over_says_why_to_who_holds_its_secret(
    either_wire: Wire, how: str, said: str, status: int
) -> None:
    """The offer's token has 128 bits and a short code 60, so nobody else gets to ask."""
    wire = either_wire
    code = await wire.code()
    url = offer_url(code)
    if how == "used":
        await wire.device().redeem(pre_authorized_code(await wire.offer(code)))
    elif how == "expired":
        wire.clock.advance(minutes=30)
    elif how == "replaced":
        await wire.code()
    else:
        url = f"{url}x" if how == "unknown" else url.replace("northwind", "lakeside")
    before = await wire.snapshot()
    assert_refused(await wire.issuer.get(url), said, status=status)
    if how in {"used", "expired", "replaced"}:
        looked_up = await wire.wallet_host.post("/codes", json={"code": code["short_code"]})
        assert (looked_up.status_code, looked_up.json()["error"]) == (status, said)
    assert await wire.snapshot() == before


async def test_plain_metadata_is_complete(wire: Wire) -> None:
    got = await wire.issuer.get(WELL_KNOWN)
    assert got.status_code == 200
    assert got.headers["content-type"] == "application/json"
    assert got.headers["vary"] == "accept"
    metadata, base = got.json(), wire.identifier()
    assert metadata["credential_issuer"] == base
    assert metadata["credential_endpoint"] == f"{base}/credential"
    assert metadata["nonce_endpoint"] == f"{base}/nonce"
    assert metadata["notification_endpoint"] == f"{base}/notification"
    assert metadata["billfold_pairing"]["pairing_endpoint"] == f"{base}/pairing"
    assert metadata["batch_credential_issuance"]["batch_size"] >= 2
    assert not {"credential_request_encryption", "deferred_credential_endpoint"} & metadata.keys()
    for name, configuration in metadata["credential_configurations_supported"].items():
        assert configuration["vct"] == f"{base}/types/{name}"
        assert configuration["scope"] == f"northwind.{name}"
        assert configuration["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"] == ["ES256"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/jwt", "application/jwt"),
        ("application/jwt, application/json;q=0.9", "application/jwt"),
        ("application/jwt, */*;q=0.1", "application/jwt"),
        ("application/json, application/jwt", "application/json"),
        ("application/json, application/jwt;q=0.5", "application/json"),
        ("*/*", "application/json"),
        ("application/jwt;q=x", "application/json"),
        ("", "application/json"),
    ],
)
async def test_metadata_comes_as_it_is_asked_for(wire: Wire, accept: str, media_type: str) -> None:
    got = await wire.issuer.get(WELL_KNOWN, headers={"accept": accept})
    assert got.headers["content-type"] == media_type
    lines = [("accept", each) for each in accept.split(",")]
    assert (await wire.issuer.get(WELL_KNOWN, headers=lines)).headers["content-type"] == media_type


async def test_signed_metadata_says_the_same(wire: Wire) -> None:
    """OpenID4VCI 12.2.3: its subject is the identifier, its chain has no root."""
    plain = (await wire.issuer.get(WELL_KNOWN)).json()
    got = await wire.issuer.get(WELL_KNOWN, headers={"accept": "application/jwt"})
    jws = Jws.parse(got.text, max_bytes=MAX_SIGNED_BYTES)
    (entry,) = jws.header["x5c"]  # type: ignore[misc]
    jws.require_typ("openidvci-issuer-metadata+jwt")
    jws.verify(PublicKey.from_crypto(parse_certificate(entry).public_key()), {"ES256"})
    claims = jws.claims()
    assert claims["sub"] == wire.identifier()
    assert claims["iat"] == int(wire.clock().timestamp())
    assert {name: claims[name] for name in plain} == plain


async def test_authorization_server_metadata_is_complete(wire: Wire) -> None:
    got = await wire.issuer.get("/.well-known/oauth-authorization-server/o/northwind")
    assert got.headers["content-type"] == "application/json"
    metadata = got.json()
    assert metadata["issuer"] == wire.identifier()
    assert metadata["token_endpoint"] == f"{wire.identifier()}/token"
    assert metadata["pre-authorized_grant_anonymous_access_supported"] is True
    assert metadata["dpop_signing_alg_values_supported"] == ["ES256"]


async def test_type_metadata_lies_at_the_type(wire: Wire) -> None:
    url = f"{wire.identifier()}/types/employee-badge"
    got = await wire.issuer.get(url)
    assert got.headers["content-type"] == "application/json"
    metadata = got.json()
    assert metadata["vct"] == url
    assert metadata["extends"] == f"{url}/look"
    assert [claim["path"] for claim in metadata["claims"]][:2] == [["name"], ["employer"]]
    look = (await wire.issuer.get(f"{url}/look")).json()
    assert [claim["path"] for claim in look["claims"]][:2] == [["name"], ["employer"]]
    assert look["display"][0]["name"] == "Employee badge"


@pytest.mark.parametrize(
    "path",
    [
        "/o/northwind/.well-known/openid-credential-issuer",
        "/.well-known/openid-credential-issuer",
        "/.well-known/openid-credential-issuer/o/nobody",
        "/.well-known/oauth-authorization-server/o/harbour",
        "/o/northwind/types/student-card",
        "/o/northwind/status/no-such",
        "/o/northwind",
        "/o/nobody/nonce",
    ],
)
async def test_what_is_not_there_is_not_found(wire: Wire, path: str) -> None:
    """Row meta-wrong-well-known among them; `harbour` only requests."""
    got = await wire.issuer.request("POST" if path.endswith("nonce") else "GET", path)
    assert got.status_code == 404
    assert got.json()["error"] == "not_found"
    assert_closed(got)


@pytest.mark.rows("nonce-cacheable")
async def test_a_nonce_is_never_cached(wire: Wire) -> None:
    """Row nonce-cacheable."""
    first, second = [await wire.issuer.post(f"{wire.identifier()}/nonce") for _ in range(2)]
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json"
    assert_closed(first)
    assert first.json().keys() == {"c_nonce"}
    assert first.json() != second.json()
    assert first.headers["dpop-nonce"] != second.headers["dpop-nonce"]


@pytest.mark.rows("nonce-get")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
async def test_a_nonce_comes_by_post_only(wire: Wire, method: str) -> None:
    """Row nonce-get."""
    got = await wire.issuer.request(method, f"{wire.identifier()}/nonce")
    assert got.status_code == 405
    assert "dpop-nonce" not in got.headers


async def status_of(device: Device) -> tuple[dict[str, Any], str, int]:
    """Return the reference of a fresh Credential: its claims, the list's URL and the index."""
    (entry,) = (await device.receive())["credentials"]
    claims = Jws.parse(entry["credential"].partition("~")[0]).claims()
    reference: Any = claims["status"]
    listed = reference["status_list"]
    return dict(claims), listed["uri"], listed["idx"]


async def statuses(wire: Wire, uri: str) -> tuple[httpx.Response, StatusList]:
    got = await wire.issuer.get(uri)
    assert got.status_code == 200
    claim: Any = Jws.parse(got.text, max_bytes=len(got.text)).claims()["status_list"]
    return got, StatusList.parse(claim)


async def test_a_status_list_token_tells_the_state(wire: Wire) -> None:
    device = await wire.paired()
    _, uri, index = await status_of(device)
    got, listed = await statuses(wire, uri)

    assert got.headers["content-type"] == "application/statuslist+jwt"
    assert got.headers["cache-control"] == f"public, max-age={TTL_S}, must-revalidate"
    jws = Jws.parse(got.text, max_bytes=len(got.text))
    jws.require_typ("statuslist+jwt")
    claims, now = jws.claims(), int(wire.clock().timestamp())
    assert (claims["sub"], claims["iat"], claims["ttl"]) == (uri, now, TTL_S)
    assert claims["exp"] == now + int(TOKEN_LIFETIME.total_seconds())
    assert (listed.bits, listed.status_at(index)) == (2, 0)


async def test_a_status_list_token_comes_compressed_to_who_takes_that(wire: Wire) -> None:
    """Token Status List 8.2."""
    device = await wire.paired()
    _, uri, _ = await status_of(device)
    plain = await wire.issuer.get(uri, headers={"accept-encoding": "identity"})
    packed = await wire.issuer.get(uri, headers={"accept-encoding": "br, gzip"})
    refused = await wire.issuer.get(uri, headers={"accept-encoding": "gzip;q=0, br"})
    assert [got.headers.get("content-encoding") for got in (plain, packed, refused)] == [None, "gzip", None]
    assert plain.text == packed.text == refused.text
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert "accept-encoding" in packed.headers["vary"]
    tag = {"if-none-match": plain.headers["etag"], "accept-encoding": "gzip"}
    assert (await wire.issuer.get(uri, headers=tag)).status_code == 304


@pytest.mark.parametrize("named", ["{}", '"0-0", {}', "{strong}", "*"])
async def test_who_has_a_status_list_token_already_is_not_sent_it_again(wire: Wire, named: str) -> None:
    """RFC 9110 13.1.2: tags are compared weakly, and an asterisk stands for any."""
    device = await wire.paired()
    _, uri, _ = await status_of(device)
    etag = (await wire.issuer.get(uri)).headers["etag"]
    had = named.format(etag, strong=etag.removeprefix("W/"))
    assert (await wire.issuer.get(uri, headers={"if-none-match": had})).status_code == 304
    assert (await wire.issuer.get(uri, headers={"if-none-match": '"0-0"'})).status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/statuslist+jwt", 200),
        ("application/statuslist+cwt, application/statuslist+jwt;q=0.5", 200),
        ("application/*", 200),
        ("*/*;q=0.1", 200),
        ("application/statuslist+cwt", 406),
        ("application/statuslist+jwt;q=0, */*", 406),
        ("application/json", 200),
    ],
)
async def test_a_status_list_token_is_a_jwt_or_nothing(wire: Wire, accept: str, status: int) -> None:
    """Token Status List 8.1: who asks for CWT alone is told, not given something else."""
    device = await wire.paired()
    _, uri, _ = await status_of(device)
    got = await wire.issuer.get(uri, headers={"accept": accept})
    assert (got.status_code, "error" in got.text) == (status, status == 406)


@pytest.mark.parametrize(("moves", "status"), [(["suspend"], 2), (["suspend", "resume"], 0), (["revoke"], 1)])
async def test_a_change_of_state_changes_the_list(either_wire: Wire, moves: list[str], status: int) -> None:
    wire = either_wire
    device = await wire.paired()
    _, uri, index = await status_of(device)
    first, _ = await statuses(wire, uri)
    unchanged = await wire.issuer.get(uri, headers={"if-none-match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"]
    person = await wire.person()
    credential = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"][0]["id"]
    for move in moves:
        assert (await wire.api("POST", f"/credentials/{credential}/{move}", {"reason": "test"})).status_code == 200
    changed, listed = await statuses(wire, uri)
    assert changed.headers["etag"] != first.headers["etag"]
    assert (await wire.issuer.get(uri, headers={"if-none-match": first.headers["etag"]})).status_code == 200
    assert listed.status_at(index) == status


async def test_a_list_is_signed_anew_before_it_grows_old(wire: Wire) -> None:
    device = await wire.paired()
    _, uri, _ = await status_of(device)
    first, _ = await statuses(wire, uri)
    wire.clock.advance(seconds=(RESIGN_AFTER + timedelta(seconds=1)).total_seconds())
    second, _ = await statuses(wire, uri)
    assert first.headers["etag"] != second.headers["etag"]


@pytest.mark.rows("sl-historic")
async def test_past_states_are_not_kept(wire: Wire) -> None:
    """Row sl-historic."""
    device = await wire.paired()
    _, uri, _ = await status_of(device)
    assert_refused(await wire.issuer.get(f"{uri}?time=1"), "not_implemented", status=501)


async def test_a_list_belongs_to_its_issuer(wire: Wire) -> None:
    device = await wire.paired()
    _, uri, _ = await status_of(device)
    northwind = await wire.organisation("northwind")
    assert await status_lists.get(wire.parts.store, northwind.id, uri.rpartition("/")[2])
    got = await wire.issuer.get(uri.replace("northwind", "lakeside"))
    assert_refused(got, "not_found", status=404)


@pytest.mark.rows("sl-double-use")
async def test_every_credential_has_an_entry_of_its_own(wire: Wire) -> None:
    """Row sl-double-use."""
    devices = [await wire.paired(name) for name in ("Amara Okafor", "Jonas Lindqvist", "Mei Tanaka")]
    entries = [(await status_of(device))[1:] for device in devices for _ in range(3)]
    assert len(set(entries)) == len(entries)


async def test_twelve_issued_at_once_have_entries_of_their_own(either_wire: Wire) -> None:
    """Also while the very first list is being made."""
    device = await either_wire.paired()
    nonces = [await device.c_nonce() for _ in range(12)]
    requests = [request_of(device.key_proof(nonce, key=new_key())) for nonce in nonces]
    answers = await asyncio.gather(*(device.credential(request) for request in requests))
    assert [got.status_code for got in answers] == [200] * 12
    stored = await either_wire.snapshot()
    assert len({(row[2], row[3]) for row in stored["credential_instances"]}) == 12
    assert len(stored["credentials"]) == 12
