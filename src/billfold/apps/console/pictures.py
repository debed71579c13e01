"""Pictures and colours: the organisation's logo, a person's photo, and the look of its Creds as a stylesheet."""

import base64
import binascii
import re

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store import people
from billfold.adapters.store.type_definition import Look
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
    """Return the colours of own and of wanted Cred types, since a page may hold no style of its own."""
    issuer = await visit.desk.issuers.get(visit.organisation.slug)
    looks = {f"look-{slug}": each.definition.look for slug, each in (issuer.types if issuer else {}).items()}
    looks |= await _wanted(visit)
    rules = [
        f".{name} {{ --cred-bg: {each.background_color}; --cred-ink: {each.text_color}; }}\n"
        for name, each in looks.items()
        if _COLOUR.match(each.background_color or "") and _COLOUR.match(each.text_color or "")
    ]
    return Response("".join(rules), media_type="text/css", headers=_HEADERS)


async def _wanted(visit: Visit) -> dict[str, Look]:
    """Return the look of what each template asks for first, where this installation issues it."""
    verifier = await visit.desk.verifiers.get(visit.organisation.slug)
    found = {}
    for slug, template in (verifier.templates if verifier else {}).items():
        wanted = template.definition.asks[0].accepted[0]
        issuer = await visit.desk.issuers.get(wanted.issuer.removeprefix(f"{visit.parts.addresses.protocol}/o/"))
        known = issuer.types.get(wanted.vct.rpartition("/")[2]) if issuer else None
        if known is not None:
            found[f"wanted-{slug}"] = known.definition.look
    return found


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
