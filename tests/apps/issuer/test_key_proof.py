"""Key proofs on the wire: every row of the bad inputs, alone and among good ones; nonces and batches."""

from collections.abc import Callable
from typing import Any

import pytest

from billfold.core.keys import PrivateKey
from billfold.roles.issuer.issuer import BATCH_SIZE
from tests.support.device import request_of, with_broken_signature, without_signature
from tests.support.organisations import new_key
from tests.support.refusals import assert_refused
from tests.support.wire import Wire

MINUTE_S = 60
Make = Callable[..., str]
Change = Callable[[Make, PrivateKey, int], str]
PROOFS = [
    pytest.param(lambda *_: "no-jwt", "invalid_proof", id="cred-proof-not-jwt"),
    pytest.param(lambda make, _, __: make(header={"typ": "JWT"}), "invalid_proof", id="cred-proof-typ"),
    pytest.param(
        lambda make, _, __: without_signature(make(header={"alg": "none"})), "invalid_proof", id="cred-proof-none"
    ),
    pytest.param(lambda make, _, __: make(header={"alg": "HS256"}), "invalid_proof", id="cred-proof-hs256"),
    pytest.param(lambda make, _, __: make(header={"alg": "ES384"}), "invalid_proof", id="cred-proof-alg-not-listed"),
    pytest.param(lambda make, _, __: with_broken_signature(make()), "invalid_proof", id="cred-proof-signature"),
    pytest.param(
        lambda make, key, __: make(header={"jwk": key.to_jwk()}), "invalid_proof", id="cred-proof-private-jwk"
    ),
    pytest.param(lambda make, _, __: make(header={"kid": "1"}), "invalid_proof", id="cred-proof-jwk-and-kid"),
    pytest.param(lambda make, _, __: make(header={"jwk": None}), "invalid_proof", id="cred-proof-no-key"),
    pytest.param(lambda make, _, __: make(claims={"aud": None}), "invalid_proof", id="cred-proof-no-aud"),
    pytest.param(lambda make, _, __: make(claims={"aud": "http://x/y"}), "invalid_proof", id="cred-proof-wrong-aud"),
    pytest.param(
        lambda make, _, __: make(claims={"aud": "ISSUER/credential"}), "invalid_proof", id="cred-proof-aud-endpoint"
    ),
    pytest.param(lambda make, _, __: make(claims={"iat": None}), "invalid_proof", id="cred-proof-no-iat"),
    pytest.param(lambda make, _, now: make(claims={"iat": now - 6 * MINUTE_S}), "invalid_proof", id="cred-proof-old"),
    pytest.param(
        lambda make, _, now: make(claims={"iat": now + 2 * MINUTE_S}), "invalid_proof", id="cred-proof-future"
    ),
    pytest.param(lambda make, _, __: make(claims={"nonce": None}), "invalid_proof", id="cred-proof-no-nonce"),
    pytest.param(lambda make, _, __: make(claims={"nonce": "AAAA"}), "invalid_nonce", id="cred-proof-wrong-nonce"),
    pytest.param(lambda make, _, __: make(claims={"nonce": 7}), "invalid_proof", id="cred-proof-nonce-number"),
    pytest.param(lambda make, _, __: make(claims={"iss": "me"}), "invalid_proof", id="cred-proof-iss-anonymous"),
    pytest.param(lambda make, _, now: make(claims={"exp": now - 2 * MINUTE_S}), "invalid_proof", id="expired"),
    pytest.param(lambda make, _, now: make(claims={"nbf": now + 2 * MINUTE_S}), "invalid_proof", id="not-yet-valid"),
    pytest.param(lambda make, _, __: make(claims={"exp": "soon"}), "invalid_proof", id="exp-text"),
    pytest.param(
        lambda make, key, __: make(header={"jwk": {**key.public().to_jwk(), "use": "enc"}}),
        "invalid_proof",
        id="key-for-encryption",
    ),
]


@pytest.mark.parametrize(("change", "code"), PROOFS)
async def test_refuses_a_bad_proof_and_spends_no_nonce(wire: Wire, change: Change, code: str) -> None:
    device = await wire.paired()
    nonce = await device.c_nonce()

    def make(*, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
        aud = {"aud": f"{device.issuer}/credential"} if claims == {"aud": "ISSUER/credential"} else {}
        return device.key_proof(nonce, header=header, claims={**(claims or {}), **aud})

    bad = change(make, device.holder_key, int(wire.clock().timestamp()))
    before = await wire.snapshot()
    refused = await device.credential(request_of(bad))

    assert_refused(refused, code, secrets=[*device.secrets, bad])
    assert await wire.snapshot() == before
    assert (await device.credential(request_of(device.key_proof(nonce)))).status_code == 200


@pytest.mark.parametrize(("change", "code"), PROOFS[:8])
async def test_one_bad_proof_of_many_and_nothing_is_issued(wire: Wire, change: Change, code: str) -> None:
    """Row cred-proof-one-of-many-bad (OpenID4VCI F.4)."""
    device = await wire.paired()
    nonce = await device.c_nonce()
    good = [device.key_proof(nonce, key=new_key()) for _ in range(2)]
    bad = change(lambda **how: device.key_proof(nonce, **how), device.holder_key, 0)
    before = await wire.snapshot()
    refused = await device.credential(request_of(good[0], bad, good[1]))
    assert_refused(refused, code, secrets=device.secrets)
    assert await wire.snapshot() == before
    assert (await device.credential(request_of(*good))).status_code == 200


async def test_a_batch_with_two_nonces_is_refused(wire: Wire) -> None:
    """Row cred-proof-mixed-nonces."""
    device = await wire.paired()
    first, second = await device.c_nonce(), await device.c_nonce()
    before = await wire.snapshot()
    for other in ("AAAA", second):
        proofs = [device.key_proof(nonce, key=new_key()) for nonce in (first, other)]
        assert_refused(await device.credential(request_of(*proofs)), "invalid_nonce", secrets=device.secrets)
    assert await wire.snapshot() == before
    assert (await device.credential(request_of(device.key_proof(first)))).status_code == 200


async def test_a_nonce_runs_out(wire: Wire) -> None:
    """Row cred-proof-expired-nonce."""
    device = await wire.paired()
    nonce = await device.c_nonce()
    wire.clock.advance(minutes=5, seconds=1)
    await device.c_nonce()
    assert_refused(await device.credential(request_of(device.key_proof(nonce))), "invalid_nonce")


async def test_a_nonce_is_good_once(either_wire: Wire) -> None:
    device = await either_wire.paired()
    nonce = await device.c_nonce()
    assert (await device.credential(request_of(device.key_proof(nonce)))).status_code == 200
    before = await either_wire.snapshot()
    refused = await device.credential(request_of(device.key_proof(nonce, key=new_key())))
    assert_refused(refused, "invalid_nonce", secrets=device.secrets)
    assert await either_wire.snapshot() == before


async def test_a_dpop_nonce_is_no_c_nonce(wire: Wire) -> None:
    device = await wire.paired()
    await device.c_nonce()
    assert_refused(await device.credential(request_of(device.key_proof(device.dpop_nonce))), "invalid_nonce")


async def test_refuses_more_proofs_than_the_batch_holds(wire: Wire) -> None:
    """Row cred-batch-too-big."""
    device = await wire.paired()
    nonce = await device.c_nonce()
    proofs = [device.key_proof(nonce, key=new_key()) for _ in range(BATCH_SIZE + 1)]
    before = await wire.snapshot()
    assert_refused(await device.credential(request_of(*proofs)), "invalid_credential_request", secrets=device.secrets)
    assert await wire.snapshot() == before
    assert (await device.credential(request_of(*proofs[:-1]))).status_code == 200


async def test_refuses_the_same_key_twice(wire: Wire) -> None:
    """Row cred-batch-same-key."""
    device = await wire.paired()
    nonce = await device.c_nonce()
    before = await wire.snapshot()
    refused = await device.credential(request_of(device.key_proof(nonce), device.key_proof(nonce)))
    assert_refused(refused, "invalid_proof", secrets=device.secrets)
    assert await wire.snapshot() == before
