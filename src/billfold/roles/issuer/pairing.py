"""Pairing: what the device may see and say of its own pairing, and how it ends.

Source: Billfold's pairing profile, items 2 and 4 to 7.
"""

from billfold.adapters.store import credentials, entitlements, pairings
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.pairings import Access
from billfold.core.oauth.dpop import DpopProof
from billfold.core.openid4vci.notification import NotificationRequest
from billfold.core.openid4vci.pairing import PairedEntitlement, PairingUpdate, PairingView
from billfold.core.openid4vci.states import PairingState
from billfold.errors import RequestRefused
from billfold.roles.issuer.dpop import proof_used_before, used
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import Parts, sha256


def require_device(proof: DpopProof | None) -> DpopProof:
    """Return the proof of the device's key: a bearer token has none, and no pairing to speak of (item 2).

    Raises:
        RequestRefused: 403 `insufficient_scope`.
    """
    if proof is None:
        raise RequestRefused("insufficient_scope", "expected an access token that is bound to a device", status=403)
    return proof


async def view(parts: Parts, access: Access) -> PairingView:
    """Return what the person should hold now, and count this as a use of the pairing."""
    _require_use(await pairings.use(parts.store, access.pairing_id, now=parts.now()))
    held = await entitlements.held_by(parts.store, access.person_id)
    return PairingView(PairingState.ACTIVE, tuple(PairedEntitlement(e.credential_type, e.id, e.revision) for e in held))


async def describe(parts: Parts, access: Access, update: PairingUpdate, proof: DpopProof) -> None:
    """Keep what the device says of itself, once for each proof: an older word must not come back.

    Raises:
        RequestRefused: `invalid_token`, or `invalid_dpop_proof` where the proof changed something before.
    """
    try:
        alive = await pairings.describe(
            parts.store,
            access.pairing_id,
            device_name=update.device_name,
            push_subscription=update.push_subscription,
            client=update.client,
            proof=used(proof, parts.now()),
            now=parts.now(),
        )
    except Conflict as exc:
        raise proof_used_before(status=401) from exc
    _require_use(alive)


async def end(parts: Parts, issuer: Issuer, access: Access, *, reference: str) -> None:
    """End the pairing at the device's own wish; asked twice, it stays ended."""
    await pairings.end(parts.store, issuer.id, access.pairing_id, parts.act("wallet", reference=reference))


async def notify(parts: Parts, access: Access, request: NotificationRequest, *, reference: str) -> None:
    """Keep what became of a Credential on the device (OpenID4VCI 11).

    Raises:
        RequestRefused: `invalid_notification_id`.
    """
    known = await credentials.notify(
        parts.store,
        access.pairing_id,
        sha256(request.notification_id),
        request.event,
        parts.act("wallet", reference=reference, reason=request.event),
    )
    if not known:
        raise RequestRefused("invalid_notification_id", "expected the notification_id of a credential response")


def _require_use(alive: bool) -> None:  # noqa: FBT001  # the answer of a store operation
    if not alive:
        raise RequestRefused("invalid_token", "expected a living pairing, this one has ended", status=401)
