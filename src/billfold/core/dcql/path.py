"""Claims path pointers: which parts of a document a path selects.

Source: OpenID4VP 1.0 sections 7, 7.1 and 7.1.1 (JSON), 7.2 (mdoc: namespace and element, read as an object of objects).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from billfold.core.encoding import Json
from billfold.errors import ClaimPathError

ClaimPath = tuple[str | int | None, ...]
ConcretePath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """One place that a path selects, with null resolved to indexes, and the value there."""

    path: ConcretePath
    value: Json


def check_path(value: Json) -> ClaimPath:
    """Return *value* as a claims path pointer (section 7).

    Raises:
        ClaimPathError: not a non-empty array of strings, nulls and non-negative integers.
    """
    if not isinstance(value, list | tuple) or not value:
        raise ClaimPathError("expected a path as a non-empty array")
    return tuple(_component(component) for component in value)


def select(document: Json, path: ClaimPath) -> tuple[Selected, ...]:
    """Return every place of *document* that *path* selects, in document order (7.1.1).

    Raises:
        ClaimPathError: a component meets a value of another kind, or nothing is selected.
    """
    selected: list[Selected] = [Selected((), document)]
    for component in check_path(path):
        selected = [place for parent in selected for place in _step(parent, component)]
    if not selected:
        raise ClaimPathError("expected a path that selects something")
    return tuple(selected)


def field_name(path: ClaimPath) -> str:
    """Return *path* as one text for logs, keys and messages: components joined by dots, null as an asterisk."""
    return ".".join("*" if component is None else str(component) for component in path)


def path_of(name: str) -> ClaimPath:
    """Return the path that `field_name` writes as *name*: a component of digits is an index.

    Raises:
        ClaimPathError: a component is empty.
    """
    components = name.split(".")
    if not all(components):
        raise ClaimPathError("expected components between the dots")
    return tuple(None if c == "*" else int(c) if c.isdecimal() and c.isascii() else c for c in components)


def _component(component: Json) -> str | int | None:
    if component is None or isinstance(component, str):
        return component
    if type(component) is int and component >= 0:  # JSON true is an int in Python
        return component
    raise ClaimPathError("expected path components as text, null or a non-negative integer")


def _step(parent: Selected, component: str | int | None) -> list[Selected]:
    value = parent.value
    if isinstance(component, str):
        if not isinstance(value, Mapping):
            raise ClaimPathError("expected an object where the path names a member")
        return [Selected((*parent.path, component), value[component])] if component in value else []
    if not isinstance(value, list | tuple):
        raise ClaimPathError("expected an array where the path has an index or null")
    if component is None:
        return [Selected((*parent.path, index), element) for index, element in enumerate(value)]
    return [Selected((*parent.path, component), value[component])] if component < len(value) else []
