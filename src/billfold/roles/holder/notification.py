"""Notification: tell the issuer what became of a Cred it gave.

Source: OpenID4VCI 1.0 section 11. A report that does not get through is sent again at the next sync.
"""

from billfold.adapters.vault.records import StoredPairing
from billfold.core.openid4vci.notification import Event, build_notification_request
from billfold.errors import ResponseError, TransportError
from billfold.roles.holder.metadata import IssuerDocuments
from billfold.roles.holder.pairing import signed_call
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal, require_success


async def report(  # who, about what, and what became of it
    parts: HolderParts,
    documents: IssuerDocuments,
    pairing: StoredPairing,
    notification_id: str | None,
    event: Event,
    *,
    description: str | None = None,
) -> bool:
    """Report *event*, and say whether there is nothing left to report.

    Args:
        description: a stable word, never a value.
    """
    endpoint = documents.metadata.notification_endpoint
    if endpoint is None or notification_id is None:
        return True
    body = build_notification_request(notification_id, event, description=description)
    try:
        answer = await parts.peers.send(signed_call(pairing, "POST", endpoint, body))
        require_success(answer, "to be told of a Cred", 200, 202, 204)
    except PeerRefusal as exc:
        return exc.code == "invalid_notification_id"  # it would be refused again
    except (TransportError, ResponseError):
        return False
    return True
