"""The issuer's protocol app: which path is which endpoint."""

from collections.abc import Awaitable, Callable
from functools import partial

from billfold.apps.issuer import credential, health, metadata, nonce, notification, offer, pairing, status, token
from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.front import front_page
from billfold.apps.protocol.message import Request, Response
from billfold.apps.protocol.router import ProtocolApp, Route
from billfold.roles.parts import Parts

_Handler = Callable[[Desk, Request], Awaitable[Response]]
_ENDPOINTS: dict[str, dict[str, _Handler]] = {
    "/health/live": {"GET": health.live},
    "/health/ready": {"GET": health.ready},
    "/.well-known/openid-credential-issuer/o/{slug}": {"GET": metadata.issuer},
    "/.well-known/oauth-authorization-server/o/{slug}": {"GET": metadata.authorization_server},
    "/o/{slug}/offers/{token}": {"GET": offer.get},
    "/o/{slug}/token": {"POST": token.post},
    "/o/{slug}/nonce": {"POST": nonce.post},
    "/o/{slug}/credential": {"POST": credential.post},
    "/o/{slug}/notification": {"POST": notification.post},
    "/o/{slug}/pairing": {"GET": pairing.get, "PUT": pairing.put, "DELETE": pairing.delete},
    "/o/{slug}/status/{list}": {"GET": status.get},
    "/o/{slug}/types/{type}": {"GET": metadata.credential_type},
    "/o/{slug}/types/{type}/look": {"GET": metadata.credential_type_look},
}


def issuer_app(parts: Parts) -> ProtocolApp:
    """Return the app that serves every issuer of the installation."""
    desk = Desk.of(parts)
    routes = [
        Route(path, {method: partial(handler, desk) for method, handler in handlers.items()})
        for path, handlers in _ENDPOINTS.items()
    ]
    routes.append(Route("/", {"GET": front_page("protocol", parts.addresses)}))
    return ProtocolApp(routes, refuse=desk.refuse, new_reference=parts.new_reference)
