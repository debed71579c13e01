"""Errors as pages: what happened, whose side it is on, what to do, and the reference."""

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from billfold.apps.console.page import fill, go_to, respond
from billfold.apps.console.visit import DoneAlready, FormRefused, NotSignedIn, WebRequest, with_query
from billfold.apps.words import words_for
from billfold.errors import BillfoldError, StateError
from billfold.roles.operator.permission import NotPermitted
from billfold.roles.parts import NotFound

_PAGES: tuple[tuple[type[BillfoldError], int, str], ...] = (
    (FormRefused, 403, "form"),
    (NotPermitted, 403, "permission"),
    (NotFound, 404, "missing"),
)
_KINDS = {404: "missing", 413: "large"}
log = structlog.get_logger("billfold.console")


def on_billfold_error(request: WebRequest, exc: BillfoldError) -> Response[str]:
    """Answer one of our own errors; who is not signed in is sent to the sign-in, unless a form would be lost."""
    if isinstance(exc, NotSignedIn):
        return _ask_sign_in(request, exc)
    if isinstance(exc, DoneAlready):
        return go_to(exc.path)
    for known, status, kind in _PAGES:
        if isinstance(exc, known):
            return _answer(request, status, kind, exc.code)
    if isinstance(exc, StateError):
        kind = exc.code if exc.code in _TOLD else "state"
        return _answer(request, 409, kind, exc.code)
    return on_failure(request, exc)


def on_http_error(request: WebRequest, exc: HTTPException) -> Response[str]:
    """Answer an error of the framework: a wrong path, method or parameter, or a file that is too large."""
    return _answer(request, exc.status_code, _KINDS.get(exc.status_code, "request"), "http")


def on_failure(request: WebRequest, exc: Exception) -> Response[str]:
    """Answer what nobody expected; the log has the rest under the reference."""
    log.error("failed", reference=request.state.reference, exc_info=exc)
    return _answer(request, 500, "ours", "server_error")


def _ask_sign_in(request: WebRequest, exc: NotSignedIn) -> Response[str]:
    """Send whoever opened a page to the sign-in and back; a form stays in its tab, to be sent again."""
    if request.method not in ("GET", "HEAD"):
        return _answer(request, 403, "session", exc.code)
    path = request.url.path
    back = path + (f"?{request.url.query}" if request.url.query else "")
    return go_to(
        with_query(f"/o/{request.path_params.get('slug', '')}/sign-in", next="" if path.endswith("/live") else back)
    )


_TOLD = (
    "device_paired",
    "no_device",
    "no_credential_type",
    "invitation_over",
    "no_email",
    "no_mail_server",
    "code_over",
    "no_font",
    "unprintable",
    "unreachable",
)


def _answer(request: WebRequest, status: int, kind: str, code: str) -> Response[str]:
    reference = request.state.reference
    log.info("refused", status=status, code=code, reference=reference)
    words = words_for(request.headers.get("accept-language", ""), "UTC")
    slug = request.path_params.get("slug")
    home = f"/o/{slug}" if slug else None
    if request.url.path == home:  # it may be the organisation that is missing
        home = None
    return respond(fill("error.html", {"t": words, "kind": kind, "reference": reference, "home": home}), status=status)
