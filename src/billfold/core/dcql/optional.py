"""Optional fields in a DCQL query: which queries ask for more of the credential that another one asks for.

Source: OpenID4VP 1.0 sections 6.2 and 6.4.1 (claim sets are not for the End-User's choice); Billfold's
docs/optional-fields.md for the two ways of asking: one further query per field (`per_field`), or alternative
complete queries, barest first (`whole`).
"""

from collections.abc import Mapping

from billfold.core.dcql.path import field_name
from billfold.core.dcql.query import CredentialQuery, CredentialSetQuery, DcqlQuery


def base_query_id(query: DcqlQuery, entry: CredentialSetQuery) -> str | None:
    """Return the required credential query that the optional set *entry* asks more of (`per_field`), if it does."""
    if entry.required or len(entry.options) != 1 or len(entry.options[0]) != 1:
        return None
    extra = query.by_id(entry.options[0][0])
    required = (name for other in query.sets() if other.required for option in other.options for name in option)
    for name in required:
        base = query.by_id(name)
        if name != extra.id and _same_type(base, extra) and not base.multiple and not extra.multiple:
            return name
    return None


def base_query_ids(query: DcqlQuery) -> dict[str, str]:
    """Return the base query's id by the id of each query that asks for an optional field (`per_field`)."""
    found = ((entry.options[0][0], base_query_id(query, entry)) for entry in query.sets())
    return {extra: base for extra, base in found if base is not None}


def alternatives(query: DcqlQuery, entry: CredentialSetQuery) -> Mapping[frozenset[str], str]:
    """Return query ids by the field names they add to the first, where *entry* is asked `whole`; else nothing."""
    if not entry.required or len(entry.options) < 2 or any(len(option) != 1 for option in entry.options):
        return {}
    base, *others = (query.by_id(option[0]) for option in entry.options)
    known = set(base.claims)
    found: dict[frozenset[str], str] = {frozenset(): base.id}
    for other in others:
        if not _same_type(base, other) or base.claim_sets or not known < set(other.claims) or other.multiple:
            return {}
        found[frozenset(field_name(claim.path) for claim in other.claims if claim not in known)] = other.id
    return found


def _same_type(one: CredentialQuery, other: CredentialQuery) -> bool:
    return one.format == other.format and one.meta == other.meta and bool(other.claims) and not other.claim_sets
