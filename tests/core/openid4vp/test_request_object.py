"""Reading requests in the wallet: the vectors first, then requests that are each refused for one fault."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billfold.core.jose.jws import attach
from billfold.core.openid4vp.client_id import x509_hash_client_id
from billfold.core.openid4vp.request import (
    PresentationRequest,
    request_signing_input,
)
from billfold.core.openid4vp.request_object import verify_request_object
from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.chain import BILLFOLD_ISSUER_EKU, BILLFOLD_REQUESTER_EKU, Anchor
from billfold.errors import AnswerableRefusal, RequestRefused
from tests.support.organisations import NOW, Organisation, new_key, organisation, vector_anchors
from tests.support.requests import (
    CLIENT_ID,
    HOST,
    REQUESTER,
    RESPONSE_KEY,
    RESPONSE_URI,
    SIMPLE_QUERY,
    STATE,
    encryption_jwk,
    members,
    signed,
    with_keys,
    with_metadata,
)
from tests.support.vectors import load_json

VECTOR = load_json("openid4vp", "request_objects.json")
CONTEXT = VECTOR["context"]
NEGATIVE_ROWS = {  # rows of the table of bad inputs that a vector shows
    "self-signed": "ro-self-signed-haip",
    "transaction-data-unknown": "ro-transaction-data-unknown",
    "transaction-data-id": "ro-transaction-data-id",
    "san": "ro-prefix-haip",
}
AUTHENTICATED = {  # rows of the vectors whose fault lies behind the proof of who asks
    "no-nonce", "nonce-space", "no-response-type", "response-type", "no-query", "presentation-definition", "both-uris",
    "no-response-mode", "response-mode-plain", "no-keys", "transaction-data-unknown", "transaction-data-id",
    "dcql-string", "nested-request", "key-no-alg",
}  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=NEGATIVE_ROWS.get(case["id"], f"vector-{case['id']}")) for case in VECTOR["cases"]],
)
def test_decides_each_vector(case: dict[str, Any]) -> None:
    def read() -> PresentationRequest:
        return verify_request_object(
            case["request_object"],
            link_client_id=case["link_client_id"],
            anchors_for=lambda _: vector_anchors("root"),
            now=datetime.fromtimestamp(CONTEXT["now"], UTC),
            posted_wallet_nonce=case.get("posted_wallet_nonce"),
        )

    expected = case["expect"]
    if expected.startswith("accept"):
        found = read()
        assert found.client_id == case["link_client_id"]
        assert found.nonce == VECTOR["payload_of_good"]["nonce"]
        assert found.proven
        assert found.response_key is not None
        assert (found.response_key.kid, found.response_key.enc) == ("enc-1", "A256GCM")
        return
    with pytest.raises(RequestRefused) as refused:
        read()
    if not expected.startswith("reject"):
        assert refused.value.code == expected
    assert isinstance(refused.value, AnswerableRefusal) is (case["id"] in AUTHENTICATED)


def anchors_for(host: str) -> Collection[Anchor]:
    return REQUESTER.anchors if host == HOST else ()


def verify(text: str, **changes: object) -> PresentationRequest:
    arguments = {"link_client_id": CLIENT_ID, "anchors_for": anchors_for, "now": NOW, **changes}
    return verify_request_object(text, **arguments)


def test_what_the_requester_makes_the_wallet_reads() -> None:
    text = request_signing_input(members(), x5c=REQUESTER.x5c)
    found = verify(attach(text, REQUESTER.leaf_key.sign(text)))

    assert (found.client_id, found.response_uri, found.state) == (CLIENT_ID, RESPONSE_URI, STATE)
    assert found.dcql_query == SIMPLE_QUERY
    assert found.response_key is not None
    assert found.response_key.public_key.to_jwk() == RESPONSE_KEY.public().to_jwk()
    assert (found.requester_name, found.stated_name, found.purpose) == ("Acme", "Acme Ltd", "To let you in")
    assert found.retention == timedelta(minutes=10)
    assert found.proven
    assert len(found.nonce) == 43


@pytest.mark.parametrize(("language", "shown"), [("de", "Einlass"), ("en", "To let you in"), ("fr", "To let you in")])
def test_the_purpose_comes_in_the_readers_language_where_the_requester_speaks_it(language: str, shown: str) -> None:
    """RFC 7591 section 2.2: a language tag stands behind a member's name."""
    payload = with_metadata(**{"billfold_purpose#de": "Einlass", "billfold_purpose#fr": "a\nb"})
    assert verify(signed(payload), language=language).purpose == shown


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(members(iss="https://other.example"), id="ro-iss-mismatch"),
        pytest.param(members(foo={"bar": 1}), id="ro-unknown-parameter"),
        pytest.param(members(verifier_info=[{"format": "x", "data": 1}]), id="ro-verifier-info-unknown"),
        pytest.param(
            with_keys({"kty": "OKP", "kid": "x"}, {"kty": "RSA"}, encryption_jwk()), id="ro-enc-unusable-extra"
        ),
        pytest.param(with_keys(encryption_jwk(use=None)), id="key-without-use"),
        pytest.param(with_metadata(encrypted_response_enc_values_supported=None), id="default-enc"),
        pytest.param(with_metadata(client_name=5, billfold_purpose="a\nb", billfold_retention_s=-1), id="odd-texts"),
        pytest.param(members(state=None), id="no-state"),
        pytest.param(members(iat=None, exp=None), id="no-times"),
    ],
)
def test_accepts_an_odd_request(payload: dict[str, Any]) -> None:
    found = verify(signed(payload))
    assert found.response_key is not None
    assert found.purpose in ("To let you in", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(signed(members(), {"typ": None}), "typ", id="ro-typ-missing"),
        pytest.param(signed(members(), {"typ": "JWT"}), "typ", id="ro-typ-jwt"),
        pytest.param(signed(members(), by=new_key()), "signature", id="ro-signature"),
        pytest.param(signed(members(), {"alg": "none"}), "alg of", id="ro-none"),
        pytest.param(
            signed(members(client_id="x509_hash:AAAA")),
            "as the link states",
            id="ro-client-id-mismatch",
        ),
        pytest.param(signed(members(client_id=None)), "client_id as text", id="ro-no-client-id"),
        pytest.param(signed(members(), {"x5c": None}), "x5c", id="ro-no-x5c"),
        pytest.param(signed(members(), who=organisation()), "to fit the certificate", id="ro-x509-hash-mismatch"),
        pytest.param(
            signed(members(), {"x5c": [*REQUESTER.x5c, x5c_entry(REQUESTER.root)]}),
            "without the trust anchor",
            id="ro-root-in-x5c-haip",
        ),
        pytest.param(signed(members(response_uri=None)), "response_uri", id="ro-no-response-uri"),
        pytest.param(signed(members(response_uri=f"http://{HOST}/r")), "https scheme", id="ro-response-uri-http"),
        pytest.param(signed(members(response_uri="https://other.example/r")), "trusted anchor", id="foreign-host"),
        pytest.param(signed(members(aud="https://wallet.example")), "aud", id="ro-wrong-aud"),
        pytest.param(signed(members(exp=int(NOW.timestamp()) - 3600)), "exp", id="ro-expired"),
        pytest.param(signed(members(iat=int(NOW.timestamp()) + 3600)), "iat", id="iat-future"),
        pytest.param(signed(members(iat=int(NOW.timestamp()) - 90_000)), "iat", id="iat-old"),
        pytest.param("e30.e30", "3 parts", id="ro-not-jwt"),
        pytest.param("x" * 300_000, "at most", id="ruri-too-large"),
    ],
)
def test_a_request_that_proves_nothing_is_refused_and_not_answered(text: str, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        verify(text)
    assert refused.value.code == "invalid_request"
    assert not isinstance(refused.value, AnswerableRefusal)


@pytest.mark.parametrize(
    ("client_id", "message"),
    [
        pytest.param("frobnicate:abc", "one of the prefixes", id="ro-unknown-prefix"),
        pytest.param("https://verifier.example", "one of the prefixes", id="pre-registered-url"),
        pytest.param("registered", "one of the prefixes", id="ro-client-metadata-known-client"),
        pytest.param("origin:https://requester.example", "one of the prefixes", id="ro-prefix-origin"),
        pytest.param(f"redirect_uri:{RESPONSE_URI}", "unsigned request", id="ro-redirect-uri-signed"),
        pytest.param("x509_san_dns:evil.example", "to fit the certificate", id="ro-x509-san-mismatch"),
        pytest.param("x509_hash:", "one of the prefixes", id="empty-value"),
    ],
)
def test_refuses_a_client_id_that_nothing_proves(client_id: str, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        verify(signed(members(client_id=client_id)), link_client_id=client_id)
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("host", "accepted"),
    [pytest.param(HOST, True, id="same-host"), pytest.param("two.example", False, id="ro-san-response-uri")],
)
def test_a_dns_name_answers_for_its_own_host(host: str, accepted: bool) -> None:
    """Section 5.9.3: the certificate names both hosts, `client_id` only one."""
    who = organisation(uri_names=(), dns_names=(HOST, "two.example"), eku=BILLFOLD_REQUESTER_EKU)
    client_id = f"x509_san_dns:{HOST}"
    text = signed(members(client_id=client_id, response_uri=f"https://{host}/r"), who=who)
    if accepted:
        assert verify(text, link_client_id=client_id, anchors_for=lambda _: who.anchors).client_id == client_id
        return
    with pytest.raises(RequestRefused, match="on a host"):
        verify(text, link_client_id=client_id, anchors_for=lambda _: who.anchors)


@pytest.mark.parametrize(
    ("who", "anchors", "message"),
    [
        pytest.param(organisation(dns_names=(HOST,), eku=BILLFOLD_ISSUER_EKU), None, "meant for req", id="issuer-leaf"),
        pytest.param(REQUESTER, organisation().anchors, "trusted anchor", id="ro-untrusted-root"),
        pytest.param(organisation(dns_names=("x.example",)), None, "meant for|on a host", id="host-not-named"),
    ],
)
def test_refuses_a_chain_that_proves_nothing_here(
    who: Organisation, anchors: tuple[Anchor, ...] | None, message: str
) -> None:
    client_id = x509_hash_client_id(who.leaf)
    with pytest.raises(RequestRefused, match=message):
        verify(
            signed(members(client_id=client_id), who=who),
            link_client_id=client_id,
            anchors_for=lambda _: anchors or who.anchors,
        )


@pytest.mark.parametrize("row", [pytest.param(3_000, id="ro-cert-expired")])
def test_refuses_an_expired_leaf(row: int) -> None:
    late = NOW + timedelta(days=row)
    with pytest.raises(RequestRefused, match="not expired"):
        verify(signed(members(iat=None, exp=None)), now=late)


@pytest.mark.parametrize(
    ("returned", "accepted"),
    [
        pytest.param("posted", True, id="right"),
        pytest.param(None, False, id="ruri-wallet-nonce-missing"),
        pytest.param("other", False, id="ruri-wallet-nonce-wrong"),
    ],
)
def test_the_wallet_nonce_must_come_back(returned: str | None, accepted: bool) -> None:
    text = signed(members(wallet_nonce=returned))
    if accepted:
        assert verify(text, posted_wallet_nonce="posted").proven
        return
    with pytest.raises(RequestRefused, match="wallet_nonce"):
        verify(text, posted_wallet_nonce="posted")


@pytest.mark.parametrize("content_type", [pytest.param("text/plain", id="ruri-content-type"), None])
def test_refuses_an_answer_of_another_type(content_type: str | None) -> None:
    with pytest.raises(RequestRefused, match="as application/oauth-authz-req"):
        verify(signed(members()), content_type=content_type)
    assert verify(signed(members()), content_type="application/oauth-authz-req+jwt; charset=utf-8").proven
