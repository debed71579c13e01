"""Two people changed one Cred type: what each of them changed, together; where both changed the same, the draft's."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import asdict

from billfold.adapters.store.type_definition import CredentialTypeDefinition, FieldDefinition, Look

T = TypeVar("T")


def merged(
    base: CredentialTypeDefinition, theirs: CredentialTypeDefinition, mine: CredentialTypeDefinition
) -> CredentialTypeDefinition:
    """Return *theirs* with what *mine* changed of *base*; fields are told apart by their claims."""
    parts = _each(asdict(base), asdict(theirs), asdict(mine))
    parts["fields"] = _fields(base.fields, theirs.fields, mine.fields)
    parts["look"] = Look(**_each(asdict(base.look), asdict(theirs.look), asdict(mine.look)))
    for what in ("names", "descriptions", "purposes", "places"):
        parts[what] = _texts(getattr(base, what), getattr(theirs, what), getattr(mine, what))
    return CredentialTypeDefinition(**parts)


def _chosen(base: T, theirs: T, mine: T) -> T:
    return theirs if mine == base else mine


def _each(base: Mapping[str, T], theirs: Mapping[str, T], mine: Mapping[str, T]) -> dict[str, T]:
    return {name: _chosen(base[name], theirs[name], mine[name]) for name in mine}


def _texts(base: dict[str, str], theirs: dict[str, str], mine: dict[str, str]) -> dict[str, str]:
    wanted = _chosen(list(base), list(theirs), list(mine))
    texts = {each: _chosen(base.get(each), theirs.get(each), mine.get(each)) for each in wanted}
    return {each: text or "" for each, text in texts.items()}


def _fields(
    base: tuple[FieldDefinition, ...], theirs: tuple[FieldDefinition, ...], mine: tuple[FieldDefinition, ...]
) -> tuple[FieldDefinition, ...]:
    """Return the fields in the draft's order where it has one of its own; what they added comes last there."""
    was, now, own = ({f.claim: f for f in fields} for fields in (base, theirs, mine))
    ordered = [*now, *own] if list(own) == list(was) else [*own, *(claim for claim in now if claim not in was)]
    kept = [claim for claim in dict.fromkeys(ordered) if _stays(claim, was, now, own)]
    return tuple(_field(claim, was, now, own) for claim in kept)


def _stays(
    claim: str,
    was: Mapping[str, FieldDefinition],
    now: Mapping[str, FieldDefinition],
    own: Mapping[str, FieldDefinition],
) -> bool:
    if claim not in was:
        return True
    if claim not in own:
        return False
    return claim in now or own[claim] != was[claim]


def _field(
    claim: str,
    was: Mapping[str, FieldDefinition],
    now: Mapping[str, FieldDefinition],
    own: Mapping[str, FieldDefinition],
) -> FieldDefinition:
    if claim not in now or claim not in own:
        return now[claim] if claim in now else own[claim]
    if claim not in was:
        return own[claim]
    return FieldDefinition(**_each(asdict(was[claim]), asdict(now[claim]), asdict(own[claim])))
