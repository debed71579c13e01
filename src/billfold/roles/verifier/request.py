"""Request: made from a template, shown as links and a short code, handed to the wallet as a signed request object.

Source: OpenID4VP 1.0 sections 5, 5.9.3 and 5.10; HAIP 1.0 section 5.1. By a template's own wish a request is unsigned
(the prefix `redirect_uri`): then the link carries it whole, and nothing proves who asks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from billfold.adapters.store import organisations, presentation_requests, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.adapters.store.presentation_requests import RequestHashes
from billfold.adapters.store.records import PresentationRequestRecord, PresentationTemplate
from billfold.adapters.store.template_definition import TemplateDefinition
from billfold.core.encoding import Json, b64url_encode, json_decode_object, json_encode
from billfold.core.jose.jws import attach
from billfold.core.keys import PrivateKey
from billfold.core.openid4vp.request import (
    NONCE_BYTES,
    RequesterText,
    make_nonce,
    request_claims,
    request_link,
    request_signing_input,
    unsigned_request_link,
)
from billfold.errors import RequestRefused, StateError
from billfold.roles.organisation import REQUESTER
from billfold.roles.parts import NotFound, Parts, crockford, read_crockford, sha256
from billfold.roles.verifier.template import query_of
from billfold.roles.verifier.verifier import Verifier

SHORT_CODE_CHARACTERS = 12
TOKEN_BYTES = 16
EXPIRED = "expired"


class HostShared(StateError):
    """A requester that has its host to itself only may ask under the host's name (`x509_san_dns`)."""

    code = "host_shared"


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as staff and the visitor see it."""

    id: str
    state: str
    request: str
    wallet_link: str
    short_code: str
    expires_at: datetime
    record: PresentationRequestRecord


async def create_request(
    parts: Parts, verifier: Verifier, template_slug: str, *, return_to: str | None, act: Act, asked_once: Once | None
) -> ShownRequest:
    """Make a request from the template *template_slug*, as `ask` does.

    Raises:
        NotFound: no such template here.
        HostShared, KeyReused: as for `ask`.
    """
    template = verifier.templates.get(template_slug)
    if template is None:
        raise NotFound("expected a template of this organisation")
    return await ask(parts, verifier, template, return_to=return_to, act=act, asked_once=asked_once)


async def ask(
    parts: Parts,
    verifier: Verifier,
    template: PresentationTemplate,
    *,
    return_to: str | None,
    act: Act,
    asked_once: Once | None,
) -> ShownRequest:
    """Make a request from *template*, with an encryption key of its own unless it is to be answered in the clear.

    Raises:
        HostShared: the template asks under the host's name, and others ask from this host too.
        KeyReused: the idempotency key came before with another request.
    """
    await require_fitting_host(parts, verifier, template.definition)
    asked = _new_record(parts, verifier, template.definition, return_to=return_to)
    made = await presentation_requests.create(
        parts.store, asked, template_id=template.id, hashes=_hashes(parts, asked.id), act=act, asked_once=asked_once
    )
    return _shown(parts, verifier, asked) if made == asked.id else await show_request(parts, verifier, made)


async def show_request(parts: Parts, verifier: Verifier, request_id: str) -> ShownRequest:
    """Return a request with its links and its present state.

    Raises:
        NotFound: no such request here.
    """
    record = await presentation_requests.get(parts.store, verifier.id, request_id)
    if record is None:
        raise NotFound("expected a presentation request of this organisation")
    return _shown(parts, verifier, record)


async def check_by_hand(parts: Parts, verifier: Verifier, request_id: str, act: Act) -> None:
    """Record that somebody checked by hand whoever was asked, with the reason of *act* and without a field.

    Raises:
        NotFound: no such request here.
    """
    if not await presentation_requests.check_by_hand(parts.store, verifier.id, request_id, act):
        raise NotFound("expected a presentation request of this organisation")


async def open_request(parts: Parts, verifier: Verifier, token: str, *, wallet_nonce: str | None) -> str:
    """Return the signed request object; it may be fetched again while the request lives (5.10).

    Raises:
        NotFound: unknown, answered or run out.
    """
    record = await presentation_requests.open_request(parts.store, verifier.id, sha256(token), now=parts.now())
    if record is None or not _is_signed(record):
        raise NotFound("expected a signed request that is neither answered nor run out: scan again")
    claims = _claims(parts, verifier, record, wallet_nonce=wallet_nonce)
    signer = verifier.as_of(record.created_at).signer
    signing_input = request_signing_input(claims, x5c=signer.x5c)
    return attach(signing_input, signer.key.sign(signing_input))


async def find_short_code(parts: Parts, short_code: str) -> tuple[str, str] | None:
    """Return the id and organisation of the live request that somebody typed or scanned."""
    return await presentation_requests.by_short_code(parts.store, sha256(read_crockford(short_code)), now=parts.now())


async def refuse_if_over(parts: Parts, short_code: str) -> None:
    """Say that a request was answered or has run out, to who holds its whole short code.

    Raises:
        RequestRefused: 410 `request_gone`.
    """
    if await presentation_requests.is_short_code(parts.store, sha256(read_crockford(short_code))):
        raise RequestRefused("request_gone", "expected a request that was not answered and has not run out", status=410)


def state_of(parts: Parts, request_id: str) -> str:
    """Return the request's `state`, made from its id by HMAC like its other secret parts: the same every time."""
    return b64url_encode(parts.master_key.code("request_state", request_id))


def client_id_of(parts: Parts, verifier: Verifier, record: PresentationRequestRecord) -> str:
    """Return the client identifier that the request was made under, for which every presentation must be made."""
    then = verifier.as_of(record.created_at)
    return then.client_id(record.template.client_id_prefix, _response_uri(parts, verifier, record))


async def require_fitting_host(parts: Parts, verifier: Verifier, template: TemplateDefinition) -> None:
    """Check that who asks under the name of its host has it alone: else others could pass for it.

    Raises:
        HostShared: another organisation of this installation asks from it too.
    """
    if template.client_id_prefix != "x509_san_dns":
        return
    for other in await organisations.every(parts.store):
        if other.id != verifier.id and REQUESTER in other.settings.roles:
            raise HostShared("expected a host that no other requester asks from: ask by x509_hash, or have your own")


def response_key(parts: Parts, record: PresentationRequestRecord) -> PrivateKey | None:
    """Open the key that the response is encrypted to; None where it is to come in the clear.

    Raises:
        NotFound: it is gone, the request was answered.
    """
    if record.template.response_mode == "direct_post":
        return None
    if record.response_key_sealed is None:
        raise NotFound("expected a request that was not answered yet")
    jwk = json_decode_object(parts.master_key.unseal(record.response_key_sealed, _context(record.id)))
    return PrivateKey.from_jwk(jwk)


def token_of(parts: Parts, request_id: str) -> str:
    """Return the secret in the addresses of a request, made from its id by HMAC."""
    return b64url_encode(parts.master_key.code("request", request_id)[:TOKEN_BYTES])


def _short_code_of(parts: Parts, request_id: str) -> str:
    return crockford(parts.master_key.code("request_short_code", request_id), SHORT_CODE_CHARACTERS)


def _hashes(parts: Parts, request_id: str) -> RequestHashes:
    """Return what the store keeps of the secret parts."""
    secrets = (token_of(parts, request_id), _short_code_of(parts, request_id), state_of(parts, request_id))
    return RequestHashes(*map(sha256, secrets))


def _new_record(
    parts: Parts, verifier: Verifier, template: TemplateDefinition, *, return_to: str | None
) -> PresentationRequestRecord:
    request_id, now = parts.new_id(), parts.now()
    return PresentationRequestRecord(
        id=request_id,
        organisation_id=verifier.id,
        template=template,
        state=states.WAITING,
        nonce=make_nonce(parts.random(NONCE_BYTES)),
        response_key_sealed=_new_response_key(parts, request_id, template),
        return_to=return_to,
        response_code_hash=None,
        verification=None,
        fields=None,
        fields_expire_at=None,
        expires_at=now + timedelta(seconds=template.request_lifetime_s),
        created_at=now,
    )


def _shown(parts: Parts, verifier: Verifier, record: PresentationRequestRecord) -> ShownRequest:
    short_code = _short_code_of(parts, record.id)
    live = record.state in states.OPEN_REQUEST
    return ShownRequest(
        id=record.id,
        state=EXPIRED if live and record.expires_at <= parts.now() else record.state,
        request=_link(parts, verifier, record),
        wallet_link=f"{parts.addresses.wallet}/#c={short_code}",
        short_code=short_code,
        expires_at=record.expires_at,
        record=record,
    )


def _new_response_key(parts: Parts, request_id: str, template: TemplateDefinition) -> bytes | None:
    """Return a fresh key, sealed (HAIP 5), unless the answer is to come in the clear."""
    if template.response_mode == "direct_post":
        return None
    key = PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))
    return parts.master_key.seal(json_encode(key.to_jwk()), _context(request_id))


def _is_signed(record: PresentationRequestRecord) -> bool:
    return record.template.client_id_prefix != "redirect_uri"


def _response_uri(parts: Parts, verifier: Verifier, record: PresentationRequestRecord) -> str:
    return f"{verifier.url}/responses/{token_of(parts, record.id)}"


def _link(parts: Parts, verifier: Verifier, record: PresentationRequestRecord) -> str:
    """Return the link for any wallet; an unsigned request stands in it while it may be answered."""
    if not _is_signed(record) and record.state in states.OPEN_REQUEST:
        return unsigned_request_link(_claims(parts, verifier, record, wallet_nonce=None))
    url = f"{verifier.url}/requests/{token_of(parts, record.id)}"
    return request_link(client_id_of(parts, verifier, record), url)


def _claims(
    parts: Parts, verifier: Verifier, record: PresentationRequestRecord, *, wallet_nonce: str | None
) -> dict[str, Json]:
    now, template, key = parts.now(), record.template, response_key(parts, record)
    return request_claims(
        client_id=client_id_of(parts, verifier, record),
        response_uri=_response_uri(parts, verifier, record),
        nonce=record.nonce,
        state=state_of(parts, record.id),
        dcql_query=query_of(template),
        encryption_key=None if key is None else key.public(),
        now=now,
        lifetime=record.expires_at - now,
        text=RequesterText(
            name=verifier.organisation.name,
            purposes=template.purposes,
            retention=timedelta(seconds=template.keep_result_s),
            # An unsigned request is a link: too short for a picture, which would prove nothing there anyway.
            logo=verifier.organisation.settings.look.logo if _is_signed(record) else None,
        ),
        wallet_nonce=wallet_nonce,
    )


def _context(request_id: str) -> str:
    return f"response-key {request_id}"
