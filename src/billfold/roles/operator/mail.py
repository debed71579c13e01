"""Mail: what did not get through, and a mail to a member of staff that tries the mail server.

Source: docs/how-to/pair-by-mail-and-letter.md. The server is the installation's and stands in its settings file, so
nobody changes it here; organisations share it, which is why a try has to wait for the one before.
"""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

from billfold.adapters.notices.delivery import Delivery, Outcome
from billfold.adapters.notices.mail import BadAddress, Mailer
from billfold.adapters.store import mails, tries
from billfold.adapters.store.mails import Unsent
from billfold.adapters.store.records import Organisation
from billfold.adapters.store.staff import Staff
from billfold.errors import StateError
from billfold.roles.operator.organisation import find_organisation
from billfold.roles.operator.permission import Authority
from billfold.roles.operator.staff import find
from billfold.roles.parts import Parts, sha256

TOLD_FOR = timedelta(days=14)
MOST_TOLD = 20
PAUSE = timedelta(minutes=1)

Write = Callable[[Mailer, Organisation, Staff], EmailMessage]


class NoMailServer(StateError):
    """The installation sends no mail."""

    code = "no_mail_server"


class TriedJustNow(StateError):
    """The mail server was tried within the last minute."""

    code = "tried_just_now"


async def unsent_mails(parts: Parts, organisation_id: str) -> list[Unsent]:
    """Return the mails of the last two weeks that did not get through, the one tried last first."""
    since = parts.now() - TOLD_FOR
    return await mails.unsent(parts.store, organisation_id, since=since, most=MOST_TOLD)


async def try_mail(parts: Parts, by: Authority, staff_id: str, write: Write) -> Delivery:
    """Send a mail to a member of staff now, and return what the mail server made of it.

    Args:
        write: makes the message.

    Raises:
        NotPermitted: this is for owners.
        NotFound: nobody of this id works here.
        NoMailServer: there is nothing to try.
        TriedJustNow: the organisation tried it within the last minute.
    """
    by.require("settings")
    member = await find(parts, by.organisation_id, staff_id)
    if parts.mailer is None:
        raise NoMailServer("expected a mail server in the settings of this installation")
    bucket, now = sha256(f"mail\0{by.organisation_id}"), parts.now()
    if await tries.count(parts.store, bucket, now=now, oldest=now - PAUSE) > 1:
        raise TriedJustNow("expected a minute between one try of the mail server and the next")
    await mails.record_try(parts.store, by.organisation_id, member.id, by.act)
    try:
        message = write(parts.mailer, await find_organisation(parts, by), member)
    except BadAddress:
        return Delivery(Outcome.REFUSED)
    return await parts.mailer.send(message, member.email)
