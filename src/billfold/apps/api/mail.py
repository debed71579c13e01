"""The mail server by API, for keys with the scope `settings`: what is set up, what did not get through, and a test."""

from email.message import EmailMessage

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from billfold.adapters.notices.mail import Mailer
from billfold.adapters.store.mails import Unsent
from billfold.adapters.store.records import Organisation
from billfold.adapters.store.staff import Staff
from billfold.apps.api.caller import Caller
from billfold.apps.api.settings_messages import MailServerView, MailSetupView, MailTrial, MailTrialView, UnsentMailView
from billfold.apps.post.mail import write_trial
from billfold.apps.words import words_for
from billfold.roles.operator.mail import try_mail, unsent_mails


class MailController(Controller):
    """`/mail`."""

    path = "/mail"
    tags = ("Organisation",)
    opt = {"scope": "settings"}  # noqa: RUF012  # the framework's own attribute

    @get(summary="Get how mail goes out")
    async def find(self, caller: NamedDependency[Caller]) -> MailSetupView:
        """Return the mail server, and the mails of the last two weeks that did not get through."""
        mailer = caller.parts.mailer
        server = MailServerView(mailer.host, mailer.port, mailer.security, mailer.sender) if mailer else None
        return MailSetupView(
            server, [_unsent(each) for each in await unsent_mails(caller.parts, caller.organisation.id)]
        )

    @post("/trials", summary="Send a test mail", status_code=200)
    async def send_trial(self, caller: NamedDependency[Caller], data: JSONBody[MailTrial]) -> MailTrialView:
        """Send a mail to a member of staff now; 409 within a minute of the one before."""
        parts = caller.parts
        words = words_for(data.language, caller.organisation.settings.time_zone)

        def write(mailer: Mailer, organisation: Organisation, member: Staff) -> EmailMessage:
            return write_trial(mailer, organisation, member, words, mail_id=parts.new_id(), now=parts.now())

        delivery = await try_mail(parts, caller.authority(), data.staff_id, write)
        return MailTrialView(delivery.outcome.value, delivery.status)  # type: ignore[arg-type]  # GONE is not of mail


def _unsent(found: Unsent) -> UnsentMailView:
    return UnsentMailView(
        found.pairing_code_id,
        found.kind,  # type: ignore[arg-type]  # the store keeps these very words
        found.state,  # type: ignore[arg-type]  # the store keeps these very words
        found.tries,
        found.due_at,
    )
