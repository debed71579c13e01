"""One Disclosure: the text that turns a digest back into a claim or an array element.

Source: RFC 9901 4.2.1 to 4.2.3 and 7.1; SD-JWT VC draft 18 section 2.2.2.3 (what must never be one).
The digest is taken over the base64url text as it was received, so that text is kept and never written anew.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from billfold.core.encoding import Json, b64url_decode, b64url_encode, json_decode
from billfold.errors import EncodingError, SdJwtError

DEFAULT_ALGORITHM: Final = "sha-256"
# RFC 9901 4.1.1 lets the IANA registry of hash names decide; weak and truncated ones are left out.
HASHES: Final = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}
RESERVED_NAMES: Final = frozenset({"_sd", "..."})
NEVER_DISCLOSABLE: Final = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"})


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A parsed Disclosure; *name* is None where it stands for an array element."""

    encoded: str
    digest: str
    salt: str
    name: str | None
    value: Json

    @classmethod
    def parse(cls, encoded: str, algorithm: str = DEFAULT_ALGORITHM) -> "Disclosure":
        """Read one Disclosure and take its digest with *algorithm*.

        Raises:
            SdJwtError: not base64url of a JSON array of two or three members, or a name that is reserved.
        """
        try:
            members = json_decode(b64url_decode(encoded))
        except EncodingError as exc:
            raise SdJwtError("expected each disclosure as base64url of a JSON array") from exc
        if not isinstance(members, list) or len(members) not in (2, 3) or not isinstance(members[0], str):
            raise SdJwtError("expected each disclosure as an array of a salt, a name where it is a claim, and a value")
        name = members[1] if len(members) == 3 else None
        if len(members) == 3 and (not isinstance(name, str) or name in RESERVED_NAMES):
            raise SdJwtError("expected the name in a disclosure as a string other than _sd and ...")
        return cls(encoded, digest_of(encoded, algorithm), members[0], name, members[-1])


def digest_of(text: str, algorithm: str) -> str:
    """Return the digest of *text*, a Disclosure or a presentation, in base64url (RFC 9901 4.2.3, 4.3.1).

    Raises:
        SdJwtError: *algorithm* is unknown or weak.
    """
    if algorithm not in HASHES:
        raise SdJwtError(f"expected _sd_alg of {', '.join(HASHES)}")
    return b64url_encode(HASHES[algorithm](text.encode("ascii")).digest())
