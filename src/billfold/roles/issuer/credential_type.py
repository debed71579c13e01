"""Cred types as the standards describe them: credential configuration and Type Metadata.

Source: OpenID4VCI 1.0 section 12.2.4 and appendix A.3; SD-JWT VC draft 18 sections 4 and 5.
The Type Metadata is two documents: the contract, which never changes and whose hash every Credential carries, extends
the look, which is that of the newest version (docs/decisions/0007-cred-type-versions.md).
"""

from dataclasses import dataclass
from typing import Literal

from billfold.adapters.store.records import CredentialType
from billfold.adapters.store.type_definition import (
    ContractClaim,
    CredentialTypeDefinition,
    FieldDefinition,
    Look,
)
from billfold.core.keys import KEY_PROOF_ALGORITHMS
from billfold.core.openid4vci.metadata import (
    FORMAT_SD_JWT_VC,
    ClaimDescription,
    ClaimDisplay,
    CredentialConfiguration,
    CredentialDisplay,
    CredentialMetadata,
    Image,
    ProofType,
)
from billfold.core.sdjwt import type_metadata
from billfold.core.sdjwt.type_metadata import ClaimMetadata, TypeMetadata
from billfold.roles.issuer.arrangement import Arrangement
from billfold.roles.issuer_names import look_vct_of, vct_of


@dataclass(frozen=True, slots=True)
class OfferedType:
    """A Cred type in its newest version, with everything that is the same for all its Credentials.

    Attributes:
        contract: the Type Metadata document at *vct*; *integrity* is taken over its bytes.
        look: the Type Metadata document that it extends.
    """

    definition: CredentialTypeDefinition
    configuration: CredentialConfiguration
    vct: str
    contract: bytes
    integrity: str
    look: bytes
    arrangement: Arrangement

    @classmethod
    def of(cls, issuer_identifier: str, organisation: str, credential_type: CredentialType) -> "OfferedType":
        """Describe *credential_type*.

        Args:
            organisation: the slug, since a scope must tell whose type it names (12.2.4).
        """
        definition, vct = credential_type.definition, vct_of(issuer_identifier, credential_type.slug)
        look_vct = look_vct_of(issuer_identifier, credential_type.slug)
        contract = _contract(vct, look_vct, credential_type.contract)
        return cls(
            definition,
            _configuration(vct, f"{organisation}.{credential_type.slug}", definition),
            vct,
            contract,
            type_metadata.integrity(contract),
            _look(look_vct, credential_type),
            Arrangement.of(definition),
        )


def _configuration(vct: str, scope: str, definition: CredentialTypeDefinition) -> CredentialConfiguration:
    """Return the credential configuration; its id is the type's slug."""
    return CredentialConfiguration(
        format=FORMAT_SD_JWT_VC,
        scope=scope,
        vct=vct,
        credential_signing_alg_values_supported=("ES256",),
        cryptographic_binding_methods_supported=("jwk",),
        proof_types_supported={"jwt": ProofType(proof_signing_alg_values_supported=KEY_PROOF_ALGORITHMS)},
        credential_metadata=CredentialMetadata(
            display=tuple(_display(definition, locale) for locale in definition.names),
            claims=tuple(_claim(field) for field in definition.fields),
        ),
    )


def _contract(vct: str, look_vct: str, claims: tuple[ContractClaim, ...]) -> bytes:
    """Return what holds for every Credential of the type, whatever its version: no text that somebody may reword."""
    promised = tuple(ClaimMetadata(_path(claim), sd=_sd(claim)) for claim in claims)
    return TypeMetadata(vct=vct, extends=look_vct, claims=promised).to_json()


def _look(look_vct: str, credential_type: CredentialType) -> bytes:
    """Return names, labels and look, and the promises of fields that came after the first version."""
    definition = credential_type.definition
    old = {claim.claim for claim in credential_type.contract}
    claims = tuple(
        ClaimMetadata(
            _path(field),
            tuple(type_metadata.ClaimDisplay(locale=locale, label=label) for locale, label in field.labels.items()),
            sd="allowed" if field.claim in old else _sd(field),
        )
        for field in definition.fields
    )
    display = tuple(
        type_metadata.TypeDisplay(
            locale=locale,
            name=name,
            description=definition.descriptions.get(locale),
            rendering=_rendering(definition.look),
        )
        for locale, name in definition.names.items()
    )
    name = next(iter(definition.names.values()))
    return TypeMetadata(vct=look_vct, name=name, display=display, claims=claims).to_json()


def _path(claim: ContractClaim | FieldDefinition) -> tuple[str | None, ...]:
    """Return the path that is shown and promised: of an array, each value."""
    path = tuple(claim.claim.split("."))
    return (*path, None) if claim.many else path


def _sd(claim: ContractClaim | FieldDefinition) -> Literal["always", "never"]:
    return "always" if claim.selectively_disclosable else "never"


def _display(definition: CredentialTypeDefinition, locale: str) -> CredentialDisplay:
    look = definition.look
    return CredentialDisplay(
        name=definition.names[locale],
        locale=locale,
        description=definition.descriptions.get(locale),
        logo=Image(look.logo) if look.logo else None,
        background_color=look.background_color,
        background_image=Image(look.background_image) if look.background_image else None,
        text_color=look.text_color,
        billfold_purpose=definition.purposes.get(locale),
        billfold_places=definition.places.get(locale),
    )


def _claim(field: FieldDefinition) -> ClaimDescription:
    return ClaimDescription(
        path=_path(field),
        mandatory=field.required,
        display=tuple(ClaimDisplay(label, locale) for locale, label in field.labels.items()),
    )


def _rendering(look: Look) -> type_metadata.Rendering | None:
    if look == Look():
        return None
    return type_metadata.Rendering(
        type_metadata.SimpleRendering(
            logo=type_metadata.Picture(look.logo) if look.logo else None,
            background_image=type_metadata.Picture(look.background_image) if look.background_image else None,
            background_color=look.background_color,
            text_color=look.text_color,
        )
    )
