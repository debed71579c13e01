"""Overview: what waits, four figures, who needs somebody, health; three steps for who begins: `/o/{slug}`."""

from dataclasses import dataclass
from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store import organisations, overview
from billfold.adapters.store.overview import Figures
from billfold.apps.console.settings import ends_soon
from billfold.apps.console.visit import Visit
from billfold.roles.organisation import ISSUER, REQUESTER
from billfold.roles.parts import NotFound
from billfold.roles.verifier.today import Today, requests_today

SHOWN_CODES = 5
WAKES_ARE_LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs somebody: how many, and the filter of People that shows them."""

    name: str
    count: int
    which: str


@dataclass(frozen=True, slots=True)
class Health:
    """One line of health; *value* stands in its words."""

    name: str
    good: bool
    value: str


@get("/o/{slug:str}", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit]) -> Response[str]:
    """Show the overview: of issuing, of requesting where that is all, and of both where both is done."""
    if ISSUER not in visit.organisation.settings.roles:
        return await _show_requester(visit)
    store, ours, now = visit.parts.store, visit.organisation.id, visit.parts.now()
    figures = await overview.figures(store, ours, now=now)
    steps = {"type": figures.types > 0, "person": figures.people > 0, "pair": figures.ever_paired > 0}
    return visit.page(
        "overview.html",
        figures=figures,
        steps=steps,
        is_new=not all(steps.values()),
        codes=await overview.live_codes(store, ours, now=now, most=SHOWN_CODES),
        needs=[each for each in _needs(figures) if each.count],
        health=[_wakes(visit, figures), *await _health(visit)],
        today=await _today(visit),
    )


@get("/o/{slug:str}/{rest:path}")
async def missing(visit: NamedDependency[Visit], rest: FromPath[str]) -> Response[str]:  # noqa: ARG001  # as routed
    """Answer every other address of an organisation with a page."""
    raise NotFound("expected the address of a page")


def _needs(figures: Figures) -> list[Need]:
    return [
        Need("failed", figures.failed, "failed"),
        Need("silent", figures.silent, "silent"),
        Need("suspended", figures.suspended, "suspended"),
        Need("unreachable", figures.paired - figures.reachable, "no_news"),
    ]


async def _show_requester(visit: Visit) -> Response[str]:
    verifier = await visit.verifier()
    return visit.page(
        "overview_requester.html",
        templates=list(verifier.templates.values()),
        health=await _health(visit),
        today=await _today(visit),
    )


async def _today(visit: Visit) -> Today | None:
    if REQUESTER not in visit.organisation.settings.roles:
        return None
    return await requests_today(visit.parts, visit.organisation.id, visit.words.zone)


def _wakes(visit: Visit, figures: Figures) -> Health:
    since = figures.wakes_wait_since
    late = since is not None and visit.parts.now() - since > WAKES_ARE_LATE_AFTER
    return Health("wakes", not late, visit.words.instant(since) if since else "")


async def _health(visit: Visit) -> list[Health]:
    words = visit.words
    keys = await organisations.newest_keys_of(visit.parts.store, visit.organisation.id)
    first_end = min(key.not_after_at for key in keys)
    support = visit.organisation.settings.support
    return [
        Health("certificates", not any(ends_soon(visit, key) for key in keys), words.date(first_end)),
        Health("support", bool(support.email or support.phone or support.url), ""),
    ]
