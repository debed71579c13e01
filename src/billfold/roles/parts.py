"""What use cases are given: the effects, and the addresses of this installation."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from billfold.adapters.http.client import GuardedClient
from billfold.adapters.keystore.master_key import MasterKey
from billfold.adapters.letters.press import Press
from billfold.adapters.notices.mail import Mailer
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.errors import StateError

UUID7_RANDOM_BYTES = 8
CHANGE_TRIES = 5  # how often a change that others were quicker than is made again on what they left
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})


class NotFound(StateError):
    """The organisation has no such thing, or what there was is over."""

    code = "not_found"


class ChangedMeanwhile(StateError):
    """Others changed the same thing at the same time, again and again."""

    code = "changed_meanwhile"


Clock = Callable[[], datetime]


def to_the_hour(instant: datetime) -> datetime:
    """Return the beginning of the hour of *instant*."""
    return instant.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The public base URLs of this installation, without a final slash."""

    wallet: str
    protocol: str
    console: str
    requester: str


def uuid7(now: datetime, random: bytes) -> str:
    """Return a UUIDv7 (RFC 9562 5.7) that sorts by the microsecond (6.2, method 3): lists are kept in its order.

    Args:
        random: ``UUID7_RANDOM_BYTES``; two bits of it are not used.
    """
    milliseconds, microseconds = divmod((now - _EPOCH) // timedelta(microseconds=1), 1000)
    fraction = microseconds * 4096 // 1000
    low = int.from_bytes(random, "big") & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | low))


@dataclass(frozen=True, slots=True)
class Parts:
    """The effects that use cases need.

    Attributes:
        now: tells the time, aware and in UTC.
        random: gives so many random bytes.
        allow_loopback_http: development only: http to loopback is let through.
        mailer: sends mail; None where no mail server is set up.
        press: prints letters.
    """

    store: Engine
    master_key: MasterKey
    client: GuardedClient
    addresses: Addresses
    now: Clock
    random: Callable[[int], bytes]
    allow_loopback_http: bool = False
    mailer: Mailer | None = None
    press: Press = field(default_factory=Press)

    def new_id(self) -> str:
        """Return a fresh id; ids sort in the order in which they were made."""
        return uuid7(self.now(), self.random(UUID7_RANDOM_BYTES))

    def act(self, actor: str, *, reference: str | None = None, reason: str | None = None) -> Act:
        """Return an act of *actor* now, for the audit."""
        return Act(self.new_id(), self.now(), actor, reference, reason)

    def new_reference(self) -> str:
        """Return a fresh reference such as ``4M8T-C2WP``, by which a person and a log name one event."""
        characters = crockford(self.random(5), 8)
        return f"{characters[:4]}-{characters[4:]}"


def crockford(data: bytes, characters: int) -> str:
    """Return the first *characters* of *data* in Crockford's alphabet, five bits each."""
    bits, value = len(data) * 8, int.from_bytes(data, "big")
    return "".join(_CROCKFORD[value >> bits - 5 * (i + 1) & 31] for i in range(characters))


def read_crockford(text: str) -> str:
    """Return what somebody typed in Crockford's alphabet as it was meant: I and L are 1, O is 0."""
    return text.upper().translate(_READ_AS)


def sha256(text: str) -> bytes:
    """Return the hash by which a code or token is stored."""
    return hashlib.sha256(text.encode()).digest()
