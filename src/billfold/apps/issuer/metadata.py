"""GET the metadata of issuer and authorization server, and the Type Metadata of a Cred type.

Source: OpenID4VCI 1.0 sections 12.2.2 and 12.2.3, RFC 8414 section 3, SD-JWT VC draft 18 section 4.3.
"""

from datetime import timedelta

from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.accept import media_weight
from billfold.apps.protocol.message import JSON, Request, Response
from billfold.core.jose.jws import attach
from billfold.core.oauth import metadata as oauth_metadata
from billfold.core.openid4vci.metadata import encode_metadata
from billfold.core.openid4vci.signed_metadata import MEDIA_TYPE, signed_metadata_input
from billfold.roles.issuer.credential_type import OfferedType
from billfold.roles.parts import NotFound

SIGNED_LIFETIME = timedelta(days=1)
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
_SHORTLY = {"cache-control": "public, max-age=60", "vary": "accept"}


async def issuer(desk: Desk, request: Request) -> Response:
    """Return the issuer's metadata: signed for who asks for `application/jwt` first, else plain."""
    found = await desk.issuer(request)
    if not _prefers_signed(request):
        return Response(200, encode_metadata(found.metadata), headers=_SHORTLY)
    signing_input = signed_metadata_input(
        found.metadata, x5c=found.signer.x5c, algorithm="ES256", now=desk.parts.now(), lifetime=SIGNED_LIFETIME
    )
    token = attach(signing_input, found.signer.key.sign(signing_input))
    return Response(200, token.encode(), MEDIA_TYPE, _SHORTLY)


async def authorization_server(desk: Desk, request: Request) -> Response:
    """Return the authorization server's metadata."""
    found = await desk.issuer(request)
    document = oauth_metadata.encode_metadata(found.authorization_server_metadata())
    return Response(200, document, headers=_SHORTLY)


async def credential_type(desk: Desk, request: Request) -> Response:
    """Return the Type Metadata of one Cred type: it never changes, so that every Credential's `vct#integrity` fits."""
    return Response(200, (await _offered(desk, request)).contract, headers=_FOR_EVER)


async def credential_type_look(desk: Desk, request: Request) -> Response:
    """Return the Type Metadata that it extends: names and look of the newest version."""
    return Response(200, (await _offered(desk, request)).look, headers=_SHORTLY)


async def _offered(desk: Desk, request: Request) -> OfferedType:
    found = (await desk.issuer(request)).offered.get(request.parameters["type"])
    if found is None:
        raise NotFound("expected a Cred type of this issuer")
    return found


def _prefers_signed(request: Request) -> bool:
    """Say whether the signed form weighs more than the plain one; who asks for neither gets the plain one."""
    accept = request.listed("accept")
    return media_weight(accept, MEDIA_TYPE) > media_weight(accept, JSON)
