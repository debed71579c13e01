"""Sign-in: by passkey first, by e-mail and password otherwise, with tries that cannot lock anybody out for good.

A passkey cannot be guessed, so only tries of passwords are bounded. They are counted in a bucket of account and
place: a browser that was signed in before is a place of its own, known by its device token; any other is the network
address it comes from. So whoever guesses from elsewhere uses up their own tries only. A further bucket bounds all
strangers to one account together. A window begins with its first try and is never prolonged, so waiting always helps.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from billfold.adapters.store import staff, staff_sessions, tries
from billfold.adapters.store.records import Organisation
from billfold.adapters.store.staff import Staff
from billfold.adapters.store.staff_sessions import StaffSession
from billfold.core.encoding import b64url_encode
from billfold.errors import StateError
from billfold.roles.operator.password import BadPassword, verify_password
from billfold.roles.operator.staff import actor_of, normal_email
from billfold.roles.parts import Parts, sha256

WINDOW = timedelta(minutes=15)
TRIES_OF_A_PLACE, TRIES_OF_STRANGERS = 8, 60
SESSION_LIFETIME, IDLE_LIFETIME = timedelta(hours=12), timedelta(hours=2)
NOTE_USE_AFTER = timedelta(minutes=1)
TOKEN_BYTES = 32
LONGEST_BROWSER = 200
VERIFICATIONS_AT_ONCE = 2

# A hash of nobody's password: an unknown e-mail takes as long as a known one.
_NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


class SignInRefused(StateError):
    """E-mail or password is not right; which of them is not told."""

    code = "sign_in_refused"


class TooManyTries(StateError):
    """This place has used up its tries for now."""

    code = "too_many_tries"


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from.

    Attributes:
        place: "console" or "counter".
        address: the network address.
        name: what the browser says it is.
        device_token: of an earlier sign-in with this very account, if it brought one.
    """

    place: str
    address: str
    name: str
    device_token: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session's token, and the token by which this browser is known the next time."""

    access_token: str
    device_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Who acts, in which organisation, through which session."""

    organisation: Organisation
    staff: Staff
    record: StaffSession


class SignIns:
    """Signs staff in, recognises them, and signs them out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._verifying = asyncio.Semaphore(VERIFICATIONS_AT_ONCE)  # each takes 46 MiB

    async def sign_in(
        self, organisation: Organisation, email: str, password: str, browser: Browser, *, reference: str
    ) -> SignedIn:
        """Check e-mail and password, and begin a session.

        Raises:
            TooManyTries: wait; a browser that was signed in before has tries of its own.
            SignInRefused: one of the two is not right.
        """
        address = normal_email(email)
        device_token = self._device_token(organisation.id, address)
        known = browser.device_token is not None and sha256(browser.device_token) == sha256(device_token)
        place = await self._count(organisation.id, address, browser, known=known)
        member = await staff.by_email(self._parts.store, organisation.id, address)
        try:
            async with self._verifying:
                await verify_password(password, (member.password_hash if member else "") or _NOBODY)
        except BadPassword as exc:
            raise SignInRefused("expected the e-mail and password of a member of staff") from exc
        if member is None or not member.password_hash:
            raise SignInRefused("expected the e-mail and password of a member of staff")
        await tries.clear(self._parts.store, place)
        return await self.begin(member, browser, reference=reference)

    async def begin(self, member: Staff, browser: Browser, *, reference: str) -> SignedIn:
        """Begin a session of somebody who has just proven who they are."""
        access_token = b64url_encode(self._parts.random(TOKEN_BYTES))
        now = self._parts.now()
        session = StaffSession(
            self._parts.new_id(),
            member.organisation_id,
            member.id,
            browser.place,
            browser.name[:LONGEST_BROWSER],
            now,
            now,
            now + SESSION_LIFETIME,
        )
        act = self._parts.act(actor_of(member), reference=reference)
        await staff_sessions.begin(self._parts.store, session, token_hash=sha256(access_token), act=act)
        device_token = self._device_token(member.organisation_id, member.email)
        return SignedIn(access_token, device_token, session.expires_at)

    async def recognise(self, organisation: Organisation, access_token: str, *, place: str) -> Session | None:
        """Return the living session with this token, and count its use."""
        now = self._parts.now()
        found = await staff_sessions.by_token(
            self._parts.store,
            organisation.id,
            sha256(access_token),
            place=place,
            now=now,
            seen_after=now - IDLE_LIFETIME,
        )
        if found is None:
            return None
        record, member = found
        if now - record.last_seen_at > NOTE_USE_AFTER:
            await staff_sessions.seen(self._parts.store, record.id, now=now)
        return Session(organisation, member, record)

    async def sessions_of(self, member: Staff) -> list[StaffSession]:
        """Return where this person is signed in."""
        now = self._parts.now()
        return await staff_sessions.of_staff(self._parts.store, member.id, now=now, seen_after=now - IDLE_LIFETIME)

    async def end(self, session: Session, session_id: str, *, reference: str) -> None:
        """End one of the person's own sessions; asked twice, it stays ended."""
        act = self._parts.act(actor_of(session.staff), reference=reference)
        await staff_sessions.end(self._parts.store, session.staff.id, session_id, act)

    async def _count(self, organisation_id: str, address: str, browser: Browser, *, known: bool) -> bytes:
        """Count this try in its buckets, and return the bucket of its place."""
        account = f"{organisation_id}\0{address}"
        place = sha256(f"device\0{account}" if known else f"address\0{account}\0{browser.address}")
        now = self._parts.now()
        oldest = now - WINDOW
        made = await tries.count(self._parts.store, place, now=now, oldest=oldest)
        if made > TRIES_OF_A_PLACE:
            raise TooManyTries(f"expected at most {TRIES_OF_A_PLACE} tries in {_minutes(WINDOW)} minutes")
        if not known:
            strangers = sha256(f"strangers\0{account}")
            if await tries.count(self._parts.store, strangers, now=now, oldest=oldest) > TRIES_OF_STRANGERS:
                raise TooManyTries(f"expected at most {TRIES_OF_STRANGERS} tries in {_minutes(WINDOW)} minutes")
        return place

    def _device_token(self, organisation_id: str, address: str) -> str:
        """Return the token of browsers that were signed in with this account: it opens nothing but a bucket."""
        return b64url_encode(self._parts.master_key.code("device_token", f"{organisation_id}\0{address}"))


def _minutes(duration: timedelta) -> int:
    return int(duration.total_seconds()) // 60
