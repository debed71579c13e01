"""The list of anchors that this host's wallets trust, for `/trust.json`."""

import base64
from urllib.parse import urlsplit

from billfold.adapters.store import organisations
from billfold.core.trust.trust_list import Role, TrustEntry, TrustList
from billfold.roles.organisation import ISSUER, REQUESTER, identifier_of, requester_url, root_of
from billfold.roles.parts import Parts


async def trust_list(parts: Parts) -> TrustList:
    """Return one entry for each role of each organisation of this installation, for its own identifier or host only."""
    entries: list[TrustEntry] = []
    for organisation in await organisations.every(parts.store):
        certificate = base64.b64encode(await root_of(parts, organisation.id)).decode()
        host = urlsplit(requester_url(parts, organisation.slug)).hostname or ""
        roles: dict[str, tuple[Role, tuple[str, ...], tuple[str, ...]]] = {
            ISSUER: ("issuer", (identifier_of(parts, organisation.slug),), ()),
            REQUESTER: ("requester", (), (host,)),
        }
        for name in organisation.settings.roles:
            role, identifiers, hosts = roles[name]
            entries.append(TrustEntry(organisation.name, role, certificate, identifiers, hosts))
    return TrustList(tuple(entries))
