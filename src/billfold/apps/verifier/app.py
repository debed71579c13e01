"""The verifier's protocol app: which path is which endpoint."""

from functools import partial

from billfold.apps.protocol.front import front_page
from billfold.apps.protocol.router import ProtocolApp, Route, refuse_oauth
from billfold.apps.verifier import request, response, try_it
from billfold.apps.verifier.counter import Counter
from billfold.roles.parts import Parts


def verifier_app(parts: Parts) -> ProtocolApp:
    """Return the app that serves every requester of the installation."""
    counter = Counter.of(parts)
    routes = [
        Route("/", {"GET": front_page("requester", parts.addresses)}),
        Route("/o/{slug}/requests/{token}", dict.fromkeys(("GET", "POST"), partial(request.serve, counter))),
        Route("/o/{slug}/try-it", dict.fromkeys(("GET", "POST"), partial(try_it.serve, counter))),
        Route("/o/{slug}/responses/{token}", {"POST": partial(response.post, counter)}),
    ]
    return ProtocolApp(routes, refuse=refuse_oauth, new_reference=parts.new_reference)
