"""What an issuer's things are called on the wire, for issuers and for those who ask for what they issue."""


def vct_of(issuer_identifier: str, slug: str) -> str:
    """Return the SD-JWT VC type of the Cred type *slug*; its Type Metadata lies at this very address."""
    return f"{issuer_identifier}/types/{slug}"


def look_vct_of(issuer_identifier: str, slug: str) -> str:
    """Return the type that `vct_of` extends: the names and look of the newest version, at this very address."""
    return f"{vct_of(issuer_identifier, slug)}/look"
