"""The rules for what stands in a request: broken by a proven sender, and in unsigned requests."""

from collections.abc import Collection
from typing import Any

import pytest

from billfold.core.openid4vp.request import (
    PresentationRequest,
    RequestByValue,
)
from billfold.core.openid4vp.request_object import read_unsigned_request, verify_request_object
from billfold.core.trust.chain import Anchor
from billfold.errors import AnswerableRefusal, RequestRefused
from tests.support.organisations import NOW
from tests.support.requests import (
    CLIENT_ID,
    HOST,
    REQUESTER,
    RESPONSE_URI,
    credential_query,
    encryption_jwk,
    members,
    signed,
    with_keys,
    with_metadata,
)


def anchors_for(host: str) -> Collection[Anchor]:
    return REQUESTER.anchors if host == HOST else ()


def verify(text: str, **changes: object) -> PresentationRequest:
    arguments = {"link_client_id": CLIENT_ID, "anchors_for": anchors_for, "now": NOW, **changes}
    return verify_request_object(text, **arguments)


@pytest.mark.parametrize(
    ("payload", "code", "message"),
    [
        pytest.param(members(nonce=None), "invalid_request", "nonce", id="ro-no-nonce"),
        pytest.param(members(nonce="a b"), "invalid_request", "nonce", id="ro-nonce-chars"),
        pytest.param(members(state="a b"), "invalid_request", "state", id="ro-state-chars"),
        pytest.param(members(response_type=None), "invalid_request", "response_type", id="ro-no-response-type"),
        pytest.param(
            members(response_type="code"),
            "unsupported_response_type",
            "vp_token",
            id="ro-response-type-code-haip",
        ),
        pytest.param(members(dcql_query=None), "invalid_request", "dcql_query", id="ro-no-dcql"),
        pytest.param(members(scope="x"), "invalid_request", "no scope", id="ro-dcql-and-scope"),
        pytest.param(
            members(dcql_query=None, presentation_definition={}),
            "invalid_request",
            "dcql",
            id="ro-presentation-definition",
        ),
        pytest.param(members(dcql_query={"credentials": []}), "invalid_request", "credentials", id="ro-bad-dcql"),
        pytest.param(members(dcql_query="{}"), "invalid_request", "an object", id="dcql-string"),
        pytest.param(
            members(redirect_uri="https://x.example"),
            "invalid_request",
            "without redirect_uri",
            id="ro-redirect-and-response",
        ),
        pytest.param(
            members(transaction_data=["e30"]),
            "invalid_transaction_data",
            "none",
            id="ro-transaction-data-unsupported",
        ),
        pytest.param(
            members(transaction_data=["%"]),
            "invalid_transaction_data",
            "none",
            id="ro-transaction-data-encoding",
        ),
        pytest.param(
            members(
                transaction_data=["e30"],
                dcql_query={"credentials": [credential_query("badge", require_cryptographic_holder_binding=False)]},
            ),
            "invalid_transaction_data",
            "none",
            id="ro-transaction-data-no-hb",
        ),
        pytest.param(
            members(
                state=None,
                dcql_query={"credentials": [credential_query("badge", require_cryptographic_holder_binding=False)]},
            ),
            "invalid_request",
            "state beside",
            id="no-state-no-holder-binding",
        ),
        pytest.param(members(client_metadata=None), "invalid_request", "client_metadata", id="no-metadata"),
        pytest.param(with_metadata(jwks=None), "invalid_request", "jwks with a key", id="ro-enc-no-jwks"),
        pytest.param(with_keys(encryption_jwk(alg=None)), "invalid_request", "alg ECDH-ES", id="ro-enc-jwk-no-alg"),
        pytest.param(with_keys(encryption_jwk(kid=None)), "invalid_request", "with kid", id="ro-enc-jwk-no-kid"),
        pytest.param(
            with_keys(encryption_jwk(use="sig")), "invalid_request", "encryption key", id="ro-enc-only-sig-key"
        ),
        pytest.param(with_keys(encryption_jwk(), encryption_jwk()), "invalid_request", "kid once", id="enc-kid-twice"),
        pytest.param(
            with_keys(encryption_jwk(x=encryption_jwk()["y"])), "invalid_request", "encryption key", id="enc-off-curve"
        ),
        pytest.param(
            with_metadata(encrypted_response_enc_values_supported=["A192GCM"]),
            "invalid_request",
            "one of",
            id="ro-enc-no-common-enc",
        ),
        pytest.param(
            with_metadata(encrypted_response_enc_values_supported=[]), "invalid_request", "non-empty", id="enc-empty"
        ),
        pytest.param(
            with_metadata(vp_formats_supported={"mso_mdoc": {}}), "vp_formats_not_supported", "among", id="ro-formats"
        ),
        pytest.param(
            with_metadata(vp_formats_supported={"dc+sd-jwt": {"kb-jwt_alg_values": ["ES512"]}}),
            "vp_formats_not_supported",
            "ES256",
            id="formats-algorithm",
        ),
        pytest.param(
            members(dcql_query={"credentials": [{"id": "a", "format": "mso_mdoc", "meta": {}}]}),
            "vp_formats_not_supported",
            "query for format",
            id="ro-formats-query",
        ),
        pytest.param(
            with_metadata(vp_formats_supported=None), "invalid_request", "vp_formats", id="ro-formats-missing"
        ),
        pytest.param(members(verifier_info=[]), "invalid_request", "non-empty", id="ro-verifier-info-empty"),
        pytest.param(members(verifier_info=[{}]), "invalid_request", "format and data", id="verifier-info-shape"),
        pytest.param(members(response_mode="direct_post"), "invalid_request", "jwt", id="ro-response-mode-plain-haip"),
        pytest.param(members(request_uri="https://x.example"), "invalid_request", "inside", id="nested-request-uri"),
    ],
)
def test_a_proven_sender_is_told_what_is_wrong(payload: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(AnswerableRefusal, match=message) as refused:
        verify(signed(payload))
    assert refused.value.code == code
    assert refused.value.response_uri == RESPONSE_URI


def test_under_a_hosts_name_answers_may_be_in_the_clear() -> None:
    """HAIP 1.0 section 5 binds `x509_hash`; `x509_san_dns` is not its own."""
    client_id = f"x509_san_dns:{HOST}"
    found = verify(signed(members(client_id=client_id, response_mode="direct_post")), link_client_id=client_id)
    assert (found.proven, found.response_mode, found.response_key) == (True, "direct_post", None)


def unsigned(**changes: object) -> RequestByValue:
    parameters = members(client_id=f"redirect_uri:{RESPONSE_URI}", response_mode="direct_post", response_uri=None)
    return RequestByValue({name: value for name, value in {**parameters, **changes}.items() if value is not None})


def test_an_unsigned_request_is_read_and_not_proven() -> None:
    found = read_unsigned_request(unsigned())
    assert (found.response_uri, found.proven, found.requester_name) == (RESPONSE_URI, False, HOST)
    assert found.response_key is None
    assert read_unsigned_request(unsigned(response_mode="direct_post.jwt")).response_key is not None


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        pytest.param(unsigned(client_id=CLIENT_ID), "a signed request", id="ro-x509-unsigned"),
        pytest.param(unsigned(response_uri="https://x.example/r"), "as client_id", id="ro-response-uri-not-client"),
        pytest.param(unsigned(client_id="redirect_uri:http://x.example"), "https scheme", id="http"),
        pytest.param(unsigned(nonce=None), "nonce", id="no-nonce"),
    ],
)
def test_refuses_a_bad_unsigned_request(request_: RequestByValue, message: str) -> None:
    with pytest.raises(RequestRefused, match=message):
        read_unsigned_request(request_)
