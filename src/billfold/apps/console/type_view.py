"""What all screens of one Cred type share: its state, what stands against it, and the card beside it."""

from collections.abc import Iterable
from typing import Any, Final

from billfold.adapters.store.type_definition import CredentialTypeDefinition, FieldDefinition, Look
from billfold.apps.console.pictures import second_colour
from billfold.apps.console.type_preview import STATES, card_of, readable
from billfold.apps.console.visit import Visit, with_query
from billfold.core.contrast import COLOUR, LEAST_CONTRAST
from billfold.roles.issuer import credential_type_draft as drafts
from billfold.roles.issuer import credential_type_editor as editor
from billfold.roles.issuer.credential_type_draft import Editing
from billfold.roles.issuer.credential_type_rules import Flaw

TABS: Final = ("fields", "look", "validity", "texts")
_TAB_OF: Final = {"fields": "fields", "look": "look", "validity_days": "validity"}


async def editing_of(visit: Visit, type_slug: str) -> Editing:
    """Return a Cred type as who is signed in sees it.

    Raises:
        NotFound: no such type here, and no draft of theirs.
    """
    await visit.issuer()
    return await drafts.find(visit.parts, visit.organisation.id, visit.signed_in.staff.id, type_slug)


async def flaws_of(visit: Visit, editing: Editing) -> list[Flaw]:
    """Return what stands against publishing; nothing does against what is published."""
    if editing.draft is None:
        return []
    return await editor.flaws(visit.parts, visit.organisation.id, editing.slug, editing.definition)


def tab_of(flaw: Flaw) -> str:
    """Return on which tab a flaw can be mended."""
    return _TAB_OF.get(flaw.where.partition(".")[0], "texts")


def field_of(flaw: Flaw, editing: Editing) -> FieldDefinition | None:
    """Return the field that a flaw is about, if it is about one."""
    _, _, rest = flaw.where.partition("fields.")
    return editing.definition.fields[int(rest.partition(".")[0])] if rest else None


def by_place(flaws: Iterable[Flaw]) -> dict[str, Flaw]:
    """Return the first flaw of each place."""
    return {flaw.where: flaw for flaw in reversed(list(flaws))}


async def preview_of(
    visit: Visit, slug: str, definition: CredentialTypeDefinition, *, state: str, name: str, here: str
) -> dict[str, Any]:
    """Return what the card's piece of a page is filled in with.

    Args:
        state: of the Cred that is shown; any other word means Active.
        name: "longest" for whose name is the longest.
        here: the address of the page.
    """
    shown = state if state in STATES else STATES[0]
    kept, long = ("" if shown == STATES[0] else shown), ("longest" if name == "longest" else "")
    return {
        "card": await card_of(visit, slug, definition, longest=bool(long)),
        "readable": await readable(definition.look),
        "least": LEAST_CONTRAST,
        "look": definition.look,
        "second": _second(definition.look),
        "state": shown,
        "states": [
            (each, with_query(here, card="" if each == STATES[0] else each, who=long), each == shown) for each in STATES
        ],
        "longest": (with_query(here, card=kept, who="" if long else "longest"), bool(long)),
    }


def _second(look: Look) -> str:
    ground, ink = look.background_color or "", look.text_color or ""
    return second_colour(ground, ink) if COLOUR.match(ground) and COLOUR.match(ink) else ""
