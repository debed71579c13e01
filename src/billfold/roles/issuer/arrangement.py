"""Arrangement: where each field of a Cred type stands in the signed claims, and what can be disclosed alone.

Source: RFC 9901 4.2.4 to 4.2.6 and 9.4 (arrays, decoys, recursion); docs/decisions/0007-cred-type-versions.md.
An object or array is itself a disclosure where everything in it may be withheld, so that a Cred shows not even its
name before. Each group of digests is filled up: an object's to the number of its type's fields, so that nobody sees
which ones a person lacks; an array's to a power of two, so that nobody who sees one value counts the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Union

from billfold.adapters.store.type_definition import AttributeValue, CredentialTypeDefinition, FieldDefinition
from billfold.core.sdjwt.issue import Elements, Members, Node

FEWEST_PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An object of the claims: its members by name, each a field or an object again.

    Attributes:
        digests: how many of its members may be withheld.
    """

    members: tuple[tuple[str, Union[FieldDefinition, "Arrangement"], bool], ...]
    digests: int

    @classmethod
    def of(cls, definition: CredentialTypeDefinition) -> "Arrangement":
        """Return the arrangement of a Cred type."""
        return _arrangement([(field.path, field) for field in definition.fields])

    def arrange(self, dataset: Mapping[str, AttributeValue], clear: Mapping[str, Node] | None = None) -> Members:
        """Return the claims of *dataset*, which is by claim, beside those that are *clear* anyway."""
        shown: dict[str, Node] = dict(clear or {})
        withheld: dict[str, Node] = {}
        for name, member, may_be_withheld in self.members:
            value = member.arrange(dataset) if isinstance(member, Arrangement) else _value(member, dataset)
            if value is None or (isinstance(value, Members) and not value.clear and not value.disclosable):
                continue
            (withheld if may_be_withheld else shown)[name] = value
        return Members(shown, withheld, self.digests)


def _arrangement(fields: Iterable[tuple[tuple[str, ...], FieldDefinition]]) -> Arrangement:
    groups: dict[str, list[tuple[tuple[str, ...], FieldDefinition]]] = {}
    for (name, *rest), field in fields:
        groups.setdefault(name, []).append((tuple(rest), field))
    members = tuple(
        (name, _member(group), all(field.selectively_disclosable for _, field in group))
        for name, group in groups.items()
    )
    return Arrangement(members, sum(may_be_withheld for _, _, may_be_withheld in members))


def _member(group: list[tuple[tuple[str, ...], FieldDefinition]]) -> FieldDefinition | Arrangement:
    path, field = group[0]
    return _arrangement(group) if path else field


def _value(field: FieldDefinition, dataset: Mapping[str, AttributeValue]) -> Node:
    value = dataset.get(field.claim)
    if not isinstance(value, list) or not field.selectively_disclosable:
        return value
    return Elements(value, max(FEWEST_PLACES, 1 << (len(value) - 1).bit_length()))
