"""Wallets without DPoP, where an organisation lets them in: at most five minutes, no refresh, no pairing endpoint."""

from datetime import timedelta

import pytest

from tests.support.device import Device, redeem_form, request_of
from tests.support.refusals import assert_refused, assert_unauthorized
from tests.support.wire import Wire, pre_authorized_code


def challenge_of(device: Device) -> str:
    """Return the Bearer challenge, which has a parameter always (RFC 6750 3)."""
    return f'Bearer realm="{device.issuer}"'


async def bearer(wire: Wire) -> tuple[Device, str]:
    """Return a device that paired without a key, and its Authorization header."""
    await wire.set_settings("northwind", allow_bearer=True)
    device = wire.device()
    got = await device.token(redeem_form(pre_authorized_code(await wire.offer(await wire.code()))), dpop=[])
    assert got.status_code == 200
    answer = device.keep(got)
    assert answer.keys() == {"access_token", "token_type", "expires_in"}
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] <= timedelta(minutes=5).total_seconds()  # OpenID4VCI 13.10
    return device, f"Bearer {device.access_token}"


async def test_a_bearer_token_gets_the_cred_and_reports_it(either_wire: Wire) -> None:
    device, authorization = await bearer(either_wire)
    proof = device.key_proof(await device.c_nonce())
    got = await device.credential(request_of(proof), dpop=[], authorization=authorization)
    assert got.status_code == 200
    told = {"notification_id": got.json()["notification_id"], "event": "credential_accepted"}
    assert (await device.notify(told, dpop=[], authorization=authorization)).status_code == 204


async def test_a_bearer_token_has_no_pairing_to_speak_of(wire: Wire) -> None:
    device, authorization = await bearer(wire)
    body = {"device_name": "x", "push_subscription": None}
    before = await wire.snapshot()
    for method in ("GET", "PUT", "DELETE"):
        refused = await device.pairing(method, body, dpop=[], authorization=authorization)
        assert_refused(refused, "insufficient_scope", status=403, secrets=device.secrets)
        assert refused.headers["www-authenticate"].endswith(f'{challenge_of(device)}, error="insufficient_scope"')
    assert await wire.snapshot() == before


async def test_a_bearer_token_takes_the_devices_place(wire: Wire) -> None:
    device, authorization = await bearer(wire)
    proof = device.key_proof(await device.c_nonce())
    await device.credential(request_of(proof), dpop=[], authorization=authorization)
    refused = await wire.api("POST", "/pairing-codes", {"person_id": (await wire.person()).id})
    assert refused.status_code == 409


async def test_a_bearer_token_is_no_dpop_token(wire: Wire) -> None:
    device, _ = await bearer(wire)
    proof = device.key_proof(await device.c_nonce())
    refused = await device.credential(request_of(proof))
    assert refused.headers["www-authenticate"] == f'DPoP algs="ES256", error="invalid_token", {challenge_of(device)}'
    assert_refused(refused, "invalid_token", status=401, secrets=device.secrets)


async def test_a_bearer_token_runs_out(wire: Wire) -> None:
    device, authorization = await bearer(wire)
    wire.clock.advance(minutes=5)
    proof = device.key_proof(await device.c_nonce())
    refused = await device.credential(request_of(proof), dpop=[], authorization=authorization)
    assert_unauthorized(refused, "invalid_token", bearer=challenge_of(device), secrets=device.secrets)


async def test_a_wallet_with_a_key_is_bound_to_it_there_too(wire: Wire) -> None:
    await wire.set_settings("northwind", allow_bearer=True)
    device = await wire.paired()
    assert device.refresh_token
    refused = await device.pairing("GET", dpop=[], authorization=f"Bearer {device.access_token}")
    assert_unauthorized(refused, "invalid_token", bearer=challenge_of(device), secrets=device.secrets)


@pytest.mark.parametrize("authorization", ["", "Basic YTpi"])
async def test_who_comes_without_a_token_is_told_of_both_ways(wire: Wire, authorization: str) -> None:
    """RFC 6750 3 and RFC 9449 7.1: a challenge for each scheme that is taken, and no error code."""
    await wire.set_settings("northwind", allow_bearer=True)
    device = wire.device()
    refused = await device.credential(request_of("x"), dpop=[], authorization=authorization)
    assert (refused.status_code, refused.content) == (401, b"")
    assert refused.headers["www-authenticate"] == f'DPoP algs="ES256", {challenge_of(device)}'


async def test_a_wallet_with_a_key_is_told_to_use_the_nonce_there_too(wire: Wire) -> None:
    await wire.set_settings("northwind", allow_bearer=True)
    device = await wire.paired()
    proof = device.key_proof(await device.c_nonce())
    device.dpop_nonce = "old"
    refused = await device.credential(request_of(proof))
    assert refused.headers["www-authenticate"] == f'DPoP algs="ES256", error="use_dpop_nonce", {challenge_of(device)}'
