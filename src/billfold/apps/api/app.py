"""The API as one Litestar app, with its OpenAPI document at `/api/v1/schema/openapi.json`.

The app holds nothing: what it works with comes with each request.
"""

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp

from billfold import __version__
from billfold.apps.api.audit import AuditController
from billfold.apps.api.caller import Caller, Office, recognise
from billfold.apps.api.credential_types import AttributesController, CredentialTypesController
from billfold.apps.api.credentials import CredentialsController
from billfold.apps.api.document import DocumentPlugin
from billfold.apps.api.entitlements import EntitlementsController, EverythingController
from billfold.apps.api.mail import MailController
from billfold.apps.api.pairings import PairingCodesController, PairingsController
from billfold.apps.api.people import PeopleController
from billfold.apps.api.presentation_requests import PresentationRequestsController
from billfold.apps.api.presentation_templates import PresentationTemplatesController
from billfold.apps.api.problems import ApiRequest, on_billfold_error, on_deep_nesting, on_failure, on_http_error
from billfold.apps.api.settings import ApiKeysController, OrganisationController, StaffController
from billfold.apps.carried import carrying
from billfold.apps.references import with_references
from billfold.errors import BillfoldError
from billfold.roles.parts import Parts

BASE_PATH = "/api/v1"
MAX_BODY_BYTES = 1024 * 1024


async def _caller(request: ApiRequest) -> Caller:
    return await recognise(request.state.office, request, request.route_handler.opt["scope"])


def _api_router() -> Router:
    return Router(
        BASE_PATH,
        route_handlers=[
            PeopleController,
            AttributesController,
            CredentialTypesController,
            EntitlementsController,
            EverythingController,
            PairingCodesController,
            PairingsController,
            CredentialsController,
            PresentationTemplatesController,
            PresentationRequestsController,
            AuditController,
            OrganisationController,
            StaffController,
            ApiKeysController,
            MailController,
        ],
        dependencies={"caller": Provide(_caller)},
        security=[{"api_key": []}],
    )


def build_api(*routers: Router) -> Litestar:
    """Build the app of operators: the API under ``BASE_PATH``, and whatever else stands on its host."""
    return Litestar(
        route_handlers=[_api_router(), *routers],
        exception_handlers={
            BillfoldError: on_billfold_error,
            HTTPException: on_http_error,
            RecursionError: on_deep_nesting,
            Exception: on_failure,
        },
        openapi_config=OpenAPIConfig(
            title="Billfold API",
            version=__version__,
            path=f"{BASE_PATH}/schema",
            render_plugins=[DocumentPlugin()],
            components=Components(
                security_schemes={"api_key": SecurityScheme(type="http", scheme="bearer")},
            ),
        ),
        compression_config=CompressionConfig(backend="gzip", exclude=["^/o/"]),
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )


def api_app(parts: Parts, built: Litestar, **carried: object) -> ASGIApp:
    """Return what `build_api` *built* as the app of *parts*; its requests have *carried* in their state, too."""
    app = carrying(built, office=Office.of(parts), **carried)
    around: ASGIApp = with_references(parts.new_reference)(app)  # a wrong path is refused before any middleware runs
    return around
