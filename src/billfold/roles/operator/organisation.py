"""What an organisation decides for itself: name, logo, support, zone, what to try a Cred with, and when to renew keys.

The name that wallets and requesters show is the certificate's (design 2), so a new name takes new certificates with it.
"""

from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import available_timezones

import msgspec

from billfold.adapters.pictures.picture import fitting
from billfold.adapters.store import organisations
from billfold.adapters.store.presentation_requests import templates_of
from billfold.adapters.store.records import Organisation, PresentationTemplate, Support
from billfold.errors import EncodingError, StateError
from billfold.roles.operator.permission import Authority
from billfold.roles.organisation import ISSUER, REQUESTER, identifier_of, renew_leaf
from billfold.roles.parts import CHANGE_TRIES, ChangedMeanwhile, NotFound, Parts

LONGEST_NAME, LONGEST_CONTACT = 100, 300
Wrong = Literal["name", "support", "time_zone", "logo", "try_it"]


class BadSettings(StateError):
    """A setting cannot be taken. *wrong* says which."""

    code = "bad_settings"

    def __init__(self, wrong: Wrong, message: str) -> None:
        super().__init__(message)
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change; None stays as it is. A *logo* is a data URI, *try_it* a template's slug; empty removes it."""

    name: str | None = None
    support: Support | None = None
    time_zone: str | None = None
    logo: str | None = None
    try_it: str | None = None


async def find_organisation(parts: Parts, by: Authority) -> Organisation:
    """Return the organisation in which somebody acts.

    Raises:
        NotFound: it is gone.
    """
    found = await organisations.by_id(parts.store, by.organisation_id)
    if found is None:
        raise NotFound("expected an organisation that is there")
    return found


async def trials_of(parts: Parts, organisation: Organisation) -> dict[str, PresentationTemplate]:
    """Return, by slug, the templates that people can try a new Cred with: they ask for the organisation's own alone."""
    if not {ISSUER, REQUESTER} <= set(organisation.settings.roles):
        return {}
    ours = identifier_of(parts, organisation.slug)
    return {
        template.slug: template
        for template in await templates_of(parts.store, organisation.id)
        if all(any(accepted.issuer == ours for accepted in ask.accepted) for ask in template.definition.asks)
    }


async def change_organisation(parts: Parts, by: Authority, change: Change) -> Organisation:
    """Change an organisation's settings; with a new name, its certificates are made anew too.

    Raises:
        NotPermitted: this is for owners.
        BadSettings: something cannot be taken; nothing is changed.
        ChangedMeanwhile: others change the settings all the time.
    """
    by.require("settings")
    for _ in range(CHANGE_TRIES):
        read = await organisations.see(parts.store, by.organisation_id)
        if read is None:
            raise NotFound("expected an organisation that is there")
        before, seen = read
        after = await _with(parts, before, change)
        if await organisations.change(parts.store, after, seen=seen, act=by.act):
            break
    else:
        raise ChangedMeanwhile("expected nobody else to change the settings at once: try again")
    if after.name != before.name:
        for role in after.settings.roles:
            await renew_leaf(parts, after, role, replace(by.act, id=parts.new_id()))
    return after


async def _with(parts: Parts, before: Organisation, change: Change) -> Organisation:
    """Return *before* with *change*, checked."""
    settings = before.settings
    if change.support is not None:
        settings = msgspec.structs.replace(settings, support=_checked_support(change.support))
    if change.time_zone is not None:
        settings = msgspec.structs.replace(settings, time_zone=_checked_zone(change.time_zone))
    if change.logo is not None:
        look = msgspec.structs.replace(settings.look, logo=await _fitting_logo(change.logo))
        settings = msgspec.structs.replace(settings, look=look)
    if change.try_it is not None:
        settings = msgspec.structs.replace(settings, try_it=await _checked_trial(parts, before, change.try_it))
    name = before.name if change.name is None else _checked_name(change.name)
    return replace(before, name=name, settings=settings)


async def renew_key(parts: Parts, by: Authority, role: str) -> None:
    """Give a role a new key and certificate. What was signed with the one before stays good.

    Raises:
        NotPermitted: this is for owners.
        NotFound: the organisation has no such role.
    """
    by.require("settings")
    organisation = await find_organisation(parts, by)
    if role not in organisation.settings.roles:
        raise NotFound("expected a role of this organisation")
    await renew_leaf(parts, organisation, role, by.act)


def _checked_name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadSettings("name", f"expected a name of 1 to {LONGEST_NAME} printable characters")
    return name


def _checked_support(support: Support) -> Support:
    given = [value for value in (support.email, support.phone, support.url) if value is not None]
    if not all(len(value) <= LONGEST_CONTACT and value.isprintable() for value in given):
        raise BadSettings("support", f"expected contacts of up to {LONGEST_CONTACT} printable characters")
    if support.url and not support.url.startswith("https://"):
        raise BadSettings("support", "expected a web page that begins with https://")
    return Support(support.email or None, support.phone or None, support.url or None)


def _checked_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise BadSettings("time_zone", "expected the IANA name of a time zone")
    return zone


async def _checked_trial(parts: Parts, organisation: Organisation, slug: str) -> str | None:
    if slug and slug not in await trials_of(parts, organisation):
        raise BadSettings("try_it", "try_it: expected a template that asks for the own Creds of this organisation")
    return slug or None


async def _fitting_logo(logo: str) -> str | None:
    if not logo:
        return None
    try:
        return await fitting(logo)
    except EncodingError as exc:
        raise BadSettings("logo", f"logo: {exc}") from exc
