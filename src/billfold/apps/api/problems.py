"""Problems: every error of the API as `application/problem+json` with a reference (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.once import KeyReused
from billfold.apps.api.messages import Problem
from billfold.errors import BillfoldError, RequestRefused, StateError
from billfold.roles.issuer.attribute import BadAttribute, WrongKind
from billfold.roles.issuer.credential_type_rules import BadCredentialType
from billfold.roles.issuer.entitlement import ReasonMissing
from billfold.roles.issuer.people import BadPerson
from billfold.roles.parts import NotFound

log = structlog.get_logger("billfold.api")

_STATUS: tuple[tuple[tuple[type[StateError], ...], int], ...] = (
    ((NotFound,), 404),
    ((BadPerson, BadAttribute, ReasonMissing), 400),
    ((KeyReused, WrongKind, BadCredentialType), 422),
)
MEDIA_TYPE = "application/problem+json"
ApiRequest = Request[Any, Any, Any]


class Refused(BillfoldError):
    """The request cannot be served; *status* says whose side it is on."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message, code=code)
        self.status = status


def on_billfold_error(request: ApiRequest, exc: BillfoldError) -> Response[Problem]:
    """Answer one of our own errors."""
    if isinstance(exc, Refused | RequestRefused):
        return _answer(request, exc.status, exc.code, str(exc))
    if isinstance(exc, Conflict):
        return _answer(request, 409, exc.code, "expected something new: this is there already")
    if isinstance(exc, StateError):
        status = next((status for kinds, status in _STATUS if isinstance(exc, kinds)), 409)
        return _answer(request, status, exc.code, str(exc))
    return on_failure(request, exc)


def on_http_error(request: ApiRequest, exc: HTTPException) -> Response[Problem]:
    """Answer an error of the framework: a wrong path, method, body or parameter."""
    detail = exc.detail
    if isinstance(exc, ValidationException) and isinstance(exc.extra, list):
        found = "; ".join(f"{e.get('key', 'body')}: {e.get('message')}" for e in exc.extra if isinstance(e, dict))
        detail = found or detail
    code = HTTPStatus(exc.status_code).phrase.lower().replace(" ", "_")
    headers = exc.headers if exc.status_code == 405 else None  # RFC 9110 15.5.6: Allow
    return _answer(request, exc.status_code, code, detail or HTTPStatus(exc.status_code).phrase, headers)


def on_deep_nesting(request: ApiRequest, _exc: RecursionError) -> Response[Problem]:
    """Answer a body that the framework's decoder gave up on."""
    return _answer(request, 400, "bad_request", "expected JSON that is not nested beyond all use")


def on_failure(request: ApiRequest, exc: Exception) -> Response[Problem]:
    """Answer what nobody expected; the log has the rest under the reference."""
    log.error("failed", reference=request.state.reference, exc_info=exc)
    return _answer(request, 500, "server_error", "Billfold made a mistake; ask its operator to look up the reference")


def _answer(
    request: ApiRequest, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response[Problem]:
    reference = request.state.reference
    log.info("refused", status=status, code=code, reference=reference)
    problem = Problem(HTTPStatus(status).phrase, status, detail, code, reference)
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Response(problem, status_code=status, media_type=MEDIA_TYPE, headers={**challenge, **(headers or {})})
