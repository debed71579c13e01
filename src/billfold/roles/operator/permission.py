"""Permission: which role may do what. A missing entry is the refusal."""

from typing import Final, Literal

from billfold.errors import StateError

Permission = Literal["see", "person", "cred", "device", "counter", "settings"]
OWNER, SUPPORT = "owner", "support"

_MAY: Final[dict[str, frozenset[Permission]]] = {
    OWNER: frozenset({"see", "person", "cred", "device", "counter", "settings"}),
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
