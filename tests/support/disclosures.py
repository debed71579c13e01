"""Disclosures that a test makes by hand."""

from billfold.core.encoding import Json, b64url_encode, json_encode
from billfold.core.sdjwt.disclosure import Disclosure


def disclosure(salt: str, name: str | None, value: Json) -> Disclosure:
    """Return the Disclosure of a claim *name*, or of an array element (RFC 9901 4.2.1, 4.2.2)."""
    return Disclosure.parse(b64url_encode(json_encode([salt, value] if name is None else [salt, name, value])))
