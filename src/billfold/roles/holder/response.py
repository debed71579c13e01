"""Response: share exactly what was chosen, or decline. Both are in the history, which goes nowhere.

Source: OpenID4VP 1.0 sections 8.1 to 8.3.1, 8.5, 14.1 and 14.8; RFC 9901 4.3 (key binding); RFC 7516.
The history is written before anything is sent: what may have left the wallet is never missing from it.
"""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from billfold.adapters.http.client import Answer
from billfold.adapters.vault.records import Contents, Outcome, SharedFrom, StoredCred, StoredShare
from billfold.core.dcql.path import field_name
from billfold.core.jose.jwe import IV_BYTES
from billfold.core.jose.jws import attach
from billfold.core.keys import PrivateKey
from billfold.core.openid4vp.response import (
    PlannedPresentation,
    error_form,
    parse_answer,
    plan_response,
    response_form,
    vp_token,
)
from billfold.core.openid4vp.review import Choice
from billfold.core.sdjwt.key_binding import kb_signing_input
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.errors import ResponseError, StateError, TransportError
from billfold.roles.holder.cred import cred_name, for_matching, same_to_the_person
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal, error_of, reference_of, require_success
from billfold.roles.holder.review import Review

DECLINED: Final = "access_denied"


@dataclass(frozen=True, slots=True)
class Shared:
    """What became of a share.

    Attributes:
        accepted: whether the requester took it; what was sent has reached it in either case.
        redirect_uri: where the person goes on, where the requester says so.
        reference: by which the requester finds this answer again.
        reason: in the requester's own words, where it did not accept.
        shared: which fields that were asked for were sent of which Creds, by name.
    """

    accepted: bool
    redirect_uri: str | None
    reference: str | None
    reason: str | None
    shared: tuple[SharedFrom, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """What became of a decline: nothing was shared in either case.

    Attributes:
        told: whether the requester has taken note.
        redirect_uri: where the person goes on, where the requester says so.
    """

    told: bool
    redirect_uri: str | None


async def share(parts: HolderParts, review: Review, choice: Choice) -> Shared:
    """Send what *choice* says, and nothing else.

    Raises:
        StateError: the choice does not answer the request, or a Cred left or changed since the review.
        ResponseError: the requester's answer breaks the standard; what was sent has reached it.
        TransportError: no answer came; whether anything has arrived is unknown.
    """
    planned = plan_response(review.inner, choice)
    presentations = [(entry.query_id, _present(parts, review, entry)) for entry in planned]
    request = review.inner.request
    ephemeral, iv = parts.new_key(), parts.random(IV_BYTES)
    fields = response_form(request, vp_token(presentations), ephemeral=ephemeral, iv=iv)
    record = _record(parts, review, "unknown", _shared(parts, planned))
    _keep_shown(parts, record, {entry.credential_id for entry in planned})
    answer = await parts.peers.post_form(request.response_uri, fields)
    return _conclude(parts, record, answer)


async def decline(parts: HolderParts, review: Review) -> Declined:
    """Tell the requester that nothing is shared; it does not hear why (15.4.1).

    Whatever it answers, or does not, the person has declined: only where to go on may be missing (8.2).
    """
    record = _record(parts, review, "declined", ())
    parts.keep_share(record)
    request = review.inner.request
    told, redirect_uri = False, None
    with contextlib.suppress(ResponseError, TransportError):
        answer = await parts.peers.post_form(request.response_uri, error_form(DECLINED, state=request.state))
        body = require_success(answer, "to be told of the refusal", 200).body
        told = True
        redirect_uri = parse_answer(body)
    return Declined(told, redirect_uri)


def _present(parts: HolderParts, review: Review, planned: PlannedPresentation) -> str:
    """Return the Cred with the disclosures that were planned, bound to this requester and request."""
    stored = _stored(parts, planned.credential_id)
    _require_unchanged(parts, review, stored, planned.query_id)
    presentation = SdJwt.parse(stored.sd_jwt).select(planned.paths, whole=True)
    if stored.key is None or not planned.bound:
        return presentation
    key, request = PrivateKey.from_jwk(stored.key), review.inner.request
    now = parts.peers.time_at(request.response_uri)
    text = kb_signing_input(presentation, aud=request.client_id, nonce=request.nonce, now=now)
    return presentation + attach(text, key.sign(text))


def _require_unchanged(parts: HolderParts, review: Review, stored: StoredCred, query_id: str) -> None:
    """Refuse a Cred that was replaced or changed state since the review: other values than those were agreed to."""
    now = for_matching(stored, now=parts.now())
    if not any(same_to_the_person(now, found.credential) for found in review.inner.match.matches[query_id]):
        raise StateError("expected a Cred that has not changed since the review: review again", code="changed")


def _keep_shown(parts: HolderParts, record: StoredShare, cred_ids: Collection[str]) -> None:
    """Write the share, and that the instances in it were shown: none is shown twice while there is a fresh one."""

    def change(contents: Contents) -> Contents:
        for cred in contents.creds:
            if cred.id in cred_ids:
                contents = contents.with_cred(cred.shown())
        return contents.with_share(record)

    parts.vault.change(change)


def _conclude(parts: HolderParts, record: StoredShare, answer: Answer) -> Shared:
    reference, redirect_uri, reason = reference_of(answer), None, None
    try:
        redirect_uri = parse_answer(require_success(answer, "an answer to what was shared", 200).body)
        accepted = True
    except PeerRefusal as exc:
        accepted, reason = False, exc.description or error_of(answer).error
    outcome: Outcome = "accepted" if accepted else "not_accepted"
    parts.keep_share(msgspec.structs.replace(record, outcome=outcome, reference=reference))
    return Shared(accepted, redirect_uri, reference, reason, record.shared)


def _record(parts: HolderParts, review: Review, outcome: Outcome, shared: tuple[SharedFrom, ...]) -> StoredShare:
    return StoredShare(
        id=parts.new_id(),
        at=parts.now(),
        requester=review.requester,
        address=review.address,
        proven=review.proven,
        outcome=outcome,
        shared=shared,
        purpose=review.purpose,
    )


def _shared(parts: HolderParts, planned: Sequence[PlannedPresentation]) -> tuple[SharedFrom, ...]:
    """Return the names of what was asked for and is sent, disclosed or in the clear, Cred by Cred."""
    fields: dict[str, dict[str, None]] = {}
    for entry in planned:
        fields.setdefault(entry.credential_id, {}).update(dict.fromkeys(map(field_name, entry.shown)))
    return tuple(_shared_from(_stored(parts, cred_id), tuple(names)) for cred_id, names in fields.items())


def _shared_from(stored: StoredCred, names: tuple[str, ...]) -> SharedFrom:
    return SharedFrom(stored.id, stored.issuer, cred_name(stored), names)


def _stored(parts: HolderParts, cred_id: str) -> StoredCred:
    stored = parts.vault.contents.cred(cred_id)
    if stored is None:
        raise StateError("expected a Cred that is still in this wallet", code="no_such_cred")
    return stored
