"""VAPID: the RFC's vector, then every way to be somebody else."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from billfold.core.jose.jws import Jws, attach, signing_input
from billfold.core.keys import PrivateKey
from billfold.core.webpush.vapid import authorization, key_text, origin_of, verify_authorization
from billfold.errors import PushError
from tests.support.vectors import load_json

VECTOR = load_json("jose/rfc8292_vapid.json")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY, OTHER = (PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
ENDPOINT = "https://push.example.net:8443/p/abc?d=1"
ORIGIN = "https://push.example.net:8443"


def verify(header: str, *, key: PrivateKey = KEY, now: datetime = NOW, origin: str = ORIGIN) -> None:
    verify_authorization(header, audiences={origin}, expected_key=key_text(key.public()), now=now)


def header_of(claims: dict[str, object], *, key: PrivateKey = KEY, k: str | None = None, alg: str = "ES256") -> str:
    unsigned = signing_input({"typ": "JWT", "alg": alg}, claims)  # type: ignore[arg-type]
    return f"vapid t={attach(unsigned, key.sign(unsigned))}, k={k or key_text(key.public())}"


def test_verifies_the_vector_of_the_standard() -> None:
    """RFC 8292 section 2.4."""
    now = datetime.fromtimestamp(VECTOR["payload"]["exp"], UTC) - timedelta(hours=1)
    audiences = {VECTOR["endpoint_origin"]}

    verify_authorization(VECTOR["authorization"], audiences=audiences, expected_key=VECTOR["k"], now=now)


def test_what_we_sign_verifies_and_keeps_the_rules() -> None:
    header = authorization(ENDPOINT, key=KEY, subject="mailto:people@northwind.example", now=NOW)

    verify(header)
    claims = Jws.parse(header.partition("t=")[2].partition(",")[0]).claims()
    assert claims["aud"] == ORIGIN, "row push-vapid-aud"
    assert int(claims["exp"]) - NOW.timestamp() <= 24 * 3600, "row push-vapid-exp"  # type: ignore[arg-type]
    assert claims["sub"] == "mailto:people@northwind.example"


EXP = int((NOW + timedelta(hours=1)).timestamp())


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param(header_of({"aud": ORIGIN, "exp": EXP}, key=OTHER), "registered", id="another-key"),
        pytest.param(
            header_of({"aud": ORIGIN, "exp": EXP}, key=OTHER, k=key_text(KEY.public())), "registered key", id="claimed"
        ),
        pytest.param(header_of({"aud": "https://push.example.net", "exp": EXP}), "origin", id="another-origin"),
        pytest.param(header_of({"exp": EXP}), "origin", id="no-aud"),
        pytest.param(header_of({"aud": ORIGIN}), "VAPID token", id="no-exp"),
        pytest.param(header_of({"aud": ORIGIN, "exp": int(NOW.timestamp()) - 1}), "24 hours", id="run-out"),
        pytest.param(header_of({"aud": ORIGIN, "exp": EXP + 24 * 3600}), "24 hours", id="push-vapid-exp"),
        pytest.param(header_of({"aud": ORIGIN, "exp": EXP}, alg="none"), "VAPID token", id="none"),
        pytest.param(f"vapid t=x, k={key_text(KEY.public())}", "VAPID token", id="no-jwt"),
        pytest.param("Bearer x", "Authorization: vapid", id="another-scheme"),
        pytest.param("vapid " + "x" * 5000, "Authorization: vapid", id="huge"),
    ],
)
def test_refuses_who_is_not_the_registered_sender(header: str, message: str) -> None:
    with pytest.raises(PushError, match=message):
        verify(header)


def test_an_origin_has_no_path() -> None:
    assert origin_of(ENDPOINT) == ORIGIN
