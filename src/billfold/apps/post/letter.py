"""Letters: a pairing code on one page, and its PIN on another that goes in another envelope.

Source: docs/how-to/pair-by-mail-and-letter.md says what stands where, and why.
"""

import re
from datetime import datetime

from billfold.adapters.letters.press import Letter, Line, Press
from billfold.apps.post.wording import contact_of, logo_of, on_one_line, spaced, spaced_pin, types_of, words_of
from billfold.apps.words import Words
from billfold.roles.issuer.invitation import Invitation, require_pin

MOST_ADDRESS_LINES = 6
_ADDRESS = "address"  # the attribute of a person that letters go to


def pairing_letter(press: Press, invitation: Invitation, language: str, *, now: datetime) -> bytes:
    """Return the letter with QR code and short code, never the PIN, as PDF.

    Raises:
        Unprintable: no font has its characters, or it is longer than a page.
    """
    words, code = words_of(invitation, language), invitation.code
    until = words.instant(code.expires_at)
    return press.print(
        _letter(
            invitation,
            words,
            now,
            title=words("letter.title", creds=types_of(invitation, words)),
            text=words("letter.text", creds=types_of(invitation, words)),
            steps=(
                words("letter.step.get", address=code.wallet_link.partition("/#")[0]),
                words("letter.step.scan"),
                words("letter.step.pin" if code.tx_code else "letter.step.no_pin"),
            ),
            qr=code.wallet_link,
            box=(
                Line(words("letter.short_code"), spaced(code.short_code), is_code=True),
                Line(words("letter.until"), until),
            ),
            warning=words(
                "letter.keep", name=invitation.organisation.name, contact=on_one_line(contact_of(invitation))
            ),
        )
    )


def pin_letter(press: Press, invitation: Invitation, language: str, *, now: datetime) -> bytes:
    """Return the letter with nothing but the PIN, as PDF.

    Raises:
        NoPin: the code has none.
        Unprintable: no font has its characters, or it is longer than a page.
    """
    words, pin = words_of(invitation, language), require_pin(invitation)
    return press.print(
        _letter(
            invitation,
            words,
            now,
            title=words("letter.pin.title"),
            text=words("letter.pin.text"),
            steps=(),
            qr=None,
            box=(
                Line(words("letter.pin.label"), spaced_pin(pin), is_code=True),
                Line(words("letter.until"), words.instant(invitation.code.expires_at)),
            ),
            warning=words(
                "letter.keep", name=invitation.organisation.name, contact=on_one_line(contact_of(invitation))
            ),
        )
    )


def _letter(
    invitation: Invitation,
    words: Words,
    now: datetime,
    *,
    title: str,
    text: str,
    steps: tuple[str, ...],
    qr: str | None,
    box: tuple[Line, ...],
    warning: str,
) -> Letter:
    logo = logo_of(invitation)
    foot = [words("letter.help", address=invitation.help_url)]
    if invitation.reference:
        foot.append(words("post.reference", reference=invitation.reference))
    return Letter(
        language=words.language,
        sender=invitation.organisation.name,
        logo=logo[1] if logo else None,
        contact=contact_of(invitation),
        recipient=(invitation.person.name, *_address_lines(invitation)),
        date=words.date(now),
        title=title,
        greeting=words("post.greeting", name=invitation.person.name),
        text=text,
        steps=steps,
        qr=qr,
        box=box,
        warning=warning,
        foot=tuple(foot),
        made_at=now,
    )


def _address_lines(invitation: Invitation) -> list[str]:
    """Return the address of the directory, a line for each of its lines or commas."""
    lines = re.split(r"\r?\n|,\s+", invitation.attribute(_ADDRESS))
    return [line.strip() for line in lines if line.strip()][:MOST_ADDRESS_LINES]
