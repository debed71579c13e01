"""Presentation templates, and the requests made from them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, update

from billfold.adapters.store import audit, once, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import PresentationRequestRecord, PresentationTemplate, to_json, to_micros
from billfold.adapters.store.requester_tables import presentation_requests, presentation_templates
from billfold.adapters.store.unit import Query, Steps, Unit, binary, integer, text

_COLUMNS = records.columns_of(PresentationRequestRecord, presentation_requests)
_LIVE = presentation_requests.c.state.in_(states.OPEN_REQUEST)
_TEMPLATES = Query(
    select(*records.columns_of(PresentationTemplate, presentation_templates))
    .where(presentation_templates.c.organisation_id == text("organisation_id"))
    .order_by(presentation_templates.c.id)
)
_BY_ID = Query(
    select(*_COLUMNS).where(
        presentation_requests.c.organisation_id == text("organisation_id"), presentation_requests.c.id == text("id")
    )
)
_BY_REQUEST_HASH = Query(
    select(*_COLUMNS, presentation_requests.c.state_hash).where(
        presentation_requests.c.organisation_id == text("organisation_id"),
        presentation_requests.c.request_hash == binary("request_hash"),
    )
)
_BY_SHORT_CODE = Query(
    select(presentation_requests.c.id, presentation_requests.c.organisation_id).where(
        presentation_requests.c.short_code_hash == binary("short_code_hash"),
        _LIVE,
        presentation_requests.c.expires_at > integer("now"),
    )
)
_IS_SHORT_CODE = Query(
    select(presentation_requests.c.id).where(presentation_requests.c.short_code_hash == binary("short_code_hash"))
)
_EARLIER = once.earlier(presentation_requests)
_EARLIER_TEMPLATE = once.earlier(presentation_templates)


@dataclass(frozen=True, slots=True)
class RequestHashes:
    """What is stored of a request: the hashes by which its parts are found."""

    request: bytes
    short_code: bytes
    state: bytes


def _create_template(steps: Steps) -> None:
    template = steps.insert(
        "template",
        presentation_templates,
        {
            "id": text("id"),
            "organisation_id": text("organisation_id"),
            "slug": text("slug"),
            "definition": text("definition"),
            "created_at": integer("now"),
            **once.columns(),
        },
    )
    audit.record_each(steps, "presentation_template.created", template)
    steps.answer(template)


def _change_template(steps: Steps) -> None:
    changed = steps.do(
        "template",
        update(presentation_templates)
        .where(
            presentation_templates.c.organisation_id == text("organisation_id"),
            presentation_templates.c.id == text("id"),
        )
        .values(definition=text("definition"))
        .returning(presentation_templates.c.id, presentation_templates.c.organisation_id),
    )
    audit.record_each(steps, "presentation_template.changed", changed)
    steps.answer(changed)


def _create(steps: Steps) -> None:
    request = steps.insert(
        "request",
        presentation_requests,
        {
            "id": text("id"),
            "organisation_id": text("organisation_id"),
            "template_id": text("template_id"),
            "template": text("template"),
            "state": states.WAITING,
            "request_hash": binary("request_hash"),
            "short_code_hash": binary("short_code_hash"),
            "state_hash": binary("state_hash"),
            "nonce": text("nonce"),
            "response_key_sealed": binary("response_key_sealed"),
            "return_to": text("return_to"),
            "created_at": integer("created_at"),
            "expires_at": integer("expires_at"),
            **once.columns(),
        },
    )
    audit.record_each(steps, "presentation_request.created", request)
    steps.answer(request)


def _open(steps: Steps) -> None:
    steps.answer(
        steps.do(
            "opened",
            update(presentation_requests)
            .where(
                presentation_requests.c.organisation_id == text("organisation_id"),
                presentation_requests.c.request_hash == binary("request_hash"),
                presentation_requests.c.expires_at > integer("now"),
                _LIVE,
            )
            .values(state=states.OPENED, opened_at=func.coalesce(presentation_requests.c.opened_at, integer("now")))
            .returning(*_COLUMNS),
        )
    )


def _answer(steps: Steps) -> None:
    """End a request; the key that could open the response again goes with it."""
    answered = steps.do(
        "answered",
        update(presentation_requests)
        .where(presentation_requests.c.id == text("id"), presentation_requests.c.expires_at > integer("now"), _LIVE)
        .values(
            state=text("state"),
            verification=text("verification"),
            fields=text("fields"),
            fields_expire_at=integer("fields_expire_at"),
            response_code_hash=binary("response_code_hash"),
            response_key_sealed=None,
            answered_at=integer("now"),
        )
        .returning(presentation_requests.c.id, presentation_requests.c.organisation_id),
    )
    audit.record_each(steps, "presentation_request.answered", answered)
    steps.answer(answered)


def _check_by_hand(steps: Steps) -> None:
    checked = (
        select(presentation_requests.c.id, presentation_requests.c.organisation_id)
        .where(presentation_requests.c.organisation_id == text("organisation_id"))
        .where(presentation_requests.c.id == text("id"))
    )
    found = steps.do("checked", checked)
    audit.record_each(steps, "presentation_request.checked_by_hand", found)
    steps.answer(found)


def _forget(steps: Steps) -> None:
    """Delete field values whose time is over; the checks stay."""
    forgotten = (
        update(presentation_requests)
        .where(presentation_requests.c.fields.is_not(None), presentation_requests.c.fields_expire_at <= integer("now"))
        .values(fields=None)
        .returning(presentation_requests.c.id)
    )
    steps.answer(steps.do("forgotten", forgotten))


_FORGET = Unit(_forget)
_DUE = Query(
    select(
        exists().where(
            presentation_requests.c.fields.is_not(None), presentation_requests.c.fields_expire_at <= integer("now")
        )
    )
)
_CHANGE_TEMPLATE, _CHECK_BY_HAND = Unit(_change_template), Unit(_check_by_hand)
_CREATE_TEMPLATE, _CREATE, _OPEN, _ANSWER = Unit(_create_template), Unit(_create), Unit(_open), Unit(_answer)


async def create_template(
    engine: Engine, organisation_id: str, template: PresentationTemplate, *, act: Act, asked_once: Once | None
) -> str:
    """Store a new template; return the id, an earlier one's if this was asked before.

    Raises:
        Conflict: the organisation has a template of this slug.
        KeyReused: the idempotency key came before with another request.
    """
    made = await once.create(
        engine,
        _CREATE_TEMPLATE,
        _EARLIER_TEMPLATE,
        row_id=template.id,
        organisation_id=organisation_id,
        once=asked_once,
        slug=template.slug,
        definition=to_json(template.definition),
        **act.parameters(),
    )
    return made or template.id


async def change_template(engine: Engine, organisation_id: str, template: PresentationTemplate, *, act: Act) -> bool:
    """Change what a template asks from now on; say whether the organisation has it. Requests keep their copies."""
    rows = await engine.run(
        _CHANGE_TEMPLATE,
        organisation_id=organisation_id,
        id=template.id,
        definition=to_json(template.definition),
        **act.parameters(),
    )
    return bool(rows)


async def templates_of(engine: Engine, organisation_id: str) -> list[PresentationTemplate]:
    """Return the organisation's templates in the order they were made."""
    return records.read_all(PresentationTemplate, await engine.fetch(_TEMPLATES, organisation_id=organisation_id))


async def create(
    engine: Engine,
    asked: PresentationRequestRecord,
    *,
    template_id: str,
    hashes: RequestHashes,
    act: Act,
    asked_once: Once | None,
) -> str:
    """Store a request, *asked*, with its copy of the template; return the id, an earlier one's if this came before.

    Raises:
        KeyReused: the idempotency key came before with another request.
    """
    made = await once.create(
        engine,
        _CREATE,
        _EARLIER,
        row_id=asked.id,
        organisation_id=asked.organisation_id,
        once=asked_once,
        template_id=template_id,
        template=to_json(asked.template),
        request_hash=hashes.request,
        short_code_hash=hashes.short_code,
        state_hash=hashes.state,
        nonce=asked.nonce,
        response_key_sealed=asked.response_key_sealed,
        return_to=asked.return_to,
        created_at=to_micros(asked.created_at),
        expires_at=to_micros(asked.expires_at),
        **act.parameters(),
    )
    return made or asked.id


async def get(engine: Engine, organisation_id: str, request_id: str) -> PresentationRequestRecord | None:
    """Return one request of the organisation."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=request_id)
    return records.read(PresentationRequestRecord, rows[0]) if rows else None


async def by_request_hash(
    engine: Engine, organisation_id: str, request_hash: bytes
) -> tuple[PresentationRequestRecord, bytes] | None:
    """Return the request that a wallet answers, with the hash of its `state`."""
    rows = await engine.fetch(_BY_REQUEST_HASH, organisation_id=organisation_id, request_hash=request_hash)
    return (records.read(PresentationRequestRecord, rows[0][:-1]), rows[0][-1]) if rows else None


async def by_short_code(engine: Engine, short_code_hash: bytes, *, now: datetime) -> tuple[str, str] | None:
    """Return the id and organisation of the live request with this short code."""
    rows = await engine.fetch(_BY_SHORT_CODE, short_code_hash=short_code_hash, now=to_micros(now))
    return (rows[0][0], rows[0][1]) if rows else None


async def is_short_code(engine: Engine, short_code_hash: bytes) -> bool:
    """Return whether a request, live or over, has this short code."""
    return bool(await engine.fetch(_IS_SHORT_CODE, short_code_hash=short_code_hash))


async def open_request(
    engine: Engine, organisation_id: str, request_hash: bytes, *, now: datetime
) -> PresentationRequestRecord | None:
    """Mark a live request as opened and return it; it may be opened again (OpenID4VP 5.10)."""
    rows = await engine.run(_OPEN, organisation_id=organisation_id, request_hash=request_hash, now=to_micros(now))
    return records.read(PresentationRequestRecord, rows[0]) if rows else None


async def answer(
    engine: Engine,
    request_id: str,
    *,
    state: str,
    verification: object,
    fields: object,
    fields_expire_at: datetime | None,
    response_code_hash: bytes | None,
    act: Act,
) -> bool:
    """End a live request with its answer; say whether it was still live."""
    rows = await engine.run(
        _ANSWER,
        id=request_id,
        state=state,
        verification=None if verification is None else to_json(verification),
        fields=None if fields is None else to_json(fields),
        fields_expire_at=to_micros(fields_expire_at) if fields_expire_at else None,
        response_code_hash=response_code_hash,
        **act.parameters(),
    )
    return bool(rows)


async def check_by_hand(engine: Engine, organisation_id: str, request_id: str, act: Act) -> bool:
    """Record that somebody checked by hand, with the reason and no field; say whether there is such a request."""
    return bool(await engine.run(_CHECK_BY_HAND, organisation_id=organisation_id, id=request_id, **act.parameters()))


async def forget_results(engine: Engine, *, now: datetime) -> int:
    """Delete the field values whose time is over, from the database's files too; return of how many requests."""
    if not (await engine.fetch(_DUE, now=to_micros(now)))[0][0]:
        return 0
    forgotten = len(await engine.run(_FORGET, now=to_micros(now)))
    await engine.scrub()
    return forgotten
