"""Status List Token: the signed, dated envelope around a status list, as a JWT.

Source: Token Status List, draft-ietf-oauth-status-list-20, sections 5.1 (token), 6.2 (reference in a credential),
7.1 (values), 8.3 (validation), 11.3 (who may sign), 13.7 (ttl); HAIP 1.0 section 6.1 (x5c and what stays out of it).
Fetching stays outside: the caller brings the text that it got from the credential's `uri`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from billfold.core.encoding import Json, JsonObject
from billfold.core.jose.jws import Jws, check_times, numeric_date, signing_input
from billfold.core.keys import VERIFYING_ALGORITHMS
from billfold.core.status.status_list import StatusList
from billfold.core.trust.chain import Anchor, Chain, Purpose, verify_chain
from billfold.errors import CredentialError, StatusIndexError, StatusListError

STATUS_LIST_TYP: Final = "statuslist+jwt"
STATUS_LIST_MEDIA_TYPE: Final = "application/statuslist+jwt"
MAX_TOKEN_BYTES: Final = 16 * 1024 * 1024
MAX_URI_CHARACTERS: Final = 2048
LEEWAY: Final = timedelta(seconds=60)
MIN_TTL: Final = timedelta(seconds=1)  # section 11.5: bounds for what the other side may ask of our cache
MAX_TTL: Final = timedelta(days=1)


class Status(IntEnum):
    """The values that are defined for everybody (section 7.1)."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where a credential's status stands: entry *idx* of the list at *uri*."""

    uri: str
    idx: int

    @classmethod
    def parse(cls, claim: Json) -> "StatusReference":
        """Read the `status` claim of a credential (section 6.2).

        Raises:
            StatusListError: another mechanism than `status_list`, or `uri` or `idx` is malformed.
        """
        reference = claim.get("status_list") if isinstance(claim, Mapping) else None
        if not isinstance(reference, Mapping):
            raise StatusListError("expected status with a status_list")
        uri, idx = reference.get("uri"), reference.get("idx")
        if not isinstance(uri, str) or not 1 <= len(uri) <= MAX_URI_CHARACTERS:
            raise StatusListError(f"expected uri as a string of 1 to {MAX_URI_CHARACTERS} characters")
        if type(idx) is not int or idx < 0:  # JSON true equals 1
            raise StatusListError("expected idx as a non-negative integer")
        return cls(uri, idx)

    def to_claim(self) -> dict[str, Json]:
        """Return the `status` claim."""
        return {"status_list": {"idx": self.idx, "uri": self.uri}}


@dataclass(frozen=True, slots=True)
class StatusToken:
    """A verified Status List Token.

    Attributes:
        expires_at: when it dies.
        ttl: for how long a copy may be kept.
        verified_until: until then what was verified stays so: it and its signer's certificates live.
    """

    uri: str
    status_list: StatusList
    issued_at: datetime
    expires_at: datetime | None
    ttl: timedelta | None
    verified_until: datetime

    def status_of(self, reference: StatusReference) -> Status:
        """Return the status of the credential behind *reference* (section 8.3 steps 5 to 7).

        Raises:
            StatusListError: another list, or a value that is not defined for everybody: not valid.
            StatusIndexError: there is no such entry.
        """
        if reference.uri != self.uri:
            raise StatusListError("expected a reference to this status list")
        value = self.status_list.status_at(reference.idx)
        if value not in (Status.VALID, Status.INVALID, Status.SUSPENDED):
            raise StatusListError(f"expected status 0, 1 or 2, got {value}", code="unknown_status")
        return Status(value)


def status_token_signing_input(
    header: JsonObject, *, sub: str, iat: datetime, exp: datetime, ttl_s: int, claim: JsonObject
) -> bytes:
    """Return the bytes to sign for a token of the list at *sub* (section 5.1).

    Args:
        header: `alg` and `x5c`; `typ` is set here.
        ttl_s: for how many seconds a copy may be kept.
        claim: from `StatusList.to_claim`.
    """
    claims: JsonObject = {
        "sub": sub,
        "iat": int(iat.timestamp()),
        "exp": int(exp.timestamp()),
        "ttl": ttl_s,
        "status_list": claim,
    }
    return signing_input({**header, "typ": STATUS_LIST_TYP}, claims)


def require_content_type(content_type: str) -> None:
    """Check the Content-Type of the answer that brought a token (section 8.2).

    Raises:
        StatusListError: another type, or none.
    """
    if content_type.partition(";")[0].strip().lower() != STATUS_LIST_MEDIA_TYPE:
        raise StatusListError(f"expected an answer of {STATUS_LIST_MEDIA_TYPE}")


def verify_status_token(
    text: str,
    *,
    uri: str,
    anchors: Collection[Anchor],
    credential_chain: Chain | None,
    now: datetime,
    haip: bool = True,
) -> StatusToken:
    """Verify the Status List Token that was fetched from *uri*.

    Steps (section 8.3): (1) form and type, (2) the signer's chain, which must end at the anchor of
    *credential_chain* where that is given, (3) signature, (4) `sub` is *uri*, (5) instants, (6) the list.

    Raises:
        StatusListError: any of these fails; nothing can be said of the credential.
    """
    try:
        jws = Jws.parse(text, max_bytes=MAX_TOKEN_BYTES)
        jws.require_typ(STATUS_LIST_TYP)
        chain = verify_chain(jws.header.get("x5c"), anchors, now=now, purpose=Purpose.STATUS, haip=haip)
        _check_same_anchor(chain, credential_chain)
        jws.verify(chain.public_key, VERIFYING_ALGORITHMS)
        return _read(jws.claims(), uri, now, chain)
    except StatusIndexError:
        raise
    except CredentialError as exc:
        raise StatusListError(f"status list token: {exc}", code=exc.code) from exc


def _check_same_anchor(chain: Chain, credential_chain: Chain | None) -> None:
    if credential_chain is not None and chain.anchor.certificate != credential_chain.anchor.certificate:
        raise StatusListError("expected a signer under the credential's own anchor", code="untrusted")


def _read(claims: JsonObject, uri: str, now: datetime, chain: Chain) -> StatusToken:
    if claims.get("sub") != uri:
        raise StatusListError("expected sub as the address of the list")
    issued_at = numeric_date(claims, "iat", required=True)
    expires_at = numeric_date(claims, "exp")
    check_times(claims, now=now, leeway=LEEWAY)
    if expires_at is not None and now >= expires_at:  # the leeway is for clocks that run ahead, not for stale lists
        raise StatusListError("expected exp in the future", code="expired")
    status_list = claims.get("status_list")
    if issued_at is None or not isinstance(status_list, Mapping):
        raise StatusListError("expected status_list as an object")
    until = chain.valid_until if expires_at is None else min(expires_at, chain.valid_until)
    return StatusToken(uri, StatusList.parse(status_list), issued_at, expires_at, _ttl(claims), until)


def _ttl(claims: JsonObject) -> timedelta | None:
    if "ttl" not in claims:
        return None
    value = claims["ttl"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StatusListError("expected ttl as a number of seconds")
    low, high = MIN_TTL.total_seconds(), MAX_TTL.total_seconds()
    return timedelta(seconds=min(max(value, low), high))
