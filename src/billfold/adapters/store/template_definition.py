"""What a presentation template says, as the store keeps it in JSON: in the template, and copied into each request."""

from typing import Literal

import msgspec


class AcceptedType(msgspec.Struct, frozen=True, omit_defaults=True):
    """One type that a template accepts, from one issuer, under one named anchor.

    Attributes:
        vct: the SD-JWT VC type.
        issuer: the credential issuer identifier that `iss` must equal.
        issuer_name: as the requester knows it.
        anchor: the root certificate, base64 of DER.
        name: of the type, per locale.
    """

    vct: str
    issuer: str
    issuer_name: str
    anchor: str
    name: dict[str, str]


class TemplateField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field that a template asks for.

    Attributes:
        claim: where it stands: ``name``, ``address.city``, or ``nationalities.*`` for each value of an array.
    """

    claim: str
    required: bool
    labels: dict[str, str] = {}


class Ask(msgspec.Struct, frozen=True, omit_defaults=True):
    """One Cred that a template asks for: of one of the accepted types, with these fields.

    Attributes:
        id: names the ask in the query; letters, digits, `_` and `-`.
    """

    accepted: tuple[AcceptedType, ...]
    fields: tuple[TemplateField, ...]
    id: str = "required"


class TemplateDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a requester asks, of whom, and how long it keeps the answer.

    Attributes:
        names: of the template, per locale.
        purposes: what for, per locale.
        asks: the Creds that one request asks for, all of them.
        optional_as: how optional fields are asked; docs/optional-fields.md.
        keep_result_s: how long field values live after the answer.
        request_lifetime_s: how long a request may be answered.
        refuse_unbound: whether an answer that did not come back to the asking browser is refused (HAIP 5.1).
        client_id_prefix: how the requester is named to wallets, and whether its requests are signed.
        response_mode: whether answers are encrypted ("direct_post.jwt").
    """

    names: dict[str, str]
    purposes: dict[str, str]
    asks: tuple[Ask, ...]
    optional_as: Literal["per_field", "whole", "required_only"] = "per_field"
    keep_result_s: int = 600
    request_lifetime_s: int = 300
    refuse_unbound: bool = False
    client_id_prefix: Literal["x509_hash", "x509_san_dns", "redirect_uri"] = "x509_hash"
    response_mode: Literal["direct_post.jwt", "direct_post"] = "direct_post.jwt"
