"""GET, PUT and DELETE the pairing (Billfold's pairing profile, item 4)."""

from billfold.adapters.store.pairings import Access
from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.message import Request, Response
from billfold.core.oauth.dpop import DpopProof
from billfold.core.openid4vci.pairing import encode_pairing, parse_pairing_update
from billfold.roles.issuer import pairing
from billfold.roles.issuer.issuer import Issuer


async def get(desk: Desk, request: Request) -> Response:
    """Return what the person should hold now."""
    issuer = await desk.issuer(request)
    access, _ = await _access(desk, issuer, request)
    return Response(200, encode_pairing(await pairing.view(desk.parts, access)), headers=desk.fresh())


async def put(desk: Desk, request: Request) -> Response:
    """Keep what the device says of itself."""
    issuer = await desk.issuer(request)
    access, proof = await _access(desk, issuer, request)
    update = parse_pairing_update(
        request.body, request.value("content-type"), allow_loopback_http=desk.parts.allow_loopback_http
    )
    await pairing.describe(desk.parts, access, update, proof)
    return Response(204, content_type=None, headers=desk.fresh())


async def delete(desk: Desk, request: Request) -> Response:
    """End the pairing."""
    issuer = await desk.issuer(request)
    access, _ = await _access(desk, issuer, request)
    await pairing.end(desk.parts, issuer, access, reference=request.reference)
    return Response(204, content_type=None, headers=desk.fresh())


async def _access(desk: Desk, issuer: Issuer, request: Request) -> tuple[Access, DpopProof]:
    access, proof = await desk.living_pairing(issuer, request, f"{issuer.identifier}/pairing")
    return access, pairing.require_device(proof)
