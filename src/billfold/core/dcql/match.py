"""Matching: which credential answers which credential query, and what it would disclose.

Source: OpenID4VP 1.0 sections 6.1, 6.1.1.1, 6.3, 6.4.1, 6.4.2, 7.1.1, 7.2.1 and B.3.5.
The wallet asks it of what it holds; the verifier asks it of what was presented.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billfold.core.dcql.path import ConcretePath, Selected, field_name, select
from billfold.core.dcql.query import ClaimsQuery, CredentialQuery, CredentialSetQuery, DcqlQuery
from billfold.core.encoding import Json, JsonObject
from billfold.errors import ClaimPathError, QueryMismatch

AKI: Final = "aki"


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """A credential as matching sees it.

    Args:
        id: the holder's own name for it.
        types: its `vct` and those it extends, or its document type.
        claims: processed claims; of an mdoc, elements by namespace.
        disclosable: where a disclosure is needed to show what is there; of an mdoc, every element.
        holder_bound: whether it names a holder key.
        authority_key_ids: base64url key identifiers of its chain.
        unusable: why it cannot be shared now, such as `expired` or `suspended`; None where it can.
    """

    id: str
    format: str
    types: tuple[str, ...]
    claims: JsonObject
    disclosable: frozenset[ConcretePath]
    holder_bound: bool = True
    authority_key_ids: frozenset[str] = frozenset()
    unusable: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialMatch:
    """A credential that answers a query: what it shows, and the paths whose disclosures that takes.

    *selected* is everything the chosen claims select; *paths* leaves out what is always disclosed.
    """

    credential: HeldCredential
    selected: tuple[Selected, ...]
    paths: tuple[ConcretePath, ...]
    claim_set_index: int | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """A credential of the asked format that does not answer, with a stable code and why."""

    credential_id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetMatch:
    """A credential set, and the indexes of its options that can be answered."""

    query: CredentialSetQuery
    satisfiable: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """What a whole query finds: matches and misses by credential query id, and the sets (6.4.2)."""

    matches: Mapping[str, tuple[CredentialMatch, ...]]
    misses: Mapping[str, tuple[Miss, ...]]
    sets: tuple[SetMatch, ...]

    @property
    def is_answerable(self) -> bool:
        """Whether every required set can be answered, and anything at all."""
        required = (bool(found.satisfiable) for found in self.sets if found.query.required)
        return all(required) and any(found.satisfiable for found in self.sets)


def match(query: DcqlQuery, held: Sequence[HeldCredential]) -> Match:
    """Find what *held* has to answer *query*, in the order of *held*."""
    matches: dict[str, tuple[CredentialMatch, ...]] = {}
    misses: dict[str, tuple[Miss, ...]] = {}
    for credential_query in query.credentials:
        found: list[CredentialMatch] = []
        missed: list[Miss] = []
        for credential in held:
            try:
                found.append(match_credential(credential_query, credential))
            except QueryMismatch as exc:
                if exc.code != "wrong_format":
                    missed.append(Miss(credential.id, exc.code, str(exc)))
        matches[credential_query.id], misses[credential_query.id] = tuple(found), tuple(missed)
    sets = tuple(SetMatch(entry, _satisfiable(entry, matches)) for entry in query.sets())
    return Match(matches, misses, sets)


def match_credential(query: CredentialQuery, credential: HeldCredential) -> CredentialMatch:
    """Return how *credential* answers *query*.

    Raises:
        QueryMismatch: with code `wrong_format`, `wrong_type`, `unusable`, `not_bound`, `wrong_authority` or
            `missing_claim`. A value that does not fit reads as a missing claim (6.4.1).
    """
    if credential.format != query.format:
        raise QueryMismatch(f"expected format {query.format}", code="wrong_format")
    wanted = query.meta.vct_values or (() if query.meta.doctype_value is None else (query.meta.doctype_value,))
    if wanted and not set(wanted) & set(credential.types):
        raise QueryMismatch("expected a credential of a type that is asked for", code="wrong_type")
    if credential.unusable is not None:
        raise QueryMismatch(f"expected a usable credential, got one that is {credential.unusable}", code="unusable")
    if query.require_cryptographic_holder_binding and not credential.holder_bound:
        raise QueryMismatch("expected a credential that is bound to a holder key", code="not_bound")
    _check_authorities(query, credential.authority_key_ids)
    index, claims = _choose_claims(query, credential)
    selected = tuple(place for claim in claims for place in select_claim(claim, credential.claims))
    needed = (place.path for place in selected if needs_disclosure(place.path, credential.disclosable))
    return CredentialMatch(credential, selected, tuple(dict.fromkeys(needed)), index)


def select_claim(claim: ClaimsQuery, claims: JsonObject) -> tuple[Selected, ...]:
    """Return the places that *claim* selects in *claims*; with values, only those that have one of them.

    Raises:
        QueryMismatch: `missing_claim`: nothing is selected.
    """
    try:
        places = select(claims, claim.path)
    except ClaimPathError as exc:
        raise QueryMismatch(f"expected claim {field_name(claim.path)}", code="missing_claim") from exc
    if claim.values:
        places = tuple(place for place in places if _has_value(place.value, claim.values))
    if not places:
        raise QueryMismatch(f"expected claim {field_name(claim.path)}", code="missing_claim")
    return places


def chosen_claims(query: CredentialQuery, claim_set_index: int | None) -> tuple[ClaimsQuery, ...]:
    """Return the claims that *query* asks for under the claim set it was answered by."""
    if claim_set_index is None:
        return query.claims
    by_id = {claim.id: claim for claim in query.claims}
    return tuple(by_id[name] for name in query.claim_sets[claim_set_index])


def needs_disclosure(path: ConcretePath, disclosable: Collection[ConcretePath]) -> bool:
    """Say whether showing what is at *path* takes a disclosure: of it, of a parent, or of something inside it."""
    if any(path[:length] in disclosable for length in range(1, len(path) + 1)):
        return True
    return any(inner[: len(path)] == path for inner in disclosable)


def _check_authorities(query: CredentialQuery, authority_key_ids: Collection[str]) -> None:
    if not query.trusted_authorities:
        return
    for authority in query.trusted_authorities:
        if authority.type == AKI and set(authority.values) & set(authority_key_ids):
            return
    raise QueryMismatch("expected a credential of an authority that is asked for", code="wrong_authority")


def _choose_claims(query: CredentialQuery, credential: HeldCredential) -> tuple[int | None, tuple[ClaimsQuery, ...]]:
    """Return the first claim set that can be answered, or all claims where there are no sets (6.4.1)."""
    if not query.claim_sets:
        return None, query.claims
    missing: QueryMismatch | None = None
    for index in range(len(query.claim_sets)):
        claims = chosen_claims(query, index)
        try:
            for claim in claims:
                select_claim(claim, credential.claims)
        except QueryMismatch as exc:
            missing = missing or exc
        else:
            return index, claims
    raise QueryMismatch("expected the claims of one claim set", code="missing_claim") from missing


def _has_value(value: Json, wanted: Sequence[str | int | bool]) -> bool:
    return any(type(value) is type(candidate) and value == candidate for candidate in wanted)


def _satisfiable(entry: CredentialSetQuery, matches: Mapping[str, Sequence[CredentialMatch]]) -> tuple[int, ...]:
    return tuple(index for index, option in enumerate(entry.options) if all(matches[name] for name in option))
