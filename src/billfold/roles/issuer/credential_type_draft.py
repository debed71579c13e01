"""The draft of a Cred type's next version: begun, changed in any order, and published when nothing stands against it.

A draft may break every rule, so that nothing typed is lost. It is one person's own, remembers which version it was
begun from, and is gone once it says what the newest version says.
"""

from dataclasses import dataclass

from billfold.adapters.store import credential_type_drafts as store
from billfold.adapters.store.credential_type_drafts import CredentialTypeDraft
from billfold.adapters.store.records import CredentialType
from billfold.adapters.store.type_definition import CredentialTypeDefinition
from billfold.roles.issuer import credential_type_editor as editor
from billfold.roles.issuer.credential_type_merge import merged
from billfold.roles.issuer.credential_type_rules import BadCredentialType, Flaw
from billfold.roles.operator.permission import Authority
from billfold.roles.parts import NotFound, Parts


@dataclass(frozen=True, slots=True)
class Editing:
    """A Cred type as one of the staff sees it.

    Attributes:
        newest: what is published; None for a type that is not there yet.
        draft: what they changed; None where they changed nothing.
    """

    slug: str
    newest: CredentialType | None
    draft: CredentialTypeDraft | None

    @property
    def definition(self) -> CredentialTypeDefinition:
        """What the editor shows.

        Raises:
            NotFound: there is neither.
        """
        if self.draft is not None:
            return self.draft.definition
        if self.newest is None:
            raise NotFound("expected a Cred type of this organisation, or a draft of one")
        return self.newest.definition

    @property
    def version(self) -> int:
        """The number of the newest version, 0 for none."""
        return self.newest.version if self.newest else 0

    @property
    def replaces(self) -> int:
        """The version that the draft was begun from, or would be."""
        return self.draft.replaces if self.draft else self.version

    @property
    def is_stale(self) -> bool:
        """Whether somebody published meanwhile."""
        return self.replaces != self.version


async def all_of(parts: Parts, organisation_id: str, staff_id: str) -> dict[str, Editing]:
    """Return by slug all Cred types as one of the staff sees them, those that are only drafts last."""
    drafts = await store.of_staff(parts.store, organisation_id, staff_id)
    types = await editor.types_of(parts, organisation_id)
    found = {slug: Editing(slug, each, _real(drafts.get(slug), each)) for slug, each in types.items()}
    return found | {slug: Editing(slug, None, draft) for slug, draft in drafts.items() if slug not in types}


async def find(parts: Parts, organisation_id: str, staff_id: str, slug: str) -> Editing:
    """Return one Cred type, or a draft of one.

    Raises:
        NotFound: neither is there.
    """
    found = (await all_of(parts, organisation_id, staff_id)).get(slug)
    if found is None:
        raise NotFound("expected a Cred type of this organisation, or a draft of one")
    return found


async def begin(parts: Parts, by: Authority, staff_id: str, slug: str, definition: CredentialTypeDefinition) -> None:
    """Begin the draft of a type that is not there yet.

    Raises:
        NotPermitted: this is for owners.
        BadCredentialType: the slug cannot be, or is taken.
    """
    by.require("types")
    editor.check_slug(slug)
    if slug in await all_of(parts, by.organisation_id, staff_id):
        said = "expected a slug that no Cred type has"
        raise BadCredentialType(said, [Flaw("slug", "slug_taken", said)])
    await _save(parts, by, staff_id, CredentialTypeDraft(slug, 0, definition, by.act.at))


async def change(
    parts: Parts,
    by: Authority,
    staff_id: str,
    editing: Editing,
    definition: CredentialTypeDefinition,
    *,
    seen: int,
) -> None:
    """Keep *definition* as the draft; pictures are made to fit.

    Args:
        seen: the version that stood behind the form, which may be older than the newest one by now.

    Raises:
        NotPermitted: this is for owners.
        BadCredentialType: a picture is none.
    """
    by.require("types")
    fitted = await editor.fitted_type(definition, editing.definition.look)
    if fitted != editing.definition:
        replaces = min(editing.replaces, seen)
        await _save(parts, by, staff_id, CredentialTypeDraft(editing.slug, replaces, fitted, by.act.at))


async def carry_over(parts: Parts, by: Authority, staff_id: str, editing: Editing) -> None:
    """Bring a draft's changes to the version that somebody else published meanwhile; theirs stay beside them.

    Raises:
        NotPermitted: this is for owners.
    """
    by.require("types")
    if editing.draft is None or editing.newest is None:
        return
    before = {each.version: each.definition for each in await editor.versions(parts, by.organisation_id, editing.slug)}
    mine, theirs = editing.draft.definition, editing.newest.definition
    together = merged(before.get(editing.replaces, theirs), theirs, mine)
    await _save(parts, by, staff_id, CredentialTypeDraft(editing.slug, editing.version, together, by.act.at))


async def discard(parts: Parts, by: Authority, staff_id: str, slug: str) -> None:
    """Let go of a draft.

    Raises:
        NotPermitted: this is for owners.
    """
    by.require("types")
    await store.remove(parts.store, by.organisation_id, staff_id, slug)


async def publish(parts: Parts, by: Authority, staff_id: str, editing: Editing) -> CredentialType:
    """Publish the draft, or say again what is published where there is none.

    Raises:
        NotPermitted, BadCredentialType, StaleVersion, Conflict: as the editor's `create` and `change`.
    """
    if editing.replaces == 0:
        made = await editor.create(parts, by, editing.slug, editing.definition)
    else:
        made = await editor.change(parts, by, editing.slug, editing.definition, replaces=editing.replaces)
    await discard(parts, by, staff_id, editing.slug)
    return made


async def _save(parts: Parts, by: Authority, staff_id: str, draft: CredentialTypeDraft) -> None:
    await store.save(parts.store, by.organisation_id, staff_id, draft, draft_id=parts.new_id())


def _real(draft: CredentialTypeDraft | None, newest: CredentialType) -> CredentialTypeDraft | None:
    return None if draft is None or draft.definition == newest.definition else draft
