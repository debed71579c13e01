"""The directory as staff look through it: found by what was typed, filtered, counted, and read page by page."""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from billfold.adapters.store import records, states
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.folding import fold
from billfold.adapters.store.overview import FAILED, SILENT_AFTER
from billfold.adapters.store.records import Person, to_instant, to_micros
from billfold.adapters.store.tables import audit_entries, credentials, entitlements, pairing_codes, pairings, people
from billfold.adapters.store.unit import Query, Value, integer, text

Filter = Literal["all", "paired", "no_device", "suspended", "silent", "failed", "no_news"]
FILTERS: Final[tuple[Filter, ...]] = ("all", "paired", "no_device", "suspended", "silent", "failed", "no_news")
PAGE_SIZE = 25
MOST_WORDS = 6
LONGEST_WORD = 40
SHORTEST_TOLERANT = 4  # a shorter word with one letter wrong means nearly anybody
_ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in a list, with what staff want to see at a glance."""

    person: Person
    creds: int
    suspended: int
    last_contact_at: datetime | None
    waiting: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One page, and how many people there are under each filter."""

    people: list[Listed]
    counts: dict[Filter, int]
    tolerant: bool


_HELD = and_(entitlements.c.person_id == people.c.id, entitlements.c.state != states.ENDED)
_PAIRED = exists().where(pairings.c.person_id == people.c.id, pairings.c.state == states.ACTIVE)
_SUSPENDED = exists().where(_HELD, entitlements.c.state == states.SUSPENDED)
_FAILED = exists().where(
    credentials.c.person_id == people.c.id, credentials.c.state == states.ACTIVE, credentials.c.device_event == FAILED
)
_WHICH: dict[Filter, ColumnElement[bool] | None] = {
    "all": None,
    "paired": _PAIRED,
    "no_device": ~_PAIRED,
    "suspended": _SUSPENDED,
    "silent": _PAIRED.where(pairings.c.last_contact_at < integer("silent_before")),
    "failed": _FAILED,
    "no_news": _PAIRED.where(pairings.c.push_subscription.is_(None)),
}
_PERSON = records.columns_of(Person, people)
_CREDS = select(func.count()).where(_HELD).scalar_subquery()
_SUSPENDED_CREDS = select(func.count()).where(_HELD, entitlements.c.state == states.SUSPENDED).scalar_subquery()
_LAST_CONTACT = (
    select(func.max(pairings.c.last_contact_at))
    .where(pairings.c.person_id == people.c.id, pairings.c.state == states.ACTIVE)
    .scalar_subquery()
)
_WAITING = (
    select(func.count())
    .where(
        pairing_codes.c.person_id == people.c.id,
        pairing_codes.c.state.in_(states.UNUSED_CODE),
        pairing_codes.c.expires_at > integer("now"),
    )
    .scalar_subquery()
)
_BY_REFERENCE = Query(
    select(audit_entries.c.person_id)
    .where(
        audit_entries.c.organisation_id == text("organisation_id"),
        audit_entries.c.reference == text("reference"),
        audit_entries.c.person_id.is_not(None),
    )
    .limit(1)
)


async def find(engine: Engine, organisation_id: str, typed: str, chosen: Filter, *, first: int, now: datetime) -> Found:
    """Return a page of the people whose names or values hold every word that was typed, in any order.

    Where nobody is found so, one letter of each longer word may be wrong, missing, too many or swapped.

    Args:
        first: how many people lie before the page.
    """
    words = [word[:LONGEST_WORD] for word in fold(typed).split()[:MOST_WORDS]]
    found = await _find(engine, organisation_id, [[_holding(word)] for word in words], chosen, first=first, now=now)
    if found.counts["all"] or not any(len(word) >= SHORTEST_TOLERANT for word in words):
        return found
    patterns = [near(word) if len(word) >= SHORTEST_TOLERANT else [_holding(word)] for word in words]
    nearly = await _find(engine, organisation_id, patterns, chosen, first=first, now=now)
    return Found(nearly.people, nearly.counts, tolerant=bool(nearly.counts["all"]))


async def person_of_reference(engine: Engine, organisation_id: str, reference: str) -> str | None:
    """Return the id of the person whom the event with this reference is about."""
    rows = await engine.fetch(_BY_REFERENCE, organisation_id=organisation_id, reference=reference)
    return str(rows[0][0]) if rows else None


def near(word: str) -> list[str]:
    """Return the patterns of LIKE that meet *word* with one letter wrong, missing, too many, or two swapped."""
    letters = [_escaped(letter) for letter in word]
    patterns = {f"%{''.join(letters)}%"}
    for place in range(len(letters)):
        before, rest = "".join(letters[:place]), letters[place:]
        patterns.add(f"%{before}_{''.join(rest[1:])}%")
        patterns.add(f"%{before}{''.join(rest[1:])}%")
        patterns.add(f"%{before}_{''.join(rest)}%")
        patterns.add(f"%{before}{''.join([*rest[1:2], rest[0], *rest[2:]])}%")
    return sorted(patterns)


async def _find(
    engine: Engine, organisation_id: str, patterns: list[list[str]], chosen: Filter, *, first: int, now: datetime
) -> Found:
    shape = tuple(len(each) for each in patterns)
    given: dict[str, Value] = {
        f"pattern_{word}_{number}": pattern for word, each in enumerate(patterns) for number, pattern in enumerate(each)
    }
    given |= {"organisation_id": organisation_id, "silent_before": to_micros(now - SILENT_AFTER)}
    counted = await engine.fetch(_counting(shape), **given)
    page = await engine.fetch(_paging(shape, chosen), now=to_micros(now), first=first, **given)
    return Found([_listed(row) for row in page], dict(zip(FILTERS, counted[0], strict=True)), tolerant=False)


@functools.lru_cache(maxsize=256)
def _counting(shape: tuple[int, ...]) -> Query:
    counting = cast("Select[Any]", select(*map(_count_of, FILTERS)))
    return Query(_matching(counting.select_from(people), shape))


@functools.lru_cache(maxsize=256)
def _paging(shape: tuple[int, ...], chosen: Filter) -> Query:
    columns = (*_PERSON, _CREDS, _SUSPENDED_CREDS, _LAST_CONTACT, _WAITING)
    statement = cast("Select[Any]", select(*columns))  # the stubs name the first ten columns only
    matched, which = _matching(statement, shape), _WHICH[chosen]
    if which is not None:
        matched = matched.where(which)
    return Query(matched.order_by(people.c.folded, people.c.id).limit(PAGE_SIZE).offset(integer("first")))


def _matching(statement: Select[Any], shape: tuple[int, ...]) -> Select[Any]:
    matched = statement.where(people.c.organisation_id == text("organisation_id"))
    for word, count in enumerate(shape):
        patterns = (text(f"pattern_{word}_{number}") for number in range(count))
        matched = matched.where(or_(*(people.c.folded.like(pattern, escape=_ESCAPE) for pattern in patterns)))
    return matched


def _count_of(each: Filter) -> ColumnElement[int]:
    which = _WHICH[each]
    return func.count() if which is None else func.count().filter(which)


def _holding(word: str) -> str:
    return f"%{''.join(map(_escaped, word))}%"


def _escaped(letter: str) -> str:
    return f"{_ESCAPE}{letter}" if letter in "%_\\" else letter


def _listed(row: tuple[Any, ...]) -> Listed:
    split = len(_PERSON)
    creds, suspended, last_contact, waiting = row[split:]
    contact = None if last_contact is None else to_instant(last_contact)
    return Listed(records.read(Person, row[:split]), creds, suspended, contact, bool(waiting))
