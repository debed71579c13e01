"""SD-JWT: parse, restore the disclosed claims, select what a presentation holds.

Source: RFC 9901 4 (format), 7.1 (verification), 7.2 (holder: original strings, connected disclosures).
Nothing here checks the signature: a caller first verifies `jws`, then trusts what `process` returns.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billfold.core.encoding import Json, JsonObject
from billfold.core.jose.jws import Jws
from billfold.core.sdjwt.disclosure import DEFAULT_ALGORITHM, Disclosure, digest_of
from billfold.errors import SdJwtError

MAX_SD_JWT_BYTES: Final = 512 * 1024
MAX_JWS_BYTES: Final = 256 * 1024
MAX_DISCLOSURES: Final = 256
MAX_DEPTH: Final = 32  # of the restored claims; each disclosure may add levels

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ProcessedClaims:
    """The payload with every disclosed claim in its place.

    *disclosed* tells which disclosure gave which path; array positions are those in *claims*.
    """

    claims: dict[str, Json]
    disclosed: Mapping[Path, Disclosure]


@dataclass(frozen=True, slots=True)
class SdJwt:
    """A parsed SD-JWT, or SD-JWT+KB where *key_binding_jwt* is there; *payload* is what *jws* holds, decoded."""

    text: str
    jws: Jws
    payload: JsonObject
    algorithm: str
    disclosures: tuple[Disclosure, ...]
    key_binding_jwt: str | None

    @classmethod
    def parse(cls, text: str) -> "SdJwt":
        """Read an SD-JWT in compact form (RFC 9901 4, 7.1 steps 1 and 3).

        Raises:
            SdJwtError: over a limit, no ``~``, a malformed disclosure, or an unknown `_sd_alg`.
            JoseError: the issuer-signed part is no compact JWS.
            EncodingError: a part of it is not strict base64url or JSON.
        """
        if len(text) > MAX_SD_JWT_BYTES or not text.isascii():
            raise SdJwtError(f"expected an SD-JWT of at most {MAX_SD_JWT_BYTES} ASCII characters")
        first, *rest = text.split("~")
        if not rest:
            raise SdJwtError("expected an SD-JWT, got no ~")
        if len(rest) - 1 > MAX_DISCLOSURES:
            raise SdJwtError(f"expected at most {MAX_DISCLOSURES} disclosures")
        jws = Jws.parse(first, max_bytes=MAX_JWS_BYTES)
        payload = jws.claims()
        algorithm = _sd_alg(payload)
        disclosures = tuple(Disclosure.parse(encoded, algorithm) for encoded in rest[:-1])
        return cls(text, jws, payload, algorithm, disclosures, rest[-1] or None)

    @property
    def presentation(self) -> str:
        """The text up to and including the last ``~``: what a KB-JWT vouches for (RFC 9901 4.3.1)."""
        return self.text[: self.text.rindex("~") + 1]

    def sd_hash(self) -> str:
        """Return the digest of `presentation` under this SD-JWT's `_sd_alg` (RFC 9901 4.3.1)."""
        return digest_of(self.presentation, self.algorithm)

    def process(self) -> ProcessedClaims:
        """Put each disclosure where its digest stands (RFC 9901 7.1 steps 3 to 5).

        Raises:
            SdJwtError: a digest twice, a disclosure that no digest names, of the wrong kind, or whose name is
                taken; `_sd` that is no array of strings; nesting past ``MAX_DEPTH``.
        """
        payload = {name: value for name, value in self.payload.items() if name != "_sd_alg"}
        restorer = _Restorer(self.disclosures)
        claims = restorer.restore_object(payload, ())
        restorer.require_all_used()
        return ProcessedClaims(claims, restorer.disclosed)

    def select(self, paths: Collection[Path], *, whole: bool = False) -> str:
        """Return a presentation with the disclosures at *paths* and above them, ending in ``~``.

        What lies below a path stays hidden unless its own path is given too. Strings are kept as issued.

        Args:
            whole: show what lies below as well: a person who agreed to a field has seen all of it.

        Raises:
            SdJwtError: a path leads to no claim of this SD-JWT, or as `process`.
        """
        processed = self.process()
        for path in paths:
            _require_path(processed.claims, path)
        wanted = {path[:length] for path in paths for length in range(1, len(path) + 1)}
        given = set(paths) if whole else set()
        chosen = {
            disclosure.encoded
            for path, disclosure in processed.disclosed.items()
            if path in wanted or any(path[:length] in given for length in range(1, len(path)))
        }
        kept = (disclosure.encoded for disclosure in self.disclosures if disclosure.encoded in chosen)
        return "~".join((self.jws.compact, *kept, ""))


class _Restorer:
    """One walk over a payload; it remembers each digest it met and each disclosure it placed."""

    def __init__(self, disclosures: Collection[Disclosure]) -> None:
        self.by_digest = {disclosure.digest: disclosure for disclosure in disclosures}
        if len(self.by_digest) != len(disclosures):
            raise SdJwtError("expected each disclosure once")
        self.met: set[str] = set()
        self.disclosed: dict[Path, Disclosure] = {}

    def require_all_used(self) -> None:
        if len(self.disclosed) != len(self.by_digest):
            raise SdJwtError("expected a digest for each disclosure")

    def restore_object(self, node: Mapping[str, Json], path: Path) -> dict[str, Json]:
        restored = {name: self._restore(value, (*path, name)) for name, value in node.items() if name != "_sd"}
        digests = node.get("_sd", [])
        if not isinstance(digests, list):
            raise SdJwtError("expected _sd as an array of digests")
        for digest in digests:
            disclosure = self._take(digest)
            if disclosure is None:
                continue
            name = disclosure.name
            if name is None or name in restored:
                raise SdJwtError("expected a disclosure of a claim that is not there yet")
            self.disclosed[*path, name] = disclosure
            restored[name] = self._restore(disclosure.value, (*path, name))
        return restored

    def _restore_array(self, node: list[Json], path: Path) -> list[Json]:
        restored: list[Json] = []
        for element in node:
            here = (*path, len(restored))
            if not (isinstance(element, dict) and element.keys() == {"..."}):
                restored.append(self._restore(element, here))
                continue
            disclosure = self._take(element["..."])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise SdJwtError("expected a disclosure of an array element")
            self.disclosed[here] = disclosure
            restored.append(self._restore(disclosure.value, here))
        return restored

    def _restore(self, node: Json, path: Path) -> Json:
        if len(path) > MAX_DEPTH:
            raise SdJwtError(f"expected claims nested at most {MAX_DEPTH} deep")
        if isinstance(node, dict):
            return self.restore_object(node, path)
        if isinstance(node, list):
            return self._restore_array(node, path)
        return node

    def _take(self, digest: Json) -> Disclosure | None:
        if not isinstance(digest, str):
            raise SdJwtError("expected digests as strings")
        if digest in self.met:
            raise SdJwtError("expected each digest once")
        self.met.add(digest)
        return self.by_digest.get(digest)


def _sd_alg(payload: JsonObject) -> str:
    algorithm = payload.get("_sd_alg", DEFAULT_ALGORITHM)
    if not isinstance(algorithm, str):
        raise SdJwtError("expected _sd_alg as a string")
    digest_of("", algorithm)
    return algorithm


def _require_path(claims: Json, path: Path) -> None:
    node = claims
    for step in path:
        node = _child(node, step)


def _child(node: Json, step: str | int) -> Json:
    if isinstance(node, Mapping) and isinstance(step, str) and step in node:
        return node[step]
    if isinstance(node, Sequence) and not isinstance(node, str) and isinstance(step, int) and 0 <= step < len(node):
        return node[step]
    raise SdJwtError("expected a path to a claim of this SD-JWT")
