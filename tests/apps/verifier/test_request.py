"""The request_uri endpoint on the wire: the signed request object by GET and by POST."""

from typing import Any

import pytest

from billfold.core.jose.jws import Jws
from billfold.core.keys import PublicKey
from billfold.core.openid4vp.client_id import x509_hash_client_id
from billfold.core.trust.certificate import parse_certificate
from tests.support.presenter import FORM, ask, asked, held, request_url
from tests.support.refusals import assert_closed, assert_refused
from tests.support.wire import Wire

MEDIA_TYPE = "application/oauth-authz-req+jwt"


def leaf(jws: Jws) -> Any:  # noqa: ANN401  # a certificate
    (entry,) = jws.header["x5c"]  # type: ignore[misc]
    return parse_certificate(entry)


async def test_the_request_is_signed_by_who_it_names(wire: Wire) -> None:
    view = await ask(wire)
    got = await wire.verifier.get(request_url(view))
    assert got.status_code == 200
    assert got.headers["content-type"] == MEDIA_TYPE
    assert_closed(got)
    jws = Jws.parse(got.text)
    jws.require_typ("oauth-authz-req+jwt")
    jws.verify(PublicKey.from_crypto(leaf(jws).public_key()), {"ES256"})
    claims: Any = jws.claims()
    assert claims["client_id"] == x509_hash_client_id(leaf(jws))
    assert (claims["response_mode"], claims["response_type"]) == ("direct_post.jwt", "vp_token")
    assert claims["exp"] - claims["iat"] == 300
    assert claims["dcql_query"]["credentials"][0]["id"] == "required"
    assert "wallet_nonce" not in claims


async def test_every_request_has_keys_and_nonces_of_its_own(wire: Wire) -> None:
    first, second = [(await asked(wire)).claims for _ in range(2)]
    for name in ("nonce", "state", "response_uri", "client_metadata"):
        assert first[name] != second[name]


@pytest.mark.rows("ruriv-second-fetch")
async def test_a_request_may_be_fetched_again(either_wire: Wire) -> None:
    """Row ruriv-second-fetch (OpenID4VP 5.10)."""
    view = await ask(either_wire)
    got = [await either_wire.verifier.get(request_url(view)) for _ in range(2)]
    assert [answer.status_code for answer in got] == [200, 200]
    shown = await either_wire.api("GET", f"/presentation-requests/{view['id']}", slug="harbour")
    assert shown.json()["state"] == "opened"


@pytest.mark.rows("ruriv-post-get-only")
async def test_a_post_brings_the_wallets_nonce_into_the_request(wire: Wire) -> None:
    """Rows ruriv-post-get-only and ruriv-post-unknown-parameter."""
    url = request_url(await ask(wire))
    form = {"wallet_nonce": "YWJj+/=.~ 1", "wallet_metadata": '{"vp_formats_supported":{}}', "foo": "bar"}
    got = await wire.verifier.post(url, data=form)
    assert got.status_code == 200
    assert got.headers["content-type"] == MEDIA_TYPE
    assert Jws.parse(got.text).claims()["wallet_nonce"] == "YWJj+/=.~ 1"
    assert (await wire.verifier.post(url)).status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"wallet_metadata=%7B", FORM, id="ruriv-post-bad-metadata"),
        pytest.param(b"wallet_nonce=%22%0A", FORM, id="nonce-with-foreign-characters"),
        pytest.param(b"wallet_nonce=a&wallet_nonce=b", FORM, id="nonce-twice"),
        pytest.param(b'{"wallet_nonce":"a"}', "application/json", id="json-body"),
    ],
)
async def test_refuses_a_bad_post_and_stays_open(wire: Wire, body: bytes, content_type: str) -> None:
    url = request_url(await ask(wire))
    before = await wire.snapshot()
    refused = await wire.verifier.post(url, content=body, headers={"content-type": content_type})
    assert_refused(refused, "invalid_request")
    assert await wire.snapshot() == before
    assert (await wire.verifier.get(url)).status_code == 200


@pytest.mark.rows("ruriv-unknown")
@pytest.mark.parametrize("how", ["unknown", "other-requester", "issuer-only", "expired"])
async def test_what_is_not_open_is_not_found(either_wire: Wire, how: str) -> None:
    """Row ruriv-unknown."""
    url = request_url(await ask(either_wire))
    if how == "unknown":
        url += "x"
    elif how == "expired":
        either_wire.clock.advance(seconds=300)
    else:
        url = url.replace("harbour", "northwind" if how == "other-requester" else "lakeside")
    for method in ("GET", "POST"):
        assert_refused(await either_wire.verifier.request(method, url), "not_found", status=404)


async def test_what_was_answered_is_not_found(wire_with_lists: Wire) -> None:
    cred = await held(wire_with_lists)
    request = await asked(wire_with_lists)
    assert (await request.answer(cred.token(request))).status_code == 200
    assert_refused(await wire_with_lists.verifier.get(request.url), "not_found", status=404)


async def test_a_request_that_ran_out_says_so(wire: Wire) -> None:
    request = await asked(wire)
    wire.clock.advance(seconds=300)
    assert (await request.now())["state"] == "expired"
    assert (await request.now())["verification"] is None
