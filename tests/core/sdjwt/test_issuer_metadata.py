"""JWT VC Issuer Metadata: the draft's documents, then every way they may be wrong."""

import json
from typing import Any

import pytest

from billfold.core.jose.jwks import JwkSet
from billfold.core.sdjwt.issuer_metadata import parse_issuer_metadata, parse_jwks, pick_issuer_key, well_known_url
from billfold.errors import MetadataError
from tests.support.vectors import VECTORS, load_json

FOLDER = VECTORS / "sd-jwt-vc" / "issuer-metadata"
ISSUER = "https://example.com"
WITH_JWKS: dict[str, Any] = load_json("sd-jwt-vc", "issuer-metadata", "with_jwks.json")
URI = "https://jwt-vc-issuer.example.com/my_public_keys.jwks"


def keys() -> JwkSet:
    found = parse_issuer_metadata((FOLDER / "with_jwks.json").read_bytes(), issuer=ISSUER)
    assert isinstance(found, JwkSet)
    return found


def test_reads_the_printed_documents() -> None:
    """SD-JWT VC 3.2."""
    assert [key.kid for key in keys().keys] == ["doc-signer-05-25-2022", "doc-signer-06-05-2025"]
    assert parse_issuer_metadata((FOLDER / "with_jwks_uri.json").read_bytes(), issuer=ISSUER) == URI
    assert parse_jwks(json.dumps(WITH_JWKS["jwks"]).encode()) == keys()


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://example.com", "https://example.com/.well-known/jwt-vc-issuer"),
        ("https://example.com/", "https://example.com/.well-known/jwt-vc-issuer"),
        ("https://example.com/tenant/1234", "https://example.com/.well-known/jwt-vc-issuer/tenant/1234"),
        ("https://example.com:8443/a/", "https://example.com:8443/.well-known/jwt-vc-issuer/a"),
    ],
)
def test_the_address_stands_between_host_and_path(issuer: str, url: str) -> None:
    """SD-JWT VC 3.1."""
    assert well_known_url(issuer) == url


@pytest.mark.parametrize(
    ("issuer", "message"),
    [
        pytest.param("http://example.com", "an https URL", id="ikd-iss-http"),
        pytest.param("https://example.com?x=1", "without query", id="ikd-iss-query"),
        pytest.param("https://example.com#x", "without query", id="ikd-iss-query-fragment"),
        pytest.param("https://", "an https URL", id="no-host"),
        pytest.param("https://user@example.com", "an https URL", id="user"),
        pytest.param("https://example.com:99999", "an https URL", id="port"),
        pytest.param("https://[::1", "an https URL", id="bracket"),
        pytest.param("did:web:example.com", "an https URL", id="did"),
        pytest.param("", "an https URL", id="empty"),
    ],
)
def test_refuses_an_issuer_without_such_an_address(issuer: str, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        well_known_url(issuer)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param([], "one JSON object", id="array"),
        pytest.param(WITH_JWKS | {"issuer": ISSUER + "/"}, "the iss of the credential", id="ikd-issuer-mismatch"),
        pytest.param({"jwks": WITH_JWKS["jwks"]}, "the iss of the credential", id="no-issuer"),
        pytest.param(WITH_JWKS | {"jwks_uri": URI}, "either jwks or jwks_uri", id="ikd-both"),
        pytest.param({"issuer": ISSUER}, "either jwks or jwks_uri", id="ikd-neither"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "http://x"}, "jwks_uri as an https", id="uri-http"),
        pytest.param({"issuer": ISSUER, "jwks_uri": 5}, "jwks_uri as an https", id="uri-number"),
        pytest.param({"issuer": ISSUER, "jwks": []}, "a JWK Set", id="jwks-array"),
    ],
)
def test_refuses_metadata_with_one_fault(document: object, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        parse_issuer_metadata(json.dumps(document).encode(), issuer=ISSUER)


def test_the_header_picks_the_key() -> None:
    assert pick_issuer_key(keys(), {"kid": "doc-signer-06-05-2025"}) == keys().keys[1].public_key
    assert pick_issuer_key(JwkSet(keys().keys[:1]), {}) == keys().keys[0].public_key


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param({"kid": "other"}, "with this kid", id="ikd-kid"),
        pytest.param({"kid": 5}, "kid as a string", id="kid-number"),
        pytest.param({}, "expected a kid", id="no-kid"),
    ],
)
def test_refuses_a_header_that_names_no_key(header: dict[str, Any], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        pick_issuer_key(keys(), header)
