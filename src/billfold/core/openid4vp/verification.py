"""Verification: everything that was presented, checked as one answer, in two phases since statuses are fetched between.

Source: OpenID4VP 1.0 sections 6.4, 8.6, 14.2 and 14.11; Token Status List draft 20 section 8.3; Billfold's
docs/optional-fields.md (an optional answer from another copy is dropped, never merged).
Checks, in this order and under these stable names: `response` (form), `signature`, `issuer` (chain, accepted for this
Cred type), `validity`, `status`, `holder` (key binding, audience, nonce), `request` (asked for, and nothing beyond).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NoReturn

from billfold.core.dcql.answer import unanswered
from billfold.core.dcql.match import chosen_claims, select_claim
from billfold.core.dcql.optional import base_query_ids
from billfold.core.dcql.path import ConcretePath, field_name
from billfold.core.dcql.query import CredentialQuery, DcqlQuery
from billfold.core.encoding import Json
from billfold.core.openid4vp.presentation import (
    CHECKS,
    Accepted,
    CheckName,
    Failure,
    VerifiedPresentation,
    verify_presentation,
)
from billfold.core.openid4vp.response import VpToken
from billfold.core.status.status_token import Status, StatusReference, StatusToken
from billfold.core.trust.chain import Chain
from billfold.errors import BillfoldError, StatusListError

KEY_BINDING_WINDOW: Final = timedelta(minutes=5)

_STATUS_CODES: Final = {Status.INVALID: "revoked", Status.SUSPENDED: "suspended"}


@dataclass(frozen=True, slots=True)
class Check:
    """One check over the whole answer. *code* is for programs, *reason* for people; both None where all went well."""

    check: CheckName
    outcome: Literal["passed", "failed", "skipped"]
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class VerifiedCred:
    """One Cred that was accepted, with the fields that were asked for, by dotted path."""

    query_ids: tuple[str, ...]
    vct: str
    issuer: str
    fields: Mapping[str, Json]
    expires_at: datetime | None
    chain: Chain | None


@dataclass(frozen=True, slots=True)
class Verification:
    """The result. It has no truth value: ask for `accepted`, and read the checks."""

    accepted: bool
    checks: tuple[Check, ...]
    creds: tuple[VerifiedCred, ...]

    def __bool__(self) -> NoReturn:
        raise TypeError("a Verification has no truth value, ask for accepted")


@dataclass(frozen=True, slots=True)
class StatusQuestion:
    """A status that must be fetched: *chain* is the credential's, for `verify_status_token`."""

    reference: StatusReference
    chain: Chain | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one presentation in phase 1."""

    query_id: str
    outcome: VerifiedPresentation | Failure


@dataclass(frozen=True, slots=True)
class PendingVerification:
    """What phase 1 found; `finish_verification` needs the status tokens for *questions*."""

    questions: tuple[StatusQuestion, ...]
    query: DcqlQuery
    answers: tuple[Answer, ...]


def begin_verification(
    token: VpToken,
    *,
    dcql_query: DcqlQuery,
    client_id: str,
    nonce: str,
    now: datetime,
    accepted: Mapping[str, Collection[Accepted]],
    window: timedelta = KEY_BINDING_WINDOW,
) -> PendingVerification:
    """Phase 1: check every presentation of a `vp_token` whose shape `open_response` let through.

    Args:
        accepted: who may have issued, by credential query id; nobody where an id is absent.
        window: how far `iat` of a key binding may be from *now*.
    """
    answers = tuple(
        Answer(
            query_id,
            verify_presentation(
                text,
                dcql_query.by_id(query_id),
                client_id=client_id,
                nonce=nonce,
                now=now,
                window=window,
                accepted=accepted.get(query_id, ()),
            ),
        )
        for query_id, texts in token.items()
        for text in texts
    )
    questions = (
        StatusQuestion(answer.outcome.verified.status, answer.outcome.verified.chain)
        for answer in answers
        if isinstance(answer.outcome, VerifiedPresentation) and answer.outcome.verified.status is not None
    )
    return PendingVerification(tuple(dict.fromkeys(questions)), dcql_query, answers)


def finish_verification(
    pending: PendingVerification, statuses: Mapping[StatusQuestion, StatusToken | BillfoldError]
) -> Verification:
    """Phase 2: apply the statuses and conclude.

    A presentation that fails is discarded; the answer is accepted when what remains satisfies the request. A wrong
    key binding, or a disclosure that nobody asked for, refuses the whole answer.

    Args:
        statuses: by the entries of ``pending.questions``: the verified token, or what went wrong; a question
            without an entry counts as unanswered, and unknown is not valid.
    """
    query = pending.query
    answers = [_with_status(answer, statuses) for answer in pending.answers]
    kept, notes = _drop_other_copies(query, answers)
    surplus = _surplus(kept)
    failures = [answer.outcome for answer in answers if isinstance(answer.outcome, Failure)]
    fatal = [failure for failure in failures if failure.check == "holder"]
    fatal += [] if surplus is None else [surplus]
    if not fatal and unanswered(query, {query_id for query_id, _ in kept}) is not None:
        fatal = failures or [Failure("request", "missing", "expected an answer to what is required", frozenset())]
    dropped = [*notes, *(failure for failure in failures if failure not in fatal)]
    checks = _checks(answers, fatal, dropped)
    accepted = not fatal
    return Verification(accepted, checks, _creds(query, kept) if accepted else ())


def _with_status(answer: Answer, statuses: Mapping[StatusQuestion, StatusToken | BillfoldError]) -> Answer:
    outcome = answer.outcome
    if isinstance(outcome, Failure) or outcome.verified.status is None:
        return answer
    reference, passed = outcome.verified.status, outcome.passed
    token = statuses.get(StatusQuestion(reference, outcome.verified.chain))
    if not isinstance(token, StatusToken):
        code = "status_unknown" if token is None else token.code
        reason = "expected the status list" if token is None else str(token)
        return Answer(answer.query_id, Failure("status", code, reason, passed))
    try:
        status = token.status_of(reference)
    except StatusListError as exc:
        return Answer(answer.query_id, Failure("status", exc.code, str(exc), passed))
    if status is not Status.VALID:
        code = _STATUS_CODES[status]
        return Answer(answer.query_id, Failure("status", code, f"expected a valid Cred, got {code}", passed))
    verified = VerifiedPresentation(outcome.copy, outcome.verified, outcome.match, passed | {"status"})
    return Answer(answer.query_id, verified)


def _drop_other_copies(
    query: DcqlQuery, answers: Collection[Answer]
) -> tuple[list[tuple[str, VerifiedPresentation]], list[Failure]]:
    """Return the answers that count, and a note for each optional one that came from another copy than its base."""
    good = [(answer.query_id, answer.outcome) for answer in answers if isinstance(answer.outcome, VerifiedPresentation)]
    bases = base_query_ids(query)
    copies = {query_id: outcome.copy for query_id, outcome in good}
    kept: list[tuple[str, VerifiedPresentation]] = []
    notes: list[Failure] = []
    for query_id, outcome in good:
        if query_id in bases and copies.get(bases[query_id]) != outcome.copy:
            reason = f"dropped the optional answer {query_id}, it came from another copy"
            notes.append(Failure("request", "other_copy", reason, frozenset()))
        else:
            kept.append((query_id, outcome))
    return kept, notes


def _surplus(kept: Collection[tuple[str, VerifiedPresentation]]) -> Failure | None:
    """Look for disclosures that no answered query on the same copy asks for."""
    asked: dict[str, set[ConcretePath]] = {}
    for _, outcome in kept:
        asked.setdefault(outcome.copy, set()).update(place.path for place in outcome.match.selected)
    for query_id, outcome in kept:
        paths = asked[outcome.copy]
        if not all(_is_asked(path, paths) for path in outcome.verified.disclosed):
            reason = f"expected no more than was asked for, in the answer to {query_id}"
            return Failure("request", "surplus", reason, frozenset())
    return None


def _is_asked(disclosed: ConcretePath, asked: Collection[ConcretePath]) -> bool:
    """Say whether *disclosed* is asked for, leads to what is asked for, or lies inside it."""
    return any(disclosed[: len(path)] == path[: len(disclosed)] for path in asked)


def _checks(answers: Collection[Answer], fatal: Collection[Failure], dropped: Collection[Failure]) -> tuple[Check, ...]:
    passed = {name for answer in answers for name in answer.outcome.passed}
    checks: list[Check] = []
    for name in CHECKS:
        failed = next((failure for failure in fatal if failure.check == name), None)
        noted = next((failure for failure in dropped if failure.check == name), None)
        if failed is not None:
            checks.append(Check(name, "failed", failed.code, failed.reason))
        else:
            code, reason = (None, None) if noted is None else (noted.code, noted.reason)
            checks.append(Check(name, "passed" if name in passed else "skipped", code, reason))
    return tuple(checks)


def _creds(query: DcqlQuery, kept: Collection[tuple[str, VerifiedPresentation]]) -> tuple[VerifiedCred, ...]:
    by_copy: dict[str, list[tuple[str, VerifiedPresentation]]] = {}
    for query_id, outcome in kept:
        by_copy.setdefault(outcome.copy, []).append((query_id, outcome))
    creds: list[VerifiedCred] = []
    for group in by_copy.values():
        fields: dict[str, Json] = {}
        for query_id, outcome in group:
            fields |= _fields(query.by_id(query_id), outcome)
        verified = group[0][1].verified
        query_ids = tuple(dict.fromkeys(query_id for query_id, _ in group))
        cred = VerifiedCred(query_ids, verified.vct, verified.issuer, fields, verified.expires_at, verified.chain)
        creds.append(cred)
    return tuple(creds)


def _fields(query: CredentialQuery, outcome: VerifiedPresentation) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    for claim in chosen_claims(query, outcome.match.claim_set_index):
        values = [place.value for place in select_claim(claim, outcome.verified.claims)]
        fields[field_name(claim.path)] = values if None in claim.path else values[0]
    return fields
