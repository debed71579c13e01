"""Mail: what sends it, what did not get through, and a test mail to oneself: `/o/{slug}/settings/mail`."""

from email.message import EmailMessage

from litestar import Response, get, post
from litestar.di import NamedDependency

from billfold.adapters.notices.delivery import Delivery
from billfold.adapters.notices.mail import Mailer
from billfold.adapters.store.records import Organisation
from billfold.adapters.store.staff import Staff
from billfold.apps.console.visit import Visit
from billfold.apps.post.mail import write_trial
from billfold.roles.operator.mail import TriedJustNow, try_mail, unsent_mails


@get("/o/{slug:str}/settings/mail", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit]) -> Response[str]:
    """Show the mail server, and the mails that did not get through."""
    return await _page(visit)


@post("/o/{slug:str}/settings/mail/try", opt={"permission": "settings"})
async def send_trial(visit: NamedDependency[Visit]) -> Response[str]:
    """Send a mail to whoever asks, and show what the mail server made of it."""
    parts, mail_id = visit.parts, visit.parts.new_id()

    def write(mailer: Mailer, organisation: Organisation, member: Staff) -> EmailMessage:
        return write_trial(mailer, organisation, member, visit.words, mail_id=mail_id, now=parts.now())

    try:
        delivery = await try_mail(parts, visit.authority(), visit.signed_in.staff.id, write)
    except TriedJustNow:
        return await _page(visit, too_soon=True)
    return await _page(visit, delivery=delivery)


async def _page(visit: Visit, *, delivery: Delivery | None = None, too_soon: bool = False) -> Response[str]:
    await visit.issuer()
    return visit.page(
        "settings_mail.html",
        status=429 if too_soon else 200,
        mailer=visit.parts.mailer,
        unsent=await unsent_mails(visit.parts, visit.organisation.id),
        delivery=delivery,
        too_soon=too_soon,
    )
