"""How a Cred type looks on a card: the face that the wallet would choose, on somebody of the directory.

Source: ui.md section 3, "Cred"; the wallet's own choice of a face is wallet/src/ui/face.ts.
"""

from dataclasses import dataclass
from typing import Final

from billfold.adapters.store import examples
from billfold.adapters.store.records import Person
from billfold.adapters.store.type_definition import AttributeValue, CredentialTypeDefinition, FieldDefinition, Look
from billfold.apps.console.pictures import BLACK
from billfold.apps.console.visit import Visit
from billfold.core.contrast import COLOUR, LEAST_CONTRAST, contrast
from billfold.errors import EncodingError
from billfold.roles.issuer.credential_type_editor import NO_COLOUR, WHITE, readable_by
from billfold.roles.issuer.dataset import dataset_of

STATES: Final = ("active", "new", "suspended", "revoked")
SMALL_FIELDS: Final = 2
MAX_SMALL_CHARACTERS: Final = 24
LONG_CHARACTERS: Final = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One field on the face."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card, ready to be drawn; *person* is whom it shows, "" for nobody real."""

    type_name: str
    issuer_name: str
    logo: str | None
    lead: Shown | None
    small: list[Shown]
    photo: str | None
    photo_label: str
    person: str

    @property
    def is_long(self) -> bool:
        """Whether the lead needs smaller letters."""
        return self.lead is not None and len(self.lead.value) > LONG_CHARACTERS


@dataclass(frozen=True, slots=True)
class Readable:
    """How well a card's text stands out, as ratio to 1; None where there are no colours to compare."""

    ratio: float | None
    over_art: bool
    white: float
    black: float

    @property
    def is_good(self) -> bool:
        """Whether it can be read."""
        return self.ratio is not None and self.ratio >= LEAST_CONTRAST

    @property
    def better(self) -> str:
        """Which text would be read better: "white" or "black"; "" where neither can be read, because of the art."""
        best = "white" if self.white >= self.black else "black"
        return best if max(self.white, self.black) >= LEAST_CONTRAST else ""


async def card_of(visit: Visit, slug: str, definition: CredentialTypeDefinition, *, longest: bool) -> Card:
    """Return the card of somebody who holds the type, or of who has the longest name."""
    store, ours, words = visit.parts.store, visit.organisation, visit.words
    person = await (examples.longest_name(store, ours.id) if longest else examples.holder(store, ours.id, slug))
    shown = person or Person("", words("types.sample.name"), {}, (), visit.parts.now())
    values = dataset_of(definition, shown, issued_at=visit.parts.now(), time_zone=ours.settings.time_zone)
    written = [
        Shown(words.local(field.labels) or field.claim, words.value(_value(visit, field, values)))
        for field in definition.fields
        if field.kind != "image" and not field.many
    ]
    small = [each for each in written[1:] if each.value != ours.name and len(each.value) <= MAX_SMALL_CHARACTERS]
    photo = next((field for field in definition.fields if field.kind == "image"), None)
    pictured = values.get(photo.claim) if photo else None
    return Card(
        words.local(definition.names),
        ours.name,
        definition.look.logo or ours.settings.look.logo,
        written[0] if written else None,
        small[:SMALL_FIELDS],
        pictured if isinstance(pictured, str) else None,
        words.local(photo.labels) if photo else "",
        shown.name,
    )


async def readable(look: Look) -> Readable:
    """Return how well the text of a card in this look can be read, and whether white or black would be better."""
    ground, ink = look.background_color or NO_COLOUR, look.text_color or WHITE
    if not COLOUR.match(ground):
        return Readable(None, over_art=False, white=0, black=0)
    try:
        ratios = [await _over(look, ground, text) for text in (WHITE, BLACK)]
        ratio = await _over(look, ground, ink) if COLOUR.match(ink) else None
    except EncodingError:  # the art is refused in words of its own
        return Readable(contrast(ground, ink) if COLOUR.match(ink) else None, over_art=False, white=0, black=0)
    return Readable(ratio, look.background_image is not None, *ratios)


async def _over(look: Look, ground: str, ink: str) -> float:
    return await readable_by(Look(ground, ink, background_image=look.background_image))


def _value(visit: Visit, field: FieldDefinition, values: dict[str, AttributeValue]) -> AttributeValue:
    found = values.get(field.claim)
    if found is not None:
        return found
    samples: dict[str, AttributeValue] = {"number": 42, "boolean": True, "date": "2026-11-24"}
    return samples.get(field.kind, visit.words("types.sample.text"))
