"""What differs between two versions of a Cred type, change by change, for people to read before they publish.

Source: docs/decisions/0007-cred-type-versions.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from billfold.adapters.store.type_definition import CredentialTypeDefinition, FieldDefinition, Look, Scalar

TEXTS: Final = ("names", "descriptions", "purposes", "places")
COLOURS: Final = ("background_color", "text_color")
PICTURES: Final = ("logo", "background_image")
MEMBERS: Final = ("source", "attribute", "fixed", "kind", "many", "required", "selectively_disclosable")


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        what: its kind: ``field_added``, ``field_removed``, ``field_moved``, ``labels``, one of the other attributes
            of a field, one of the texts, colours or pictures, ``validity_days`` or ``unlock``.
        of: the labels of the field that it is about.
        language: of a text.
        before: what it was, None for nothing.
        after: what it is.
    """

    what: str
    of: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    before: Scalar | None = None
    after: Scalar | None = None


def difference(before: CredentialTypeDefinition, after: CredentialTypeDefinition) -> list[Change]:
    """Return what somebody changed to make *after* of *before*, in the order of the editor's tabs."""
    changes = [*_fields(before.fields, after.fields), *_look(before.look, after.look)]
    if before.validity_days != after.validity_days:
        changes.append(Change("validity_days", before=before.validity_days, after=after.validity_days))
    if before.unlock != after.unlock:
        changes.append(Change("unlock", before=before.unlock, after=after.unlock))
    for what in TEXTS:
        changes += _texts(what, getattr(before, what), getattr(after, what), {})
    return changes


def _fields(before: tuple[FieldDefinition, ...], after: tuple[FieldDefinition, ...]) -> Iterator[Change]:
    old, new = {f.claim: f for f in before}, {f.claim: f for f in after}
    for claim, each in old.items():
        if claim not in new:
            yield Change("field_removed", each.labels)
    kept = [claim for claim in old if claim in new]
    now = [claim for claim in new if claim in old]
    moved = _moved(kept, now)
    for claim, each in new.items():
        if claim not in old:
            yield Change("field_added", each.labels)
            continue
        if claim in moved:
            yield Change("field_moved", each.labels, before=kept.index(claim) + 1, after=now.index(claim) + 1)
        yield from _texts("labels", old[claim].labels, each.labels, each.labels)
        for what in MEMBERS:
            was, now_is = getattr(old[claim], what), getattr(each, what)
            if was != now_is:
                yield Change(what, each.labels, before=was, after=now_is)


def _moved(before: list[str], after: list[str]) -> set[str]:
    """Return the fewest claims whose moves explain the new order: all but a longest common run."""
    place = {claim: index for index, claim in enumerate(before)}
    longest: list[list[str]] = []
    for claim in after:
        runs = [run for run in longest if place[run[-1]] < place[claim]]
        longest.append([*max(runs, key=len, default=[]), claim])
    stayed = max(longest, key=len, default=[])
    return set(after) - set(stayed)


def _look(before: Look, after: Look) -> Iterator[Change]:
    for what in COLOURS:
        was, now_is = getattr(before, what), getattr(after, what)
        if was != now_is:
            yield Change(what, before=was, after=now_is)
    for what in PICTURES:
        was, now_is = getattr(before, what), getattr(after, what)
        if was != now_is:
            yield Change(what, before=was is not None, after=now_is is not None)


def _texts(what: str, before: Mapping[str, str], after: Mapping[str, str], of: Mapping[str, str]) -> Iterator[Change]:
    for language in {**before, **after}:
        was, now_is = before.get(language), after.get(language)
        if was != now_is:
            yield Change(what, of, language, was, now_is)
