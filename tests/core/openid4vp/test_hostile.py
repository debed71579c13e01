"""Whatever the other side sends, a reader answers with its own kind of error: never with a crash."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billfold.core.dcql.query import parse_query
from billfold.core.oauth.authorization_details import parse_authorization_details
from billfold.core.oauth.form import parse_query as parse_parameters
from billfold.core.oauth.token import parse_token_request, parse_token_response
from billfold.core.openid4vci.credential import parse_credential_request, parse_credential_response
from billfold.core.openid4vci.metadata import parse_metadata
from billfold.core.openid4vci.notification import parse_notification_request
from billfold.core.openid4vci.offer import parse_offer, parse_offer_link
from billfold.core.openid4vci.pairing import parse_pairing_update, parse_pairing_view
from billfold.core.openid4vci.proof import verify_key_proofs
from billfold.core.openid4vp.request import RequestByValue, parse_request_link
from billfold.core.openid4vp.request_object import read_unsigned_request, verify_request_object
from billfold.core.openid4vp.response import check_vp_token
from billfold.errors import BillfoldError
from tests.support.organisations import ISSUER, NOW
from tests.support.requests import CLIENT_ID, REQUESTER, RESPONSE_URI, SIMPLE_QUERY, members, signed

JSON = "application/json"
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.text(max_size=40) | st.from_regex(r"(openid4vp|haip-vci|https)://[ -~]{0,40}", fullmatch=True)

OFFER = {"credential_issuer": ISSUER, "credential_configuration_ids": ["a"], "grants": {"authorization_code": {}}}
METADATA = {
    "credential_issuer": ISSUER,
    "credential_endpoint": f"{ISSUER}/credential",
    "batch_credential_issuance": {"batch_size": 2},
    "display": [{"name": "Acme", "locale": "en"}],
    "credential_request_encryption": {"jwks": {"keys": [{"kid": "1", "alg": "ECDH-ES"}]}},
    "credential_configurations_supported": {
        "a": {
            "format": "dc+sd-jwt",
            "vct": "x",
            "credential_metadata": {"display": [{"name": "A"}], "claims": [{"path": ["a", None, 0]}]},
        }
    },
}
UPDATE = {
    "device_name": "Phone",
    "push_subscription": {"endpoint": "https://push.example", "keys": {"p256dh": "BAAA", "auth": "AAAA"}},
    "client": {"version": "1", "persisted": True},
}


def encoded(read: Callable[[bytes], object]) -> Callable[[Any], object]:
    return lambda message: read(json.dumps(message).encode())


def unsigned(message: Any) -> object:  # noqa: ANN401  anything at all
    return read_unsigned_request(RequestByValue(message if isinstance(message, dict) else {}))


def request_object(message: Any) -> object:  # noqa: ANN401
    return verify_request_object(
        signed(message), link_client_id=CLIENT_ID, anchors_for=lambda _: REQUESTER.anchors, now=NOW
    )


def shape(message: Any) -> object:  # noqa: ANN401
    return check_vp_token(message if isinstance(message, dict) else {}, SIMPLE_QUERY)


def proofs(message: Any) -> object:  # noqa: ANN401
    return verify_key_proofs(
        message,
        credential_issuer=ISSUER,
        allowed_algorithms=("ES256",),
        now=NOW,
        window=NOW - NOW,
        check_nonce=lambda _: None,
    )


READERS: list[tuple[str, Any, Callable[[Any], object]]] = [
    ("query", members()["dcql_query"], parse_query),
    ("request", members(), request_object),
    ("unsigned", members(client_id=f"redirect_uri:{RESPONSE_URI}"), unsigned),
    ("vp_token", {"vp_token": {"badge": ["a"]}}, shape),
    ("offer", OFFER, encoded(parse_offer)),
    ("metadata", METADATA, encoded(lambda data: parse_metadata(data, ISSUER))),
    ("update", UPDATE, encoded(lambda data: parse_pairing_update(data, JSON))),
    ("view", {"state": "active", "entitlements": [{"revision": 1}]}, encoded(parse_pairing_view)),
    ("notification", {"notification_id": "n", "event": "x"}, encoded(lambda d: parse_notification_request(d, JSON))),
    ("credential", {"credential_identifier": "i", "proofs": {}}, encoded(lambda d: parse_credential_request(d, JSON))),
    ("response", {"credentials": [{"credential": "a"}]}, encoded(lambda d: parse_credential_response(d, keys_sent=1))),
    ("token", {"access_token": "a", "token_type": "DPoP", "expires_in": 1}, encoded(parse_token_response)),
    ("details", [{"type": "openid_credential"}], lambda message: parse_authorization_details(json.dumps(message))),
    ("proofs", {"jwt": ["a.b.c"]}, proofs),
]


def refusal(read: Callable[[Any], object], message: Any) -> str:  # noqa: ANN401
    """Return how *read* refuses *message*, or "expected" where it does not."""
    try:
        read(message)
    except BillfoldError as exc:
        return str(exc)
    return "expected"


def changed(node: Any, data: st.DataObject) -> Any:  # noqa: ANN401  JSON
    """Return *node* with one place in it replaced by anything."""
    children = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
    if not children or data.draw(st.integers(0, 3)) == 0:
        return data.draw(VALUES)
    key = data.draw(st.sampled_from(children))
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[key] = changed(node[key], data)
    return copy


@pytest.mark.parametrize(("good", "read"), [pytest.param(good, read, id=name) for name, good, read in READERS])
@given(data=st.data())
@settings(max_examples=60)
def test_a_message_with_one_odd_place_is_read_or_refused(
    good: object,
    read: Callable[[Any], object],
    data: st.DataObject,
) -> None:
    assert refusal(read, changed(good, data)).startswith("expected")


@given(text=TEXTS)
@settings(max_examples=200)
def test_any_link_is_read_or_refused(text: str) -> None:
    for read in (parse_offer_link, parse_request_link, parse_parameters):
        assert refusal(read, text).startswith("expected")


@given(fields=st.dictionaries(st.sampled_from(["grant_type", "refresh_token", "tx_code"]), st.text(max_size=9)))
@settings(max_examples=50)
def test_any_token_request_is_read_or_refused(fields: dict[str, str]) -> None:
    assert refusal(parse_token_request, fields).startswith("expected")


GOOD = signed(members())
BEHIND_HEADER = GOOD.index(".")  # what a changed header does is shown where certificates and headers are read


@given(position=st.integers(BEHIND_HEADER, len(GOOD) - 1), character=st.sampled_from("AZaz09-_.~"))
@settings(max_examples=100)
def test_a_request_object_with_one_other_character_is_refused(position: int, character: str) -> None:
    text = GOOD[:position] + character + GOOD[position + 1 :]
    if text == GOOD:
        return
    with pytest.raises(BillfoldError, match="expected"):
        verify_request_object(text, link_client_id=CLIENT_ID, anchors_for=lambda _: REQUESTER.anchors, now=NOW)
