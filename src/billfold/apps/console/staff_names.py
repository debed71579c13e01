"""Who did it, in words: the audit names actors as "staff:E-MAIL", "api:NAME", "wallet" or "system"."""

from billfold.adapters.store import staff
from billfold.apps.console.visit import Visit
from billfold.roles.operator.staff import actor_of


class Names:
    """Turns actors into words."""

    def __init__(self, visit: Visit, known: dict[str, str]) -> None:
        self._visit, self._known = visit, known

    def __call__(self, actor: str) -> str:
        """Return who *actor* is."""
        words, (kind, _, name) = self._visit.words, actor.partition(":")
        if actor in self._known:
            return self._known[actor]
        return words(f"actor.{kind}", name=name) if words.has(f"actor.{kind}") else actor


async def names_of_staff(visit: Visit) -> Names:
    """Return the names of the organisation's actors."""
    members = await staff.of_organisation(visit.parts.store, visit.organisation.id)
    return Names(visit, {actor_of(member): member.name for member in members})
