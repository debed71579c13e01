"""DPoP proofs: the RFC's and our own vectors first, then hostile proofs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from billfold.core.jose.jws import attach, signing_input
from billfold.core.keys import PrivateKey
from billfold.core.oauth.dpop import (
    DpopProof,
    check_dpop_nonce,
    dpop_signing_input,
    make_dpop_nonce,
    token_hash,
    verify_dpop,
)
from billfold.errors import RequestRefused

VECTORS = Path(__file__).parents[2] / "vectors"
RFC = json.loads((VECTORS / "jose" / "rfc9449_dpop.json").read_text())
OURS = json.loads((VECTORS / "openid4vci" / "dpop_proofs.json").read_text())
CONTEXT = OURS["context"]

KEY = PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))
OWN = KEY.public().to_jwk()
NOW = datetime(2026, 6, 1, tzinfo=UTC)
WINDOW = timedelta(seconds=300)
URL = "https://issuer.example.com/credential"
TOKEN = "an-access-token"


def proof(header: dict[str, Any] | None = None, **changes: object) -> str:
    """A good proof for a resource, with *changes* to its claims; None leaves one out."""
    claims = {"jti": "j" * 16, "htm": "POST", "htu": URL, "iat": int(NOW.timestamp()), "ath": token_hash(TOKEN)}
    kept = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.public().to_jwk(), **(header or {})}
    text = signing_input(head, kept)
    return attach(text, KEY.sign(text))


def verify(*values: str, htu: str = URL, **changes: object) -> DpopProof:
    arguments = {"htm": "POST", "now": NOW, "window": WINDOW, "access_token": TOKEN, **changes}
    return verify_dpop(values, htu=htu, **arguments)


@pytest.mark.parametrize("vector", RFC, ids=lambda vector: vector["name"])
def test_reads_the_proofs_printed_in_rfc_9449(vector: dict[str, Any]) -> None:
    """Sections 4.1 and 7.1."""
    now = datetime.fromtimestamp(vector["payload"]["iat"] + 5, UTC)
    token = vector.get("access_token")

    found = verify_dpop(
        [vector["proof"]], htm=vector["http_method"], htu=vector["url"], now=now, window=WINDOW, access_token=token
    )

    assert found.jkt == vector["jkt"]
    assert found.jti == vector["payload"]["jti"]
    assert token is None or token_hash(token) == vector["ath"]


@pytest.mark.parametrize("case", OURS["cases"], ids=lambda case: f"dpop-{case['id']}")
def test_decides_each_vector(case: dict[str, Any]) -> None:
    url = CONTEXT["url"] + ("?x=1" if case["id"] == "good-query" else "")
    arguments: dict[str, Any] = {
        "htm": CONTEXT["method"],
        "htu": url,
        "now": datetime.fromtimestamp(CONTEXT["now"], UTC),
        "window": timedelta(seconds=CONTEXT["window_seconds"]),
        "access_token": CONTEXT["access_token"],
        "expected_jkt": CONTEXT["token_cnf_jkt"],
    }
    if case["expect"] == "accept":
        assert verify_dpop([case["proof"]], **arguments).jkt == CONTEXT["token_cnf_jkt"]
        return
    with pytest.raises(RequestRefused) as refused:
        verify_dpop([case["proof"]], **arguments)
    assert refused.value.code == case["expect"]
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("values", "code", "message"),
    [
        pytest.param([], "invalid_token", "a DPoP proof beside", id="dpop-missing"),
        pytest.param([proof(), proof()], "invalid_dpop_proof", "exactly one", id="dpop-two-headers"),
        pytest.param(["no.jwt"], "invalid_dpop_proof", "3 parts", id="dpop-not-jwt"),
        pytest.param([proof({"typ": "JWT"})], "invalid_dpop_proof", "typ dpop", id="dpop-typ"),
        pytest.param([proof({"alg": "none"})], "invalid_dpop_proof", "alg of ES256", id="dpop-none"),
        pytest.param([proof({"alg": "HS256"})], "invalid_dpop_proof", "alg of ES256", id="dpop-hs256"),
        pytest.param([proof({"jwk": KEY.to_jwk()})], "invalid_dpop_proof", "private", id="dpop-private-jwk"),
        pytest.param([proof({"crit": ["x"], "x": 1})], "invalid_dpop_proof", "without crit", id="crit"),
        pytest.param([proof()[:-8] + "A" * 8], "invalid_dpop_proof", "signature", id="dpop-signature"),
        pytest.param([proof(htm="GET")], "invalid_dpop_proof", "htm", id="dpop-htm"),
        pytest.param([proof(htm="post")], "invalid_dpop_proof", "htm", id="htm-case"),
        pytest.param([proof(htu=URL + "s")], "invalid_dpop_proof", "htu", id="dpop-htu"),
        pytest.param([proof(htu=7)], "invalid_dpop_proof", "htu", id="htu-number"),
        pytest.param([proof(htu="/credential")], "invalid_dpop_proof", "absolute", id="htu-relative"),
        pytest.param([proof(jti=None)], "invalid_dpop_proof", "jti", id="dpop-no-jti"),
        pytest.param([proof(jti="j" * 257)], "invalid_dpop_proof", "jti", id="jti-long"),
        pytest.param([proof(iat=None)], "invalid_dpop_proof", "iat", id="no-iat"),
        pytest.param([proof(iat=True)], "invalid_dpop_proof", "iat", id="iat-true"),
        pytest.param([proof(iat=int(NOW.timestamp()) - 301)], "invalid_dpop_proof", "iat", id="dpop-iat-old"),
        pytest.param([proof(iat=int(NOW.timestamp()) + 61)], "invalid_dpop_proof", "iat", id="dpop-iat-future"),
        pytest.param([proof(exp=int(NOW.timestamp()) - 61)], "invalid_dpop_proof", "exp", id="expired"),
        pytest.param([proof(nbf=int(NOW.timestamp()) + 61)], "invalid_dpop_proof", "nbf", id="not-yet-valid"),
        pytest.param([proof({"jwk": {**OWN, "use": "enc"}})], "invalid_dpop_proof", "for signatures", id="use-enc"),
        pytest.param([proof({"jwk": {**OWN, "alg": "ES384"}})], "invalid_dpop_proof", "this alg", id="alg-of-key"),
        pytest.param([proof({"jwk": {**OWN, "key_ops": ["sign"]}})], "invalid_dpop_proof", "key_ops", id="key-ops"),
        pytest.param([proof({"jwk": {**OWN, "key_ops": "sign"}})], "invalid_dpop_proof", "key_ops", id="key-ops-text"),
        pytest.param([proof(htu=URL.replace("//", "//me@"))], "invalid_dpop_proof", "user", id="htu-with-a-user"),
        pytest.param([proof(ath=None)], "invalid_dpop_proof", "ath", id="dpop-no-ath"),
        pytest.param([proof(ath=token_hash("x"))], "invalid_dpop_proof", "ath", id="dpop-wrong-ath"),
        pytest.param([proof(nonce=1)], "invalid_dpop_proof", "nonce", id="nonce-number"),
        pytest.param(["x" * 9000], "invalid_dpop_proof", "at most", id="huge"),
    ],
)
def test_refuses_a_bad_proof(values: list[str], code: str, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        verify(*values)
    assert (refused.value.code, refused.value.status) == (code, 401)


@pytest.mark.parametrize(
    ("stated", "asked"),
    [
        ("HTTPS://Issuer.Example.com:443/credential", URL),
        ("https://issuer.example.com/a/../credential", URL),
        ("https://issuer.example.com/%63redential", URL),
        ("https://issuer.example.com/%e4?a=1#b", "https://issuer.example.com/%E4?c=2"),
        ("https://issuer.example.com", "https://issuer.example.com/"),
        ("http://localhost:8001/token", "http://localhost:8001/token"),
        ("http://[::1]:80/token", "http://[::1]/token"),
    ],
)
def test_htu_compares_after_normalisation(stated: str, asked: str) -> None:
    """RFC 9449 4.3 with RFC 3986 6.2.2 and 6.2.3."""
    assert verify(proof(htu=stated), htu=asked).jti == "j" * 16


@pytest.mark.parametrize(
    "stated", ["https://issuer.example.com:8443/credential", "http://issuer.example.com/credential"]
)
def test_htu_keeps_scheme_and_port_apart(stated: str) -> None:
    with pytest.raises(RequestRefused, match="htu as the URL"):
        verify(proof(htu=stated))


@pytest.mark.parametrize(
    ("token", "code", "status"),
    [
        pytest.param(TOKEN, "invalid_token", 401, id="dpop-other-key"),
        pytest.param(None, "invalid_grant", 400, id="token-refresh-other-key"),
    ],
)
def test_refuses_the_proof_of_another_key(token: str | None, code: str, status: int) -> None:
    with pytest.raises(RequestRefused, match="bound to") as refused:
        verify(proof(), access_token=token, expected_jkt="another")
    assert (refused.value.code, refused.value.status) == (code, status)


def test_a_token_request_without_proof_is_refused_with_400() -> None:
    with pytest.raises(RequestRefused, match="exactly one DPoP header") as refused:
        verify(access_token=None)
    assert (refused.value.code, refused.value.status) == ("invalid_dpop_proof", 400)


def test_what_we_build_verifies() -> None:
    text = dpop_signing_input(
        KEY.public().to_jwk(),
        htm="POST",
        htu=URL + "?query#fragment",
        jti="0123456789",
        now=NOW,
        access_token=TOKEN,
        nonce="n",
    )
    found = verify(attach(text, KEY.sign(text)), expected_jkt=KEY.public().thumbprint())
    assert (found.jti, found.nonce, found.issued_at) == ("0123456789", "n", NOW)


@pytest.mark.parametrize(
    ("nonce", "later", "message"),
    [
        pytest.param(None, 0, "of this server", id="dpop-nonce-needed"),
        pytest.param("AAAA", 0, "of this server", id="forged"),
        pytest.param("x=y", 0, "of this server", id="not-base64url"),
        pytest.param("own", 601, "fresh", id="expired"),
        pytest.param("own", -61, "fresh", id="from-the-future"),
    ],
)
def test_asks_for_a_fresh_nonce(nonce: str | None, later: int, message: str) -> None:
    made = make_dpop_nonce(b"k" * 32, now=NOW, random=b"r" * 16)
    sent = made if nonce == "own" else nonce
    with pytest.raises(RequestRefused, match=message) as refused:
        verify(
            proof(nonce=sent),
            check_nonce=lambda found: check_dpop_nonce(
                b"k" * 32, found, now=NOW + timedelta(seconds=later), lifetime=timedelta(minutes=10), status=401
            ),
        )
    assert (refused.value.code, refused.value.status) == ("use_dpop_nonce", 401)


def test_accepts_its_own_nonce_within_its_lifetime() -> None:
    made = make_dpop_nonce(b"k" * 32, now=NOW, random=b"r" * 16)
    check_dpop_nonce(b"k" * 32, made, now=NOW + timedelta(minutes=10), lifetime=timedelta(minutes=10))
    with pytest.raises(RequestRefused, match="of this server"):
        check_dpop_nonce(b"other", made, now=NOW, lifetime=timedelta(minutes=10))


def test_a_nonce_needs_sixteen_random_bytes() -> None:
    with pytest.raises(ValueError, match="expected 16 random bytes, got 8"):
        make_dpop_nonce(b"k" * 32, now=NOW, random=b"r" * 8)


@pytest.mark.parametrize("later", [-60, 0, 600])
def test_a_nonce_is_good_at_a_node_whose_clock_is_a_little_behind(later: int) -> None:
    made = make_dpop_nonce(b"k" * 32, now=NOW, random=b"r" * 16)
    at = NOW + timedelta(seconds=later)
    check_dpop_nonce(b"k" * 32, made, now=at, lifetime=timedelta(minutes=10), status=401)


def test_a_key_may_say_that_it_is_for_signatures() -> None:
    """RFC 7517 4.2 to 4.4."""
    told = {**OWN, "use": "sig", "alg": "ES256", "key_ops": ["verify"], "kid": "1"}
    assert verify(proof({"jwk": told})).jkt == KEY.public().thumbprint()
