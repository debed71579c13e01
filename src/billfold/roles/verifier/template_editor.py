"""Templates are made: names resolved to types and anchors, and everything checked before a wallet can be asked.

A template accepts named anchors, never "any" (design: who is proven): for an issuer of this installation its own root,
for another one the certificate that the caller gives.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from billfold.adapters.store import credential_types, organisations, presentation_requests
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Organisation, PresentationTemplate
from billfold.adapters.store.template_definition import AcceptedType, Ask, TemplateDefinition
from billfold.core.dcql.query import parse_query
from billfold.core.openid4vp.client_id import ALWAYS_ENCRYPTED
from billfold.core.sdjwt.disclosure import NEVER_DISCLOSABLE
from billfold.errors import RequestRefused, StateError
from billfold.roles.issuer_names import vct_of
from billfold.roles.organisation import identifier_of, root_of
from billfold.roles.parts import NotFound, Parts
from billfold.roles.verifier.request import require_fitting_host
from billfold.roles.verifier.template import MOST_OPTIONAL_WHOLE, query_of
from billfold.roles.verifier.verifier import Verifier

MOST_ASKS = 8
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
_CLAIM = re.compile(r"[A-Za-z_-][A-Za-z0-9_-]{0,63}(?:\.(?:[A-Za-z0-9_-]{1,64}|\*)){0,7}\Z")


class BadTemplate(StateError):
    """A template cannot be asked as it stands."""

    code = "bad_template"


@dataclass(frozen=True, slots=True)
class WantedType:
    """A type that a template shall accept.

    Attributes:
        issuer: the credential issuer identifier.
        credential_type: the `vct`, or the slug where the issuer is one of this installation.
        issuer_name: as the requester knows it; for other installations.
        anchor: the issuer's root, base64 of DER; for other installations.
    """

    issuer: str
    credential_type: str
    issuer_name: str | None = None
    anchor: str | None = None


async def resolve(parts: Parts, wanted: WantedType) -> AcceptedType:
    """Return the accepted type that *wanted* names.

    Raises:
        BadTemplate: unknown here and without an anchor, or the anchor is no certificate.
    """
    if wanted.anchor is not None:
        _check_anchor(wanted.anchor)
        name = wanted.issuer_name or wanted.issuer
        return AcceptedType(wanted.credential_type, wanted.issuer, name, wanted.anchor, {"en": wanted.credential_type})
    for organisation in await organisations.every(parts.store):
        if identifier_of(parts, organisation.slug) == wanted.issuer:
            return await _of_this_installation(parts, organisation, wanted)
    raise BadTemplate("expected an issuer of this installation, or the anchor of another one")


async def create(
    parts: Parts, verifier: Verifier, slug: str, definition: TemplateDefinition, *, act: Act, asked_once: Once | None
) -> str:
    """Store a template and return its id, an earlier one's if this was asked before.

    Raises:
        BadTemplate: it cannot be asked.
        HostShared: it asks under the host's name, and others ask from this host too.
        Conflict: the organisation has a template of this slug.
        KeyReused: the idempotency key came before with another request.
    """
    await require_fitting_host(parts, verifier, definition)
    if not _NAME.match(slug):
        raise BadTemplate("expected a slug of lower-case letters, digits and hyphens")
    _check(definition)
    template = PresentationTemplate(parts.new_id(), slug, definition)
    return await presentation_requests.create_template(
        parts.store, verifier.id, template, act=act, asked_once=asked_once
    )


async def change(
    parts: Parts, verifier: Verifier, template: PresentationTemplate, definition: TemplateDefinition, *, act: Act
) -> None:
    """Change what a template asks from now on; requests that were made before stay as they were.

    Raises:
        BadTemplate: it cannot be asked.
        HostShared: it asks under the host's name, and others ask from this host too.
        NotFound: the organisation has no such template.
    """
    _check(definition)
    await require_fitting_host(parts, verifier, definition)
    changed = PresentationTemplate(template.id, template.slug, definition)
    if not await presentation_requests.change_template(parts.store, verifier.id, changed, act=act):
        raise NotFound("expected a template of this organisation")


async def _of_this_installation(parts: Parts, organisation: Organisation, wanted: WantedType) -> AcceptedType:
    for credential_type in await credential_types.of_organisation(parts.store, organisation.id):
        vct = vct_of(wanted.issuer, credential_type.slug)
        if wanted.credential_type in (credential_type.slug, vct):
            anchor = base64.b64encode(await root_of(parts, organisation.id)).decode()
            return AcceptedType(vct, wanted.issuer, organisation.name, anchor, credential_type.definition.names)
    raise BadTemplate("expected a Cred type of that issuer")


def _check(definition: TemplateDefinition) -> None:
    if not 1 <= len(definition.asks) <= MOST_ASKS or len({ask.id for ask in definition.asks}) != len(definition.asks):
        raise BadTemplate(f"expected 1 to {MOST_ASKS} asks with different ids")
    for ask in definition.asks:
        _check_ask(ask, definition)
    if not 60 <= definition.request_lifetime_s <= 86_400 or not 0 <= definition.keep_result_s <= 30 * 86_400:
        raise BadTemplate("expected request_lifetime_s of 60 to 86400 and keep_result_s of at most 2592000")
    if definition.client_id_prefix in ALWAYS_ENCRYPTED and definition.response_mode == "direct_post":
        raise BadTemplate("expected encrypted answers (direct_post.jwt) with x509_hash, as HAIP has it")
    try:
        parse_query(query_of(definition).to_json())
    except RequestRefused as exc:
        raise BadTemplate(f"expected fields that can be asked for in one request: {exc}") from exc


def _check_ask(ask: Ask, definition: TemplateDefinition) -> None:
    claims: Sequence[str] = [field.claim for field in ask.fields]
    if not _NAME.match(ask.id) or not ask.accepted:
        raise BadTemplate("expected an id of lower-case letters and digits, and an accepted type, in each ask")
    if not claims or len(set(claims)) != len(claims) or not all(map(_CLAIM.match, claims)):
        raise BadTemplate(
            "expected fields, each once, by names of letters, digits, _ and -, a path with dots, * for each value"
        )
    for first, *rest in (claim.split(".") for claim in claims):
        if first in NEVER_DISCLOSABLE:
            raise BadTemplate(f"expected fields of the Cred, got {first}, which every Cred shows anyway (6.3)")
        if any(part.isdecimal() for part in rest):
            raise BadTemplate("expected * for the values of a list: at which place one stands, only its issuer knows")
    if not any(field.required for field in ask.fields):
        raise BadTemplate("expected at least one required field: optional ones are asked beside it")
    optional = sum(not field.required for field in ask.fields)
    if definition.optional_as == "whole" and optional > MOST_OPTIONAL_WHOLE:
        raise BadTemplate(f"expected at most {MOST_OPTIONAL_WHOLE} optional fields with optional_as whole")


def _check_anchor(anchor: str) -> None:
    try:
        x509.load_der_x509_certificate(base64.b64decode(anchor, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise BadTemplate("expected anchor as base64 of a DER certificate") from exc
