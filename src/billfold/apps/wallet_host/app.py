"""The wallet host's app: page, trust list, short codes; with the headers that keep the page to itself."""

from pathlib import Path
from typing import Any

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import HTTPException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import JSONBody
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send

from billfold.apps.references import with_references
from billfold.apps.wallet_host import short_codes
from billfold.apps.wallet_host.relay import relay_router
from billfold.apps.wallet_host.trust import trust_list
from billfold.errors import BillfoldError, RequestRefused
from billfold.roles.parts import NotFound, Parts
from billfold.roles.relay.relay import Relay

STATIC = Path(__file__).parent / "static"
LOOK_UPS_A_MINUTE = 120
_TRUST_MAX_AGE_S = 60
_ASSETS_MAX_AGE_S = 365 * 24 * 3600
_NOT_BUILT = (
    "The wallet's page was not built. Run `make wallet`, or install a released package, which brings the page along.\n"
)

log = structlog.get_logger("billfold.wallet_host")


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A short code as it was typed or scanned."""

    code: str


def wallet_host_app(parts: Parts, relay: Relay) -> Litestar:
    """Return the app that serves wallets."""

    @get("/trust.json", media_type=MediaType.JSON)
    async def trust() -> Response[bytes]:
        document = (await trust_list(parts)).to_json()
        headers = {"cache-control": f"public, max-age={_TRUST_MAX_AGE_S}"}
        return Response(document, media_type=MediaType.JSON, headers=headers)

    limit = RateLimitConfig(rate_limit=("minute", LOOK_UPS_A_MINUTE))

    @post("/codes", status_code=200, middleware=[limit.middleware])
    async def codes(data: JSONBody[Code]) -> Response[dict[str, str]]:
        return Response(await short_codes.find(parts, data.code), headers={"cache-control": "no-store"})

    return Litestar(
        route_handlers=[trust, codes, relay_router(relay), *_page()],
        # The page alone: nothing that holds a secret is squeezed together with what somebody else may choose.
        compression_config=CompressionConfig("gzip", gzip_compress_level=6, exclude=["^/codes", "^/relay"]),
        exception_handlers={
            BillfoldError: _on_error,
            HTTPException: _on_http_error,
            RecursionError: _on_deep_nesting,
            Exception: _on_failure,
        },
        middleware=[with_references(parts.new_reference), _with_headers(parts)],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=64 * 1024,
    )


def _page() -> list[ControllerRouterHandler]:
    """Return what serves the page; names of assets are hashes of their contents, so browsers may keep them."""
    if not (STATIC / "index.html").exists():
        return [_not_built]
    forever = CacheControlHeader(public=True, max_age=_ASSETS_MAX_AGE_S, immutable=True)
    return [
        create_static_files_router("/assets", [STATIC / "assets"], name="assets", cache_control=forever),
        create_static_files_router("/", [STATIC], html_mode=True),
    ]


@get("/", media_type=MediaType.TEXT)
async def _not_built() -> Response[str]:
    return Response(_NOT_BUILT, status_code=503)


def _on_error(_request: Request[Any, Any, Any], exc: BillfoldError) -> Response[dict[str, str]]:
    status = exc.status if isinstance(exc, RequestRefused) else 404 if isinstance(exc, NotFound) else 500
    return Response({"error": exc.code, "error_description": str(exc)}, status_code=status)


def _on_http_error(_request: Request[Any, Any, Any], exc: HTTPException) -> Response[dict[str, str]]:
    return Response({"error": "refused", "error_description": exc.detail}, status_code=exc.status_code)


def _on_deep_nesting(_request: Request[Any, Any, Any], _exc: RecursionError) -> Response[dict[str, str]]:
    """Answer a body that the framework's decoder gave up on."""
    description = "expected JSON that is not nested beyond all use"
    return Response({"error": "refused", "error_description": description}, status_code=400)


def _on_failure(request: Request[Any, Any, Any], exc: Exception) -> Response[dict[str, str]]:
    """Answer what nobody expected; the log has the rest under the reference."""
    log.error("failed", reference=request.state.get("reference"), exc_info=exc)
    description = "expected no mistake here; the operator can look up the reference"
    return Response({"error": "server_error", "error_description": description}, status_code=500)


def _with_headers(parts: Parts) -> Any:  # noqa: ANN401  # Litestar's middleware type is as wide
    """Send the page's headers with every answer: Litestar's own setting leaves static files out."""
    headers = [(name.encode(), value.encode()) for name, value in _page_headers(parts).items()]

    def middleware(app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *headers]
                await send(message)

            await app(scope, receive, send_with_headers)

        return handle

    return middleware


def _page_headers(parts: Parts) -> dict[str, str]:
    """Return the page's headers: no script but its own, and connections to issuers and requesters by https only."""
    connect = "'self' https:" + (" http://localhost:*" if parts.allow_loopback_http else "")
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        f"connect-src {connect}; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types svelte-trusted-html billfold-sw"
    )
    return {
        "content-security-policy": policy,
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": (
            "camera=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), microphone=(), "
            "geolocation=()"
        ),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
