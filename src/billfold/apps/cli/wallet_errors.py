"""How a failure is told at the command line: what happened, whose side it is on, what to do, and the reference."""

from dataclasses import dataclass
from typing import Final

import msgspec

from billfold.apps.cli.wallet_words import clean
from billfold.errors import (
    BillfoldError,
    ConfigurationError,
    CredentialError,
    RequestRefused,
    StateError,
    TransportError,
    TrustError,
)
from billfold.holder import LinkUnknown, PeerRefusal


@dataclass(frozen=True, slots=True)
class Told:
    """An error in plain words."""

    title: str
    side: str
    do: str


_GONE: Final = Told(
    "This code was used already, or has run out",
    "nobody's, unless it was not you who used it",
    "Ask for a new code. Codes on a screen live 30 minutes.",
)
_UNSAFE: Final = Told(
    "This is not safe to go on", "the other side's; nothing was sent", "Stop here, and tell the other side about it."
)
_SILENT: Final = Told(
    "The other side does not answer", "the other side's, or the connection's", "Try again in a moment."
)
_REFUSED: Final = Told("The other side refused", "the other side's", "Ask the other side, with the reference if any.")
_UNREADABLE: Final = Told(
    "Billfold cannot read this code", "the code's; it may be for another app", "Use the link or code as you got it."
)
_UNUSABLE: Final = Told(
    "The answer cannot be used", "the other side's; nothing of it was kept", "Tell the other side about it."
)
_VAULT: Final = Told("The wallet cannot be opened", "yours, on this computer", "Mend what is said above.")
_NOT_NOW: Final = Told("This cannot be done now", "yours", "Mend what is said above.")

_OF_PEERS: Final = {  # the other side chooses these codes, so they lead to nothing else
    "not_found": _GONE,
    "code_used": Told(
        "This code was used already", "nobody's, unless it was not you who used it", "Ask for a new code."
    ),
    "code_expired": Told("This code has run out", "nobody's; codes on a screen live 30 minutes", "Ask for a new code."),
    "pin_spent": Told(
        "Too many wrong PINs", "the issuer's, which stopped the code to protect you", "Ask for a new code."
    ),
    "invalid_grant": Told(
        "The issuer did not accept the code", "the issuer's, to protect you", "Check the PIN, or ask for a new code."
    ),
}
_BY_CODE: Final = {
    "already_paired": Told(
        "You are paired with this issuer already", "yours", "Go on with the Creds you have, or unpair the issuer first."
    ),
    "wrong_passphrase": Told("This is not the wallet's passphrase", "yours", "Try again. Nobody can reset it."),
    "no_vault": Told("There is no wallet here yet", "yours", "Pair with an issuer first: billfold wallet pair LINK"),
    "vault_in_use": Told("Another program has the wallet open", "yours", "End the other program, then try again."),
    "is_request": Told(
        "This is a request, not a pairing code", "nobody's", "Look at it with: billfold wallet review LINK"
    ),
    "is_offer": Told("This is a pairing code, not a request", "nobody's", "Pair with it: billfold wallet pair LINK"),
}


def as_text(exc: BillfoldError) -> str:
    """Return *exc* as the lines that a person reads."""
    told, reference = _told(exc), getattr(exc, "reference", None)
    lines = [
        told.title,
        f"  What happened  {clean(_what(exc))}.",
        f"  Whose side     {told.side}",
        f"  What to do     {told.do}",
    ]
    return "\n".join(lines + ([f"  Reference      {reference}"] if reference else []))


def as_json(exc: BillfoldError) -> str:
    """Return *exc* as one JSON document."""
    document = {"error": {"code": exc.code, "message": _what(exc), "reference": getattr(exc, "reference", None)}}
    return msgspec.json.encode(document).decode()


def _what(exc: BillfoldError) -> str:
    described = exc.description if isinstance(exc, PeerRefusal) else None
    return described or str(exc)


def _told(exc: BillfoldError) -> Told:
    if isinstance(exc, PeerRefusal):
        return _OF_PEERS.get(exc.code, _REFUSED)
    if exc.code in _BY_CODE:
        return _BY_CODE[exc.code]
    kinds: tuple[tuple[type[BillfoldError], Told], ...] = (
        (LinkUnknown, _UNREADABLE),
        (TransportError, _SILENT),
        (RequestRefused, _UNSAFE),
        (TrustError, _UNSAFE),
        (CredentialError, _UNUSABLE),
        (ConfigurationError, _VAULT),
        (StateError, _NOT_NOW),
    )
    return next((told for kind, told in kinds if isinstance(exc, kind)), _REFUSED)
