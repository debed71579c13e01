"""The access token as a request carries it: in the Authorization header, never elsewhere; and the challenge for one.

Source: RFC 6750 2.1, 3 and 3.1, RFC 9449 7.1 and 7.2, RFC 9110 11.4 and 11.6.1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from billfold.errors import RequestRefused

_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*\Z")
Scheme = Literal["DPoP", "Bearer"]
_SCHEMES: Final[dict[str, Scheme]] = {"dpop": "DPoP", "bearer": "Bearer"}
MAX_TOKEN_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """An access token and the scheme it came under; neither is checked against a store yet."""

    scheme: Scheme
    access_token: str


def read_access_token(authorization: Sequence[str]) -> PresentedToken | None:
    """Read the `Authorization` headers of a request.

    Returns:
        None where there is no such header, or one of another scheme: the 401 answer then names no error code
        (RFC 6750 3.1).

    Raises:
        RequestRefused: more than one header, or a malformed token.
    """
    if not authorization:
        return None
    if len(authorization) != 1 or len(authorization[0]) > MAX_TOKEN_BYTES:
        raise RequestRefused("invalid_request", "expected one Authorization header")
    scheme = scheme_of(authorization)
    if scheme is None:
        return None
    access_token = authorization[0].partition(" ")[2].lstrip(" ")
    if not _TOKEN.match(access_token):
        raise RequestRefused("invalid_token", "expected Authorization: DPoP and an access token", status=401)
    return PresentedToken(scheme, access_token)


def scheme_of(authorization: Sequence[str]) -> Scheme | None:
    """Return the scheme that the first `Authorization` header names, if it is one for access tokens."""
    return _SCHEMES.get(authorization[0].partition(" ")[0].lower()) if authorization else None


def build_challenges(
    algorithms: Sequence[str], *, bearer_realm: str | None, error: str | None, scheme: Scheme | None
) -> str:
    """Return the `WWW-Authenticate` header for a request that came with *scheme*.

    The error stands in the challenge of the scheme that was tried; the other says only that it is there
    (RFC 9449 7.2). A `Bearer` challenge has a parameter always (RFC 6750 3).

    Args:
        algorithms: what DPoP proofs may be signed with.
        bearer_realm: the realm where bearer tokens are taken; None where they are not.
        error: the error code, if one is to be named.
        scheme: what the request came with, None for nothing or something else.
    """
    dpop, bearer = [f'algs="{" ".join(algorithms)}"'], [f'realm="{bearer_realm}"']
    tried = bearer if scheme == "Bearer" and bearer_realm is not None else dpop
    tried += [] if error is None else [f'error="{error}"']
    challenges = [f"DPoP {', '.join(dpop)}"]
    if bearer_realm is not None:
        challenges.append(f"Bearer {', '.join(bearer)}")
    return ", ".join(challenges)
