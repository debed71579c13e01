"""DCQL queries as values, read strictly.

Source: OpenID4VP 1.0 sections 6 to 6.4, 7.2.1, B.2.3, B.2.4 and B.3.5. Unknown members are ignored at every level.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from billfold.core.dcql.path import ClaimPath, check_path
from billfold.core.encoding import Json
from billfold.errors import ClaimPathError, RequestRefused

FORMAT_SD_JWT_VC: Final = "dc+sd-jwt"
FORMAT_MDOC: Final = "mso_mdoc"
MAX_CREDENTIAL_QUERIES: Final = 64
MAX_CLAIMS: Final = 256

ClaimValue = str | int | bool

_ID: Final = re.compile(r"[A-Za-z0-9_-]+\Z")


class ClaimsQuery(msgspec.Struct, frozen=True, omit_defaults=True):
    """One claim; with *values* it must have one of them, in type and value (6.3)."""

    path: ClaimPath
    id: str | None = None
    values: tuple[ClaimValue, ...] = ()
    intent_to_retain: bool | None = None


class TrustedAuthority(msgspec.Struct, frozen=True):
    """One kind of authority that the requester trusts; `aki` is the kind known here (6.1.1)."""

    type: str
    values: tuple[str, ...]


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What type is asked for; empty puts no constraint on it."""

    vct_values: tuple[str, ...] = ()
    doctype_value: str | None = None


class CredentialQuery(msgspec.Struct, frozen=True, omit_defaults=True):
    """One credential that is asked for (6.1)."""

    id: str
    format: str
    meta: Meta
    multiple: bool = False
    trusted_authorities: tuple[TrustedAuthority, ...] = ()
    require_cryptographic_holder_binding: bool = True
    claims: tuple[ClaimsQuery, ...] = ()
    claim_sets: tuple[tuple[str, ...], ...] = ()


class CredentialSetQuery(msgspec.Struct, frozen=True, omit_defaults=True):
    """Alternative combinations of credential queries (6.2)."""

    options: tuple[tuple[str, ...], ...]
    required: bool = True


class DcqlQuery(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole query (6)."""

    credentials: tuple[CredentialQuery, ...]
    credential_sets: tuple[CredentialSetQuery, ...] = ()

    def by_id(self, query_id: str) -> CredentialQuery:
        """Return the credential query *query_id*; KeyError where there is none."""
        for query in self.credentials:
            if query.id == query_id:
                return query
        raise KeyError(query_id)

    def sets(self) -> tuple[CredentialSetQuery, ...]:
        """Return the credential sets; without any, each credential query is a required set of its own (6.4.2)."""
        return self.credential_sets or tuple(CredentialSetQuery(options=((query.id,),)) for query in self.credentials)

    def to_json(self) -> dict[str, Json]:
        """Return the wire form."""
        document: dict[str, Json] = msgspec.to_builtins(self)
        return document


def parse_query(value: Json) -> DcqlQuery:
    """Read a `dcql_query`; a claim given twice in one credential query counts once.

    Raises:
        RequestRefused: `invalid_request`: a rule of sections 6 and 7 is broken.
    """
    document = _object(value, "dcql_query")
    entries = _array(document, "credentials", MAX_CREDENTIAL_QUERIES)
    credentials = tuple(_credential_query(_object(entry, "credentials")) for entry in entries)
    ids = [query.id for query in credentials]
    if len(set(ids)) != len(ids):
        raise _refused("expected each credential query id once")
    if "credential_sets" not in document:
        return DcqlQuery(credentials)
    sets = _array(document, "credential_sets", MAX_CREDENTIAL_QUERIES)
    return DcqlQuery(credentials, tuple(_set_query(_object(entry, "credential_sets"), ids) for entry in sets))


def _credential_query(entry: Mapping[str, Json]) -> CredentialQuery:
    format_ = _text(entry, "format")
    claims = _claims(entry, format_) if "claims" in entry else ()
    return CredentialQuery(
        id=_id(entry),
        format=format_,
        meta=_meta(entry, format_),
        multiple=_flag(entry, "multiple", default=False),
        trusted_authorities=_authorities(entry) if "trusted_authorities" in entry else (),
        require_cryptographic_holder_binding=_flag(entry, "require_cryptographic_holder_binding", default=True),
        claims=claims,
        claim_sets=_claim_sets(entry, claims) if "claim_sets" in entry else (),
    )


def _meta(entry: Mapping[str, Json], format_: str) -> Meta:
    meta = _object(entry.get("meta"), "meta")
    if format_ == FORMAT_SD_JWT_VC and "vct_values" in meta:
        return Meta(vct_values=_texts(meta, "vct_values"))
    if format_ == FORMAT_MDOC and "doctype_value" in meta:
        return Meta(doctype_value=_text(meta, "doctype_value"))
    return Meta()


def _authorities(entry: Mapping[str, Json]) -> tuple[TrustedAuthority, ...]:
    items = [_object(item, "trusted_authorities") for item in _array(entry, "trusted_authorities", MAX_CLAIMS)]
    return tuple(TrustedAuthority(_text(item, "type"), _texts(item, "values")) for item in items)


def _claims(entry: Mapping[str, Json], format_: str) -> tuple[ClaimsQuery, ...]:
    claims = [_claim(_object(item, "claims"), format_) for item in _array(entry, "claims", MAX_CLAIMS)]
    ids = [claim.id for claim in claims if claim.id is not None]
    if len(set(ids)) != len(ids):
        raise _refused("expected each claim id once")
    if "claim_sets" in entry:
        return tuple(claims)  # a set may name either of two entries with one path
    return tuple({(claim.path, _typed(claim.values)): claim for claim in reversed(claims)}.values())[::-1]


def _claim(item: Mapping[str, Json], format_: str) -> ClaimsQuery:
    try:
        path = check_path(item.get("path"))
    except ClaimPathError as exc:
        raise _refused(str(exc)) from exc
    if format_ == FORMAT_MDOC and not (len(path) == 2 and all(isinstance(part, str) for part in path)):
        raise _refused("expected an mdoc path of namespace and element")
    retain = _flag(item, "intent_to_retain", default=False) if "intent_to_retain" in item else None
    return ClaimsQuery(path, _id(item) if "id" in item else None, _values(item), retain)


def _values(item: Mapping[str, Json]) -> tuple[ClaimValue, ...]:
    if "values" not in item:
        return ()
    values = [value for value in _array(item, "values", MAX_CLAIMS) if isinstance(value, str | int)]
    if len(values) != len(_array(item, "values", MAX_CLAIMS)):
        raise _refused("expected values as strings, integers and booleans")
    return tuple(values)


def _typed(values: tuple[ClaimValue, ...]) -> tuple[tuple[type, ClaimValue], ...]:
    """Tell true from 1, which are equal in Python."""
    return tuple((type(value), value) for value in values)


def _claim_sets(entry: Mapping[str, Json], claims: Sequence[ClaimsQuery]) -> tuple[tuple[str, ...], ...]:
    known = {claim.id for claim in claims}
    if not claims or None in known:
        raise _refused("expected claims with an id each beside claim_sets")
    sets = tuple(_names(item, "claim_sets") for item in _array(entry, "claim_sets", MAX_CLAIMS))
    if not all(set(option) <= known for option in sets):
        raise _refused("expected claim_sets to name claim ids")
    return sets


def _set_query(entry: Mapping[str, Json], ids: Sequence[str]) -> CredentialSetQuery:
    options = tuple(_names(item, "options") for item in _array(entry, "options", MAX_CREDENTIAL_QUERIES))
    if not all(set(option) <= set(ids) for option in options):
        raise _refused("expected options to name credential query ids")
    return CredentialSetQuery(options, _flag(entry, "required", default=True))


def _names(value: Json, what: str) -> tuple[str, ...]:
    return _texts({what: value}, what)


def _id(entry: Mapping[str, Json]) -> str:
    value = entry.get("id")
    if not isinstance(value, str) or not _ID.match(value):
        raise _refused("expected id of letters, digits, underscores and hyphens")
    return value


def _text(entry: Mapping[str, Json], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise _refused(f"expected {name} as text")
    return value


def _texts(entry: Mapping[str, Json], name: str) -> tuple[str, ...]:
    values = _array(entry, name, MAX_CLAIMS)
    texts = tuple(value for value in values if isinstance(value, str))
    if len(texts) != len(values):
        raise _refused(f"expected {name} as an array of texts")
    return texts


def _flag(entry: Mapping[str, Json], name: str, *, default: bool) -> bool:
    value = entry.get(name, default)
    if not isinstance(value, bool):
        raise _refused(f"expected {name} as true or false")
    return value


def _array(entry: Mapping[str, Json], name: str, limit: int) -> list[Json]:
    value = entry.get(name)
    if not isinstance(value, list | tuple) or not 0 < len(value) <= limit:
        raise _refused(f"expected {name} as an array of 1 to {limit} elements")
    return list(value)


def _object(value: Json, what: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise _refused(f"expected an object in {what}")
    return value


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
