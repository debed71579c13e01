"""Review: who asks what, and which Creds of this wallet answer, with the names and values that a person decides on.

Source: OpenID4VP 1.0 sections 6.4, 6.4.1, 6.4.2 and 15.1; Billfold's docs/optional-fields.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from billfold.adapters.vault.records import StoredCred
from billfold.core.dcql.path import Selected, field_name
from billfold.core.oauth.urls import host_of
from billfold.core.openid4vp import review as core
from billfold.core.openid4vp.review import Candidate, Choice, OptionalField, Pick, ReviewGroup
from billfold.errors import StateError
from billfold.roles.holder.cred import Field, cred_name, for_matching, label_of
from billfold.roles.holder.link import Target
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.request import fetch_request


@dataclass(frozen=True, slots=True)
class OptionalChoice:
    """A field that may be ticked. *id* is for `share`; *name* is too. *value* is None where the Cred lacks it."""

    id: str
    name: str
    field: Field | None


@dataclass(frozen=True, slots=True)
class ReviewCred:
    """A Cred that can answer: what it must show, and what it could."""

    cred_id: str
    type_name: str
    issuer: str
    issuer_name: str
    required: tuple[Field, ...]
    optional: tuple[OptionalChoice, ...]


@dataclass(frozen=True, slots=True)
class Unfit:
    """A Cred of the right format that cannot answer: why, by a stable word and in a sentence."""

    cred_id: str
    type_name: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """One thing that is asked: the Creds that can answer, best first, and those that cannot.

    *wanted* names the fields asked for, where no Cred can show them; *types* are the `vct` values asked for.
    """

    required: bool
    types: tuple[str, ...]
    wanted: tuple[str, ...]
    creds: tuple[ReviewCred, ...]
    unfit: tuple[Unfit, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A request beside what this wallet holds, before anybody consents.

    Attributes:
        requester: the certificate's organisation where *proven*, else the host that the answer goes to.
        stated_name: the requester's own word, never to be shown as proven.
        address: the host that the answer goes to.
        retention: how long the requester says that it keeps what it gets; None: it does not say.
    """

    requester: str
    stated_name: str | None
    address: str
    proven: bool
    purpose: str | None
    retention: timedelta | None
    cards: tuple[ReviewCard, ...]
    inner: core.Review = field(repr=False)

    @property
    def is_answerable(self) -> bool:
        """Whether the Creds held are enough for everything that is required."""
        return self.inner.is_answerable


async def review(parts: HolderParts, target: Target) -> Review:
    """Fetch and verify the request behind *target*, and put it beside the Creds held. Nothing is sent.

    Raises:
        LinkUnknown: *target* is an offer.
        RequestRefused: the request breaks a rule, or nothing proves who asks although it says so.
        PeerRefusal, ResponseError: there is no such request, or no longer.
        TransportError: the requester did not answer.
    """
    request = await fetch_request(parts, target)
    held = [for_matching(cred, now=parts.now()) for cred in parts.vault.contents.creds]
    inner = core.review(request, held)
    contents = parts.vault.contents
    describe = _Describe(
        {cred.id: cred for cred in contents.creds},
        {pairing.issuer: pairing.issuer_name for pairing in contents.pairings},
    )
    return Review(
        requester=request.requester_name,
        stated_name=request.stated_name,
        address=host_of(request.response_uri),
        proven=request.proven,
        purpose=request.purpose,
        retention=request.retention,
        cards=tuple(describe.card(group) for group in inner.groups),
        inner=inner,
    )


def choose(review: Review, optional: Collection[str], cred: str | None) -> Choice:
    """Turn names into a choice: what is required, from the first Cred that fits, and of the rest only what is named.

    Args:
        optional: ids or names of optional fields.
        cred: the id of a Cred that the review offers, in place of the first.

    Raises:
        StateError: the request cannot be answered, or a name or Cred is not in the review.
    """
    groups = review.inner.groups
    wanted = set(optional)
    picks = [_pick(groups[pick.group], pick, wanted, cred) for pick in review.inner.default_picks()]
    picks += _optional_groups(groups, wanted, {pick.group for pick in picks})
    if cred is not None and not any(cred in pick.credential_ids for pick in picks):
        raise StateError("expected a Cred that the review offers", code="no_such_cred")
    taken = {name for pick in picks for name in _names(groups[pick.group], pick)}
    if not wanted <= taken:
        raise StateError("expected optional fields that the request asks for and the Cred has", code="no_such_field")
    return review.inner.choose(picks)


def _pick(group: ReviewGroup, pick: Pick, wanted: Collection[str], cred: str | None) -> Pick:
    offered = {candidate.credential_id: candidate for candidate in group.candidates}
    ids = (cred,) if cred in offered and cred is not None else pick.credential_ids
    candidate = offered[ids[0]]
    ticked = (entry.id for entry in group.optional if {entry.id, _name(entry)} & set(wanted))
    return Pick(pick.group, ids, frozenset(name for name in ticked if name in candidate.optional))


def _optional_groups(groups: Sequence[ReviewGroup], wanted: Collection[str], taken: Collection[int]) -> list[Pick]:
    """Return picks for whole Creds that are asked for as an option and that *wanted* names by their query's id."""
    return [
        Pick(position, (group.candidates[0].credential_id,))
        for position, group in enumerate(groups)
        if position not in taken and not group.required and group.candidates and group.query.id in wanted
    ]


def _names(group: ReviewGroup, pick: Pick) -> set[str]:
    ticked = [entry for entry in group.optional if entry.id in pick.optional]
    return {group.query.id, *(entry.id for entry in ticked), *(_name(entry) for entry in ticked)}


def _name(entry: OptionalField) -> str:
    return ", ".join(field_name(path) for path in entry.paths)


@dataclass(frozen=True, slots=True)
class _Describe:
    """Puts names to what matching found."""

    stored: dict[str, StoredCred]
    issuer_names: dict[str, str]

    def card(self, group: ReviewGroup) -> ReviewCard:
        return ReviewCard(
            required=group.required,
            types=group.query.meta.vct_values or (),
            wanted=tuple(field_name(claim.path) for claim in group.query.claims),
            creds=tuple(self._cred(candidate, group.optional) for candidate in group.candidates),
            unfit=tuple(
                Unfit(miss.credential_id, self._type(miss.credential_id), miss.code, miss.reason)
                for miss in group.misses
            ),
        )

    def _cred(self, candidate: Candidate, optional: Sequence[OptionalField]) -> ReviewCred:
        stored = self.stored[candidate.credential_id]
        return ReviewCred(
            cred_id=stored.id,
            type_name=self._type(stored.id),
            issuer=stored.issuer,
            issuer_name=self.issuer_names.get(stored.issuer, stored.issuer),
            required=tuple(self._field(stored, place) for place in candidate.required),
            optional=tuple(self._choice(stored, candidate, entry) for entry in optional),
        )

    def _choice(self, stored: StoredCred, candidate: Candidate, entry: OptionalField) -> OptionalChoice:
        places = candidate.optional.get(entry.id, ())
        return OptionalChoice(entry.id, _name(entry), self._field(stored, places[0]) if places else None)

    def _field(self, stored: StoredCred, place: Selected) -> Field:
        return Field(field_name(place.path), label_of(stored, place.path), place.value)

    def _type(self, cred_id: str) -> str:
        stored = self.stored[cred_id]
        return cred_name(stored)
