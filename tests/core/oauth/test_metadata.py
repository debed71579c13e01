"""Authorization server metadata and the URL rules under it."""

import json
from typing import Any

import pytest

from billfold.core.oauth.metadata import encode_metadata, metadata_url, own_metadata, parse_metadata
from billfold.core.oauth.urls import check_url, host_of, is_loopback, normalize, well_known_url
from billfold.errors import MetadataError

ISSUER = "https://as.example.com/tenant"


def document(**changes: object) -> bytes:
    members = json.loads(encode_metadata(own_metadata(ISSUER, token_endpoint=f"{ISSUER}/token")))
    return json.dumps({name: value for name, value in {**members, **changes}.items() if value is not None}).encode()


def test_our_metadata_can_be_read_back() -> None:
    found = parse_metadata(document(unknown=[1]), ISSUER)
    assert found == own_metadata(ISSUER, token_endpoint=f"{ISSUER}/token")
    assert "refresh_token" in found.grant_types_supported
    assert "authorization_code" not in found.grant_types_supported
    assert json.loads(document())["pre-authorized_grant_anonymous_access_supported"] is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"issuer": ISSUER + "/"}, "issuer as the identifier", id="meta-as-issuer-mismatch"),
        pytest.param({"issuer": None}, "as a JSON object", id="no-issuer"),
        pytest.param({"token_endpoint": None}, "token_endpoint", id="no-token-endpoint"),
        pytest.param({"token_endpoint": "http://as.example.com/t"}, "https scheme", id="token-endpoint-http"),
        pytest.param({"authorization_endpoint": "javascript:1"}, "https scheme", id="authorization-endpoint"),
        pytest.param({"grant_types_supported": "x"}, "as a JSON object", id="list-as-text"),
    ],
)
def test_refuses_bad_metadata(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        parse_metadata(document(**changes), ISSUER)


def test_refuses_what_is_no_json_object() -> None:
    with pytest.raises(MetadataError, match="as a JSON object"):
        parse_metadata(b"[]", ISSUER)


def test_the_well_known_path_stands_between_host_and_path() -> None:
    """RFC 8414 3.1."""
    assert metadata_url("https://as.example.com") == "https://as.example.com/.well-known/oauth-authorization-server"
    assert metadata_url(ISSUER) == "https://as.example.com/.well-known/oauth-authorization-server/tenant"
    assert metadata_url(ISSUER + "/") == metadata_url(ISSUER)
    assert well_known_url("http://localhost:8/a/", "x", keep_final_slash=True) == "http://localhost:8/.well-known/x/a/"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (None, "as a URL"),
        ("https://", "with a host"),
        ("https://exa mple.com", "as a URL"),
        ("https://example.com:port/", "as a URL"),
        ("https://[::1", "as a URL"),
        ("https://user@example.com/", "without user information"),
        ("https://example.com/#x", "without a fragment"),
        ("https://example.com/?x", "without a query"),
        ("https://example.com/%zz", "as a URL"),
        ("https://example.com/é", "as a URL"),
        ("https://example.com/" + "a" * 2048, "as a URL"),
        ("//example.com/", "https scheme"),
        ("http://example.com/", "https scheme"),
        ("http://localhost.example.com/", "https scheme"),
        ("http://127.0.0.2/", "https scheme"),
        ("ftp://localhost/", "https scheme"),
    ],
)
def test_refuses_a_bad_url(url: object, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        check_url(url, what="it", allow_loopback_http=True, query=False)


@pytest.mark.parametrize("url", ["http://localhost:8001/a", "http://127.0.0.1/", "http://[::1]:9/"])
def test_loopback_http_only_where_allowed(url: str) -> None:
    assert check_url(url, what="it", allow_loopback_http=True) == url
    assert is_loopback(url)
    with pytest.raises(MetadataError, match="https scheme"):
        check_url(url, what="it", allow_loopback_http=False)


def test_a_host_is_compared_in_lower_case_without_port() -> None:
    assert host_of("https://Example.COM:8443/x") == "example.com"


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://a.example/b/./c/../d/", "https://a.example/b/d/"),
        ("https://a.example/b/..", "https://a.example/"),
        ("https://a.example/../../b", "https://a.example/b"),
        ("https://a.example/%2fb", "https://a.example/%2Fb"),
    ],
)
def test_normalises_paths(url: str, normal: str) -> None:
    """RFC 3986 5.2.4 and 6.2.2."""
    assert normalize(url) == normal


@pytest.mark.parametrize("url", ["mailto:a@b.example", "https:///path", "a b"])
def test_normalises_http_urls_only(url: str) -> None:
    with pytest.raises(MetadataError, match="URL"):
        normalize(url)
