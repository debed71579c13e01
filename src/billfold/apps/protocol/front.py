"""The page at the root of a host that wallets speak to: what this address is for, and where people go instead."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

from billfold.apps.console.page import HEADERS, fill
from billfold.apps.protocol.message import Request, Response
from billfold.apps.words import words_for
from billfold.roles.parts import Addresses

Kind = Literal["protocol", "requester"]


def front_page(kind: Kind, addresses: Addresses) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that shows the page of a *kind* of host."""
    return partial(_show, kind, addresses)


async def _show(kind: Kind, addresses: Addresses, request: Request) -> Response:
    words = words_for(request.value("accept-language") or "", "UTC")
    html = fill("front.html", {"t": words, "kind": kind, "addresses": addresses})
    return Response(200, html.encode(), "text/html; charset=utf-8", HEADERS)
