"""A whole installation with the demo's content, for tests of those who speak with it: real servers, real HTTP."""

import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from billfold.adapters.store import entitlements, organisations, people, presentation_requests
from billfold.adapters.store.records import Entitlement, Organisation, Person, PresentationTemplate
from billfold.apps.compose import Servers, claimed_ports, installation
from billfold.apps.demo.seed import seed
from billfold.apps.settings import Settings
from billfold.core.trust.trust_list import TrustList
from billfold.holder import Wallet, load_trust
from billfold.roles.issuer.issuer import load_issuer
from billfold.roles.issuer.offer import ShownCode, WantedWay, create_code
from billfold.roles.parts import Parts
from billfold.roles.verifier.request import ShownRequest, create_request, show_request
from billfold.roles.verifier.verification import Result, result_of
from billfold.roles.verifier.verifier import Verifier, load_verifier
from tests.support.ports import free_block

PORTS = 4


@dataclass(frozen=True, slots=True)
class RunningInstallation:
    """A running installation, and what staff would do with it."""

    parts: Parts
    trust: TrustList

    @property
    def wallet_url(self) -> str:
        return self.parts.addresses.wallet

    def wallet(self, path: Path | None = None) -> Wallet:
        """Return a new wallet that believes this installation."""
        return Wallet.create(path, "correct horse", trust=self.trust, wallet_url=self.wallet_url, development=True)

    async def organisation(self, slug: str) -> Organisation:
        found = await organisations.by_slug(self.parts.store, slug)
        assert found is not None
        return found

    async def person(self, slug: str, name: str) -> Person:
        organisation = await self.organisation(slug)
        return next(p for p in await people.page(self.parts.store, organisation.id) if p.name == name)

    async def entitlements(self, slug: str, name: str) -> dict[str, Entitlement]:
        """Return what a person should hold, by Cred type."""
        person = await self.person(slug, name)
        return {e.credential_type: e for e in await entitlements.held_by(self.parts.store, person.id)}

    async def code(self, slug: str, name: str, *, with_tx_code: bool = False) -> ShownCode:
        """Make a pairing code for a person."""
        issuer = await load_issuer(self.parts, slug)
        assert issuer is not None
        return await create_code(
            self.parts,
            issuer,
            person_id=(await self.person(slug, name)).id,
            way=WantedWay(with_tx_code=with_tx_code),
            act=self.parts.act("test"),
            asked_once=None,
        )

    async def request(
        self, slug: str = "harbour", template: str = "staff-rate", return_to: str | None = None
    ) -> ShownRequest:
        """Make a presentation request."""
        verifier = await self._verifier(slug)
        act = self.parts.act("test")
        return await create_request(self.parts, verifier, template, return_to=return_to, act=act, asked_once=None)

    async def new_template(self, slug: str, **changes: object) -> None:
        """Give the sports club another template: the one it has, with changes."""
        harbour = await self.organisation("harbour")
        (known, *_) = await presentation_requests.templates_of(self.parts.store, harbour.id)
        made = PresentationTemplate(self.parts.new_id(), slug, msgspec.structs.replace(known.definition, **changes))
        act = self.parts.act("test")
        await presentation_requests.create_template(self.parts.store, harbour.id, made, act=act, asked_once=None)

    async def alone_on_its_host(self) -> None:
        """Let the sports club be the only one who requests."""
        read = await organisations.see(self.parts.store, (await self.organisation("northwind")).id)
        assert read is not None
        northwind, seen = read
        settings = msgspec.structs.replace(northwind.settings, roles=("issuer",))
        changed = replace(northwind, settings=settings)
        assert await organisations.change(self.parts.store, changed, seen=seen, act=self.parts.act("test"))

    def write_roots(self, folder: Path) -> Path:
        """Write every anchor of the trust list to a PEM file, and return its path."""
        certificates = [base64.b64decode(entry.certificate) for entry in self.trust.anchors]
        path = folder / "roots.pem"
        path.write_text("".join(map(ssl.DER_cert_to_PEM_cert, certificates)))
        return path

    async def shown(self, request: ShownRequest, slug: str = "harbour") -> ShownRequest:
        """Return the request as it is now."""
        return await show_request(self.parts, await self._verifier(slug), request.id)

    async def result(self, request: ShownRequest, slug: str = "harbour") -> Result:
        """Return the result of an answered request."""
        found = result_of(await self.shown(request, slug), self.parts, response_code=None)
        assert found is not None
        return found

    async def _verifier(self, slug: str) -> Verifier:
        verifier = await load_verifier(self.parts, slug)
        assert verifier is not None
        return verifier


@contextlib.asynccontextmanager
async def running_installation(folder: Path) -> AsyncIterator[RunningInstallation]:
    """Start the demo's installation in *folder*, on free ports."""
    settings = Settings.on_loopback(free_block(PORTS), folder)
    with claimed_ports(settings) as sockets:
        async with installation(settings, bring_up_to_date=True) as made:
            await seed(made.parts)
            servers = Servers(made, sockets)
            await servers.start()
            try:
                trust = await load_trust(made.parts.addresses.wallet, development=True)
                yield RunningInstallation(made.parts, trust)
            finally:
                await servers.stop()
