"""The token endpoint's messages, from both sides."""

import json

import pytest

from billfold.core.oauth.access_token import PresentedToken, read_access_token
from billfold.core.oauth.authorization_details import (
    AuthorizedDetail,
    build_authorization_details,
    parse_authorization_details,
)
from billfold.core.oauth.error_response import build_error_response
from billfold.core.oauth.token import (
    PRE_AUTHORIZED_CODE,
    PreAuthorizedCodeGrant,
    RefreshTokenGrant,
    TokenResponse,
    build_token_request,
    build_token_response,
    parse_token_error,
    parse_token_request,
    parse_token_response,
)
from billfold.errors import RequestRefused, ResponseError

DETAIL = {"type": "openid_credential", "credential_configuration_id": "badge"}


@pytest.mark.parametrize(
    "grant",
    [
        PreAuthorizedCodeGrant("code"),
        PreAuthorizedCodeGrant("code", "1234", ("badge", "pass"), "client"),
        RefreshTokenGrant("token"),
        RefreshTokenGrant("token", ("badge",), "scope"),
    ],
)
def test_reads_the_grants_it_builds(grant: PreAuthorizedCodeGrant | RefreshTokenGrant) -> None:
    assert parse_token_request(build_token_request(grant)) == grant


def test_ignores_unknown_parameters() -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "t", "foo": "bar"}
    assert parse_token_request(form) == RefreshTokenGrant("t")


@pytest.mark.parametrize(
    ("form", "code", "message"),
    [
        pytest.param({}, "invalid_request", "grant_type", id="token-no-grant"),
        pytest.param({"grant_type": "foo"}, "unsupported_grant_type", "pre-authorized", id="token-unknown-grant"),
        pytest.param(
            {"grant_type": "authorization_code", "code": "c"},
            "unsupported_grant_type",
            "pre-authorized",
            id="code-grant",
        ),
        pytest.param(
            {"grant_type": PRE_AUTHORIZED_CODE}, "invalid_request", "pre-authorized_code", id="token-pre-auth-missing"
        ),
        pytest.param({"grant_type": "refresh_token"}, "invalid_request", "refresh_token", id="no-refresh-token"),
        pytest.param(
            {"grant_type": "refresh_token", "refresh_token": "t", "authorization_details": "[]"},
            "invalid_authorization_details",
            "array of 1 to",
            id="details-empty",
        ),
    ],
)
def test_refuses_a_bad_grant(form: dict[str, str], code: str, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        parse_token_request(form)
    assert (refused.value.code, refused.value.status) == (code, 400)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("nonsense", "as JSON", id="par-rar-not-json"),
        pytest.param(DETAIL, "an array", id="object"),
        pytest.param([], "an array of 1", id="empty"),
        pytest.param([DETAIL] * 65, "1 to 64", id="too-many"),
        pytest.param(["x"], "of type", id="text-entry"),
        pytest.param([{**DETAIL, "type": "payment"}], "of type openid_credential", id="par-rar-unknown-type"),
        pytest.param([{"type": "openid_credential"}], "credential_configuration_id", id="par-rar-no-config"),
        pytest.param([{**DETAIL, "claims": []}], "claims as a non-empty", id="par-rar-empty-claims"),
        pytest.param([{**DETAIL, "credential_identifiers": ["x"]}], "without cred", id="par-rar-identifiers"),
    ],
)
def test_refuses_bad_authorization_details(value: object, message: str) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(RequestRefused, match=message) as refused:
        parse_authorization_details(text)
    assert refused.value.code == "invalid_authorization_details"


def test_asks_for_locations_where_authorization_servers_are_announced() -> None:
    with pytest.raises(RequestRefused, match="locations"):
        parse_authorization_details(json.dumps([DETAIL]), location="https://issuer.example")
    text = build_authorization_details(["badge"], location="https://issuer.example")
    assert parse_authorization_details(text, location="https://issuer.example") == ("badge",)


def test_a_configuration_asked_twice_counts_once_and_unknown_members_are_ignored() -> None:
    text = json.dumps([{**DETAIL, "foo": 1}, DETAIL])
    assert parse_authorization_details(text) == ("badge",)


def test_a_token_response_survives_the_wire_and_leaves_out_what_is_absent() -> None:
    detail = AuthorizedDetail("badge", ("id-1", "id-2"))
    response = TokenResponse("a", "DPoP", 600, "r", None, (detail,))
    data = build_token_response(response)

    assert json.loads(data)["authorization_details"][0]["type"] == "openid_credential"
    assert "scope" not in json.loads(data)
    assert parse_token_response(data) == response


def test_token_type_compares_without_case() -> None:
    """RFC 6749 5.1."""
    assert parse_token_response(b'{"access_token": "a", "token_type": "dPoP", "c_nonce": "x"}').token_type == "DPoP"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>", "as a JSON object"),
        (b'{"token_type": "DPoP"}', "as a JSON object"),
        (b'{"access_token": "", "token_type": "DPoP"}', "expected access_token"),
        (b'{"access_token": "a", "token_type": "mac"}', "token_type DPoP or Bearer"),
        (b'{"access_token": "a", "token_type": "DPoP", "expires_in": 0}', "expires_in above 0"),
        (b'{"access_token": "a", "token_type": "DPoP", "expires_in": "600"}', "as a JSON object"),
        (
            json.dumps(
                {
                    "access_token": "a",
                    "token_type": "DPoP",
                    "authorization_details": [{**DETAIL, "credential_identifiers": []}],
                }
            ).encode(),
            "credential_identifiers in each",
        ),
    ],
)
def test_refuses_a_bad_token_response(data: bytes, message: str) -> None:
    with pytest.raises(ResponseError, match=message):
        parse_token_response(data)


def test_an_error_says_when_the_pairing_has_ended() -> None:
    data = build_error_response(RequestRefused("invalid_grant", "pair anew"), billfold_pairing="ended")
    found = parse_token_error(data)
    assert (found.error, found.error_description, found.billfold_pairing) == ("invalid_grant", "pair anew", "ended")
    assert parse_token_error(b'{"error": "invalid_grant", "foo": 1}').billfold_pairing is None


@pytest.mark.parametrize("row", [pytest.param('a "b" \\ é\n', id="cred-error-description")])
def test_an_error_description_fits_the_wire(row: str) -> None:
    """RFC 6749 5.2."""
    data = build_error_response(RequestRefused("invalid_request", row))
    assert json.loads(data)["error_description"] == "a 'b' ' ''"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"error": 1}', b"{}"])
def test_refuses_a_bad_error_answer(data: bytes) -> None:
    with pytest.raises(ResponseError, match="an error answer"):
        parse_token_error(data)


def test_reads_the_authorization_header_only() -> None:
    assert read_access_token([]) is None
    assert read_access_token(["Basic YTpi"]) is None, "RFC 6750 3.1: another way to authenticate is no error of a token"
    assert read_access_token(["DPoP abc"]) == PresentedToken("DPoP", "abc")
    assert read_access_token(["bearer abc="]) == PresentedToken("Bearer", "abc=")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["DPoP a", "DPoP b"], "one Authorization header"),
        (["DPoP"], "Authorization: DPoP"),
        (["DPoP a b"], "Authorization: DPoP"),
        (["DPoP " + "a" * 5000], "one Authorization header"),
    ],
)
def test_refuses_a_malformed_authorization_header(values: list[str], message: str) -> None:
    with pytest.raises(RequestRefused, match=message):
        read_access_token(values)
