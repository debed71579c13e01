"""Presentation requests: made from a template, and read when they were answered."""

from urllib.parse import urlsplit

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.apps.api.caller import Caller, IdempotencyKey
from billfold.apps.api.messages import NewPresentationRequest, PresentationRequestView, Reason, VerificationView
from billfold.apps.api.problems import Refused
from billfold.roles.issuer.entitlement import reason_of
from billfold.roles.verifier.request import ShownRequest, check_by_hand, create_request, show_request
from billfold.roles.verifier.verification import result_of

MAX_URL_CHARACTERS = 2000


class PresentationRequestsController(Controller):
    """`/presentation-requests`."""

    path = "/presentation-requests"
    tags = ("Requests",)
    opt = {"scope": "requests"}  # noqa: RUF012  # Litestar's own form
    response_headers = {"Cache-Control": "no-store"}  # noqa: RUF012  # Litestar's own form

    @post(summary="Ask for Creds")
    async def create(
        self,
        caller: NamedDependency[Caller],
        data: JSONBody[NewPresentationRequest],
        idempotency_key: IdempotencyKey = None,
    ) -> PresentationRequestView:
        """Make a request from a template; show its QR code or link to whoever is to answer."""
        _check_return_to(data.return_to, allow_loopback_http=caller.parts.allow_loopback_http)
        shown = await create_request(
            caller.parts,
            await caller.verifier(),
            data.template,
            return_to=data.return_to,
            act=caller.act(),
            asked_once=caller.once(idempotency_key, data),
        )
        return _view(caller, shown, response_code=None)

    @get("/{request_id:str}", summary="Get a request and its result")
    async def get(
        self, caller: NamedDependency[Caller], request_id: FromPath[str], response_code: FromQuery[str | None] = None
    ) -> PresentationRequestView:
        """Return a request; `response_code` is what the redirect to `return_to` carried."""
        shown = await show_request(caller.parts, await caller.verifier(), request_id)
        return _view(caller, shown, response_code=response_code)

    @post("/{request_id:str}/check-by-hand", summary="Record a check by hand", status_code=200)
    async def check(
        self, caller: NamedDependency[Caller], request_id: FromPath[str], data: JSONBody[Reason]
    ) -> PresentationRequestView:
        """Record that somebody was checked by hand, with the reason and without a field; the result stays as it is."""
        verifier = await caller.verifier()
        await check_by_hand(caller.parts, verifier, request_id, caller.act(reason_of(data.reason)))
        return _view(caller, await show_request(caller.parts, verifier, request_id), response_code=None)


def _view(caller: Caller, shown: ShownRequest, *, response_code: str | None) -> PresentationRequestView:
    result = result_of(shown, caller.parts, response_code=response_code)
    return PresentationRequestView(
        shown.id,
        shown.state,  # type: ignore[arg-type]  # the store keeps these very words
        shown.request,
        shown.wallet_link,
        shown.short_code,
        shown.expires_at,
        None if result is None else msgspec.convert(result, VerificationView, from_attributes=True),
    )


def _check_return_to(return_to: str | None, *, allow_loopback_http: bool) -> None:
    if return_to is None:
        return
    refused = Refused(400, "bad_return_to", "expected return_to as an https URL without a fragment")
    try:
        parts = urlsplit(return_to)
        has_host = bool(parts.hostname) and parts.port != 0  # a port out of range is found when it is asked for
    except ValueError as exc:
        raise refused from exc
    secure = parts.scheme == "https" or (parts.scheme == "http" and allow_loopback_http)
    if not secure or not has_host or parts.fragment or len(return_to) > MAX_URL_CHARACTERS:
        raise refused
