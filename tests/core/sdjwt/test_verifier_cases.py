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
NEGATIVE_ROWS = load_json("negative", "rows.json")["sd-jwt"]


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
