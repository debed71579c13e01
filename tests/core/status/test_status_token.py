"""Status List Token: the specification's example, the 35 tokens of the vectors, then what they leave out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws as other_jws
from joserfc.jwk import ECKey

from billfold.core.encoding import b64url_encode
from billfold.core.jose.jws import Jws, attach, signing_input
from billfold.core.keys import PublicKey
from billfold.core.status.status_list import StatusList, pack
from billfold.core.status.status_token import (
    MAX_TTL,
    MIN_TTL,
    Status,
    StatusReference,
    StatusToken,
    require_content_type,
    status_token_signing_input,
    verify_status_token,
)
from billfold.core.trust.chain import Purpose, verify_chain
from billfold.errors import StatusIndexError, StatusListError
from tests.support.organisations import NOW, Organisation, organisation, vector_anchors
from tests.support.vectors import load_json, load_text

ROWS = load_json("status-list", "verifier_cases.json")["cases"]
URI = "https://issuer.example/status/1"
CLAIM = StatusList(2, pack(2, 8, {1: 1, 2: 2, 3: 3})).to_claim()
NEGATIVE_ROWS = load_json("negative", "rows.json")["status-list"]


def outcome(row: dict[str, Any]) -> str:
    """Go the whole way of a verifier over one row of the vectors."""
    try:
        reference = StatusReference.parse({"status_list": row["reference"]})
        require_content_type(row["content_type"])
        now = datetime.fromtimestamp(row["now"], UTC)
        token = verify_status_token(
            row["token"], uri=reference.uri, anchors=vector_anchors("root"), credential_chain=None, now=now
        )
        return token.status_of(reference).name
    except StatusListError as exc:
        return "not valid" if exc.code == "unknown_status" else "reject"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: NEGATIVE_ROWS.get(row["id"], row["id"]))
def test_each_token_of_the_vectors_has_its_outcome(row: dict[str, Any]) -> None:
    expected = row["expect"]
    if expected.startswith("APPLICATION_SPECIFIC"):
        expected = "not valid"
    elif expected == "reject or treat as absent":
        expected = "VALID"
    assert outcome(row) == expected.removesuffix(" under HAIP")


def test_the_signature_of_the_printed_token_verifies() -> None:
    """Section 8.2; its list is the one-bit list of section 4.1."""
    jws = Jws.parse(load_text("status-list", "status_list_token.jwt.txt"))
    keys = load_json("status-list", "keys.json")
    jwk = keys if "kty" in keys else next(iter(keys.values()))
    jws.verify(PublicKey.from_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y")}), ["ES256"])
    jws.require_typ("statuslist+jwt")
    assert jws.claims() == load_json("status-list", "status_list_token.jwt.payload.json")


def test_reads_the_reference_of_the_printed_credential() -> None:
    """Section 6.2."""
    payload = load_json("status-list", "referenced_token.sd-jwt.payload.json")
    reference = StatusReference.parse(payload["status"])
    assert reference.to_claim() == payload["status"]


def token(
    acme: Organisation,
    *,
    header: dict[str, Any] | None = None,
    **changes: Any,  # noqa: ANN401  any JSON
) -> str:
    """Return a good token of *acme*, with members of header and claims changed; None takes a claim away."""
    claims: dict[str, Any] = {
        "sub": URI,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 86400,
        "ttl": 60,
        "status_list": CLAIM,
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    data = signing_input({"alg": "ES256", "typ": "statuslist+jwt", "x5c": acme.x5c} | (header or {}), claims)
    return attach(data, acme.leaf_key.sign(data))


def verify(acme: Organisation, text: str, *, now: datetime = NOW) -> StatusToken:
    return verify_status_token(text, uri=URI, anchors=acme.anchors, credential_chain=None, now=now)


def test_what_was_built_here_verifies_and_an_independent_library_agrees() -> None:
    acme = organisation()
    data = status_token_signing_input(
        {"alg": "ES256", "x5c": acme.x5c}, sub=URI, iat=NOW, exp=NOW + timedelta(days=1), ttl_s=60, claim=CLAIM
    )
    text = attach(data, acme.leaf_key.sign(data))
    found = verify(acme, text)
    assert (found.uri, found.issued_at, found.expires_at) == (URI, NOW, NOW + timedelta(days=1))
    assert found.ttl == timedelta(seconds=60)
    key = ECKey.import_key(dict(acme.leaf_key.public().to_jwk()))
    registry = other_jws.JWSRegistry()
    registry.max_header_length = 4096  # its default is too short for x5c
    assert json.loads(other_jws.deserialize_compact(text, key, registry=registry).payload or b"")["sub"] == URI


@pytest.mark.parametrize(("idx", "status"), [(0, Status.VALID), (1, Status.INVALID), (2, Status.SUSPENDED)])
def test_reads_each_status(idx: int, status: Status) -> None:
    acme = organisation()
    assert verify(acme, token(acme)).status_of(StatusReference(URI, idx)) is status


@pytest.mark.parametrize("value", [pytest.param(7, id="sl-reserved"), 3, 12, 15])
def test_a_value_that_is_not_registered_is_not_valid(value: int) -> None:
    acme = organisation()
    reserved = StatusList(4, pack(4, 2, {0: value})).to_claim()
    with pytest.raises(StatusListError, match=f"0, 1 or 2, got {value}") as caught:
        verify(acme, token(acme, status_list=reserved)).status_of(StatusReference(URI, 0))
    assert caught.value.code == "unknown_status"


def test_a_reference_to_another_list_or_entry_gets_no_answer() -> None:
    acme = organisation()
    found = verify(acme, token(acme))
    with pytest.raises(StatusListError, match="a reference to this status list"):
        found.status_of(StatusReference(URI + "/", 0))
    with pytest.raises(StatusIndexError, match="below 8, got 8"):
        found.status_of(StatusReference(URI, 8))


def test_the_signer_must_end_at_the_anchor_of_the_credential() -> None:
    """Section 11.3: another trusted organisation may not speak for this one's credentials."""
    acme, other = organisation(), organisation()
    anchors = (*acme.anchors, *other.anchors)
    chain = verify_chain(acme.x5c, anchors, now=NOW, purpose=Purpose.ISSUER)
    verify_status_token(token(acme), uri=URI, anchors=anchors, credential_chain=chain, now=NOW)
    with pytest.raises(StatusListError, match="under the credential's own anchor") as caught:
        verify_status_token(token(other), uri=URI, anchors=anchors, credential_chain=chain, now=NOW)
    assert caught.value.code == "untrusted"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"header": {"typ": "JWT"}}, "expected typ statuslist", id="sl-typ"),
        pytest.param({"header": {"alg": "none"}}, "expected alg of", id="sl-none"),
        pytest.param({"header": {"x5c": None}}, "x5c as a list", id="sl-no-x5c-haip"),
        pytest.param({"sub": URI + "?"}, "sub as the address", id="sl-sub"),
        pytest.param({"sub": None}, "sub as the address", id="no-sub"),
        pytest.param({"iat": None}, "expected claim iat", id="sl-no-iat"),
        pytest.param({"exp": int(NOW.timestamp())}, "exp in the future", id="sl-expired"),
        pytest.param({"exp": "2030"}, "exp as a number", id="exp-text"),
        pytest.param({"status_list": None}, "status_list as an object", id="no-list"),
        pytest.param({"status_list": [1]}, "status_list as an object", id="list-array"),
        pytest.param({"status_list": CLAIM | {"bits": 3}}, "got 3", id="sl-bits"),
        pytest.param({"ttl": "60"}, "ttl as a number", id="ttl-text"),
        pytest.param({"ttl": True}, "ttl as a number", id="ttl-true"),
    ],
)
def test_refuses_a_token_with_one_fault(changes: dict[str, Any], message: str) -> None:
    acme = organisation()
    with pytest.raises(StatusListError, match=message):
        verify(acme, token(acme, **changes))


@pytest.mark.rows("sl-ttl-absurd")
@pytest.mark.parametrize(
    ("ttl", "expected"),
    [(0, MIN_TTL), (-5, MIN_TTL), (100 * 365 * 86400, MAX_TTL), (1e300, MAX_TTL), (90.5, timedelta(seconds=90.5))],
    ids=["zero", "negative", "century", "huge", "fraction"],
)
def test_a_ttl_is_kept_within_bounds(ttl: float, expected: timedelta) -> None:
    acme = organisation()
    assert verify(acme, token(acme, ttl=ttl)).ttl == expected


def test_a_clock_that_runs_ahead_a_little_is_forgiven() -> None:
    acme = organisation()
    verify(acme, token(acme), now=NOW - timedelta(seconds=60))
    with pytest.raises(StatusListError, match="iat in the past"):
        verify(acme, token(acme), now=NOW - timedelta(seconds=61))


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        pytest.param(None, "with a status_list", id="null"),
        pytest.param("x", "with a status_list", id="text"),
        pytest.param({}, "with a status_list", id="empty"),
        pytest.param({"other_mechanism": {}}, "with a status_list", id="other-mechanism"),
        pytest.param({"status_list": []}, "with a status_list", id="array"),
        pytest.param({"status_list": {"idx": 0}}, "uri as a string", id="sl-uri-missing"),
        pytest.param({"status_list": {"idx": 0, "uri": ""}}, "uri as a string", id="uri-empty"),
        pytest.param({"status_list": {"idx": 0, "uri": "h" * 2049}}, "uri as a string", id="uri-long"),
        pytest.param({"status_list": {"uri": URI}}, "idx as a non-negative", id="no-idx"),
        pytest.param({"status_list": {"idx": -1, "uri": URI}}, "idx as a non-negative", id="sl-index-negative"),
        pytest.param({"status_list": {"idx": "5", "uri": URI}}, "idx as a non-negative", id="sl-index-text"),
        pytest.param({"status_list": {"idx": True, "uri": URI}}, "idx as a non-negative", id="idx-true"),
        pytest.param({"status_list": {"idx": 1.0, "uri": URI}}, "idx as a non-negative", id="idx-float"),
    ],
)
def test_refuses_a_malformed_reference(claim: Any, message: str) -> None:  # noqa: ANN401  any JSON
    with pytest.raises(StatusListError, match=message):
        StatusReference.parse(claim)


@pytest.mark.parametrize("value", ["application/statuslist+jwt", "Application/StatusList+JWT; charset=utf-8"])
def test_accepts_the_content_type_of_a_token(value: str) -> None:
    require_content_type(value)


@pytest.mark.parametrize("value", ["", "application/json", "application/statuslist+cwt", "statuslist+jwt"])
def test_refuses_another_content_type(value: str) -> None:
    with pytest.raises(StatusListError, match="an answer of application/statuslist"):
        require_content_type(value)


def test_a_token_over_the_limit_is_not_read() -> None:
    acme = organisation()
    with pytest.raises(StatusListError, match="at most 16777216 bytes"):
        verify(acme, b64url_encode(b"{}") + "A" * 16 * 1024 * 1024)


@pytest.mark.filterwarnings("ignore:Attribute's length must be")  # the certificate reader's word on some of them
def test_a_token_with_any_one_character_changed_is_refused() -> None:
    """Every character of it: the list is signed, so no entry can be turned over on the way."""
    acme = organisation()
    text = token(acme)
    accepted = []
    for position, character in enumerate(text):
        changed = chr(ord(character) ^ 1)
        try:
            verify(acme, text[:position] + changed + text[position + 1 :])
        except StatusListError:
            continue
        accepted.append(position)
    assert accepted == []
