"""What a request carries in its state. An app that finds its parts there holds nothing, and is built once a process."""

from litestar.types import ASGIApp, Receive, Scope, Send


def carrying(app: ASGIApp, **carried: object) -> ASGIApp:
    """Return *app*, each of whose requests has *carried* in its state."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(carried)
        await app(scope, receive, send)

    return handle
