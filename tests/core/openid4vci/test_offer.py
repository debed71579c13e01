"""Credential offers: links and documents, good ones first."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from billfold.core.oauth.token import PRE_AUTHORIZED_CODE
from billfold.core.openid4vci.identifier import check_identifier, metadata_url
from billfold.core.openid4vci.offer import (
    CredentialOffer,
    OfferByReference,
    OfferByValue,
    TxCode,
    build_offer,
    check_offer,
    encode_offer,
    offer_link,
    parse_offer,
    parse_offer_link,
)
from billfold.errors import MetadataError

ISSUER = "https://issuer.example/acme"
URI = "https://issuer.example/offers/abc?x=1&y=2"
LINK = "openid-credential-offer://?"
GRANT: dict[str, Any] = {"pre-authorized_code": "code", "tx_code": {"length": 6}}
OFFER: dict[str, Any] = {
    "credential_issuer": ISSUER,
    "credential_configuration_ids": ["badge"],
    "grants": {PRE_AUTHORIZED_CODE: GRANT},
}


def offer(**changes: object) -> bytes:
    return json.dumps({name: value for name, value in {**OFFER, **changes}.items() if value is not None}).encode()


def granting(**changes: object) -> bytes:
    grant = {name: value for name, value in {**GRANT, **changes}.items() if value is not None}
    return offer(grants={PRE_AUTHORIZED_CODE: grant})


def test_an_offer_survives_the_wire() -> None:
    tx_code = TxCode(length=6, description="by mail")
    made = build_offer(ISSUER, ["badge", "pass"], pre_authorized_code="code", tx_code=tx_code)
    found = parse_offer(encode_offer(made), "application/json; charset=utf-8")
    assert found == made
    assert found.pre_authorized is not None
    assert found.pre_authorized.tx_code == tx_code


def test_an_empty_tx_code_still_asks_for_a_pin() -> None:
    """Section 4.1.1: the object's presence counts, not its content."""
    made = build_offer(ISSUER, ["badge"], pre_authorized_code="code", tx_code=TxCode())
    assert json.loads(encode_offer(made))["grants"][PRE_AUTHORIZED_CODE]["tx_code"] == {}
    assert parse_offer(encode_offer(made)) == made


def test_an_offer_without_grants_leaves_them_to_metadata() -> None:
    assert parse_offer(offer(grants=None)).pre_authorized is None
    assert parse_offer(offer(grants={})).pre_authorized is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(offer(foo=1), id="offer-unknown-member"),
        pytest.param(granting(foo=1, interval=5), id="offer-unknown-member-in-grant"),
        pytest.param(offer(grants={PRE_AUTHORIZED_CODE: GRANT, "urn:x": {}}), id="unknown-grant-beside"),
    ],
)
def test_unknown_members_are_ignored(data: bytes) -> None:
    assert parse_offer(data).credential_configuration_ids == ("badge",)


@pytest.mark.parametrize("scheme", ["openid-credential-offer", "haip-vci"])
def test_reads_the_links_it_makes(scheme: str) -> None:
    assert parse_offer_link(offer_link(URI, scheme=scheme)) == OfferByReference(URI)


def test_reads_a_link_to_a_wallet() -> None:
    assert parse_offer_link(f"https://wallet.example/#offer={quote(URI, safe='')}") == OfferByReference(URI)
    assert parse_offer_link(f" https://other.example/add?credential_offer_uri={quote(URI, safe='')} ").uri == URI


def test_reads_an_offer_by_value() -> None:
    found = parse_offer_link(f"{LINK}credential_offer={quote(offer().decode(), safe='')}")
    assert isinstance(found, OfferByValue)
    assert found.offer.credential_issuer == ISSUER


def test_http_is_for_loopback_and_only_where_allowed() -> None:
    link = offer_link("http://localhost:8001/o")
    assert parse_offer_link(link, allow_loopback_http=True) == OfferByReference("http://localhost:8001/o")
    with pytest.raises(MetadataError, match="https scheme"):
        parse_offer_link(link)
    with pytest.raises(MetadataError, match="https scheme"):
        parse_offer_link(offer_link("http://issuer.example/o"), allow_loopback_http=True)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        pytest.param(
            f"{LINK}credential_offer=%7B%7D&credential_offer_uri={quote(URI)}", "either", id="offer-both-params"
        ),
        pytest.param(LINK, "either", id="offer-neither"),
        pytest.param(f"{LINK}credential_offer=abc", "one JSON object", id="offer-not-json"),
        pytest.param(f"{LINK}credential_offer_uri=http%3A%2F%2Fissuer.example", "https scheme", id="offer-uri-http"),
        pytest.param(f"{LINK}credential_offer_uri=a&credential_offer_uri=b", "each once", id="param-twice"),
        pytest.param("https://wallet.example/#offer=", "the address of an offer", id="fragment-empty"),
        pytest.param("mailto:a@b.example", "a credential offer link", id="foreign-scheme"),
        pytest.param("nonsense", "a credential offer link", id="no-scheme"),
    ],
)
def test_refuses_a_bad_link(link: str, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        parse_offer_link(link)


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("application/jwt", id="offer-uri-jwt"),
        pytest.param("text/html; charset=utf-8", id="offer-uri-html"),
        pytest.param(None, id="offer-uri-no-type"),
    ],
)
def test_refuses_an_offer_of_another_type(content_type: str | None) -> None:
    with pytest.raises(MetadataError, match="as application/json"):
        parse_offer(offer(), content_type)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"eyJhbGciOiJub25lIn0.e30.", "one JSON object", id="jwt"),
        pytest.param(offer(credential_issuer=None), "credential_issuer", id="offer-no-issuer"),
        pytest.param(offer(credential_issuer="http://issuer.example"), "https scheme", id="offer-issuer-http"),
        pytest.param(offer(credential_issuer=ISSUER + "?a=1"), "without a query", id="offer-issuer-query"),
        pytest.param(offer(credential_issuer=ISSUER + "#a"), "without a fragment", id="offer-issuer-fragment"),
        pytest.param(offer(credential_configuration_ids=None), "configuration_ids", id="offer-no-config-ids"),
        pytest.param(offer(credential_configuration_ids=[]), "non-empty array", id="offer-empty-config-ids"),
        pytest.param(
            offer(credential_configuration_ids=["a", "a"]), "different texts", id="offer-duplicate-config-ids"
        ),
        pytest.param(offer(credential_configuration_ids="badge"), "got `str`", id="config-ids-text"),
        pytest.param(
            offer(credential_configuration_ids=None, credentials=["badge"]),
            "configuration_ids",
            id="offer-old-credentials",
        ),
        pytest.param(granting(**{"pre-authorized_code": None}), "pre-authorized_code", id="offer-pre-auth-no-code"),
        pytest.param(granting(**{"pre-authorized_code": ""}), "pre-authorized_code", id="pre-auth-empty-code"),
        pytest.param(granting(tx_code={"description": "x" * 301}), "at most 300", id="offer-tx-code-long-description"),
        pytest.param(granting(tx_code={"input_mode": "hex"}), "tx_code.input_mode", id="offer-tx-code-bad-mode"),
        pytest.param(granting(tx_code={"length": 0}), "length above 0", id="tx-code-length-0"),
        pytest.param(granting(tx_code={"length": True}), "got `bool`", id="tx-code-length-true"),
        pytest.param(offer(grants={"urn:x": {}}), "grant type that this wallet knows", id="offer-unknown-grant"),
    ],
)
def test_refuses_a_bad_offer(data: bytes, message: str) -> None:
    with pytest.raises(MetadataError, match=message) as refused:
        parse_offer(data)
    assert "hex" not in str(refused.value)


def with_server(server: str) -> CredentialOffer:
    return parse_offer(granting(authorization_server=server))


@pytest.mark.parametrize(
    ("found", "servers", "message"),
    [
        pytest.param(
            parse_offer(offer(credential_configuration_ids=["x"])), [], "only Cred types", id="offer-unknown-config-id"
        ),
        pytest.param(
            with_server("https://as.example"),
            ["https://other.example"],
            "authorization_server",
            id="offer-as-not-listed",
        ),
        pytest.param(with_server("https://as.example"), [], "authorization_server", id="offer-as-without-list"),
    ],
)
def test_refuses_an_offer_that_metadata_contradicts(found: CredentialOffer, servers: list[str], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        check_offer(found, configuration_ids=["badge"], authorization_servers=servers)


def test_an_offer_that_metadata_confirms_passes() -> None:
    check_offer(with_server("https://as"), configuration_ids=["badge", "x"], authorization_servers=["https://as"])
    check_offer(parse_offer(offer(grants=None)), configuration_ids=["badge"], authorization_servers=[])


@pytest.mark.parametrize(
    ("identifier", "url"),
    [
        ("https://a.example", "https://a.example/.well-known/openid-credential-issuer"),
        ("https://a.example/", "https://a.example/.well-known/openid-credential-issuer"),
        pytest.param(
            "https://a.example/t/1",
            "https://a.example/.well-known/openid-credential-issuer/t/1",
            id="meta-wrong-well-known",
        ),
        ("https://a.example/t/", "https://a.example/.well-known/openid-credential-issuer/t/"),
    ],
)
def test_metadata_lies_between_host_and_path(identifier: str, url: str) -> None:
    """Section 12.2.2."""
    assert metadata_url(check_identifier(identifier)) == url
