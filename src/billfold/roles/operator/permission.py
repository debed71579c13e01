"""Permission: which role may do what. A missing entry is the refusal."""

from dataclasses import dataclass
from typing import Final, Literal

from billfold.adapters.store.audit import Act
from billfold.errors import StateError

Permission = Literal["see", "person", "cred", "device", "counter", "types", "templates", "settings"]
OWNER, SUPPORT = "owner", "support"

_MAY: Final[dict[str, frozenset[Permission]]] = {
    OWNER: frozenset({"see", "person", "cred", "device", "counter", "types", "templates", "settings"}),
    SUPPORT: frozenset({"see", "person", "cred", "device", "counter"}),
}


class NotPermitted(StateError):
    """This role may not do that."""

    code = "not_permitted"


def require(role: str, permission: Permission) -> None:
    """Let *role* pass that has *permission*.

    Raises:
        NotPermitted: it has not.
    """
    if permission not in _MAY.get(role, frozenset()):
        raise NotPermitted(f"expected a role with the permission {permission}, got {role}")


def permissions_of(role: str) -> frozenset[Permission]:
    """Return what *role* may do, so that a screen shows nothing dead."""
    return _MAY.get(role, frozenset())


@dataclass(frozen=True, slots=True)
class Authority:
    """In which organisation somebody acts, what they may do there, and the act itself, for the audit.

    The edge makes it, of a session's role or of an API key's scopes; the use case asks it.
    """

    organisation_id: str
    may: frozenset[Permission]
    act: Act

    def require(self, permission: Permission) -> None:
        """Let the act pass.

        Raises:
            NotPermitted: it needs a permission that is not there.
        """
        if permission not in self.may:
            raise NotPermitted(f"expected the permission {permission}")
