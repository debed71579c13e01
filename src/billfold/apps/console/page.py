"""Pages: templates filled in, and the headers that keep a page to itself."""

from typing import Any

import jinja2
import msgspec
from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.plugins.jinja import JinjaTemplateEngine

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}

_ENGINE = JinjaTemplateEngine(
    engine_instance=jinja2.Environment(
        loader=jinja2.PackageLoader("billfold.apps.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)
_ENGINE.engine.filters["local"] = lambda texts, words: words.local(texts)


def fill(template: str, context: dict[str, Any]) -> str:
    """Return *template* with *context* in it; everything is escaped."""
    return _ENGINE.get_template(template).render(context)


def respond(html: str, *, status: int = 200, cookies: list[Cookie] | None = None) -> Response[str]:
    """Return a page."""
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=HEADERS, cookies=cookies)


def go_to(path: str, *, cookies: list[Cookie] | None = None) -> Response[str]:
    """Send the browser on with a GET, so that a reload repeats nothing."""
    return Response(
        "", status_code=303, media_type=MediaType.HTML, headers={**HEADERS, "location": path}, cookies=cookies
    )


def respond_json(value: dict[str, Any], *, cookies: list[Cookie] | None) -> Response[bytes]:
    """Return what the script of a page asked for."""
    return Response(msgspec.json.encode(value), media_type=MediaType.JSON, headers=HEADERS, cookies=cookies)
