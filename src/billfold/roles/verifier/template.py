"""Template: what is asked, as a DCQL query, and whose answers count.

Source: OpenID4VP 1.0 section 6; docs/optional-fields.md for the ways of asking optional fields.
"""

import base64

from cryptography import x509

from billfold.adapters.store.records import TemplateDefinition
from billfold.core.dcql.query import ClaimsQuery, CredentialQuery, CredentialSetQuery, DcqlQuery, Meta
from billfold.core.openid4vp.presentation import Accepted
from billfold.core.trust.chain import Anchor

REQUIRED = "required"
_FORMAT = "dc+sd-jwt"


def query_of(template: TemplateDefinition) -> DcqlQuery:
    """Return the template's query: required fields in one credential query, each optional field in one of its own."""
    required = [field.claim for field in template.fields if field.required]
    optional = [field.claim for field in template.fields if not field.required]
    base = _credential_query(template, REQUIRED, required)
    if not optional or template.optional_as == "required_only":
        return DcqlQuery(credentials=(base,))
    extras = tuple(_credential_query(template, _optional_id(claim), [claim]) for claim in optional)
    sets = (
        CredentialSetQuery(options=((REQUIRED,),)),
        *(CredentialSetQuery(options=((extra.id,),), required=False) for extra in extras),
    )
    return DcqlQuery(credentials=(base, *extras), credential_sets=sets)


def accepted_by(template: TemplateDefinition) -> dict[str, tuple[Accepted, ...]]:
    """Return, for each credential query, who may have issued what answers it."""
    wanted = template.accepted
    certificate = x509.load_der_x509_certificate(base64.b64decode(wanted.anchor))
    accepted = Accepted(wanted.issuer, (Anchor(certificate, wanted.issuer_name),), wanted.vct)
    return {query.id: (accepted,) for query in query_of(template).credentials}


def _credential_query(template: TemplateDefinition, query_id: str, claims: list[str]) -> CredentialQuery:
    return CredentialQuery(
        id=query_id,
        format=_FORMAT,
        meta=Meta(vct_values=(template.accepted.vct,)),
        claims=tuple(ClaimsQuery(path=(claim,)) for claim in claims),
    )


def _optional_id(claim: str) -> str:
    """Return a query id for *claim*: letters, digits, `_` and `-` only (6.1)."""
    return "optional_" + "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in claim)
