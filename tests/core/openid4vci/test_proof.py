"""Key proofs: the specification's own, the vectors, then hostile sets of proofs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billfold.core.jose.jws import Jws, attach, signing_input
from billfold.core.keys import PrivateKey, PublicKey
from billfold.core.openid4vci.proof import KeyProof, proof_signing_input, verify_key_proofs
from billfold.errors import RequestRefused
from tests.support.organisations import NOW, new_key
from tests.support.vectors import load_json

VECTOR = load_json("openid4vci", "key_proofs.json")
CONTEXT = VECTOR["context"]
PLAIN = [case for case in VECTOR["cases"] if "key_attestations_required" not in case]
PRINTED = load_json("jose", "openid4vci_proof.json")[0]

# Rows of the table of bad inputs that a proof of this file shows.
NEGATIVE_ROWS = {
    "signature": "cred-proof-signature",
    "typ": "cred-proof-typ",
    "none": "cred-proof-none",
    "private-jwk": "cred-proof-private-jwk",
    "no-key": "cred-proof-no-key",
    "jwk-and-kid": "cred-proof-jwk-and-kid",
    "aud": "cred-proof-wrong-aud",
    "aud-endpoint": "cred-proof-aud-endpoint",
    "aud-missing": "cred-proof-no-aud",
    "nonce-missing": "cred-proof-no-nonce",
    "nonce-wrong": "cred-proof-wrong-nonce",
    "nonce-number": "cred-proof-nonce-number",
    "iat-missing": "cred-proof-no-iat",
    "iat-old": "cred-proof-old",
    "iat-future": "cred-proof-future",
    "iss-wrong": "cred-proof-iss-wrong",
    "iss-anonymous": "cred-proof-iss-anonymous",
}

ISSUER = "https://issuer.example/acme"
KEY, OTHER_KEY = new_key(), new_key()


def only(good: str) -> Callable[[str], None]:
    """A check that knows one nonce."""

    def check_nonce(nonce: str) -> None:
        if nonce != good:
            raise RequestRefused("invalid_nonce", "expected a nonce of this server, fetch a new one")

    return check_nonce


def proof(key: PrivateKey = KEY, header: dict[str, Any] | None = None, **changes: object) -> str:
    claims = {"aud": ISSUER, "iat": int(NOW.timestamp()), "nonce": "good", **changes}
    head = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": key.public().to_jwk(), **(header or {})}
    text = signing_input(head, {name: value for name, value in claims.items() if value is not None})
    return attach(text, key.sign(text))


def verify(proofs: object, **changes: object) -> list[KeyProof]:
    arguments: dict[str, Any] = {
        "credential_issuer": ISSUER,
        "allowed_algorithms": ("ES256",),
        "now": NOW,
        "window": timedelta(minutes=5),
        "check_nonce": only("good"),
        "max_proofs": 3,
    }
    return verify_key_proofs(proofs, **{**arguments, **changes})


def test_reads_the_proof_that_the_specification_prints() -> None:
    """Appendix F.1."""
    payload = PRINTED["payload"]
    [found] = verify(
        {"jwt": [PRINTED["jwt"]]},
        credential_issuer=payload["aud"],
        now=datetime.fromtimestamp(payload["iat"], UTC),
        check_nonce=only(payload["nonce"]),
    )
    assert found.public_key.to_jwk() == PRINTED["jwk"]


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=NEGATIVE_ROWS.get(case["id"], f"vector-{case['id']}")) for case in PLAIN]
)
def test_decides_each_vector(case: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {
        "credential_issuer": CONTEXT["credential_issuer"],
        "allowed_algorithms": CONTEXT["proof_signing_alg_values_supported"],
        "now": datetime.fromtimestamp(CONTEXT["now"], UTC),
        "window": timedelta(seconds=CONTEXT["window_seconds"]),
        "check_nonce": only(CONTEXT["valid_c_nonce"]),
        "client_id": None if case.get("anonymous") else CONTEXT["client_id"],
    }
    if case["expect"] == "accept":
        [found] = verify({"jwt": [case["proof"]]}, **arguments)
        assert found.jkt == PublicKey.from_jwk(Jws.parse(case["proof"]).header["jwk"]).thumbprint()
        return
    with pytest.raises(RequestRefused) as refused:
        verify({"jwt": [case["proof"]]}, **arguments)
    assert (refused.value.code, refused.value.status) == (case["expect"], 400)


@pytest.mark.parametrize(
    ("proofs", "code", "message"),
    [
        pytest.param(None, "invalid_proof", "as an object", id="cred-no-proofs"),
        pytest.param(None, "invalid_proof", "as an object", id="cred-old-proof-param"),
        pytest.param([], "invalid_proof", "as an object", id="proofs-array"),
        pytest.param({}, "invalid_proof", "one proof type jwt", id="proofs-empty"),
        pytest.param(
            {"jwt": [proof()], "attestation": ["x"]}, "invalid_proof", "one proof type", id="cred-proofs-two-types"
        ),
        pytest.param({"di_vp": ["x"]}, "invalid_proof", "one proof type jwt", id="cred-proofs-unknown-type"),
        pytest.param({"attestation": ["x", "y"]}, "invalid_proof", "one proof type", id="cred-attestation-two"),
        pytest.param({"jwt": []}, "invalid_proof", "non-empty array", id="cred-proofs-empty-array"),
        pytest.param({"jwt": proof()}, "invalid_proof", "non-empty array", id="proofs-text"),
        pytest.param({"jwt": [1]}, "invalid_proof", "each proof as a JWT", id="proof-number"),
        pytest.param({"jwt": ["abc"]}, "invalid_proof", "3 parts", id="cred-proof-not-jwt"),
        pytest.param({"jwt": [proof(header={"alg": "HS256"})]}, "invalid_proof", "alg of", id="cred-proof-hs256"),
        pytest.param(
            {"jwt": [proof(header={"alg": "ES384"})]}, "invalid_proof", "alg of", id="cred-proof-alg-not-listed"
        ),
        pytest.param({"jwt": [proof(header={"x5c": []})]}, "invalid_proof", "jwk alone", id="jwk-and-x5c"),
        pytest.param(
            {"jwt": [proof(), proof(OTHER_KEY)[:-8] + "A" * 8, proof(new_key())]},
            "invalid_proof",
            "signature",
            id="cred-proof-one-of-many-bad",
        ),
        pytest.param(
            {"jwt": [proof(), proof(OTHER_KEY, nonce="bad")]},
            "invalid_nonce",
            "nonce of this server",
            id="cred-proof-mixed-nonces",
        ),
        pytest.param(
            {"jwt": [proof(), proof(iat=int(NOW.timestamp()) - 1)]},
            "invalid_proof",
            "different key",
            id="cred-batch-same-key",
        ),
        pytest.param({"jwt": [proof()] * 4}, "invalid_credential_request", "at most 3", id="cred-batch-too-big"),
        pytest.param({"jwt": ["x" * 20_000]}, "invalid_proof", "at most", id="huge"),
    ],
)
def test_refuses_a_bad_set_of_proofs(proofs: object, code: str, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        verify(proofs)
    assert refused.value.code == code


@pytest.mark.parametrize("row", [pytest.param(1, id="cred-batch-not-offered")])
def test_one_proof_only_where_batches_are_not_offered(row: int) -> None:
    with pytest.raises(RequestRefused, match="at most 1") as refused:
        verify({"jwt": [proof(), proof(OTHER_KEY)]}, max_proofs=row)
    assert refused.value.code == "invalid_credential_request"


def test_a_batch_proves_each_key_and_asks_about_each_nonce_once() -> None:
    asked: list[str] = []
    found = verify({"jwt": [proof(), proof(OTHER_KEY)]}, check_nonce=asked.append)
    assert [entry.jkt for entry in found] == [KEY.public().thumbprint(), OTHER_KEY.public().thumbprint()]
    assert asked == ["good"]


def test_no_nonce_is_spent_on_a_set_that_fails() -> None:
    asked: list[str] = []
    with pytest.raises(RequestRefused, match="aud"):
        verify({"jwt": [proof(), proof(OTHER_KEY, aud="x")]}, check_nonce=asked.append)
    assert asked == []


@pytest.mark.parametrize("client_id", [None, "https://wallet.example"])
def test_what_we_build_verifies(client_id: str | None) -> None:
    text = proof_signing_input(
        KEY.public().to_jwk(), credential_issuer=ISSUER, now=NOW, nonce="good", client_id=client_id
    )
    [found] = verify({"jwt": [attach(text, KEY.sign(text))]}, client_id=client_id)
    assert (found.jkt, found.nonce) == (KEY.public().thumbprint(), "good")
