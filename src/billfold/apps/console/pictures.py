"""Pictures and colours: the organisation's logo, a person's photo, and the look of its Creds as a stylesheet."""

import base64
import binascii
import re

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store import people
from billfold.adapters.store.records import CredentialType
from billfold.adapters.store.type_definition import Look
from billfold.apps.console.visit import Visit
from billfold.core.contrast import COLOUR, contrast
from billfold.roles.issuer.credential_type_editor import WHITE
from billfold.roles.parts import NotFound

BLACK = "#000000"
PHOTO = "photo"
MAX_UPLOAD_BYTES = 12 * 1024 * 1024  # a phone's photo
_DATA_URI = re.compile(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=]+)\Z")
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_HEADERS = {
    "cache-control": "private, max-age=60",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
}


@get("/o/{slug:str}/logo")
async def logo(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Return the organisation's logo."""
    return _picture(visit.organisation.settings.look.logo)


@get("/o/{slug:str}/types/{type_slug:str}/logo")
async def type_logo(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[bytes]:
    """Return the logo of a Cred type."""
    found = (await visit.issuer()).types.get(type_slug)
    return _picture(found.definition.look.logo if found else None)


@get("/o/{slug:str}/types/{type_slug:str}/art")
async def art(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[bytes]:
    """Return the picture that a Cred type's cards wear."""
    found = (await visit.issuer()).types.get(type_slug)
    return _picture(found.definition.look.background_image if found else None)


@get("/o/{slug:str}/look.css")
async def look(visit: NamedDependency[Visit]) -> Response[str]:
    """Return the look of own and of wanted Cred types, since a page may hold no style of its own."""
    ours = visit.organisation.slug
    issuer = await visit.desk.issuers.get(ours)
    rules = [_rule(f"look-{slug}", ours, each) for slug, each in (issuer.types if issuer else {}).items()]
    return Response("".join([*rules, *await _wanted(visit)]), media_type="text/css", headers=_HEADERS)


async def _wanted(visit: Visit) -> list[str]:
    """Return the look of what each template asks for first, where this installation issues it."""
    verifier = await visit.desk.verifiers.get(visit.organisation.slug)
    found = []
    for slug, template in (verifier.templates if verifier else {}).items():
        wanted = template.definition.asks[0].accepted[0]
        issuing = wanted.issuer.removeprefix(f"{visit.parts.addresses.protocol}/o/")
        issuer = await visit.desk.issuers.get(issuing)
        known = issuer.types.get(wanted.vct.rpartition("/")[2]) if issuer else None
        if known is not None:
            found.append(_rule(f"wanted-{slug}", issuing, known))
    return found


def _rule(name: str, organisation: str, known: CredentialType) -> str:
    address = f"/o/{organisation}/types/{known.slug}/art?v={known.version}"
    look = known.definition.look
    return style_of(name, look, address if look.background_image else None)


def second_colour(ground: str, ink: str) -> str:
    """Return, as CSS, to what the ground of a card leans: away from the ink, which stays as easy to read."""
    away = BLACK if contrast(ink, BLACK) > contrast(ink, WHITE) else WHITE
    return f"color-mix(in oklab, {ground}, {away} 14%)"


def style_of(name: str, look: Look, art: str | None) -> str:
    """Return the rule that gives elements of a class a card's colours; *art* is the address of its picture."""
    ground, ink = look.background_color or "", look.text_color or ""
    if not COLOUR.match(ground) or not COLOUR.match(ink):
        return ""
    second = second_colour(ground, ink)
    picture = f' --cred-art: url("{art}");' if art else ""
    return f".{name} {{ --cred-bg: {ground}; --cred-bg-2: {second}; --cred-ink: {ink};{picture} }}\n"


@get("/o/{slug:str}/people/{person_id:str}/photo", opt={"permission": "see"})
async def photo(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[bytes]:
    """Return a person's photo."""
    person = await people.get(visit.parts.store, visit.organisation.id, person_id)
    found = person.attributes.get(PHOTO) if person else None
    return _picture(found if isinstance(found, str) else None)


def _picture(data_uri: str | None) -> Response[bytes]:
    found = _DATA_URI.match(data_uri or "")
    if found is None:
        raise NotFound("expected a picture")
    try:
        data = base64.b64decode(found[2], validate=True)
    except binascii.Error as exc:
        raise NotFound("expected a picture") from exc
    return Response(data, media_type=found[1], headers=_HEADERS)


def picture_of(uploaded: bytes | None) -> str | None:
    """Return an uploaded file as a data URI of what it is, or None where nothing was chosen."""
    if not uploaded:
        return None
    kind = next((kind for start, kind in _KINDS.items() if uploaded.startswith(start)), "application/octet-stream")
    return f"data:{kind};base64,{base64.b64encode(uploaded).decode()}"
