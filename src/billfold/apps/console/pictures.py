"""Pictures and colours: the organisation's logo, a person's photo, and the look of its Creds as a stylesheet."""

import base64
import binascii
import re

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store import people
from billfold.apps.console.visit import Visit
from billfold.roles.parts import NotFound

PHOTO = "photo"
MAX_UPLOAD_BYTES = 12 * 1024 * 1024  # a phone's photo
_DATA_URI = re.compile(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=]+)\Z")
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_HEADERS = {
    "cache-control": "private, max-age=60",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
}


@get("/o/{slug:str}/logo")
async def logo(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Return the organisation's logo."""
    return _picture(visit.organisation.settings.look.logo)


@get("/o/{slug:str}/look.css")
async def look(visit: NamedDependency[Visit]) -> Response[str]:
    """Return the colours of the organisation's Cred types, since a page may hold no style of its own."""
    issuer = await visit.desk.issuers.get(visit.organisation.slug)
    rules = []
    for slug, credential_type in (issuer.types if issuer else {}).items():
        found = credential_type.definition.look
        ground, ink = found.background_color or "", found.text_color or ""
        if _COLOUR.match(ground) and _COLOUR.match(ink):
            rules.append(f".look-{slug} {{ --cred-bg: {ground}; --cred-ink: {ink}; }}\n")
    return Response("".join(rules), media_type="text/css", headers=_HEADERS)


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
