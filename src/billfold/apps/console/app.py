"""The console's first page: what stands on this host."""

import html

from litestar import MediaType, Response, Router, get
from litestar.params import FromPath

from billfold.adapters.store import organisations
from billfold.roles.parts import NotFound, Parts

_HEADERS = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def console_router(parts: Parts) -> Router:
    """Return the routes of people's browsers on the console's host."""

    @get("/o/{slug:str}", media_type=MediaType.HTML, include_in_schema=False)
    async def organisation(slug: FromPath[str]) -> Response[str]:
        found = await organisations.by_slug(parts.store, slug)
        if found is None:
            raise NotFound("expected the address of an organisation of this installation")
        return Response(_page(found.name), headers=_HEADERS)

    return Router("/", route_handlers=[organisation])


def _page(name: str) -> str:
    """Return the page of an organisation that is run by API."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(name)} – Billfold</title>'
        f"<h1>{html.escape(name)}</h1>"
        "<p>This organisation is run through the API. Its address and key were printed when Billfold started.</p>"
        '<p><a href="/api/v1/schema/openapi.json">What the API can do (OpenAPI)</a></p></html>'
    )
