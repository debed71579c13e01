"""JWK Set: the public keys of another party, read with care, picked by `kid`, `use` and `alg`.

Source: RFC 7517 4 and 5 (a key that is not understood is left out), RFC 7638 for the thumbprint.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from billfold.core.encoding import Json
from billfold.core.jose.jws import Jws
from billfold.core.keys import PublicKey
from billfold.errors import JoseError, KeyMaterialError

MAX_KEYS: Final = 64


@dataclass(frozen=True, slots=True)
class Jwk:
    """One usable public key of a set, with what the set says of it."""

    public_key: PublicKey
    kid: str | None
    use: str | None
    alg: str | None

    @classmethod
    def parse(cls, value: Json) -> "Jwk":
        """Read one public JWK.

        Raises:
            KeyMaterialError: no public key that is known here.
            JoseError: `kid`, `use` or `alg` is not a string.
        """
        public_key = PublicKey.from_jwk(value)
        members = value if isinstance(value, Mapping) else {}
        return cls(public_key, *(_text(members, name) for name in ("kid", "use", "alg")))

    def fits(self, *, kid: str | None, use: str | None, alg: str | None) -> bool:
        """Say whether this key is meant so; `use` and `alg` may be left unsaid, a `kid` that was asked may not."""
        return (
            (kid is None or self.kid == kid)
            and (use is None or self.use in (None, use))
            and (alg is None or self.alg in (None, alg))
        )


def verify_by_own_key(jws: Jws, algorithms: Collection[str]) -> PublicKey:
    """Check the signature of *jws* by the public key in its own header, `jwk`, and return the key (RFC 7515 4.1.3).

    What the key says of its use binds (RFC 7517 4.2 to 4.4).

    Raises:
        KeyMaterialError: no public key that is known here.
        JoseError: the key is meant for something else, *algorithms* do not allow the signature's, or it is wrong.
    """
    value = jws.header.get("jwk")
    key = Jwk.parse(value)
    alg = jws.header.get("alg")
    if not key.fits(kid=None, use="sig", alg=alg if isinstance(alg, str) else None):
        raise JoseError("expected a jwk for signatures of this alg")
    operations = value.get("key_ops", ["verify"]) if isinstance(value, Mapping) else []
    if not isinstance(operations, list) or "verify" not in operations:
        raise JoseError("expected a jwk whose key_ops allow to verify")
    jws.verify(key.public_key, algorithms)
    return key.public_key


@dataclass(frozen=True, slots=True)
class JwkSet:
    """The usable keys of a JWK Set, in the order given."""

    keys: tuple[Jwk, ...]

    @classmethod
    def parse(cls, value: Json) -> "JwkSet":
        """Read a JWK Set; keys of other kinds are left out (RFC 7517 5).

        Raises:
            JoseError: not a set, too many keys, a private key among them, or a `kid` given twice.
        """
        members = value.get("keys") if isinstance(value, Mapping) else None
        if not isinstance(members, list) or len(members) > MAX_KEYS:
            raise JoseError(f"expected a JWK Set with up to {MAX_KEYS} keys")
        keys = tuple(key for member in members if (key := _usable(member)) is not None)
        kids = [key.kid for key in keys if key.kid is not None]
        if len(set(kids)) != len(kids):
            raise JoseError("expected each kid once in the JWK Set")
        return cls(keys)

    def pick(self, *, kid: str | None = None, use: str | None = None, alg: str | None = None) -> Jwk:
        """Return the first key that fits what is asked.

        Raises:
            JoseError: there is none.
        """
        for key in self.keys:
            if key.fits(kid=kid, use=use, alg=alg):
                return key
        raise JoseError("expected a fitting key in the JWK Set")


def _usable(value: Json) -> Jwk | None:
    if isinstance(value, Mapping) and "d" in value:
        raise JoseError("expected a JWK Set without private keys")
    try:
        return Jwk.parse(value)
    except KeyMaterialError:
        return None


def _text(members: Mapping[str, Json], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise JoseError(f"expected {name} of a JWK as a string")
    return value
