"""What a Cred type must be before anybody can be issued one: every rule, with words that say what to do.

Source: SD-JWT VC draft 18 section 2.2.2.3 (names that are taken); OpenID4VCI 1.0 appendix B (paths);
WCAG 2.2 1.4.3 (contrast); docs/decisions/0007-cred-type-versions.md (what a new version must keep).
"""

import re
from collections.abc import Iterable, Mapping
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
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\Z")
# What the issuer itself says in every Credential.
_TAKEN: Final = frozenset({"iss", "iat", "nbf", "exp", "cnf", "vct", "aka_vcts", "status"})


class BadCredentialType(StateError):
    """A Cred type cannot be published as it stands."""

    code = "bad_credential_type"


def check_definition(definition: CredentialTypeDefinition) -> None:
    """Check everything that can be seen in *definition* alone.

    Raises:
        BadCredentialType: the first rule that is broken.
    """
    languages = definition.names.keys()
    if not 1 <= len(languages) <= MAX_LANGUAGES or not all(map(_LANGUAGE.match, languages)):
        raise BadCredentialType(f"expected names in 1 to {MAX_LANGUAGES} languages, each by its tag such as en or de")
    _check_texts("names", definition.names, languages, MAX_LABEL_CHARACTERS)
    for what in ("descriptions", "purposes", "places"):
        texts: dict[str, str] = getattr(definition, what)
        if texts:
            _check_texts(what, texts, languages, MAX_TEXT_CHARACTERS)
    if not 1 <= len(definition.fields) <= MAX_FIELDS:
        raise BadCredentialType(f"expected 1 to {MAX_FIELDS} fields")
    for field in definition.fields:
        _check_texts(f"labels of {field.claim}", field.labels, languages, MAX_LABEL_CHARACTERS)
        _check_field(field)
    _check_paths(definition.fields)
    _check_look(definition.look)
    if not 1 <= definition.validity_days <= MAX_VALIDITY_DAYS:
        raise BadCredentialType(f"expected validity_days of 1 to {MAX_VALIDITY_DAYS}")


def check_attributes(slug: str, definition: CredentialTypeDefinition, types: Mapping[str, CredentialType]) -> None:
    """Check that an attribute is of one kind in all Cred types of an organisation.

    Raises:
        BadCredentialType: another type, or another field of this one, declares it otherwise.
    """
    declared = attributes_of(other for name, other in types.items() if name != slug)
    kinds = {name: (attribute.kind, attribute.many) for name, attribute in declared.items()}
    for field in definition.fields:
        name, kind = field.attribute_name, (field.kind, field.many)
        if field.source == "attribute" and kinds.setdefault(name, kind) != kind:
            raise BadCredentialType(f"expected the attribute {name} as of one kind everywhere, got {field.kind}")


def check_contract(contract: Iterable[ContractClaim], definition: CredentialTypeDefinition) -> None:
    """Check that *definition* keeps what the type's first version promised.

    Raises:
        BadCredentialType: a claim became an array or no longer is one, or is disclosed in another way.
    """
    promised = {claim.claim: claim for claim in contract}
    for claim in contract_of(definition):
        if claim != promised.get(claim.claim, claim):
            raise BadCredentialType(
                f"expected {claim.claim} with many and selectively_disclosable as in version 1: "
                "requesters rely on them, so make another Cred type for such a change"
            )


def _check_texts(what: str, texts: Mapping[str, str], languages: Iterable[str], most: int) -> None:
    if texts.keys() != set(languages):
        raise BadCredentialType(f"expected {what} in the languages of names: {', '.join(languages)}")
    if not all(len(text.strip()) > 0 and len(text) <= most and "\0" not in text for text in texts.values()):
        raise BadCredentialType(f"expected {what} of 1 to {most} characters")


def _check_field(field: FieldDefinition) -> None:
    path = field.path
    if not 1 <= len(path) <= MAX_DEPTH or not all(map(_NAME.match, path)):
        raise BadCredentialType(
            f"expected claims of 1 to {MAX_DEPTH} names of letters, digits, _ and -, joined by dots, got {field.claim}"
        )
    if path[0] in _TAKEN:
        raise BadCredentialType(f"expected claims other than {', '.join(sorted(_TAKEN))}")
    _check_source(field)
    if field.many and (field.kind == "image" or field.source not in ("attribute", "groups")):
        raise BadCredentialType(f"expected {field.claim} with one value: only attributes and groups have many")


def _check_source(field: FieldDefinition) -> None:
    claim, source, kind = field.claim, field.source, field.kind
    if source == "attribute" and not _ATTRIBUTE.match(field.attribute_name):
        raise BadCredentialType(f"expected attribute of {claim} of lower-case letters, digits and _")
    if source == "fixed" and (field.fixed is None or kind == "image" or not is_of_kind(field.fixed, kind)):
        raise BadCredentialType(f"expected fixed of {claim} as a {kind}")
    if source == "person_name" and kind != "text":
        raise BadCredentialType(f"expected {claim} as a text: a name is one")
    if source == "groups" and (kind != "text" or not field.many):
        raise BadCredentialType(f"expected {claim} as many texts: groups are that")
    if source == "issue_time" and kind not in ("date", "number", "text"):
        raise BadCredentialType(f"expected {claim} as a date, a number of seconds or a text")


def _check_paths(fields: Iterable[FieldDefinition]) -> None:
    paths = [field.path for field in fields]
    whole = set(paths)
    if len(whole) != len(paths):
        raise BadCredentialType("expected each claim once")
    for path in paths:
        if any(path[:length] in whole for length in range(1, len(path))):
            raise BadCredentialType(f"expected {'.'.join(path)} beside its parent's other claims, not inside a value")


def _check_look(look: Look) -> None:
    if look.background_color is None and look.text_color is None:
        return
    if not COLOUR.match(look.background_color or "") or not COLOUR.match(look.text_color or ""):
        raise BadCredentialType("expected background_color and text_color together, each as #rrggbb")
    ratio = contrast(look.background_color or "", look.text_color or "")
    if ratio < LEAST_CONTRAST:
        raise BadCredentialType(
            f"expected text that stands out from its background by {LEAST_CONTRAST} to 1, got {ratio:.1f}: "
            "take a darker or lighter colour"
        )
