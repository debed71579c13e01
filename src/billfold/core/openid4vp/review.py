"""The Review: who asks what, and which held Creds could answer; made before anybody consents.

Source: OpenID4VP 1.0 sections 6.4, 6.4.1, 6.4.2 and 15.1; Billfold's docs/optional-fields.md for the two ways in which
optional fields are asked: one further query per field (`per_field`), or alternative complete queries (`whole`).
Only `review` makes a Review, and answering takes one: what was not reviewed cannot be shared.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billfold.core.dcql.match import CredentialMatch, HeldCredential, Match, Miss, match, select_claim
from billfold.core.dcql.optional import alternatives, base_query_id
from billfold.core.dcql.path import ClaimPath, Selected, field_name
from billfold.core.dcql.query import ClaimsQuery, CredentialQuery, DcqlQuery
from billfold.core.openid4vp.request import PresentationRequest
from billfold.errors import QueryMismatch, StateError

_MADE_HERE: Final = object()


@dataclass(frozen=True, slots=True)
class OptionalField:
    """What the person may tick: its own credential query, or the extra claims of an alternative.

    *id* is the query's id (`per_field`) or the claim's dotted path (`whole`).
    """

    id: str
    paths: tuple[ClaimPath, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A held Cred that can answer: what it must show, and what it could show by optional field id."""

    credential_id: str
    required: tuple[Selected, ...]
    optional: Mapping[str, tuple[Selected, ...]]


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """One card of the review: a credential query, with the optional fields that belong to it.

    Args:
        set_index, option_index: where it stands in the credential sets; the groups of one option go together.
        required: whether its set must be answered.
        alternatives: of a `whole` group, the query id that asks for each combination of optional fields.
    """

    set_index: int
    option_index: int
    required: bool
    query: CredentialQuery
    candidates: tuple[Candidate, ...]
    optional: tuple[OptionalField, ...]
    misses: tuple[Miss, ...]
    alternatives: Mapping[frozenset[str], str]


@dataclass(frozen=True, slots=True)
class Pick:
    """What the person chose in one group: which Creds, and which optional fields by id."""

    group: int
    credential_ids: tuple[str, ...]
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which Creds answer which credential query."""

    answers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Review:
    """A request beside what this wallet holds. Made by `review` only."""

    request: PresentationRequest
    groups: tuple[ReviewGroup, ...]
    match: Match
    _seal: object

    def __post_init__(self) -> None:
        if self._seal is not _MADE_HERE:
            raise StateError("expected a Review made by review()")

    @property
    def is_answerable(self) -> bool:
        """Whether the Creds held are enough for everything that is required."""
        return self.match.is_answerable

    def default_picks(self) -> tuple[Pick, ...]:
        """Return what is selected before the person touches anything: the first way, the first Cred, nothing optional.

        Raises:
            StateError: the request cannot be answered.
        """
        if not self.is_answerable:
            raise StateError("expected a request that the Creds held can answer")
        first: dict[int, int] = {}
        for index, found in enumerate(self.match.sets):
            if found.query.required:
                first[index] = found.satisfiable[0]
        return tuple(
            Pick(position, (group.candidates[0].credential_id,))
            for position, group in enumerate(self.groups)
            if group.required and first[group.set_index] == group.option_index
        )

    def choose(self, picks: Sequence[Pick]) -> Choice:
        """Turn *picks* into the answers they mean; later ones for the same query win.

        Raises:
            StateError: a pick that the group does not offer.
        """
        answers: dict[str, tuple[str, ...]] = {}
        for pick in picks:
            if not 0 <= pick.group < len(self.groups):
                raise StateError("expected a pick of a group of this review")
            answers |= _answers(self.groups[pick.group], pick)
        return Choice(answers)


def review(request: PresentationRequest, held: Sequence[HeldCredential]) -> Review:
    """Put *request* beside *held*, in its order of preference.

    A Cred that has expired or is not valid now comes with `unusable` set, and shows up among the misses.
    """
    found = match(request.dcql_query, held)
    query = request.dcql_query
    cards = _Cards(query, found, {credential.id: credential for credential in held})
    sets = query.sets()
    absorbed = {index: base for index, entry in enumerate(sets) if (base := base_query_id(query, entry)) is not None}
    groups = [group for index in range(len(sets)) if index not in absorbed for group in cards.of_set(index, absorbed)]
    return Review(request, tuple(groups), found, _MADE_HERE)


@dataclass(frozen=True, slots=True)
class _Cards:
    """What all cards of one review are made from."""

    query: DcqlQuery
    found: Match
    held: Mapping[str, HeldCredential]

    def of_set(self, index: int, absorbed: Mapping[int, str]) -> list[ReviewGroup]:
        """Return the cards of credential set *index*; *absorbed* sets are fields on the cards of their base query."""
        sets = self.query.sets()
        entry = sets[index]
        combinations = alternatives(self.query, entry)
        groups: list[ReviewGroup] = []
        for option_index, option in enumerate(entry.options[:1] if combinations else entry.options):
            for query_id in option:
                extra = [sets[at].options[0][0] for at, base in absorbed.items() if base == query_id]
                base = self.query.by_id(query_id)
                claims = _extra_claims(self.query, base, combinations)
                group = ReviewGroup(
                    set_index=index,
                    option_index=option_index,
                    required=entry.required,
                    query=base,
                    candidates=tuple(self._candidate(match_, extra, claims) for match_ in self.found.matches[query_id]),
                    optional=self._optional(extra, claims),
                    misses=self.found.misses[query_id],
                    alternatives=combinations,
                )
                groups.append(group)
        return groups

    def _optional(self, extra: Sequence[str], claims: Mapping[str, ClaimsQuery]) -> tuple[OptionalField, ...]:
        asked = [OptionalField(name, tuple(claim.path for claim in self.query.by_id(name).claims)) for name in extra]
        return (*asked, *(OptionalField(name, (claim.path,)) for name, claim in claims.items()))

    def _candidate(self, entry: CredentialMatch, extra: Sequence[str], claims: Mapping[str, ClaimsQuery]) -> Candidate:
        credential = self.held[entry.credential.id]
        optional = {**_from_queries(self.found, extra, entry), **_from_claims(credential, claims)}
        return Candidate(credential.id, entry.selected, optional)


def _extra_claims(
    query: DcqlQuery, base: CredentialQuery, combinations: Mapping[frozenset[str], str]
) -> dict[str, ClaimsQuery]:
    claims = (claim for name in combinations.values() for claim in query.by_id(name).claims)
    return {field_name(claim.path): claim for claim in claims if claim not in base.claims}


def _from_queries(found: Match, extra: Collection[str], entry: CredentialMatch) -> dict[str, tuple[Selected, ...]]:
    return {
        name: other.selected
        for name in extra
        for other in found.matches[name]
        if other.credential.id == entry.credential.id
    }


def _from_claims(credential: HeldCredential, claims: Mapping[str, ClaimsQuery]) -> dict[str, tuple[Selected, ...]]:
    available: dict[str, tuple[Selected, ...]] = {}
    for name, claim in claims.items():
        try:
            available[name] = select_claim(claim, credential.claims)
        except QueryMismatch:  # this Cred lacks the field, so it cannot be ticked for it
            continue
    return available


def _answers(group: ReviewGroup, pick: Pick) -> dict[str, tuple[str, ...]]:
    candidates = {candidate.credential_id: candidate for candidate in group.candidates}
    chosen = [candidates[name] for name in pick.credential_ids if name in candidates]
    if len(chosen) != len(pick.credential_ids) or not chosen or (len(chosen) > 1 and not group.query.multiple):
        raise StateError("expected a Cred that this group offers, one unless several are asked for")
    if not pick.optional <= {field.id for field in group.optional} or any(
        not pick.optional <= candidate.optional.keys() for candidate in chosen
    ):
        raise StateError("expected optional fields that this Cred has")
    if group.alternatives:
        query_id = group.alternatives.get(pick.optional)
        if query_id is None:
            raise StateError("expected a combination of optional fields that the request offers")
        return {query_id: pick.credential_ids}
    return dict.fromkeys((group.query.id, *sorted(pick.optional)), pick.credential_ids)
