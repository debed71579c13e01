"""What a Cred type must be before anybody can be issued one: every rule, with words that say what to do.

A rule that is broken is a flaw at a place: the API tells the first one, a screen shows each beside its field.

Source: SD-JWT VC draft 18 section 2.2.2.3 (names that are taken); OpenID4VCI 1.0 appendix B (paths);
WCAG 2.2 1.4.3 (contrast); docs/decisions/0007-cred-type-versions.md (what a new version must keep).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from billfold.adapters.store.records import CredentialType
from billfold.adapters.store.type_definition import (
    ContractClaim,
    CredentialTypeDefinition,
    FieldDefinition,
    Look,
    contract_of,
)
from billfold.core.contrast import COLOUR, LEAST_CONTRAST, contrast
from billfold.errors import StateError
from billfold.roles.issuer.attribute import attributes_of, is_of_kind

MAX_FIELDS: Final = 64
MAX_DEPTH: Final = 4
MAX_LANGUAGES: Final = 8
MAX_LABEL_CHARACTERS: Final = 100
MAX_TEXT_CHARACTERS: Final = 1000
MAX_VALIDITY_DAYS: Final = 3650
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")
_ATTRIBUTE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
# A language tag as RFC 5646 2.1.1 writes it, so that no two of them mean the same: language, Script, REGION, variants.
_LANGUAGE: Final = re.compile(
    r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})){0,2}\Z"
)
# What the issuer itself says in every Credential.
_TAKEN: Final = frozenset({"iss", "iat", "nbf", "exp", "cnf", "vct", "aka_vcts", "status"})


@dataclass(frozen=True, slots=True)
class Flaw:
    """One rule that a Cred type breaks.

    Attributes:
        where: the place in the definition, as in ``fields.2.claim`` or ``purposes.de``.
        rule: the rule's name.
        said: what was expected.
        values: figures that belong to the rule, by name.
    """

    where: str
    rule: str
    said: str
    values: Mapping[str, object] = field(default_factory=dict)


class BadCredentialType(StateError):
    """A Cred type cannot be published as it stands."""

    code = "bad_credential_type"

    def __init__(self, said: str, flaws: Iterable[Flaw] = ()) -> None:
        super().__init__(said)
        self.flaws = tuple(flaws)


def flaws_of(
    slug: str,
    definition: CredentialTypeDefinition,
    types: Mapping[str, CredentialType],
) -> Iterator[Flaw]:
    """Return every rule that *definition* breaks, as a version of the Cred type *slug* beside the other *types*."""
    yield from _definition(definition)
    yield from _attributes(slug, definition, types)
    if slug in types:
        yield from _contract(types[slug].contract, definition)


def _definition(definition: CredentialTypeDefinition) -> Iterator[Flaw]:
    """Look at everything that can be seen in *definition* alone."""
    languages = tuple(definition.names)
    if not 1 <= len(languages) <= MAX_LANGUAGES or not all(map(_LANGUAGE.match, languages)):
        expected = f"expected names in 1 to {MAX_LANGUAGES} languages, each by its tag such as en or pt-BR"
        yield Flaw("names", "languages", expected, {"most": MAX_LANGUAGES})
    yield from _texts("names", "names", definition.names, languages, MAX_LABEL_CHARACTERS)
    for what in ("descriptions", "purposes", "places"):
        texts: dict[str, str] = getattr(definition, what)
        if texts:
            yield from _texts(what, what, texts, languages, MAX_TEXT_CHARACTERS)
    if not 1 <= len(definition.fields) <= MAX_FIELDS:
        yield Flaw("fields", "count", f"expected 1 to {MAX_FIELDS} fields", {"most": MAX_FIELDS})
    for index, each in enumerate(definition.fields):
        place, said = f"fields.{index}", f"labels of {each.claim}"
        yield from _texts(f"{place}.labels", said, each.labels, languages, MAX_LABEL_CHARACTERS)
        yield from _field(place, each)
    yield from _paths(definition.fields)
    yield from _look(definition.look)
    if not 1 <= definition.validity_days <= MAX_VALIDITY_DAYS:
        expected = f"expected validity_days of 1 to {MAX_VALIDITY_DAYS}"
        yield Flaw("validity_days", "validity", expected, {"most": MAX_VALIDITY_DAYS})


def _attributes(slug: str, definition: CredentialTypeDefinition, types: Mapping[str, CredentialType]) -> Iterator[Flaw]:
    """Look whether an attribute is of one kind in all Cred types of an organisation."""
    declared = attributes_of(other for name, other in types.items() if name != slug)
    kinds = {name: (attribute.kind, attribute.many) for name, attribute in declared.items()}
    for index, each in enumerate(definition.fields):
        name, kind = each.attribute_name, (each.kind, each.many)
        if each.source == "attribute" and kinds.setdefault(name, kind) != kind:
            said = f"expected the attribute {name} as of one kind everywhere, got {each.kind}"
            yield Flaw(f"fields.{index}.kind", "attribute_kind", said, {"attribute": name})


def _contract(contract: Iterable[ContractClaim], definition: CredentialTypeDefinition) -> Iterator[Flaw]:
    """Look whether *definition* keeps what the type's first version promised of arrays and of disclosure."""
    promised = {claim.claim: claim for claim in contract}
    for index, claim in enumerate(contract_of(definition)):
        if claim != promised.get(claim.claim, claim):
            yield Flaw(
                f"fields.{index}.claim",
                "contract",
                f"expected {claim.claim} with many and selectively_disclosable as in version 1: "
                "requesters rely on them, so make another Cred type for such a change",
            )


def _texts(where: str, said: str, texts: Mapping[str, str], languages: tuple[str, ...], most: int) -> Iterator[Flaw]:
    if texts.keys() != set(languages):
        missing = [each for each in languages if each not in texts]
        place = f"{where}.{missing[0]}" if missing else where
        yield Flaw(place, "every_language", f"expected {said} in the languages of names: {', '.join(languages)}")
    for language, text in texts.items():
        if not text.strip() or len(text) > most or "\0" in text:
            expected = f"expected {said} of 1 to {most} characters"
            yield Flaw(f"{where}.{language}", "text", expected, {"most": most})


def _field(place: str, each: FieldDefinition) -> Iterator[Flaw]:
    path = each.path
    if not 1 <= len(path) <= MAX_DEPTH or not all(map(_NAME.match, path)):
        yield Flaw(
            f"{place}.claim",
            "claim",
            f"expected claims of 1 to {MAX_DEPTH} names of letters, digits, _ and -, joined by dots, got {each.claim}",
            {"most": MAX_DEPTH},
        )
    if path[0] in _TAKEN:
        taken = ", ".join(sorted(_TAKEN))
        yield Flaw(f"{place}.claim", "taken", f"expected claims other than {taken}", {"taken": taken})
    yield from _source(place, each)
    if each.many and (each.kind == "image" or each.source not in ("attribute", "groups")):
        said = f"expected {each.claim} with one value: only attributes and groups have many"
        yield Flaw(f"{place}.many", "many", said)


def _source(place: str, each: FieldDefinition) -> Iterator[Flaw]:
    claim, source, kind = each.claim, each.source, each.kind
    if source == "attribute" and not _ATTRIBUTE.match(each.attribute_name):
        said = f"expected attribute of {claim} of lower-case letters, digits and _"
        yield Flaw(f"{place}.attribute", "attribute", said)
    if source == "fixed" and (each.fixed is None or kind == "image" or not is_of_kind(each.fixed, kind)):
        yield Flaw(f"{place}.fixed", f"fixed_{kind}", f"expected fixed of {claim} as a {kind}")
    if source == "person_name" and kind != "text":
        yield Flaw(f"{place}.kind", "kind_name", f"expected {claim} as a text: a name is one")
    if source == "groups" and (kind != "text" or not each.many):
        yield Flaw(f"{place}.kind", "kind_groups", f"expected {claim} as many texts: groups are that")
    if source == "issue_time" and kind not in ("date", "number", "text"):
        yield Flaw(f"{place}.kind", "kind_time", f"expected {claim} as a date, a number of seconds or a text")


def _paths(fields: Iterable[FieldDefinition]) -> Iterator[Flaw]:
    paths = [each.path for each in fields]
    whole = set(paths)
    for index, path in enumerate(paths):
        if path in paths[:index]:
            yield Flaw(f"fields.{index}.claim", "twice", "expected each claim once")
        if any(path[:length] in whole for length in range(1, len(path))):
            said = f"expected {'.'.join(path)} beside its parent's other claims, not inside a value"
            yield Flaw(f"fields.{index}.claim", "inside", said)


def _look(look: Look) -> Iterator[Flaw]:
    if look.background_color is None and look.text_color is None:
        if look.background_image is not None:
            said = "expected background_color and text_color beside background_image, each as #rrggbb"
            yield Flaw("look.background_color", "colour", said)
        return
    bad = [what for what in ("background_color", "text_color") if not COLOUR.match(getattr(look, what) or "")]
    for what in bad:
        said = "expected background_color and text_color together, each as #rrggbb"
        yield Flaw(f"look.{what}", "colour", said)
    if not bad:
        yield from contrast_flaws(contrast(look.background_color or "", look.text_color or ""), "look.text_color")


def contrast_flaws(ratio: float, where: str) -> Iterator[Flaw]:
    """Return the flaw of a text that stands out by *ratio* to 1, where that is too little to be read."""
    if ratio < LEAST_CONTRAST:
        yield Flaw(
            where,
            "contrast",
            f"expected text that stands out from its background by {LEAST_CONTRAST} to 1, got {ratio:.1f}: "
            "take a darker or lighter colour",
            {"ratio": ratio},
        )
