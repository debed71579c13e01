"""Settings: eight areas, each with its present value in one line: `/o/{slug}/settings`."""

from dataclasses import dataclass
from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency

from billfold.adapters.store import organisations, overview, passkeys
from billfold.adapters.store.records import SigningKey
from billfold.apps.console.visit import Visit
from billfold.roles.operator.mail import unsent_mails
from billfold.roles.operator.staff import working
from billfold.roles.organisation import ISSUER

ENDS_SOON = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Area:
    """One area: where it is, its picture, what it says of itself now, and whether somebody should look at it."""

    name: str
    icon: str
    value: str
    failing: bool = False


@get("/o/{slug:str}/settings", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit]) -> Response[str]:
    """Show the areas."""
    return visit.page("settings.html", areas=[each for each in await _areas(visit) if each is not None])


@get("/o/{slug:str}/settings/notifications", opt={"permission": "see"})
async def notifications(visit: NamedDependency[Visit]) -> Response[str]:
    """Show how devices are woken, and how many of them cannot be."""
    await visit.issuer()
    figures = await overview.figures(visit.parts.store, visit.organisation.id, now=visit.parts.now())
    return visit.page("settings_notifications.html", figures=figures, relay=visit.parts.addresses.wallet)


def ends_soon(visit: Visit, key: SigningKey) -> bool:
    """Say whether a certificate ends within the time in which somebody should renew it."""
    return key.not_after_at - visit.parts.now() < ENDS_SOON


async def _areas(visit: Visit) -> list[Area | None]:
    store, ours, words = visit.parts.store, visit.organisation, visit.words
    keys = await organisations.newest_keys_of(store, ours.id)
    first_end = min(key.not_after_at for key in keys)
    members = await working(visit.parts, ours.id)
    api_keys = await organisations.api_keys_of(store, ours.id)
    own = await passkeys.of_staff(store, visit.signed_in.staff.id)
    support = ours.settings.support
    reached = support.email or support.phone or support.url
    return [
        Area("organisation", "building-2", ours.name),
        Area("support", "life-buoy", reached or words("settings.support.none"), failing=not reached),
        Area(
            "keys",
            "key-round",
            words("settings.keys.value", date=words.date(first_end)),
            failing=any(ends_soon(visit, key) for key in keys),
        ),
        Area("staff", "users", words.count("settings.staff.value", len(members))),
        Area("api-keys", "lock", words.count("settings.api_keys.value", len(api_keys))) if _is_owner(visit) else None,
        *([await _mail(visit), await _notifications(visit)] if ISSUER in ours.settings.roles else []),
        Area("me", "fingerprint", words.count("settings.me.value", len(own)), failing=not own),
    ]


async def _notifications(visit: Visit) -> Area:
    figures = await overview.figures(visit.parts.store, visit.organisation.id, now=visit.parts.now())
    value = visit.words("settings.notifications.value", n=figures.reachable, of=figures.paired)
    return Area("notifications", "bell", value)


async def _mail(visit: Visit) -> Area:
    words, mailer = visit.words, visit.parts.mailer
    value = (
        words("settings.mail.value", host=mailer.host, sender=mailer.sender) if mailer else words("settings.mail.none")
    )
    return Area("mail", "mail", value, failing=bool(await unsent_mails(visit.parts, visit.organisation.id)))


def _is_owner(visit: Visit) -> bool:
    return "settings" in visit.authority().may
