"""Cred types as the standards describe them: credential configuration and Type Metadata.

Source: OpenID4VCI 1.0 section 12.2.4 and appendix A.3; SD-JWT VC draft 18 section 4.
"""

from billfold.adapters.store.records import CredentialType, CredentialTypeDefinition, FieldDefinition, Look
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
from billfold.roles.issuer_names import vct_of


def configuration_of(
    issuer_identifier: str, organisation: str, credential_type: CredentialType
) -> CredentialConfiguration:
    """Return the credential configuration of one Cred type; its id is the type's slug.

    Args:
        organisation: the slug, since a scope must tell whose type it names (12.2.4).
    """
    definition = credential_type.definition
    return CredentialConfiguration(
        format=FORMAT_SD_JWT_VC,
        scope=f"{organisation}.{credential_type.slug}",
        vct=vct_of(issuer_identifier, credential_type.slug),
        credential_signing_alg_values_supported=("ES256",),
        cryptographic_binding_methods_supported=("jwk",),
        proof_types_supported={"jwt": ProofType(proof_signing_alg_values_supported=KEY_PROOF_ALGORITHMS)},
        credential_metadata=CredentialMetadata(
            display=tuple(_display(definition, locale) for locale in definition.names),
            claims=tuple(_claim(field) for field in definition.fields),
        ),
    )


def type_metadata_of(issuer_identifier: str, credential_type: CredentialType) -> bytes:
    """Return the Type Metadata document that is served at the type's `vct`."""
    definition = credential_type.definition
    return type_metadata.TypeMetadata(
        vct=vct_of(issuer_identifier, credential_type.slug),
        name=next(iter(definition.names.values())),
        display=tuple(
            type_metadata.TypeDisplay(
                locale=locale,
                name=name,
                description=definition.descriptions.get(locale),
                rendering=_rendering(definition.look),
            )
            for locale, name in definition.names.items()
        ),
        claims=tuple(
            type_metadata.ClaimMetadata(
                path=(field.claim,),
                display=tuple(
                    type_metadata.ClaimDisplay(locale=locale, label=label) for locale, label in field.labels.items()
                ),
                mandatory=field.required,
                sd="always",
            )
            for field in definition.fields
        ),
    ).to_json()


def _display(definition: CredentialTypeDefinition, locale: str) -> CredentialDisplay:
    look = definition.look
    return CredentialDisplay(
        name=definition.names[locale],
        locale=locale,
        description=definition.descriptions.get(locale),
        logo=Image(look.logo) if look.logo else None,
        background_color=look.background_color,
        text_color=look.text_color,
    )


def _claim(field: FieldDefinition) -> ClaimDescription:
    return ClaimDescription(
        path=(field.claim,),
        mandatory=field.required,
        display=tuple(ClaimDisplay(label, locale) for locale, label in field.labels.items()),
    )


def _rendering(look: Look) -> type_metadata.Rendering | None:
    if look == Look():
        return None
    return type_metadata.Rendering(
        type_metadata.SimpleRendering(
            logo=type_metadata.Picture(look.logo) if look.logo else None,
            background_color=look.background_color,
            text_color=look.text_color,
        )
    )
