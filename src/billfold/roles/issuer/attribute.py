"""Attributes of people: the Cred types' fields declare of which kind each is, and nothing else is let in.

An attribute that no Cred type shows may be any text, number or truth value, or several of them.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from billfold.adapters.pictures.picture import TooManyPixels, fitting
from billfold.adapters.store.records import CredentialType
from billfold.adapters.store.type_definition import AttributeValue, FieldDefinition, Kind, Scalar
from billfold.errors import EncodingError, StateError

MAX_ATTRIBUTES: Final = 100
MAX_VALUES: Final = 50
MAX_CHARACTERS: Final = 68_000  # a picture of 48 KB as a data URI
SAFE_INTEGERS: Final = range(-(2**53) + 1, 2**53)  # what every JSON reader keeps exactly (RFC 8259 6)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_EXPECTED: Final[dict[Kind, str]] = {
    "text": "text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date as YYYY-MM-DD",
    "image": "a picture as a data URI",
}


class BadAttribute(StateError):
    """An attribute has a name that cannot be, or a value that is too long."""

    code = "bad_attribute"


class WrongKind(StateError):
    """An attribute's value is not of the kind that a Cred type declares for it. *attribute* says which one's."""

    code = "wrong_kind"

    def __init__(self, attribute: str, message: str) -> None:
        super().__init__(message)
        self.attribute = attribute


class PictureTooLarge(WrongKind):
    """A picture has more pixels than are decoded."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """What Cred types say of one attribute of a person."""

    name: str
    kind: Kind
    many: bool
    labels: dict[str, str]


def attributes_of(types: Iterable[CredentialType]) -> dict[str, Attribute]:
    """Return what is declared, by name, in the order of the types and their fields."""
    found: dict[str, Attribute] = {}
    for credential_type in types:
        for field in credential_type.definition.fields:
            if field.source == "attribute":
                attribute = Attribute(field.attribute_name, field.kind, field.many, field.labels)
                found.setdefault(attribute.name, attribute)
    return found


async def checked(
    given: Mapping[str, AttributeValue], declared: Mapping[str, Attribute], *, kept: Mapping[str, AttributeValue]
) -> dict[str, AttributeValue]:
    """Return *given* as it is stored: pictures made to fit.

    Args:
        kept: what is stored already, and stays as it is where it comes again.

    Raises:
        BadAttribute: too many, a wrong name, or a value that is too long.
        WrongKind: a value is not of the declared kind.
    """
    if len(given) > MAX_ATTRIBUTES or not all(map(_NAME.match, given)):
        raise BadAttribute("expected attribute names of lower-case letters, digits and underscores")
    found: dict[str, AttributeValue] = {}
    for name, value in given.items():
        same = name in kept and kept[name] == value and type(kept[name]) is type(value)
        found[name] = kept[name] if same else await _checked(name, value, declared.get(name))
    return found


def is_of_kind(value: AttributeValue, kind: Kind) -> bool:
    """Say whether one *value* can stand in a field of *kind*; of pictures only the beginning is looked at."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind == "image":
        return value.startswith(("data:image/jpeg;base64,", "data:image/png;base64,"))
    return kind == "text" or _is_date(value)


def value_for(field: FieldDefinition, value: AttributeValue) -> AttributeValue | None:
    """Return *value* as *field* shows it; None for one of another kind, which counts as missing."""
    if not field.many:
        return value if is_of_kind(value, field.kind) else None
    if not isinstance(value, list) or not value:
        return None
    return value if all(is_of_kind(each, field.kind) for each in value) else None


async def _checked(name: str, value: AttributeValue, declared: Attribute | None) -> AttributeValue:
    if declared is not None and declared.kind == "image":
        return await _picture(name, value)
    values: list[Scalar] = value if isinstance(value, list) else [value]
    if len(values) > MAX_VALUES or not all(map(_is_storable, values)):
        message = f"expected up to {MAX_VALUES} values of at most {MAX_CHARACTERS} characters, without a zero byte"
        raise BadAttribute(f"{message}, and numbers that any reader keeps exactly")
    if declared is None:
        return value
    if isinstance(value, list) != declared.many or not all(is_of_kind(each, declared.kind) for each in values):
        expected = f"an array, each {_EXPECTED[declared.kind]}" if declared.many else _EXPECTED[declared.kind]
        raise WrongKind(name, f"expected {name} as {expected}")
    return value


async def _picture(name: str, value: AttributeValue) -> str:
    if not isinstance(value, str):
        raise WrongKind(name, f"expected {name} as {_EXPECTED['image']}")
    try:
        return await fitting(value)
    except TooManyPixels as exc:
        raise PictureTooLarge(name, f"{name}: {exc}") from exc
    except EncodingError as exc:
        raise WrongKind(name, f"{name}: {exc}") from exc


def _is_storable(value: Scalar) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_CHARACTERS and "\0" not in value
    return math.isfinite(value) and (isinstance(value, float) or value in SAFE_INTEGERS)


def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
