"""Passkeys: how staff sign in first. The authenticator verifies its person; we verify its signature.

Source: Web Authentication Level 3, sections 7.1 (registering) and 7.2 (signing in); the checks themselves are
those of the `webauthn` package. The RP ID is the console's host, and passkeys are discoverable, so nobody types an
e-mail to use one. The counter takes them too where its host is the console's or lies below it.

A challenge is an HMAC over its time, its purpose and the browser that asked, so that asking stores nothing. It is
spent by what it signs, and none is taken after ``CHALLENGE_LIFETIME``.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from billfold.adapters.store import passkeys
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.passkeys import Passkey
from billfold.adapters.store.records import Organisation, to_instant, to_micros
from billfold.adapters.store.staff import Staff
from billfold.errors import StateError
from billfold.roles.operator.staff import actor_of, invited
from billfold.roles.parts import NotFound, Parts, sha256

CHALLENGE_LIFETIME = timedelta(minutes=5)
LONGEST_NAME = 60
MOST_OF_ONE_PERSON = 20
MAX_ANSWER_CHARACTERS = 16_000
_TIME_BYTES, _RANDOM_BYTES = 8, 16
_SIGN_IN = "sign_in"
_KNOWN = "expected a passkey that is not known yet"
_TOO_MANY = f"expected at most {MOST_OF_ONE_PERSON} passkeys of one person"
# What the package raises for answers that are not as they should be: its own errors, and those of its decoders.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class PasskeyRefused(StateError):
    """An authenticator's answer does not prove what it should."""

    code = "passkey_refused"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Where passkeys are used from: the RP ID is *rp_id*, the page's origin must be *origin*."""

    rp_id: str
    origin: str
    organisation: Organisation


def relying_party(parts: Parts, organisation: Organisation, base: str) -> RelyingParty | None:
    """Return the relying party for pages at *base*, or None where the console's passkeys cannot be used there."""
    console, here = urlsplit(parts.addresses.console), urlsplit(base)
    rp_id, host = console.hostname or "", here.hostname or ""
    if host != rp_id and not host.endswith(f".{rp_id}"):
        return None
    return RelyingParty(rp_id, f"{here.scheme}://{here.netloc}", organisation)


def sign_in_options(parts: Parts, party: RelyingParty, browser: str) -> dict[str, Any]:
    """Return what `navigator.credentials.get` is given: any passkey of this host, with its person verified.

    Args:
        browser: the secret of the browser that asks, which its cookie holds.
    """
    options = generate_authentication_options(
        rp_id=party.rp_id,
        challenge=_new_challenge(parts, party, _SIGN_IN, browser),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options_to_json_dict(options))


async def registration_options(parts: Parts, party: RelyingParty, member: Staff, browser: str) -> dict[str, Any]:
    """Return what `navigator.credentials.create` is given for one more passkey of *member*."""
    known = await passkeys.of_staff(parts.store, member.id)
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.organisation.name,
        user_id=member.id.encode(),
        user_name=f"{member.email}, {party.organisation.name}",
        user_display_name=member.name,
        challenge=_new_challenge(parts, party, _registering(member), browser),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
    )
    return dict(options_to_json_dict(options))


def verify_registration(
    parts: Parts, party: RelyingParty, member: Staff, answer: str, *, browser: str, name: str
) -> Passkey:
    """Return the passkey that an authenticator made (7.1); it is not stored yet.

    Raises:
        PasskeyRefused: made for another page, person, browser or time, or without verifying its person.
    """
    try:
        made = parse_registration_credential_json(_bounded(answer))
        challenge = _challenge_of(made)
        _require_fresh(parts, party, _registering(member), browser, challenge)
        proved = verify_registration_response(
            credential=made,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _UNREADABLE as exc:
        raise PasskeyRefused("expected the answer of an authenticator to this page's own question") from exc
    return Passkey(
        parts.new_id(),
        member.organisation_id,
        member.id,
        proved.credential_id,
        proved.credential_public_key,
        proved.sign_count,
        name_of(name),
        parts.now(),
        None,
    )


async def keep(parts: Parts, passkey: Passkey, act: Act) -> None:
    """Store a passkey that was verified.

    Raises:
        PasskeyRefused: it is known already, or the person has too many.
    """
    try:
        kept = await passkeys.add(parts.store, passkey, act, most=MOST_OF_ONE_PERSON)
    except Conflict as exc:
        raise PasskeyRefused(_KNOWN) from exc
    if not kept:
        raise PasskeyRefused(_TOO_MANY)


async def take_invitation(parts: Parts, secret: str, passkey: Passkey, *, reference: str) -> None:
    """Spend an invitation and store the passkey that was made for it; a password and sessions of before are gone.

    Raises:
        InvitationOver: it is not there any more.
        PasskeyRefused: it is known already, or the person has too many; the invitation stays.
    """
    ours, most = passkey.organisation_id, MOST_OF_ONE_PERSON
    member = await invited(parts, ours, secret)
    act, hashed = parts.act(actor_of(member), reference=reference), sha256(secret)
    try:
        kept = await passkeys.add_by_invitation(parts.store, passkey, act, invitation_hash=hashed, most=most)
    except Conflict as exc:
        raise PasskeyRefused(_KNOWN) from exc
    if not kept:
        await invited(parts, ours, secret)
        raise PasskeyRefused(_TOO_MANY)


async def verify_sign_in(parts: Parts, party: RelyingParty, answer: str, *, browser: str) -> Staff:
    """Return whose passkey signed this page's challenge (7.2), and spend the challenge.

    Raises:
        PasskeyRefused: an unknown passkey, or one that signed for another page, browser or time, without verifying
            its person, or with a counter that another copy has passed.
    """
    try:
        signed = parse_authentication_credential_json(_bounded(answer))
        challenge = _challenge_of(signed)
    except _UNREADABLE as exc:
        raise PasskeyRefused("expected the answer of an authenticator") from exc
    _require_fresh(parts, party, _SIGN_IN, browser, challenge)
    found = await passkeys.by_credential_id(parts.store, party.organisation.id, signed.raw_id)
    if found is None:
        raise PasskeyRefused("expected a passkey of this organisation's staff")
    passkey, member = found
    handle = signed.response.user_handle
    if handle is not None and handle != member.id.encode():
        raise PasskeyRefused("expected the user handle of the person whose passkey it is")
    sign_count = _verified_count(party, passkey, signed, challenge)
    now = parts.now()
    spent = hashlib.sha256(challenge).digest()
    if not await passkeys.spend_challenge(parts.store, spent, now=now, expires_at=now + CHALLENGE_LIFETIME):
        raise PasskeyRefused("expected a challenge that has signed nobody in yet")
    if not await passkeys.use(parts.store, passkey.id, sign_count=sign_count, now=now):
        raise PasskeyRefused("expected a counter above the last one: another copy of this passkey was used")
    return member


async def rename(parts: Parts, member: Staff, passkey_id: str, name: str, act: Act) -> None:
    """Give one of one's own passkeys another name.

    Raises:
        NotFound: no such passkey of this person.
    """
    if not await passkeys.rename(parts.store, member.id, passkey_id, name_of(name), act):
        raise NotFound("expected a passkey of this person")


async def remove(parts: Parts, member: Staff, passkey_id: str, act: Act) -> None:
    """Remove one of one's own passkeys, unless nothing would be left to sign in with.

    Raises:
        NotFound: no such passkey of this person.
        PasskeyRefused: it is the last, and the person has no password.
    """
    if await passkeys.remove(parts.store, member.id, passkey_id, act):
        return
    if passkey_id in {each.id for each in await passkeys.of_staff(parts.store, member.id)}:
        raise PasskeyRefused("expected a password or another passkey to be there first", code="last_passkey")
    raise NotFound("expected a passkey of this person")


def name_of(text: str) -> str:
    """Return what was typed as a passkey's name; empty where it cannot be shown."""
    name = text.strip()[:LONGEST_NAME]
    return name if name.isprintable() else ""


def _verified_count(party: RelyingParty, passkey: Passkey, signed: AuthenticationCredential, challenge: bytes) -> int:
    try:
        proved = verify_authentication_response(
            credential=signed,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE as exc:
        raise PasskeyRefused("expected a signature over this page's own challenge") from exc
    return proved.new_sign_count


def _bounded(answer: str) -> str:
    if len(answer) > MAX_ANSWER_CHARACTERS:
        raise ValueError("expected an answer of bearable length")
    return answer


def _challenge_of(answered: AuthenticationCredential | RegistrationCredential) -> bytes:
    return parse_client_data_json(answered.response.client_data_json).challenge


def _registering(member: Staff) -> str:
    return f"register {member.id}"


def _new_challenge(parts: Parts, party: RelyingParty, purpose: str, browser: str) -> bytes:
    begun = to_micros(parts.now()).to_bytes(_TIME_BYTES, "big") + parts.random(_RANDOM_BYTES)
    return begun + _seal(parts, party, purpose, browser, begun)


def _require_fresh(parts: Parts, party: RelyingParty, purpose: str, browser: str, challenge: bytes) -> None:
    begun, seal = challenge[: _TIME_BYTES + _RANDOM_BYTES], challenge[_TIME_BYTES + _RANDOM_BYTES :]
    if not hmac.compare_digest(seal, _seal(parts, party, purpose, browser, begun)):
        raise PasskeyRefused("expected a challenge that this very browser was given")
    made_at: datetime = to_instant(int.from_bytes(begun[:_TIME_BYTES], "big"))
    if parts.now() - made_at > CHALLENGE_LIFETIME:
        raise PasskeyRefused("expected an answer within five minutes")


def _seal(parts: Parts, party: RelyingParty, purpose: str, browser: str, begun: bytes) -> bytes:
    context = f"{purpose}\0{party.organisation.id}\0{party.origin}\0{browser}\0{begun.hex()}"
    return parts.master_key.code("passkey_challenge", context)
