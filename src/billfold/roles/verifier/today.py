"""Today: how often a requester asked since midnight, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, time, tzinfo

from billfold.adapters.store import overview
from billfold.adapters.store.overview import TemplateFigures
from billfold.roles.parts import UUID7_RANDOM_BYTES, Parts, uuid7


@dataclass(frozen=True, slots=True)
class Today:
    """The requests of one day, whole and by the id of their template."""

    by_template: dict[str, TemplateFigures]
    asked: int
    answered: int
    declined: int
    waiting: int


async def requests_today(parts: Parts, organisation_id: str, zone: tzinfo) -> Today:
    """Count the requests since midnight in *zone*."""
    now = parts.now()
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    first_id = uuid7(midnight, bytes(UUID7_RANDOM_BYTES))
    found = await overview.requests_since(parts.store, organisation_id, first_id=first_id, now=now)
    every = found.values()
    return Today(
        found,
        asked=sum(each.asked for each in every),
        answered=sum(each.answered for each in every),
        declined=sum(each.declined for each in every),
        waiting=sum(each.waiting for each in every),
    )
