"""The access token as a request carries it: in the Authorization header, never elsewhere.

Source: RFC 6750 2.1 and 3.1, RFC 9449 7.1 and 7.2, RFC 9110 11.4.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from billfold.errors import RequestRefused

_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*\Z")
_SCHEMES: Final[dict[str, Literal["DPoP", "Bearer"]]] = {"dpop": "DPoP", "bearer": "Bearer"}
MAX_TOKEN_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """An access token and the scheme it came under; neither is checked against a store yet."""

    scheme: Literal["DPoP", "Bearer"]
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
    name, _, rest = authorization[0].partition(" ")
    scheme = _SCHEMES.get(name.lower())
    if scheme is None:
        return None
    access_token = rest.lstrip(" ")
    if not _TOKEN.match(access_token):
        raise RequestRefused("invalid_token", "expected Authorization: DPoP and an access token", status=401)
    return PresentedToken(scheme, access_token)
