"""The requester's host: the counter's pages beside the protocol endpoints that wallets speak to."""

from typing import Any

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send

from billfold.apps.carried import carrying
from billfold.apps.console import counter_desk, counter_show, counter_templates, home
from billfold.apps.console.app import pages_router
from billfold.apps.console.errors import on_failure, on_http_error
from billfold.apps.console.live import Streams
from billfold.apps.console.visit import Desk
from billfold.apps.references import with_references
from billfold.roles.parts import Parts

MAX_BODY_BYTES = 256 * 1024
_OF_WALLETS = ("requests", "responses", "try-it")


def requester_host(
    parts: Parts,
    streams: Streams,
    protocol: Any,  # noqa: ANN401  # any ASGI app
    built: Litestar,
) -> ASGIApp:
    """Return the app of the requester's host.

    Args:
        protocol: the endpoints of wallets; it gets every path that is not a page.
        built: what `build_counter` built.
    """
    carried = carrying(built, desk=Desk.of(parts, "counter", streams))
    pages = with_references(parts.new_reference)(carried)  # a wrong path is refused before any middleware runs

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await (pages if _is_page(scope) else protocol)(scope, receive, send)

    return handle


def _is_page(scope: Any) -> bool:  # noqa: ANN401  # any ASGI scope
    segments = scope.get("path", "").split("/")
    if segments[1:2] == ["static"]:
        return True
    return len(segments) > 2 and segments[1] == "o" and segments[3:4] not in ([each] for each in _OF_WALLETS)


def build_counter() -> Litestar:
    """Build the counter's pages, which hold nothing: each request carries the `Desk` it is for."""
    screens: list[ControllerRouterHandler] = [
        counter_desk.home,
        counter_templates.blank,
        counter_templates.make,
        counter_templates.show,
        counter_templates.save,
        counter_desk.show,
        counter_desk.live,
        counter_desk.following,
        counter_desk.cleared,
        counter_desk.checked,
        counter_show.show,
        counter_show.live,
        counter_show.following,
        home.missing,
    ]
    return Litestar(
        route_handlers=[pages_router(screens)],
        exception_handlers={HTTPException: on_http_error, Exception: on_failure},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAX_BODY_BYTES,
    )
