"""Template: what is asked, as a DCQL query, and whose answers count.

Source: OpenID4VP 1.0 section 6; docs/optional-fields.md for the ways of asking optional fields.
"""

import base64
import functools
from collections.abc import Iterator, Sequence
from itertools import combinations

from cryptography import x509

from billfold.adapters.store.template_definition import AcceptedType, Ask, TemplateDefinition
from billfold.core.dcql.path import path_of
from billfold.core.dcql.query import ClaimsQuery, CredentialQuery, CredentialSetQuery, DcqlQuery, Meta
from billfold.core.openid4vp.presentation import Accepted
from billfold.core.trust.chain import Anchor

MOST_OPTIONAL_WHOLE = 3  # each further field doubles the number of alternative queries
_FORMAT = "dc+sd-jwt"
_ONLY_ASK = "required"


def query_of(template: TemplateDefinition) -> DcqlQuery:
    """Return the template's query."""
    credentials: list[CredentialQuery] = []
    sets: list[CredentialSetQuery] = []
    for ask in template.asks:
        queries, asked = _asked(ask, template)
        credentials += queries
        sets += asked
    if all(len(entry.options) == 1 and entry.required for entry in sets):
        return DcqlQuery(credentials=tuple(credentials))
    return DcqlQuery(credentials=tuple(credentials), credential_sets=tuple(sets))


def accepted_by(template: TemplateDefinition) -> dict[str, tuple[Accepted, ...]]:
    """Return, for each credential query, who may have issued what answers it."""
    found: dict[str, tuple[Accepted, ...]] = {}
    for ask in template.asks:
        accepted = tuple(map(_accepted, ask.accepted))
        queries, _ = _asked(ask, template)
        found |= dict.fromkeys((query.id for query in queries), accepted)
    return found


def _asked(ask: Ask, template: TemplateDefinition) -> tuple[list[CredentialQuery], list[CredentialSetQuery]]:
    return _whole(ask) if template.optional_as == "whole" else _per_field(ask, template)


def _per_field(ask: Ask, template: TemplateDefinition) -> tuple[list[CredentialQuery], list[CredentialSetQuery]]:
    """Ask for the required fields in one query, and for each optional field in one of its own."""
    base = _credential_query(ask, ask.id, _required(ask))
    sets = [CredentialSetQuery(options=((base.id,),))]
    if template.optional_as == "required_only":
        return [base], sets
    extras = [_credential_query(ask, _optional_id(ask, [claim]), [claim]) for claim in _optional(ask)]
    sets += (CredentialSetQuery(options=((extra.id,),), required=False) for extra in extras)
    return [base, *extras], sets


def _whole(ask: Ask) -> tuple[list[CredentialQuery], list[CredentialSetQuery]]:
    """Ask in complete alternatives, barest first."""
    queries = [
        _credential_query(ask, _optional_id(ask, extra) if extra else ask.id, [*_required(ask), *extra])
        for extra in _subsets(_optional(ask))
    ]
    return queries, [CredentialSetQuery(options=tuple((query.id,) for query in queries))]


def _subsets(claims: Sequence[str]) -> Iterator[list[str]]:
    for size in range(len(claims) + 1):
        yield from map(list, combinations(claims, size))


def _required(ask: Ask) -> list[str]:
    return [field.claim for field in ask.fields if field.required]


def _optional(ask: Ask) -> list[str]:
    return [field.claim for field in ask.fields if not field.required]


def _credential_query(ask: Ask, query_id: str, claims: Sequence[str]) -> CredentialQuery:
    types = tuple(dict.fromkeys(accepted.vct for accepted in ask.accepted))
    return CredentialQuery(
        id=query_id,
        format=_FORMAT,
        meta=Meta(vct_values=types),
        claims=tuple(ClaimsQuery(path=path_of(claim)) for claim in claims),
    )


def _optional_id(ask: Ask, claims: Sequence[str]) -> str:
    """Return a query id for *claims*: letters, digits, `_` and `-` only (6.1)."""
    names = [claim.replace(".", "-").replace("*", "each") for claim in claims]
    prefix = "" if ask.id == _ONLY_ASK else f"{ask.id}_"
    return f"{prefix}optional_" + "_".join(names)


def _accepted(wanted: AcceptedType) -> Accepted:
    return Accepted(wanted.issuer, (Anchor(_certificate(wanted.anchor), wanted.issuer_name),), wanted.vct)


@functools.lru_cache(maxsize=256)
def _certificate(text: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(text))
