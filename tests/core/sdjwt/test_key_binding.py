"""Key binding: one presentation, one audience, one nonce; everything else is refused."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from billfold.core.jose.jws import attach, signing_input
from billfold.core.keys import ES384, PrivateKey, PublicKey
from billfold.core.sdjwt.key_binding import kb_signing_input, verify_key_binding
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.errors import KeyBindingError
from tests.support.disclosures import disclosure
from tests.support.organisations import NOW, new_key

HOLDER = new_key()
AUD, NONCE = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk", "n-0S6_WzA2Mj"
WINDOW = timedelta(minutes=5)
ONE, TWO = disclosure("s1", "one", 1), disclosure("s2", "two", 2)
JWT = attach(signing_input({"alg": "ES256"}, {"_sd": [ONE.digest, TWO.digest]}), b"")
PRESENTATION = f"{JWT}~{ONE.encoded}~"


def bound(presentation: str = PRESENTATION, *, key: PrivateKey = HOLDER) -> SdJwt:
    data = kb_signing_input(presentation, aud=AUD, nonce=NONCE, now=NOW, algorithm=key.algorithm)
    return SdJwt.parse(presentation + attach(data, key.sign(data)))


def handmade(*, header: dict[str, Any] | None = None, drop: str = "", **claims: Any) -> SdJwt:  # noqa: ANN401
    """Return a presentation whose KB-JWT differs from a good one in what is given."""
    good = {"iat": int(NOW.timestamp()), "aud": AUD, "nonce": NONCE, "sd_hash": SdJwt.parse(PRESENTATION).sd_hash()}
    changed = {name: value for name, value in (good | claims).items() if name != drop}
    data = signing_input({"alg": "ES256", "typ": "kb+jwt"} | (header or {}), changed)
    return SdJwt.parse(PRESENTATION + attach(data, HOLDER.sign(data)))


def verify(sd_jwt: SdJwt, *, key: PublicKey | None = None, aud: str = AUD, **after: float) -> None:
    now = NOW + timedelta(**after)
    verify_key_binding(sd_jwt, key or HOLDER.public(), aud=aud, nonce=NONCE, now=now, window=WINDOW)


def test_what_was_bound_here_verifies() -> None:
    verify(bound())
    verify(handmade())


def test_a_holder_key_on_another_curve_works_alike() -> None:
    key = PrivateKey.from_crypto(ec.generate_private_key(ec.SECP384R1()))
    assert key.algorithm is ES384
    verify(bound(key=key), key=key.public())


def test_the_digest_follows_the_hash_of_the_sd_jwt() -> None:
    jwt = attach(signing_input({"alg": "ES256"}, {"_sd_alg": "sha-512"}), b"")
    sd_jwt = bound(f"{jwt}~")
    assert len(sd_jwt.sd_hash()) == 86
    verify(sd_jwt)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_an_instant_within_the_window_is_accepted(seconds: float) -> None:
    verify(bound(), seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        pytest.param(-301, "issued_in_future", id="just-future"),
        pytest.param(301, "too_old", id="just-old"),
        pytest.param(-365 * 86400, "issued_in_future", id="kb-iat-future"),
        pytest.param(365 * 86400, "too_old", id="kb-iat-old"),
    ],
)
def test_an_instant_outside_the_window_is_refused(seconds: float, code: str) -> None:
    with pytest.raises(KeyBindingError, match="expected iat") as caught:
        verify(bound(), seconds=seconds)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"header": {"typ": "JWT"}}, "expected typ kb", id="kb-typ"),
        pytest.param({"header": {"typ": None}}, "expected typ kb", id="kb-no-typ"),
        pytest.param({"header": {"alg": "none"}}, "expected alg of", id="kb-none"),
        pytest.param({"header": {"crit": ["x"]}}, "without crit", id="kb-crit"),
        pytest.param({"nonce": "other"}, "expected the nonce", id="kb-nonce"),
        pytest.param({"nonce": 5}, "expected the nonce", id="kb-nonce-number"),
        pytest.param({"drop": "nonce"}, "expected the nonce", id="kb-no-nonce"),
        pytest.param({"aud": "x509_hash:other"}, "expected the aud", id="kb-aud"),
        pytest.param({"aud": [AUD]}, "expected the aud", id="kb-aud-array"),
        pytest.param({"aud": AUD.partition(":")[2]}, "expected the aud", id="kb-aud-no-prefix"),
        pytest.param({"drop": "aud"}, "expected the aud", id="kb-no-aud"),
        pytest.param({"sd_hash": "x"}, "expected the sd_hash", id="kb-sd-hash"),
        pytest.param({"drop": "sd_hash"}, "expected the sd_hash", id="kb-no-sd-hash"),
        pytest.param({"drop": "iat"}, "expected claim iat", id="kb-no-iat"),
        pytest.param({"iat": str(int(NOW.timestamp()))}, "iat as a number", id="kb-iat-text"),
        pytest.param({"exp": int(NOW.timestamp())}, "exp in the future", id="kb-exp-past"),
        pytest.param({"nbf": int(NOW.timestamp()) + 301}, "nbf in the past", id="kb-nbf"),
    ],
)
def test_refuses_a_kb_jwt_with_one_fault(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(KeyBindingError, match=message):
        verify(handmade(**changes))


def swapped(before: str, after: str) -> SdJwt:
    """Return a presentation bound as *before*, shown as *after*."""
    return SdJwt.parse(after + (bound(before).key_binding_jwt or ""))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(f"{JWT}~{ONE.encoded}~", f"{JWT}~", id="kb-sd-hash-disclosure-removed"),
        pytest.param(f"{JWT}~", f"{JWT}~{ONE.encoded}~", id="kb-sd-hash-disclosure-added"),
        pytest.param(
            f"{JWT}~{ONE.encoded}~{TWO.encoded}~", f"{JWT}~{TWO.encoded}~{ONE.encoded}~", id="kb-sd-hash-order"
        ),
    ],
)
def test_a_presentation_changed_after_signing_is_refused(before: str, after: str) -> None:
    with pytest.raises(KeyBindingError, match="expected the sd_hash"):
        verify(swapped(before, after))


@pytest.mark.parametrize("key", [pytest.param(new_key().public(), id="kb-other-key")])
def test_another_key_than_the_bound_one_is_refused(key: PublicKey) -> None:
    with pytest.raises(KeyBindingError, match="a signature by this key"):
        verify(bound(), key=key)


@pytest.mark.parametrize("text", [pytest.param(PRESENTATION, id="kb-missing")])
def test_a_missing_kb_jwt_is_refused(text: str) -> None:
    with pytest.raises(KeyBindingError, match="expected a KB-JWT"):
        verify(SdJwt.parse(text))


@pytest.mark.parametrize("holder_key", [pytest.param(None, id="kb-no-cnf")])
def test_a_kb_jwt_without_a_key_in_the_credential_is_refused(holder_key: None) -> None:
    with pytest.raises(KeyBindingError, match="a key in cnf"):
        verify_key_binding(bound(), holder_key, aud=AUD, nonce=NONCE, now=NOW, window=WINDOW)


@pytest.mark.parametrize("change", [pytest.param(-2, id="kb-signature")])
def test_a_broken_signature_is_refused(change: int) -> None:
    text = bound().text
    broken = text[:change] + ("A" if text[change] != "A" else "B") + text[change + 1 :]
    with pytest.raises(KeyBindingError, match="expected"):
        verify(SdJwt.parse(broken))


@pytest.mark.parametrize("tail", ["x", "e30.e30", "e30.e30.A A"])
def test_a_tail_that_is_no_jwt_is_refused(tail: str) -> None:
    with pytest.raises(KeyBindingError, match="KB-JWT: expected"):
        verify(SdJwt.parse(PRESENTATION + tail))


def test_a_presentation_that_is_bound_already_is_not_bound_again() -> None:
    with pytest.raises(KeyBindingError, match="ends in ~"):
        kb_signing_input(bound().text, aud=AUD, nonce=NONCE, now=NOW)
