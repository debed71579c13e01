"""What a Cred type is, as its JSON columns hold it: fields, texts per language, look, validity, demanded unlock.

Source: OpenID4VCI 1.0 section 12.2.4 and appendix B; SD-JWT VC draft 18 section 4;
docs/decisions/0007-cred-type-versions.md.
"""

from typing import Literal

import msgspec

Scalar = str | bool | int | float
AttributeValue = Scalar | list[Scalar]
Kind = Literal["text", "number", "boolean", "date", "image"]
Source = Literal["attribute", "person_name", "groups", "fixed", "issue_time"]
Unlock = Literal["any", "passphrase", "prf"]


class Look(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Colours as ``#rrggbb`` and pictures as data URIs; *background_image* is a card's art."""

    background_color: str | None = None
    text_color: str | None = None
    logo: str | None = None
    background_image: str | None = None


class FieldDefinition(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One field of a Cred type.

    Attributes:
        claim: where the claim stands on the wire: names joined by dots, as in ``address.city``.
        labels: the field's name per locale.
        source: whence the value comes; "attribute" is the person's, and this declares its kind.
        attribute: whose value is taken, with source "attribute"; without it the last name of *claim*.
        fixed: the value, with source "fixed".
        kind: of the value, or of each value where there are *many*. A date is YYYY-MM-DD, an image a data URI.
        many: an array, whose elements are disclosed one by one.
        required: whether a Credential without it must not be issued.
        selectively_disclosable: False for what every presentation shows.
    """

    claim: str
    labels: dict[str, str]
    source: Source
    attribute: str | None = None
    fixed: Scalar | None = None
    kind: Kind = "text"
    many: bool = False
    required: bool = False
    selectively_disclosable: bool = True

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead to the claim."""
        return tuple(self.claim.split("."))

    @property
    def attribute_name(self) -> str:
        """The person's attribute that a field with source "attribute" shows."""
        return self.attribute or self.path[-1]


class CredentialTypeDefinition(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a Cred type is; texts are per locale, fields in the order shown.

    Attributes:
        descriptions: what it is, in a sentence.
        purposes: what it is for.
        places: where it can be used.
        validity_days: how long a Credential of it lives.
        unlock: what must guard the wallet that gets it, by the wallet's own word: "prf" is the device's screen lock.
    """

    names: dict[str, str]
    fields: tuple[FieldDefinition, ...]
    descriptions: dict[str, str] = {}
    purposes: dict[str, str] = {}
    places: dict[str, str] = {}
    look: Look = Look()
    validity_days: int = 365
    unlock: Unlock = "any"


class ContractClaim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the first version promised of one claim, and every later one keeps."""

    claim: str
    many: bool = False
    selectively_disclosable: bool = True


def contract_of(definition: CredentialTypeDefinition) -> tuple[ContractClaim, ...]:
    """Return what *definition* promises of its claims."""
    return tuple(ContractClaim(f.claim, f.many, f.selectively_disclosable) for f in definition.fields)
