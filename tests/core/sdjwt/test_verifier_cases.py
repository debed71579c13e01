"""The 75 tokens of the vectors: good ones give exactly their claims, each of the others has one fault."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billfold.core.jose.jws import Jws
from billfold.core.keys import PublicKey
from billfold.core.sdjwt.key_binding import verify_key_binding
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc, verify_with_key
from billfold.errors import CredentialError
from tests.support.vectors import load_json

VECTOR = load_json("sd-jwt", "verifier_cases.json")
CONTEXT = VECTOR["context"]
KEY = load_json("sd-jwt", "keys.json")["issuer_public_jwk"]
ISSUER_KEY = PublicKey.from_jwk({name: KEY[name] for name in ("kty", "crv", "x", "y")})

# Rows of the table of bad inputs that a token of this file shows.
NEGATIVE_ROWS = {
    "alg-none": "sdjwt-none",
    "issuer-signature": "sdjwt-signature",
    "hs256-public-key": "sdjwt-alg-swap",
    "sd-alg-md5": "sdjwt-sd-alg-unknown",
    "disclosure-not-json": "sdjwt-disclosure-not-b64",
    "disclosure-not-array": "sdjwt-disclosure-not-array",
    "disclosure-two-elements": "sdjwt-disclosure-length",
    "array-three-elements": "sdjwt-array-disclosure-length",
    "disclosure-name-sd": "sdjwt-name-sd",
    "disclosure-name-dots": "sdjwt-name-dots",
    "disclosure-name-exists": "sdjwt-name-exists",
    "digest-twice": "sdjwt-digest-twice",
    "digest-twice-in-disclosure": "sdjwt-digest-twice-nested",
    "unreferenced-disclosure": "sdjwt-unreferenced",
    "disclosure-repeated": "sdjwt-disclosure-twice",
    "child-without-parent": "sdjwt-orphan-recursive",
    "array-extra-member": "sdjwt-ellipsis-extra",
    "sd-not-array": "sdjwt-sd-not-array",
    "disclosure-salt-number": "sdjwt-salt-number",
    "expired": "sdjwt-expired",
    "not-yet": "sdjwt-nbf",
    "selective-exp": "sdjwt-exp-in-disclosure",
    "selective-vct": "sdjwt-vct-in-disclosure",
    "typ-jwt": "sdjwt-typ",
    "no-vct": "sdjwt-no-vct",
    "kb-cnf-private": "sdjwt-cnf-private",
    "good-minimal-cnf": "sdjwt-cnf-minimal",
    "kb-disclosure-added": "kb-sd-hash-disclosure-added",
    "kb-disclosure-removed": "kb-sd-hash-disclosure-removed",
    "kb-reordered": "kb-sd-hash-order",
    "kb-old": "kb-iat-old",
    "kb-future": "kb-iat-future",
}


def row_id(row: dict[str, Any]) -> str:
    return NEGATIVE_ROWS.get(row["id"], row["id"])


def verify(token: str) -> VerifiedSdJwtVc:
    """Go the whole way of a verifier that asks for key binding."""
    now = datetime.fromtimestamp(CONTEXT["now"], UTC)
    sd_jwt = SdJwt.parse(token)
    verified = verify_with_key(sd_jwt, ISSUER_KEY, now=now)
    window = timedelta(seconds=CONTEXT["iat_window_seconds"])
    verify_key_binding(sd_jwt, verified.holder_key, aud=CONTEXT["aud"], nonce=CONTEXT["nonce"], now=now, window=window)
    return verified


@pytest.mark.parametrize("row", [row for row in VECTOR["cases"] if row["expect"] == "valid"], ids=row_id)
def test_a_good_token_gives_exactly_its_claims(row: dict[str, Any]) -> None:
    assert verify(row["token"]).claims == row["claims"]


@pytest.mark.parametrize("row", [row for row in VECTOR["cases"] if row["expect"] == "reject"], ids=row_id)
def test_a_token_with_one_fault_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(CredentialError, match="expected"):
        verify(row["token"])


@pytest.mark.parametrize(
    "row", [row for row in VECTOR["cases"] if row["issuer_signature_valid"] and row["id"] != "crit-unknown"], ids=row_id
)
def test_where_the_signature_is_good_the_refusal_comes_from_a_later_check(row: dict[str, Any]) -> None:
    jws = Jws.parse(row["token"].split("~")[0])
    jws.verify(ISSUER_KEY, ["ES256"])


def test_the_file_is_complete() -> None:
    assert len(VECTOR["cases"]) == 75
