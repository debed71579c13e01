"""What letters and mails have in common: whose language, which names, which picture."""

import base64
import re

from billfold.apps.words import Words, words_for
from billfold.roles.issuer.invitation import Invitation

MOST_TYPES = 3
_PICTURE = re.compile(r"data:image/(png|jpeg);base64,([A-Za-z0-9+/=]+)\Z")


def words_of(invitation: Invitation, language: str) -> Words:
    """Return the words of *language*, with the organisation's clock."""
    return words_for(language, invitation.organisation.settings.time_zone)


def types_of(invitation: Invitation, words: Words) -> str:
    """Return the names of the Creds that wait, as one phrase; many are not told one by one."""
    names = sorted(words.local(each) for each in invitation.types)
    if not names or len(names) > MOST_TYPES:
        return words("post.creds")
    return words("post.and").join(filter(None, [", ".join(names[:-1]), names[-1]]))


def logo_of(invitation: Invitation) -> tuple[str, bytes] | None:
    """Return kind ("png" or "jpeg") and bytes of the organisation's logo."""
    found = _PICTURE.match(invitation.organisation.settings.look.logo or "")
    return (found[1], base64.b64decode(found[2])) if found else None


def contact_of(invitation: Invitation) -> str:
    """Return how support is reached: by phone, mail or page, whichever there is first."""
    support = invitation.organisation.settings.support
    return support.phone or support.email or support.url or invitation.help_url


def on_one_line(contact: str) -> str:
    """Return a contact that no line ends within: a phone number is read in one go."""
    return contact.replace(" ", "\N{NO-BREAK SPACE}")


def spaced(short_code: str) -> str:
    """Return a short code in groups of four."""
    return "-".join(short_code[i : i + 4] for i in range(0, len(short_code), 4))


def spaced_pin(pin: str) -> str:
    """Return a PIN in two halves."""
    return f"{pin[: len(pin) // 2]} {pin[len(pin) // 2 :]}"
