"""Nonce, credential, notification and pairing: the other messages between wallet and issuer."""

import json
from datetime import timedelta
from typing import Any

import pytest

from billfold.core.encoding import b64url_encode
from billfold.core.oauth.dpop import make_dpop_nonce
from billfold.core.openid4vci.credential import (
    build_credential_request,
    build_credential_response,
    check_bound_keys,
    parse_credential_request,
    parse_credential_response,
)
from billfold.core.openid4vci.nonce import build_nonce_response, check_c_nonce, make_c_nonce, parse_nonce_response
from billfold.core.openid4vci.notification import build_notification_request, parse_notification_request
from billfold.core.openid4vci.pairing import (
    ClientReport,
    PairedEntitlement,
    PairingUpdate,
    PairingView,
    PushKeys,
    PushSubscription,
    encode_pairing,
    parse_pairing_update,
    parse_pairing_view,
)
from billfold.core.openid4vci.states import PairingState
from billfold.errors import RequestRefused, ResponseError
from tests.support.organisations import NOW, new_key

JSON = "application/json"
SECRET = b"s" * 32
LIFETIME = timedelta(minutes=5)


def encoded(**members: object) -> bytes:
    return json.dumps(members).encode()


def test_a_c_nonce_is_good_for_its_lifetime() -> None:
    nonce = make_c_nonce(SECRET, now=NOW, random=b"r" * 16)
    check_c_nonce(SECRET, nonce, now=NOW + LIFETIME, lifetime=LIFETIME)
    assert nonce != make_c_nonce(SECRET, now=NOW, random=b"q" * 16)
    assert parse_nonce_response(build_nonce_response(nonce)) == nonce


@pytest.mark.parametrize(
    ("nonce", "later_s", "message"),
    [
        pytest.param("never-issued", 0, "of this server", id="cred-proof-wrong-nonce"),
        pytest.param(make_c_nonce(SECRET, now=NOW, random=b"r" * 16), 301, "fresh", id="cred-proof-expired-nonce"),
        pytest.param(make_c_nonce(b"o" * 32, now=NOW, random=b"r" * 16), 0, "of this server", id="other-key"),
        pytest.param(make_dpop_nonce(SECRET, now=NOW, random=b"r" * 16), 0, "of this server", id="dpop-nonce"),
    ],
)
def test_refuses_a_bad_c_nonce(nonce: str, later_s: int, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        check_c_nonce(SECRET, nonce, now=NOW + timedelta(seconds=later_s), lifetime=LIFETIME)
    assert (refused.value.code, refused.value.status) == ("invalid_nonce", 400)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"c_nonce": 1}', b'{"c_nonce": ""}'])
def test_refuses_a_bad_nonce_response(data: bytes) -> None:
    with pytest.raises(ResponseError, match="c_nonce"):
        parse_nonce_response(data)


def test_a_credential_request_survives_the_wire() -> None:
    body = build_credential_request(["a", "b"], credential_identifier="id")
    found = parse_credential_request(body, "application/json; charset=utf-8")
    assert (found.credential_identifier, found.credential_configuration_id) == ("id", None)
    assert found.proofs == {"jwt": ["a", "b"]}
    assert json.loads(build_credential_request([], credential_configuration_id="c")) == {
        "credential_configuration_id": "c"
    }
    with pytest.raises(ValueError, match="either"):
        build_credential_request([])


@pytest.mark.parametrize("row", [pytest.param({"foo": 1, "locale": "en"}, id="cred-unknown-member")])
def test_unknown_members_of_a_credential_request_are_ignored(row: dict[str, Any]) -> None:
    assert parse_credential_request(encoded(credential_identifier="i", **row), JSON).proofs is None


@pytest.mark.parametrize(
    ("body", "content_type", "code", "message"),
    [
        pytest.param(b"x", JSON, "invalid_credential_request", "a JSON object", id="cred-not-json"),
        pytest.param(b"[]", JSON, "invalid_credential_request", "a JSON object", id="cred-array-body"),
        pytest.param(
            b'{"credential_identifier": "a", "credential_identifier": "b"}',
            JSON,
            "invalid_credential_request",
            "a JSON object",
            id="member-twice",
        ),
        pytest.param(
            b"credential_identifier=a",
            "application/x-www-form-urlencoded",
            "invalid_credential_request",
            "content type",
            id="cred-form-body",
        ),
        pytest.param(b"{}", JSON, "invalid_credential_request", "either", id="cred-no-id"),
        pytest.param(
            encoded(credential_identifier="a", credential_configuration_id="b"),
            JSON,
            "invalid_credential_request",
            "either",
            id="cred-both-ids",
        ),
        pytest.param(
            encoded(format="dc+sd-jwt", vct="x"),
            JSON,
            "invalid_credential_request",
            "either",
            id="cred-old-format-param",
        ),
        pytest.param(
            encoded(credential_identifier=1), JSON, "invalid_credential_request", "as text", id="identifier-number"
        ),
        pytest.param(
            encoded(credential_identifier="i", credential_response_encryption={"enc": "A128GCM"}),
            JSON,
            "invalid_encryption_parameters",
            "not offered",
            id="cred-enc-request-plain",
        ),
        pytest.param(
            b"a.b.c.d.e", "application/jwt", "invalid_encryption_parameters", "not offered", id="cred-req-enc-kid"
        ),
    ],
)
def test_refuses_a_bad_credential_request(body: bytes, content_type: str, code: str, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        parse_credential_request(body, content_type)
    assert (refused.value.code, refused.value.status) == (code, 400)


def test_a_credential_response_survives_the_wire() -> None:
    found = parse_credential_response(build_credential_response(["a~", "b~"], notification_id="n"), JSON, keys_sent=3)
    assert [entry.credential for entry in found.credentials or ()] == ["a~", "b~"]
    assert found.notification_id == "n"
    assert parse_credential_response(encoded(transaction_id="t", interval=5, foo=1), keys_sent=1).interval == 5


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            encoded(credentials=[{"credential": "a"}], transaction_id="t", interval=5), "either", id="credresp-both"
        ),
        pytest.param(b"{}", "either", id="credresp-neither"),
        pytest.param(encoded(transaction_id="t"), "interval above 0", id="credresp-no-interval"),
        pytest.param(encoded(transaction_id="t", interval=0), "interval above 0", id="credresp-interval-zero"),
        pytest.param(encoded(transaction_id="t", interval=True), "by the standard", id="interval-true"),
        pytest.param(encoded(credentials=["a"]), "by the standard", id="credresp-string-elements"),
        pytest.param(encoded(credentials=[]), "1 to 1 credentials, got 0", id="credresp-empty"),
        pytest.param(encoded(credentials=[{"credential": "a"}] * 2), "1 to 1", id="credresp-too-many"),
        pytest.param(b"<html>", "a JSON object", id="credresp-not-json"),
    ],
)
def test_refuses_a_bad_credential_response(body: bytes, message: str) -> None:
    with pytest.raises(ResponseError, match=message):
        parse_credential_response(body, JSON, keys_sent=1)


def test_refuses_a_credential_response_of_another_type() -> None:
    with pytest.raises(ResponseError, match="as application/json"):
        parse_credential_response(build_credential_response(["a"]), "application/jwt", keys_sent=1)


@pytest.mark.parametrize("bound", [pytest.param(["b", "a"], id="credresp-order"), pytest.param(["c"], id="fewer")])
def test_creds_may_come_in_any_order(bound: list[str]) -> None:
    check_bound_keys(bound, sent=["a", "b", "c"])


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        pytest.param(["x"], "this wallet sent", id="credresp-foreign-key"),
        pytest.param([None], "this wallet sent", id="credresp-unbound"),
        pytest.param(["a", "a"], "a key of its own", id="credresp-same-key-twice"),
    ],
)
def test_refuses_creds_bound_to_other_keys(bound: list[str | None], message: str) -> None:
    with pytest.raises(ResponseError, match=message):
        check_bound_keys(bound, sent=["a", "b"])


def test_a_notification_survives_the_wire() -> None:
    body = build_notification_request("n", "credential_accepted", description="stored")
    assert parse_notification_request(body, JSON).event_description == "stored"


@pytest.mark.parametrize("row", [pytest.param("bar", id="notif-unknown-member")])
def test_unknown_members_of_a_notification_are_ignored(row: str) -> None:
    body = encoded(notification_id="n", event="credential_deleted", foo=row)
    assert parse_notification_request(body, JSON).event == "credential_deleted"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(encoded(event="credential_accepted"), "notification_id", id="notif-no-id"),
        pytest.param(encoded(notification_id="", event="credential_accepted"), "notification_id", id="notif-empty-id"),
        pytest.param(encoded(notification_id="n"), "event", id="notif-no-event"),
        pytest.param(encoded(notification_id="n", event="Credential_Accepted"), "event", id="notif-bad-event"),
        pytest.param(
            encoded(notification_id="n", event="credential_failure", event_description='a "b"'),
            "printable ASCII",
            id="notif-bad-description",
        ),
        pytest.param(b"x", "a JSON object", id="notif-not-json"),
    ],
)
def test_refuses_a_bad_notification(body: bytes, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        parse_notification_request(body, JSON)
    assert refused.value.code == "invalid_notification_request"


def test_refuses_a_notification_of_another_type() -> None:
    with pytest.raises(RequestRefused, match="content type"):
        parse_notification_request(b"{}", "text/plain")


NUMBERS = new_key().public().key.public_numbers()
POINT = b"\x04" + NUMBERS.x.to_bytes(32, "big") + NUMBERS.y.to_bytes(32, "big")
OFF_CURVE = POINT[:-1] + bytes([POINT[-1] ^ 1])
SUBSCRIPTION: dict[str, Any] = {
    "endpoint": "https://push.example/abc",
    "keys": {"p256dh": b64url_encode(POINT), "auth": b64url_encode(b"a" * 16)},
}


def update(subscription: object = SUBSCRIPTION, **changes: object) -> bytes:
    return encoded(**{"device_name": "Phone", "push_subscription": subscription, "client": {"version": "1"}, **changes})


def subscribed(endpoint: str = SUBSCRIPTION["endpoint"], p256dh: bytes = POINT, auth: bytes = b"a" * 16) -> bytes:
    return update({"endpoint": endpoint, "keys": {"p256dh": b64url_encode(p256dh), "auth": b64url_encode(auth)}})


def test_a_pairing_update_survives_the_wire() -> None:
    keys = PushKeys(b64url_encode(POINT), b64url_encode(b"a" * 16))
    client = ClientReport("1.0", "standalone", "prf", persisted=True, notifications="granted")
    made = PairingUpdate("Phone", PushSubscription("https://push.example/abc", keys), client)
    assert parse_pairing_update(encode_pairing(made), JSON) == made
    assert parse_pairing_update(update(None), JSON).push_subscription is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(subscribed("http://push.example/a"), "https scheme", id="push-endpoint-http"),
        pytest.param(subscribed(p256dh=OFF_CURVE), "on the curve", id="push-p256dh"),
        pytest.param(subscribed(p256dh=POINT[:-1]), "uncompressed", id="push-p256dh-short"),
        pytest.param(subscribed(p256dh=b"\x02" + POINT[1:]), "uncompressed", id="push-p256dh-compressed"),
        pytest.param(subscribed(auth=b"a" * 15), "auth of 16 bytes", id="push-auth"),
        pytest.param(update(device_name=""), "device_name of 1", id="name-empty"),
        pytest.param(update(device_name="a\nb"), "printable", id="name-control"),
        pytest.param(update(client={"version": "v" * 101}), "members of client", id="client-long"),
        pytest.param(update(foo=1), "expected device_name", id="unknown-member"),
        pytest.param(encoded(device_name="Phone"), "expected device_name", id="push-absent"),
        pytest.param(b"[]", "a JSON object", id="array"),
    ],
)
def test_refuses_a_bad_pairing_update(body: bytes, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        parse_pairing_update(body, JSON)
    assert refused.value.code == "invalid_request"


def test_refuses_a_pairing_update_of_another_type() -> None:
    with pytest.raises(RequestRefused, match="content type"):
        parse_pairing_update(update(), None)


def test_a_pairing_view_survives_the_wire() -> None:
    made = PairingView(PairingState.ACTIVE, (PairedEntitlement("badge", "id-1", 3),))
    assert json.loads(encode_pairing(made))["state"] == "active"
    assert parse_pairing_view(encode_pairing(made)) == made


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "a pairing with state"),
        (encoded(state="gone", entitlements=[]), "a pairing with state"),
        (
            encoded(
                state="active",
                entitlements=[
                    {"credential_configuration_id": "a", "credential_identifier": "i", "revision": 1},
                    {"credential_configuration_id": "b", "credential_identifier": "i", "revision": 1},
                ],
            ),
            "credential_identifier once",
        ),
    ],
)
def test_refuses_a_bad_pairing_view(body: bytes, message: str) -> None:
    with pytest.raises(ResponseError, match=message):
        parse_pairing_view(body)


def test_a_member_that_is_null_is_left_out() -> None:
    """Many serializers write null for what they have nothing to say of."""
    body = b'{"credential_configuration_id":"x","credential_identifier":null,"credential_response_encryption":null}'
    asked = parse_credential_request(body, "application/json")
    assert (asked.credential_configuration_id, asked.credential_identifier) == ("x", None)
