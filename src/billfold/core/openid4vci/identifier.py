"""Credential issuer identifiers: what they look like and where their metadata lies.

Source: OpenID4VCI 1.0 sections 12.2.1 and 12.2.2. Identifiers compare as strings, so nothing here rewrites one.
"""

from typing import Final

from billfold.core.oauth.urls import check_url, well_known_url

WELL_KNOWN: Final = "openid-credential-issuer"


def check_identifier(identifier: object, *, allow_loopback_http: bool = False) -> str:
    """Return *identifier* when it is an https URL without query and fragment (12.2.1).

    Args:
        allow_loopback_http: let http through to loopback, for development.

    Raises:
        MetadataError: it is something else.
    """
    return check_url(identifier, what="credential_issuer", allow_loopback_http=allow_loopback_http, query=False)


def metadata_url(identifier: str) -> str:
    """Return where the metadata of the issuer *identifier* lies: between host and path (12.2.2)."""
    return well_known_url(identifier, WELL_KNOWN, keep_final_slash=True)
