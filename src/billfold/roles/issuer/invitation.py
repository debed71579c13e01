"""Invitation: what a letter or mail tells a person of their pairing code, and who sends it when.

Code and PIN never go together: each has a letter and a mail of its own. Nothing secret waits in the store: what a mail
says is made again when it is sent, and a mail whose code is over by then is not sent.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import structlog

from billfold.adapters.notices.delivery import Delivery, Outcome
from billfold.adapters.notices.mail import BadAddress, Mailer
from billfold.adapters.store import audit, entitlements, mails, organisations, people
from billfold.adapters.store.audit import Act
from billfold.adapters.store.mails import Mail
from billfold.adapters.store.pairing_codes import MAIL
from billfold.adapters.store.records import Organisation, Person
from billfold.errors import StateError
from billfold.roles.issuer.issuer import Issuer, load_issuer
from billfold.roles.issuer.offer import EMAIL, ShownCode, WantedWay, require_way, show_code
from billfold.roles.parts import NotFound, Parts

BATCH = 20
LEASE = timedelta(minutes=5)
LIVE = ("waiting", "opened")
MADE = ("pairing_code.created", "device.replaced")

log = structlog.get_logger("billfold.mail")


class CodeOver(StateError):
    """The code is used, replaced or has run out, so there is nothing to send or print."""

    code = "code_over"


class NoPin(StateError):
    """The code goes without a PIN."""

    code = "no_pin"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a letter or mail is written from.

    Attributes:
        types: the names of the Creds that wait, per locale.
        reference: by which the making of the code is found in the audit.
        help_url: the organisation's help page.
    """

    organisation: Organisation
    person: Person
    types: tuple[dict[str, str], ...]
    code: ShownCode
    reference: str | None
    help_url: str

    def attribute(self, name: str) -> str:
        """Return a text of the directory; "" where there is none."""
        value = self.person.attributes.get(name)
        return value if isinstance(value, str) else ""


Write = Callable[[Invitation, Mail, Mailer], EmailMessage]


async def invitation_of(parts: Parts, issuer: Issuer, code_id: str) -> Invitation:
    """Return what is written to the person of a code.

    Raises:
        NotFound: no such code here.
        CodeOver: it is not live.
    """
    code = await show_code(parts, issuer, code_id)
    if code.state not in LIVE:
        raise CodeOver("expected a code that is neither used nor run out: make a new one")
    person = await people.get(parts.store, issuer.id, code.person_id)
    if person is None:
        raise NotFound("expected a person of this organisation")
    held = {each.credential_type for each in await entitlements.held_by(parts.store, person.id)}
    names = [each.definition.names for slug, each in issuer.types.items() if slug in held]
    made = await audit.about(parts.store, issuer.id, person.id, code.id)
    reference = next((entry.reference for entry in made if entry.action in MADE), None)
    help_url = f"{parts.addresses.console}/o/{issuer.organisation.slug}/help"
    return Invitation(issuer.organisation, person, tuple(names), code, reference, help_url)


def require_pin(invitation: Invitation) -> str:
    """Return the PIN.

    Raises:
        NoPin: there is none.
    """
    if invitation.code.tx_code is None:
        raise NoPin("expected a code with a PIN")
    return invitation.code.tx_code


async def mail_pin(parts: Parts, issuer: Issuer, code_id: str, *, language: str, act: Act) -> None:
    """Let the PIN of a code go to its person in a mail of its own, once.

    Raises:
        NotFound: no such code here.
        CodeOver: it is not live.
        NoPin: it has none.
        UndeliverableCode: no mail server, or no address in the directory.
    """
    invitation = await invitation_of(parts, issuer, code_id)
    require_pin(invitation)
    await require_way(parts, issuer, invitation.person.id, WantedWay(MAIL))
    await mails.add_pin(parts.store, issuer.id, code_id, language=language, act=act)


async def deliver_mails(parts: Parts, write: Write) -> int:
    """Send the mails that are due; return how many were taken, so that the caller goes on while there are some.

    Args:
        write: makes a message of an invitation, in the mail's kind and language.
    """
    if parts.mailer is None:
        return 0
    now = parts.now()
    leased = await mails.lease(parts.store, most=BATCH, now=now, until=now + LEASE)
    await asyncio.gather(*(_deliver(parts, parts.mailer, mail, write) for mail in leased))
    return len(leased)


async def _deliver(parts: Parts, mailer: Mailer, mail: Mail, write: Write) -> None:
    try:
        invitation = await _invitation_of_mail(parts, mail)
        delivery = await _send(mailer, mail, invitation, write)
    except StateError:
        await mails.settle(parts.store, mail.id, mails.OVERTAKEN, parts.act("system"))
        return
    log.info("mailed", mail=mail.id, kind=mail.kind, outcome=delivery.outcome.value, status=delivery.status)
    if delivery.outcome is Outcome.LATER:
        await mails.later(parts.store, mail.id, due_at=parts.now() + delivery.pause_after(mail.tries))
    else:
        state = mails.SENT if delivery.outcome is Outcome.DELIVERED else mails.REFUSED
        await mails.settle(parts.store, mail.id, state, parts.act("system", reference=invitation.reference))


async def _send(mailer: Mailer, mail: Mail, invitation: Invitation, write: Write) -> Delivery:
    try:
        message = write(invitation, mail, mailer)
    except BadAddress:  # the directory has changed since the code was made
        return Delivery(Outcome.REFUSED)
    return await mailer.send(message, invitation.attribute(EMAIL))


async def _invitation_of_mail(parts: Parts, mail: Mail) -> Invitation:
    organisation = await organisations.by_id(parts.store, mail.organisation_id)
    issuer = await load_issuer(parts, organisation.slug) if organisation else None
    if issuer is None:
        raise NotFound("expected an organisation that issues")
    return await invitation_of(parts, issuer, mail.pairing_code_id)
