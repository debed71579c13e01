"""The messages of request templates."""

from typing import Literal

import msgspec

from billfold.adapters.store.template_definition import Ask


class AcceptedTypeInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A type to accept. Of an issuer of this installation the slug is enough; of another, `vct` and `anchor`.

    `issuer` is the credential issuer identifier, `anchor` that issuer's root certificate as base64 of DER.
    """

    issuer: str
    credential_type: str
    issuer_name: str | None = None
    anchor: str | None = None


class TemplateFieldInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field to ask for."""

    claim: str
    required: bool
    labels: dict[str, str] = {}


class AskInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One Cred to ask for, of any of the accepted types."""

    accepted: list[AcceptedTypeInput]
    fields: list[TemplateFieldInput]
    id: str = "required"


ClientIdPrefix = Literal["x509_hash", "x509_san_dns", "redirect_uri"]
ResponseMode = Literal["direct_post.jwt", "direct_post"]


class PresentationTemplateInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a template asks. Names and purposes are texts per locale; durations count seconds.

    `client_id_prefix`: how wallets are told who asks. `x509_hash`: signed, named by your certificate, as HAIP has it.
    `x509_san_dns`: signed, named by your host; only where no other organisation asks from this host. `redirect_uri`:
    not signed, so wallets say that your identity is not proven.

    `response_mode`: `direct_post.jwt` has answers encrypted to you; `direct_post`, not with `x509_hash`, in the clear.
    """

    names: dict[str, str]
    purposes: dict[str, str]
    asks: list[AskInput]
    optional_as: Literal["per_field", "whole", "required_only"] = "per_field"
    keep_result_s: int = 600
    request_lifetime_s: int = 300
    refuse_unbound: bool = False
    client_id_prefix: ClientIdPrefix = "x509_hash"
    response_mode: ResponseMode = "direct_post.jwt"


class NewPresentationTemplate(PresentationTemplateInput, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A template to make; its slug is what requests are made from."""

    slug: str


class PresentationTemplateView(msgspec.Struct, frozen=True):
    """A template as it is asked."""

    id: str
    slug: str
    names: dict[str, str]
    purposes: dict[str, str]
    asks: list[Ask]
    optional_as: Literal["per_field", "whole", "required_only"]
    keep_result_s: int
    request_lifetime_s: int
    refuse_unbound: bool
    client_id_prefix: ClientIdPrefix
    response_mode: ResponseMode
