"""Verification: what a wallet posted, checked whole, kept as long as the template says, and given out.

Source: OpenID4VP 1.0 sections 8.2, 8.3, 8.6, 14.2 and 14.3. A response that cannot be read leaves the request open;
one whose checks fail ends it, not accepted.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from billfold.adapters.store import presentation_requests, states
from billfold.adapters.store.records import PresentationRequestRecord
from billfold.core.dcql.query import DcqlQuery
from billfold.core.encoding import b64url_encode
from billfold.core.openid4vp.response import ErrorResponse, VpToken, open_response, parse_response_form
from billfold.core.openid4vp.verification import Verification, begin_verification, finish_verification
from billfold.errors import RequestRefused
from billfold.roles.parts import NotFound, Parts, sha256
from billfold.roles.verifier.request import ShownRequest, client_id_of, response_key, state_of
from billfold.roles.verifier.status import StatusTokens
from billfold.roles.verifier.template import accepted_by, query_of
from billfold.roles.verifier.verifier import Verifier

RESPONSE_CODE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Received:
    """What the wallet is answered: where the person goes on, where they began on this device."""

    redirect_uri: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """A finished verification as the requester's own program gets it.

    Attributes:
        session_bound: whether the answer came back to the browser that asked, shown by its `response_code` (14.3).
        creds: each with `credential_type` (the `vct`), `issuer` and `fields`, null once their time is over.
    """

    accepted: bool
    session_bound: bool
    checks: list[dict[str, Any]]
    creds: list[dict[str, Any]]


async def receive(
    parts: Parts, verifier: Verifier, statuses: StatusTokens, token: str, form: dict[str, str], *, reference: str
) -> Received:
    """Take a wallet's response to a request.

    Raises:
        NotFound: unknown, answered or run out.
        RequestRefused: it cannot be read, and the request stays open; or its checks failed, and the request ended.
    """
    found = await presentation_requests.by_request_hash(parts.store, verifier.id, sha256(token))
    if found is None:
        raise NotFound("expected a response to a request of this organisation")
    record = found[0]
    _require_live(parts, record)
    query = query_of(record.template)
    opened = open_response(
        parse_response_form(form),
        key=response_key(parts, record),
        state=state_of(parts, record.id),
        dcql_query=query,
    )
    if isinstance(opened, ErrorResponse):
        return await _end(parts, record, states.DECLINED, None, reference)
    verification = await _verify(parts, verifier, statuses, record, opened, query=query)
    received = await _end(parts, record, states.ANSWERED, verification, reference)
    if not verification.accepted:
        failed = next((check for check in verification.checks if check.outcome == "failed"), None)
        reason = failed.code if failed and failed.code else "a check failed"
        raise RequestRefused("invalid_request", f"expected a Cred that passes all checks, got: {reason}")
    return received


def result_of(shown: ShownRequest, parts: Parts, *, response_code: str | None) -> Result | None:
    """Return the result of an answered request, or None while there is none.

    Args:
        response_code: as the redirect brought it back.
    """
    record = shown.record
    if record.verification is None:
        return None
    bound = _is_bound(record, response_code)
    refused = record.template.refuse_unbound and not bound
    kept = record.fields if record.fields_expire_at and record.fields_expire_at > parts.now() else None
    withheld = record.return_to is not None and not bound
    creds = [
        {**cred, "fields": None if kept is None or withheld else kept[number]}
        for number, cred in enumerate(record.verification["creds"])
    ]
    checks = list(record.verification["checks"])
    if refused:
        checks.append({"check": "session", "outcome": "failed", "reason": "not_bound", "detail": _NOT_BOUND})
    return Result(record.verification["accepted"] and not refused, bound, checks, creds)


async def forget_results(parts: Parts) -> int:
    """Delete field values that were kept as long as their template says; return of how many requests."""
    return await presentation_requests.forget_results(parts.store, now=parts.now())


_NOT_BOUND = "expected the answer to come back to the browser that asked"


async def _verify(
    parts: Parts,
    verifier: Verifier,
    statuses: StatusTokens,
    record: PresentationRequestRecord,
    token: VpToken,
    *,
    query: DcqlQuery,
) -> Verification:
    pending = begin_verification(
        token,
        dcql_query=query,
        client_id=client_id_of(parts, verifier, record),
        nonce=record.nonce,
        now=parts.now(),
        accepted=accepted_by(record.template),
    )
    return finish_verification(pending, await statuses.answer(pending.questions))


async def _end(
    parts: Parts, record: PresentationRequestRecord, state: str, verification: Verification | None, reference: str
) -> Received:
    """Write the one answer that a request gets."""
    response_code = b64url_encode(parts.random(RESPONSE_CODE_BYTES)) if record.return_to else None
    keep_for = timedelta(seconds=record.template.keep_result_s)
    written = await presentation_requests.answer(
        parts.store,
        record.id,
        state=state,
        verification=_stored(verification),
        fields=None if verification is None else [dict(cred.fields) for cred in verification.creds],
        fields_expire_at=None if verification is None else parts.now() + keep_for,
        response_code_hash=sha256(response_code) if response_code else None,
        act=parts.act("wallet", reference=reference),
    )
    if not written:
        raise NotFound("expected a request that is neither answered nor run out: scan again")
    if record.return_to is None:
        return Received(None)
    separator = "&" if "?" in record.return_to else "?"
    return Received(f"{record.return_to}{separator}response_code={response_code}")


def _stored(verification: Verification | None) -> dict[str, Any] | None:
    if verification is None:
        return None
    return {
        "accepted": verification.accepted,
        "checks": [
            {"check": check.check, "outcome": check.outcome, "reason": check.code, "detail": check.reason}
            for check in verification.checks
        ],
        "creds": [{"credential_type": cred.vct, "issuer": cred.issuer} for cred in verification.creds],
    }


def _require_live(parts: Parts, record: PresentationRequestRecord) -> None:
    if record.state not in states.OPEN_REQUEST or record.expires_at <= parts.now():
        raise NotFound("expected a request that is neither answered nor run out: scan again")


def _is_bound(record: PresentationRequestRecord, response_code: str | None) -> bool:
    if record.response_code_hash is None or response_code is None:
        return False
    return hmac.compare_digest(record.response_code_hash, sha256(response_code))
