"""DPoP proofs on the wire: at the token endpoint, where a refusal is 400, and at resources, where it is 401."""

import dataclasses
from collections.abc import Callable

import httpx
import pytest

from billfold.apps.issuer.app import issuer_app
from billfold.core.keys import PrivateKey
from billfold.core.oauth.dpop import token_hash
from tests.support.device import Device, redeem_form, with_broken_signature, without_signature
from tests.support.organisations import new_key
from tests.support.refusals import assert_refused, assert_unauthorized
from tests.support.wire import Wire, pre_authorized_code

Proof = Callable[..., str]
Change = Callable[[Proof, PrivateKey, int], list[str]]
MINUTE_S = 60
ALG_NONE = {"alg": "none"}


def private_jwk(key: PrivateKey) -> dict[str, object]:
    return {"jwk": key.to_jwk()}


# Each makes the DPoP headers out of: what makes a good proof with changes, the device's key, and the time.
BAD_PROOFS = [
    pytest.param(lambda make, _, __: [make(), make()], id="dpop-two-headers"),
    pytest.param(lambda *_: ["not.a.jwt"], id="dpop-not-jwt"),
    pytest.param(lambda *_: [""], id="dpop-empty"),
    pytest.param(lambda make, _, __: [make(header={"typ": "JWT"})], id="dpop-typ"),
    pytest.param(lambda make, _, __: [make(header={"typ": None})], id="dpop-no-typ"),
    pytest.param(lambda make, _, __: [without_signature(make(header=ALG_NONE))], id="dpop-none"),
    pytest.param(lambda make, _, __: [make(header={"alg": "HS256"})], id="dpop-hs256"),
    pytest.param(lambda make, key, __: [make(header=private_jwk(key))], id="dpop-private-jwk"),
    pytest.param(lambda make, _, __: [make(header={"jwk": None})], id="dpop-no-jwk"),
    pytest.param(lambda make, _, __: [with_broken_signature(make())], id="dpop-signature"),
    pytest.param(lambda make, _, __: [make(header={"jwk": new_key().public().to_jwk()})], id="dpop-signed-by-another"),
    pytest.param(lambda make, _, __: [make(claims={"htm": "PUT"})], id="dpop-htm"),
    pytest.param(lambda make, _, __: [make(claims={"htu": "http://localhost/token"})], id="dpop-htu"),
    pytest.param(lambda make, _, __: [make(claims={"htu": None})], id="dpop-no-htu"),
    pytest.param(lambda make, _, __: [make(claims={"jti": None})], id="dpop-no-jti"),
    pytest.param(lambda make, _, now: [make(claims={"iat": now - 6 * MINUTE_S})], id="dpop-iat-old"),
    pytest.param(lambda make, _, now: [make(claims={"iat": now + 2 * MINUTE_S})], id="dpop-iat-future"),
    pytest.param(lambda make, _, __: [make(claims={"iat": None})], id="dpop-no-iat"),
    pytest.param(lambda make, _, __: [make(claims={"nonce": 7})], id="dpop-nonce-number"),
]
BAD_NONCES = [
    pytest.param(None, id="dpop-nonce-needed"),
    pytest.param("AAAA", id="dpop-nonce-foreign"),
]


def now_of(device: Device) -> int:
    return int(device.now().timestamp())


@pytest.mark.parametrize("change", BAD_PROOFS)
async def test_the_token_endpoint_refuses_a_bad_proof_and_leaves_the_code_alone(wire: Wire, change: Change) -> None:
    code = pre_authorized_code(await wire.offer(await wire.code()))
    device = wire.device()
    await device.c_nonce()
    url = f"{device.issuer}/token"
    proofs = change(lambda **changes: device.dpop("POST", url, **changes), device.key, now_of(device))
    before = await wire.snapshot()

    refused = await device.token(redeem_form(code), dpop=proofs)

    assert_refused(refused, "invalid_dpop_proof", secrets=[code])
    assert await wire.snapshot() == before
    assert await device.redeem(code)


async def credential_request(device: Device, proofs: list[str] | None, authorization: str | None) -> httpx.Response:
    body = {
        "credential_configuration_id": "employee-badge",
        "proofs": {"jwt": [device.key_proof(await device.c_nonce())]},
    }
    return await device.credential(body, dpop=proofs, authorization=authorization)


@pytest.mark.parametrize(
    "change",
    [
        *BAD_PROOFS,
        pytest.param(lambda make, _, __: [make(claims={"ath": None})], id="dpop-no-ath"),
        pytest.param(lambda make, _, __: [make(claims={"ath": token_hash("another")})], id="dpop-wrong-ath"),
    ],
)
@pytest.mark.parametrize("path", ["credential", "pairing", "notification"])
async def test_a_resource_refuses_a_bad_proof(wire: Wire, change: Change, path: str) -> None:
    device = await wire.paired()
    method = "GET" if path == "pairing" else "POST"
    url = f"{device.issuer}/{path}"

    def make(**changes: dict[str, object]) -> str:
        return device.dpop(method, url, access_token=device.access_token, **changes)

    proofs = change(make, device.key, now_of(device))
    before = await wire.snapshot()
    body = {"credential_configuration_id": "employee-badge"}  # good enough to get as far as the proof
    refused = await device.call(method, path, json=body, dpop=proofs)

    assert_unauthorized(refused, "invalid_dpop_proof", secrets=device.secrets)
    assert await wire.snapshot() == before
    assert (await device.pairing("GET")).status_code == 200


@pytest.mark.parametrize("nonce", BAD_NONCES)
async def test_the_token_endpoint_asks_for_its_own_nonce(wire: Wire, nonce: str | None) -> None:
    """RFC 9449 8: 400 and a fresh nonce, with which the same request succeeds."""
    code = pre_authorized_code(await wire.offer(await wire.code()))
    device = wire.device()
    await device.c_nonce()
    proof = device.dpop("POST", f"{device.issuer}/token", claims={"nonce": nonce})
    refused = await device.token(redeem_form(code), dpop=[proof])
    assert_refused(refused, "use_dpop_nonce", secrets=[code])
    assert refused.headers["dpop-nonce"] == device.dpop_nonce
    assert await device.redeem(code)


@pytest.mark.parametrize("nonce", BAD_NONCES)
async def test_a_resource_asks_for_its_own_nonce(wire: Wire, nonce: str | None) -> None:
    """RFC 9449 9: 401 and a fresh nonce."""
    device = await wire.paired()
    url = f"{device.issuer}/pairing"
    proof = device.dpop("GET", url, access_token=device.access_token, claims={"nonce": nonce})
    refused = await device.pairing("GET", dpop=[proof])
    assert_unauthorized(refused, "use_dpop_nonce", secrets=device.secrets)
    assert refused.headers["dpop-nonce"] == device.dpop_nonce
    assert (await device.pairing("GET")).status_code == 200


async def test_a_nonce_that_ran_out_is_replaced(wire: Wire) -> None:
    device = await wire.paired()
    wire.clock.advance(minutes=5, seconds=1)
    assert_unauthorized(await device.pairing("GET"), "use_dpop_nonce")
    assert (await device.pairing("GET")).status_code == 200


async def test_a_c_nonce_is_no_dpop_nonce(wire: Wire) -> None:
    device = await wire.paired()
    device.dpop_nonce = await device.c_nonce()
    assert_unauthorized(await device.pairing("GET"), "use_dpop_nonce")


@pytest.mark.rows("dpop-replay")
async def test_a_proof_is_good_for_one_request(wire: Wire) -> None:
    """Row dpop-replay, at a resource and at the token endpoint."""
    device = await wire.paired()
    url = f"{device.issuer}/pairing"
    proof = device.dpop("GET", url, access_token=device.access_token)
    assert (await device.pairing("GET", dpop=[proof])).status_code == 200
    assert_unauthorized(await device.pairing("GET", dpop=[proof]), "invalid_dpop_proof", secrets=device.secrets)
    wire.clock.advance(minutes=4, seconds=59)
    assert_unauthorized(await device.pairing("GET", dpop=[proof]), "invalid_dpop_proof", secrets=device.secrets)

    form = {"grant_type": "refresh_token", "refresh_token": device.refresh_token or ""}
    proof = device.dpop("POST", f"{device.issuer}/token")
    assert (await device.token(form, dpop=[proof])).status_code == 200
    assert_refused(await device.token(form, dpop=[proof]), "invalid_dpop_proof", secrets=device.secrets)


@pytest.mark.rows("dpop-replay")
async def test_a_proof_changes_something_at_one_node_only(either_wire: Wire) -> None:
    """Row dpop-replay: a second serving process has a memory of its own, and the same store."""
    wire, device = either_wire, await either_wire.paired()
    node = httpx.ASGITransport(issuer_app(wire.parts))
    async with httpx.AsyncClient(transport=node, base_url=wire.parts.addresses.protocol) as client:
        there = dataclasses.replace(device, http=client)
        proof = device.dpop("PUT", f"{device.issuer}/pairing", access_token=device.access_token)
        said = {"device_name": "My phone", "push_subscription": None, "client": {}}
        assert (await device.pairing("PUT", said, dpop=[proof])).status_code == 204
        form = {"grant_type": "refresh_token", "refresh_token": device.refresh_token or ""}
        refreshing = device.dpop("POST", f"{device.issuer}/token")
        before = await wire.snapshot()

        assert_unauthorized(await there.pairing("PUT", said, dpop=[proof]), "invalid_dpop_proof")
        assert await wire.snapshot() == before
        assert (await device.token(form, dpop=[refreshing])).status_code == 200
        before = await wire.snapshot()
        assert_refused(await there.token(form, dpop=[refreshing]), "invalid_dpop_proof")
        assert await wire.snapshot() == before


async def test_the_same_jti_is_good_for_two_devices(wire: Wire) -> None:
    """A stranger's proofs must not shut out ours."""
    first, second = await wire.paired(), await wire.paired("Jonas Lindqvist")
    for device in (first, second):
        url = f"{device.issuer}/pairing"
        proof = device.dpop("GET", url, access_token=device.access_token, claims={"jti": "the-same"})
        assert (await device.pairing("GET", dpop=[proof])).status_code == 200


async def test_a_bound_token_needs_a_proof(wire: Wire) -> None:
    """Row dpop-missing (RFC 9449 7.1)."""
    device = await wire.paired()
    assert_unauthorized(await credential_request(device, [], None), "invalid_token", secrets=device.secrets)


@pytest.mark.rows("dpop-bearer-scheme")
@pytest.mark.parametrize("with_proof", [False, True])
async def test_a_bound_token_is_no_bearer_token(wire: Wire, with_proof: bool) -> None:
    """Row dpop-bearer-scheme (RFC 9449 7.2)."""
    device = await wire.paired()
    bearer = f"Bearer {device.access_token}"
    refused = await credential_request(device, None if with_proof else [], bearer)
    assert_unauthorized(refused, "invalid_token", secrets=device.secrets)


async def test_a_bound_token_needs_the_proof_of_its_own_key(wire: Wire) -> None:
    """Row dpop-other-key."""
    device = await wire.paired()
    await device.c_nonce()
    proof = device.dpop("GET", f"{device.issuer}/pairing", access_token=device.access_token, key=new_key())
    before = await wire.snapshot()
    refused = await device.pairing("GET", dpop=[proof])
    assert_unauthorized(refused, ("invalid_token", "invalid_dpop_proof"), secrets=device.secrets)
    assert await wire.snapshot() == before


async def test_the_url_is_compared_after_normalization(wire: Wire) -> None:
    """RFC 9449 4.3: the query and fragment do not count, nor does the case of scheme and host."""
    device = await wire.paired()
    url = f"{device.issuer}/pairing".replace("http://localhost", "HTTP://LOCALHOST")
    proof = device.dpop("GET", url, access_token=device.access_token)
    assert (await device.pairing("GET", dpop=[proof])).status_code == 200
