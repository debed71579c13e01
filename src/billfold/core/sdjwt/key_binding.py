"""Key binding: the holder's short JWT under a presentation, for one audience and one nonce.

Source: RFC 9901 4.3, 4.3.1 and 7.3; OpenID4VP 1.0 sections 14.1 and B.3.6 (audience is the whole client_id).
"""

import hmac
from datetime import datetime, timedelta
from typing import Final

from billfold.core.encoding import Json, JsonObject
from billfold.core.jose.jws import Jws, check_times, numeric_date, signing_input
from billfold.core.keys import ES256, VERIFYING_ALGORITHMS, EcAlgorithm, PublicKey
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.errors import CredentialError, KeyBindingError

KB_TYP: Final = "kb+jwt"


def kb_signing_input(
    presentation: str, *, aud: str, nonce: str, now: datetime, algorithm: EcAlgorithm = ES256
) -> bytes:
    """Return the bytes that the holder's key signs for *presentation*, a text that ends in ``~``.

    The SD-JWT+KB is *presentation* followed by ``jws.attach(signing_input, signature)``.

    Raises:
        CredentialError: *presentation* is not an SD-JWT without key binding.
    """
    sd_jwt = SdJwt.parse(presentation)
    if sd_jwt.key_binding_jwt is not None:
        raise KeyBindingError("expected a presentation that ends in ~")
    claims: JsonObject = {"iat": int(now.timestamp()), "aud": aud, "nonce": nonce, "sd_hash": sd_jwt.sd_hash()}
    return signing_input({"alg": algorithm.name, "typ": KB_TYP}, claims)


def verify_key_binding(
    sd_jwt: SdJwt, holder_key: PublicKey | None, *, aud: str, nonce: str, now: datetime, window: timedelta
) -> None:
    """Check that *holder_key* signed this very presentation for *aud* and *nonce*.

    Steps (RFC 9901 7.3 step 5): (1) there is one, and a key, (2) type, (3) signature, (4) instant, give or take
    *window*, (5) audience and nonce, (6) digest of the presentation.

    Raises:
        KeyBindingError: any of these fails.
    """
    if sd_jwt.key_binding_jwt is None or holder_key is None:
        raise KeyBindingError("expected a KB-JWT, and a key in cnf")
    try:
        jws = Jws.parse(sd_jwt.key_binding_jwt)
        jws.require_typ(KB_TYP)
        jws.verify(holder_key, VERIFYING_ALGORITHMS)
        claims = jws.claims()
        _check_instant(claims, now, window)
        sd_hash = sd_jwt.sd_hash()
    except CredentialError as exc:
        raise KeyBindingError(f"KB-JWT: {exc}", code=exc.code) from exc
    _require_equal("aud", claims.get("aud"), aud)
    _require_equal("nonce", claims.get("nonce"), nonce)
    _require_equal("sd_hash", claims.get("sd_hash"), sd_hash)


def _check_instant(claims: JsonObject, now: datetime, window: timedelta) -> None:
    """The window is for clocks that disagree over `iat`; an `exp` that the holder set counts to the second."""
    check_times(claims, now=now, leeway=window, max_age=timedelta())
    expires_at = numeric_date(claims, "exp")
    if expires_at is not None and now >= expires_at:
        raise KeyBindingError("expected exp in the future", code="expired")


def _require_equal(name: str, found: Json, expected: str) -> None:
    if not isinstance(found, str) or not hmac.compare_digest(found.encode(), expected.encode()):
        raise KeyBindingError(f"expected the {name} of this request in the KB-JWT", code=f"wrong_{name}")
