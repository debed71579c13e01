"""Presentation responses: the vectors first, then the wallet's and the requester's side against each other."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billfold.core.dcql.query import parse_query
from billfold.core.jose import jwe
from billfold.core.keys import PrivateKey, PublicKey
from billfold.core.oauth.form import parse_form
from billfold.core.openid4vp.response import (
    EncryptedResponse,
    ErrorResponse,
    PlainResponse,
    VpToken,
    build_answer,
    error_form,
    open_response,
    parse_answer,
    parse_response_form,
    response_form,
    vp_token,
)
from billfold.core.sdjwt.key_binding import verify_key_binding
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import verify_with_key
from billfold.errors import KeyBindingError, RequestRefused, ResponseError
from tests.support.organisations import new_key
from tests.support.requests import RESPONSE_KEY, STATE, credential_query, dcql, request_for
from tests.support.vectors import load_json

VECTOR = load_json("openid4vp", "responses.json")
CONTEXT = VECTOR["context"]
JWK = CONTEXT["verifier_encryption_private_jwk"]
ISSUER_KEY = load_json("sd-jwt", "keys.json")["issuer_public_jwk"]
NEGATIVE_ROWS = {"alg-other": "pres-jwe-alg", "empty-object": "pres-missing-required"}
QUERY = dcql(credential_query("badge", "given_name"))


def open_vector(form: dict[str, str]) -> VpToken | ErrorResponse:
    return open_response(
        parse_response_form(form),
        key=PrivateKey.from_jwk({name: JWK[name] for name in ("kty", "crv", "x", "y", "d")}),
        kid=JWK["kid"],
        state=CONTEXT["state"],
        dcql_query=parse_query(CONTEXT["dcql_query"]),
        enc_values=CONTEXT["encrypted_response_enc_values_supported"],
    )


def verify_vector(text: str) -> dict[str, Any]:
    """Verify a presentation of the vectors, whose issuer shows no certificate."""
    now = datetime.fromtimestamp(CONTEXT["now"], UTC)
    sd_jwt = SdJwt.parse(text)
    key = PublicKey.from_jwk({name: ISSUER_KEY[name] for name in ("kty", "crv", "x", "y")})
    verified = verify_with_key(sd_jwt, key, now=now)
    verify_key_binding(
        sd_jwt,
        verified.holder_key,
        aud=CONTEXT["client_id"],
        nonce=CONTEXT["nonce"],
        now=now,
        window=timedelta(minutes=5),
    )
    return verified.claims


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=NEGATIVE_ROWS.get(case["id"], f"vector-{case['id']}")) for case in VECTOR["cases"]],
)
def test_decides_each_vector(case: dict[str, Any]) -> None:
    if case["id"] == "no-kb":  # the shape is right; what is inside proves nothing
        opened = open_vector(case["form"])
        assert not isinstance(opened, ErrorResponse)
        with pytest.raises(KeyBindingError, match="a KB-JWT"):
            verify_vector(opened["pid"][0])
    elif case["expect"] == "accept":
        opened = open_vector(case["form"])
        assert opened == {"pid": (VECTOR["presentation"],)}
        assert verify_vector(opened["pid"][0])["given_name"] == "John"
    elif case["expect"].startswith("200"):
        assert open_vector(case["form"]) == ErrorResponse("access_denied", CONTEXT["state"])
    else:
        with pytest.raises(RequestRefused, match="expected") as refused:
            open_vector(case["form"])
        assert (refused.value.code, refused.value.status) == ("invalid_request", 400)


def opened(form: dict[str, str], **changes: object) -> VpToken | ErrorResponse:
    arguments: dict[str, Any] = {"key": RESPONSE_KEY, "kid": "enc-1", "state": STATE, "dcql_query": QUERY, **changes}
    return open_response(parse_response_form(form), **arguments)


def sealed(members: object, kid: str = "enc-1", enc: str = "A256GCM") -> dict[str, str]:
    text = jwe.encrypt(
        json.dumps(members).encode(),
        RESPONSE_KEY.public(),
        header={"kid": kid},
        enc=enc,
        ephemeral=new_key(),
        iv=b"i" * 12,
    )
    return {"response": text}


def test_what_the_wallet_seals_the_requester_opens() -> None:
    token = vp_token([("badge", "a~kb")])
    form = response_form(request_for(QUERY), token, ephemeral=new_key(), iv=b"i" * 12)
    assert set(form) == {"response"}
    assert jwe.Jwe.parse(form["response"]).header["kid"] == "enc-1"
    assert opened(form) == {"badge": ("a~kb",)}


def test_a_response_in_the_clear_holds_token_and_state() -> None:
    request = request_for(QUERY, encrypted=False)
    form = response_form(request, {"badge": ["a"]}, ephemeral=new_key(), iv=b"i" * 12)
    assert form == {"vp_token": '{"badge":["a"]}', "state": STATE}
    assert parse_response_form(form) == PlainResponse({"badge": ["a"]}, STATE)


def test_presentations_of_one_query_stand_in_one_array() -> None:
    assert vp_token([("a", "1"), ("b", "2"), ("a", "3")]) == {"a": ["1", "3"], "b": ["2"]}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("access_denied", id="pres-error-access-denied"),
        pytest.param("something_new", id="pres-error-unknown-code"),
    ],
)
def test_an_error_may_come_in_the_clear_or_sealed(code: str) -> None:
    assert opened(error_form(code, state=STATE)) == ErrorResponse(code, STATE)
    assert opened(sealed({"error": code, "state": STATE})) == ErrorResponse(code, STATE)
    assert error_form(code, state=None) == {"error": code}


def test_what_was_asked_for_in_the_clear_is_read_in_the_clear() -> None:
    form = response_form(request_for(QUERY, encrypted=False), {"badge": ["a~kb"]}, ephemeral=new_key(), iv=b"i" * 12)
    assert form.keys() == {"vp_token", "state"}
    assert opened(form, key=None) == {"badge": ("a~kb",)}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        pytest.param(sealed({"vp_token": {"badge": ["a"]}, "state": STATE}), "response in the clear", id="sealed"),
        pytest.param({"vp_token": '{"badge": ["a"]}', "state": "x"}, "the state", id="pres-unknown-state"),
        pytest.param({"vp_token": '{"badge": ["a"]}'}, "the state", id="pres-no-state"),
        pytest.param({"vp_token": "[]", "state": STATE}, "vp_token as an object", id="pres-vp-token-array"),
        pytest.param({"vp_token": "{}", "state": STATE}, "presentations for badge", id="pres-vp-token-empty"),
    ],
)
def test_refuses_a_bad_response_where_it_was_asked_for_in_the_clear(form: dict[str, str], message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        opened(form, key=None)
    assert (refused.value.code, refused.value.status) == ("invalid_request", 400)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        pytest.param({"vp_token": '{"badge": ["a"]}', "state": STATE}, "an encrypted", id="pres-plain-when-jwt"),
        pytest.param({"vp_token": "{"}, "vp_token as JSON", id="vp-token-not-json"),
        pytest.param({"foo": "bar"}, "response, error or vp_token", id="pres-no-vp-token"),
        pytest.param({"error": "access_denied"}, "the state", id="error-without-state"),
        pytest.param({"error": "é", "state": STATE}, "a short code", id="error-code"),
        pytest.param({"response": "a.b.c"}, "5 parts", id="pres-jwe-broken"),
        pytest.param(sealed({}, kid="other"), "the key of this request", id="pres-jwe-kid"),
        pytest.param(sealed({"vp_token": {"badge": ["a"]}, "state": "x"}), "the state", id="pres-unknown-state"),
        pytest.param(sealed({"vp_token": {"badge": ["a"]}}), "the state", id="pres-no-state"),
        pytest.param(sealed({"state": STATE}), "vp_token as an object", id="pres-no-vp-token-sealed"),
        pytest.param(sealed({"vp_token": "{}", "state": STATE}), "as an object", id="pres-vp-token-string"),
        pytest.param(sealed({"vp_token": {}, "state": STATE}), "presentations for badge", id="pres-vp-token-empty"),
        pytest.param(
            sealed({"vp_token": {"badge": ["a"], "x": ["a"]}, "state": STATE}),
            "request only",
            id="pres-unknown-query-id",
        ),
        pytest.param(sealed({"vp_token": {"badge": "a"}, "state": STATE}), "an array", id="pres-value-not-array"),
        pytest.param(sealed({"vp_token": {"badge": [1]}, "state": STATE}), "an array", id="pres-value-number"),
        pytest.param(sealed({"vp_token": {"badge": []}, "state": STATE}), "a presentation", id="pres-empty-array"),
        pytest.param(
            sealed({"vp_token": {"badge": ["a", "b"]}, "state": STATE}), "got 2", id="pres-two-without-multiple"
        ),
        pytest.param(sealed([]), "a JSON object", id="sealed-array"),
    ],
)
def test_refuses_a_bad_response(form: dict[str, str], message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        opened(form)
    assert (refused.value.code, refused.value.status) == ("invalid_request", 400)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"key": new_key()}, "for this key", id="pres-jwe-other-session-key"),
        pytest.param({"enc_values": ("A128GCM",)}, "enc of A128GCM", id="pres-jwe-enc"),
    ],
)
def test_refuses_a_response_for_another_request(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RequestRefused, match=message):
        opened(sealed({"vp_token": {"badge": ["a"]}, "state": STATE}), **changes)


@pytest.mark.parametrize("row", [pytest.param({"presentation_submission": {}}, id="pres-presentation-submission")])
def test_unknown_members_are_ignored(row: dict[str, Any]) -> None:
    assert opened(sealed({"vp_token": {"badge": ["a"]}, "state": STATE, **row})) == {"badge": ("a",)}
    assert parse_response_form({"response": "x", "foo": "bar"}) == EncryptedResponse("x")


def test_the_requesters_answer_may_send_the_wallet_on() -> None:
    assert parse_answer(build_answer()) is None
    url = "https://requester.example/done#response_code=abc"
    assert parse_answer(build_answer(redirect_uri=url)) == url


@pytest.mark.parametrize("row", [pytest.param(b'{"response": "x"}', id="pres-content-type")])
def test_a_response_is_a_form(row: bytes) -> None:
    with pytest.raises(RequestRefused, match="content type application/x-www-form"):
        parse_form(row, "application/json")


@pytest.mark.parametrize("data", [b"", b"[]", b'{"redirect_uri": null}', b'{"redirect_uri": ""}'])
def test_refuses_a_bad_answer_of_the_requester(data: bytes) -> None:
    with pytest.raises(ResponseError, match="expected"):
        parse_answer(data)
