"""Presentation requests as the requester makes them, client identifiers, links and states."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from billfold.core.dcql.query import DcqlQuery
from billfold.core.keys import PublicKey
from billfold.core.openid4vp.client_id import ClientId, Prefix, redirect_uri_client_id
from billfold.core.openid4vp.request import (
    RequestByReference,
    RequestByValue,
    RequesterText,
    make_nonce,
    parse_request_link,
    read_wallet_nonce,
    request_claims,
    request_link,
    unsigned_request_link,
)
from billfold.core.openid4vp.request_object import read_unsigned_request
from billfold.errors import RequestRefused
from tests.support.organisations import NOW, vector_certificate
from tests.support.requests import (
    CLIENT_ID,
    HOST,
    NONCE,
    RESPONSE_KEY,
    RESPONSE_URI,
    SIMPLE_QUERY,
    STATE,
)
from tests.support.vectors import load_json


@pytest.mark.parametrize("case", load_json("x509", "client_ids.json"), ids=lambda case: case["why"])
def test_a_client_id_fits_its_certificate_or_not(case: dict[str, Any]) -> None:
    client_id, leaf = ClientId.parse(case["client_id"]), vector_certificate(case["leaf"])
    if case["expect"] == "match":
        client_id.check_leaf(leaf)
        return
    with pytest.raises(RequestRefused, match="to fit the certificate"):
        client_id.check_leaf(leaf)


def test_a_requester_cannot_send_a_malformed_query() -> None:
    with pytest.raises(RequestRefused, match="credentials as an array"):
        request_claims(
            client_id=CLIENT_ID,
            response_uri=RESPONSE_URI,
            nonce=NONCE,
            state=STATE,
            dcql_query=DcqlQuery(()),
            encryption_key=RESPONSE_KEY.public(),
            encryption_kid="enc-1",
            now=NOW,
            lifetime=timedelta(minutes=10),
        )


def test_a_nonce_is_made_of_32_bytes() -> None:
    with pytest.raises(ValueError, match="expected 32 random bytes, got 16"):
        make_nonce(b"n" * 16)


@pytest.mark.parametrize("row", [pytest.param("foo", id="ruriv-post-unknown-parameter")])
def test_reads_the_wallet_nonce_of_a_post(row: str) -> None:
    assert read_wallet_nonce({"wallet_nonce": "abc", "wallet_metadata": "{}", row: "bar"}) == "abc"
    assert read_wallet_nonce({}) is None


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"wallet_metadata": "{"}, id="ruriv-post-bad-metadata"),
        pytest.param({"wallet_nonce": "a\nb"}, id="wallet-nonce-chars"),
        pytest.param({"wallet_nonce": "ä"}, id="wallet-nonce-not-ascii"),
        pytest.param({"wallet_nonce": ""}, id="wallet-nonce-empty"),
        pytest.param({"wallet_nonce": "a" * 2049}, id="wallet-nonce-long"),
    ],
)
def test_refuses_a_bad_post_to_the_request_uri(fields: dict[str, str]) -> None:
    with pytest.raises(RequestRefused, match="expected wallet_") as refused:
        read_wallet_nonce(fields)
    assert (refused.value.code, refused.value.status) == ("invalid_request", 400)


REQUEST_URI = "https://requester.example/requests/1?x=1"


@pytest.mark.parametrize("scheme", ["openid4vp", "haip-vp"])
def test_reads_the_links_it_makes(scheme: str) -> None:
    link = request_link(CLIENT_ID, REQUEST_URI, scheme=scheme, request_uri_method="post")
    assert parse_request_link(link) == RequestByReference(CLIENT_ID, REQUEST_URI, "post")
    reference = urlencode({"client_id": CLIENT_ID, "request_uri": REQUEST_URI})
    link = f"https://wallet.example/#request={quote(reference, safe='')}"
    assert parse_request_link(link) == RequestByReference(CLIENT_ID, REQUEST_URI, "get")


def test_the_fragment_may_stand_as_it_is() -> None:
    link = "https://wallet.example/#request=client_id=a%3Ab&request_uri=https%3A%2F%2Fa.example%2Fr%3Fx%3D1"
    assert parse_request_link(link) == RequestByReference("a:b", "https://a.example/r?x=1", "get")


@pytest.mark.parametrize("row", [pytest.param("nonce=other", id="ro-query-parameters-differ")])
def test_parameters_beside_the_reference_are_not_read(row: str) -> None:
    assert parse_request_link(request_link("a:b", REQUEST_URI) + "&" + row) == RequestByReference(
        "a:b", REQUEST_URI, "get"
    )


@pytest.mark.parametrize(
    ("link", "code", "message"),
    [
        pytest.param(request_link("a:b", "http://x.example"), "invalid_request", "https scheme", id="ruri-http"),
        pytest.param(
            request_link("a:b", REQUEST_URI) + "&request_uri_method=PUT",
            "invalid_request_uri_method",
            "get or post",
            id="ruri-method-bad",
        ),
        pytest.param(
            request_link("a:b", REQUEST_URI) + "&request_uri_method=Post",
            "invalid_request_uri_method",
            "get or post",
            id="ruri-method-case",
        ),
        pytest.param(
            "openid4vp://?client_id=a&request_uri_method=post",
            "invalid_request",
            "beside request_uri_method",
            id="ruri-method-alone",
        ),
        pytest.param(
            "openid4vp://?client_id=a&request=x.y.z", "invalid_request", "by request_uri", id="ro-by-value-haip"
        ),
        pytest.param(
            "openid4vp://?request_uri=https%3A%2F%2Fa.example", "invalid_request", "client_id", id="no-client-id"
        ),
        pytest.param("openid4vp://?client_id=a&client_id=b", "invalid_request", "once", id="client-id-twice"),
        pytest.param("openid4vp://?client_id=a&dcql_query=%7B", "invalid_request", "as JSON", id="dcql-not-json"),
        pytest.param("mailto:a@b.example", "invalid_request", "request link", id="foreign-scheme"),
    ],
)
def test_refuses_a_bad_link(link: str, code: str, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        parse_request_link(link)
    assert refused.value.code == code


def test_knows_its_prefixes() -> None:
    assert ClientId.parse(CLIENT_ID).prefix is Prefix.X509_HASH
    with pytest.raises(RequestRefused, match="client_id as text"):
        ClientId.parse(None)


@pytest.mark.parametrize("encryption_key", [RESPONSE_KEY.public(), None], ids=["encrypted", "in-the-clear"])
def test_an_unsigned_request_is_read_out_of_its_link_with_nothing_proven(encryption_key: PublicKey | None) -> None:
    """OpenID4VP 5.1 and 5.9.3: objects are JSON in the link, and what only a signed request has is not there."""
    claims = request_claims(
        client_id=redirect_uri_client_id(RESPONSE_URI),
        response_uri=RESPONSE_URI,
        nonce=NONCE,
        state=STATE,
        dcql_query=SIMPLE_QUERY,
        encryption_key=encryption_key,
        now=NOW,
        lifetime=timedelta(minutes=10),
        text=RequesterText("Acme & Söhne", {"de": "Einlass", "en": "To let you in"}),
    )
    link = parse_request_link(unsigned_request_link(claims))
    assert isinstance(link, RequestByValue)
    assert link.parameters.keys() == claims.keys() - {"aud", "iat", "exp"}

    found = read_unsigned_request(link)

    assert (found.proven, found.requester_name, found.stated_name) == (False, HOST, "Acme & Söhne")
    assert (found.dcql_query, found.purpose) == (SIMPLE_QUERY, "To let you in")
    assert (found.response_key is None) is (encryption_key is None)
