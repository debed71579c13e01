"""Mails: a pairing code with one button, and its PIN in a mail of its own; each says the same as plain text.

Source: RFC 5322 (fields), RFC 2387 and 2392 (pictures by `cid:`), RFC 3834 (`Auto-Submitted`). Nothing is fetched from
elsewhere when a mail is read: logo and QR code come along.
"""

import io
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import jinja2
import segno

from billfold.adapters.notices.mail import Mailer, mailbox
from billfold.adapters.store.mails import PIN, Mail
from billfold.adapters.store.records import Organisation
from billfold.adapters.store.staff import Staff
from billfold.apps.post.wording import contact_of, logo_of, on_one_line, spaced, spaced_pin, types_of, words_of
from billfold.apps.words import Words
from billfold.roles.issuer.invitation import Invitation, require_pin
from billfold.roles.issuer.offer import EMAIL

_QR_SCALE = 5
_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("billfold.apps.post"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_mail(mailer: Mailer, invitation: Invitation, mail: Mail, *, now: datetime) -> EmailMessage:
    """Return the message that *mail* asks for.

    Raises:
        NoPin: it is about a PIN, and the code has none.
        BadAddress: the directory has no address that mail can go to.
    """
    words = words_of(invitation, mail.language)
    context: dict[str, Any] = {
        "t": words,
        "invitation": invitation,
        "code": invitation.code,
        "creds": types_of(invitation, words),
        "contact": contact_of(invitation),
        "logo": None,
        "spaced": spaced,
        "on_one_line": on_one_line,
    }
    if mail.kind == PIN:
        context["pin"] = spaced_pin(require_pin(invitation))
    message = _message(mailer, invitation, mail, words, now)
    _fill(message, invitation, mail.kind, context)
    return message


def write_trial(
    mailer: Mailer, organisation: Organisation, member: Staff, words: Words, *, mail_id: str, now: datetime
) -> EmailMessage:
    """Return a message to a member of staff that shows that mail arrives.

    Raises:
        BadAddress: the member has no address that mail can go to.
    """
    message = _head(mailer, organisation, words, mail_id=mail_id, now=now)
    message["To"] = mailbox(member.name, member.email)
    message["Subject"] = words("mail.trial.subject", name=organisation.name)
    message.set_content(words("mail.trial.text", name=organisation.name) + "\n")
    return message


def _message(mailer: Mailer, invitation: Invitation, mail: Mail, words: Words, now: datetime) -> EmailMessage:
    organisation = invitation.organisation
    message = _head(mailer, organisation, words, mail_id=mail.id, now=now)
    message["To"] = mailbox(invitation.person.name, invitation.attribute(EMAIL))
    message["Subject"] = words(f"mail.{mail.kind}.subject", name=organisation.name)
    return message


def _head(mailer: Mailer, organisation: Organisation, words: Words, *, mail_id: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = mailbox(organisation.name, mailer.sender)
    if organisation.settings.support.email:
        message["Reply-To"] = organisation.settings.support.email
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail_id}@{mailer.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = words.language
    return message


def _fill(message: EmailMessage, invitation: Invitation, kind: str, context: dict[str, Any]) -> None:
    """Write plain text and page, and put the pictures beside the page."""
    pictures: dict[str, tuple[str, bytes]] = {}
    logo = logo_of(invitation)
    if logo is not None:
        pictures["logo"] = logo
    if kind != PIN:
        pictures["qr"] = ("png", _qr(invitation.code.wallet_link))
    domain = message["Message-ID"].strip("<>")
    cids = {name: f"{name}.{domain}" for name in pictures}
    message.set_content(_TEMPLATES.get_template(f"{kind}.txt").render(context))
    html = _TEMPLATES.get_template(f"{kind}.html").render({**context, "cids": cids})
    message.add_alternative(html, subtype="html")
    page = next(part for part in message.iter_parts() if part.get_content_type() == "text/html")
    for name, (subtype, data) in pictures.items():
        page.add_related(data, "image", subtype, cid=f"<{cids[name]}>", filename=f"{name}.{subtype}")


def _qr(text: str) -> bytes:
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="png", scale=_QR_SCALE, border=4)
    return file.getvalue()
