"""Credential: fetch one Cred, check it whole, keep it with its key in one step, and tell the issuer.

Source: OpenID4VCI 1.0 sections 8.2, 8.3, 11, 13.5 and 14.4, appendix F.1; HAIP 1.0 section 6.1.1 (x5c).
Order: nonce, proofs, request, checks, type, status, then the one write; only after it does the issuer hear of
acceptance. So after a crash at any point the Cred is here once, or not at all and fetched again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec
from cryptography import x509

from billfold.adapters.vault.records import Contents, StoredCred, StoredInstance, StoredPairing, Wanted
from billfold.core.jose.jws import attach
from billfold.core.keys import KEY_PROOF_ALGORITHMS, PrivateKey
from billfold.core.openid4vci.credential import (
    CredentialResponse,
    build_credential_request,
    check_bound_keys,
    parse_credential_response,
)
from billfold.core.openid4vci.metadata import CredentialConfiguration
from billfold.core.openid4vci.proof import proof_signing_input
from billfold.core.openid4vci.received import verify_received
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc
from billfold.core.sdjwt.type_metadata import TypeMetadata
from billfold.core.status.status_token import Status
from billfold.core.trust.certificate import parse_certificate, parse_x5c, x5c_entry
from billfold.core.trust.chain import Anchor
from billfold.errors import CredentialError, MetadataError, ResponseError, TrustError
from billfold.roles.holder.cred import fields_of
from billfold.roles.holder.deferred import collect, forget, wait
from billfold.roles.holder.metadata import IssuerDocuments
from billfold.roles.holder.nonce import fetch_c_nonce
from billfold.roles.holder.notification import report
from billfold.roles.holder.pairing import signed_call
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal, require_success

MOST_INSTANCES: Final = 100


@dataclass(frozen=True, slots=True)
class Pinned:
    """What vouches for an issuer's Creds: listed anchors, or the one certificate that was *pinned*."""

    anchors: tuple[Anchor, ...]
    pinned: str | None

    @property
    def haip(self) -> bool:
        """Whether chains must end below the anchor; a pinned certificate stands inside the chain instead."""
        return self.pinned is None


@dataclass(frozen=True, slots=True)
class _Response:
    """Creds as they came, and the keys that were proven for them."""

    response: CredentialResponse
    keys: Sequence[PrivateKey]


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A Cred that came and was checked, not kept yet. Every instance came in one response."""

    instances: tuple[StoredInstance, ...]
    notification_id: str | None
    expires_at: datetime | None
    status: Status | None
    type_metadata: TypeMetadata | None


def vouchers(documents_anchors: tuple[Anchor, ...], pairing: StoredPairing) -> Pinned:
    """Return what vouches for the Creds of *pairing*: listed anchors win over a pinned certificate."""
    if documents_anchors or pairing.pinned is None:
        return Pinned(documents_anchors, None)
    return Pinned((Anchor(parse_certificate(pairing.pinned), pairing.issuer_name),), pairing.pinned)


async def fetch_cred(
    parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing, wanted: Wanted
) -> StoredCred:
    """Fetch the Cred that *wanted* names, in as many instances as there are, and keep it in place of its predecessor.

    Raises:
        PeerRefusal: the issuer does not give it.
        ComesLater: it gives it later.
        CredentialError: what came fails a check; nothing was kept, and the issuer was told.
        TransportError: the issuer or its status list did not answer; nothing was kept.
    """
    configuration = _configuration(documents, wanted)
    waiting = parts.vault.contents.deferred_of(pairing.issuer, wanted)
    if waiting is None:
        bound = bool(configuration.cryptographic_binding_methods_supported)
        keys = [parts.new_key() for _ in range(_instances(documents))] if bound else []
        response = await _request(parts, documents, pairing, wanted, keys)
        if response.credentials is None:
            raise wait(parts, pairing, wanted, keys, response)
    else:
        keys = [PrivateKey.from_jwk(jwk) for jwk in waiting.keys]
        response = await collect(parts, documents, pairing, waiting)
    return await _receive(parts, documents, pairing, wanted, _Response(response, keys))


def _instances(documents: IssuerDocuments) -> int:
    """Return how many instances to ask for: as many as the issuer gives at once, so that each share has its own."""
    return min(documents.metadata.max_proofs(), MOST_INSTANCES)


async def _receive(
    parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing, wanted: Wanted, came: _Response
) -> StoredCred:
    """Check what came, keep it, and tell the issuer in either case."""
    configuration, notification_id = _configuration(documents, wanted), came.response.notification_id
    try:
        texts = [entry.credential for entry in came.response.credentials or ()]
        vouching = _vouching(texts[0], documents, pairing)
        arrived = await _check(parts, texts, configuration, documents.identifier, vouching=vouching, keys=came.keys)
    except CredentialError as exc:
        waiting = parts.vault.contents.deferred_of(pairing.issuer, wanted)
        if waiting is not None:
            forget(parts, waiting)
        await report(parts, documents, pairing, notification_id, "credential_failure", description=exc.code)
        raise
    arrived = replace(arrived, notification_id=notification_id)
    cred = _keep(parts, _made(parts, documents.identifier, wanted, configuration, arrived), wanted, vouching.pinned)
    if await report(parts, documents, pairing, notification_id, "credential_accepted"):
        cred = msgspec.structs.replace(cred, notified=True)
        parts.keep_cred(cred)
    return cred


def _configuration(documents: IssuerDocuments, wanted: Wanted) -> CredentialConfiguration:
    configuration = documents.metadata.credential_configurations_supported.get(wanted.configuration_id)
    if configuration is None:
        raise MetadataError("expected a Cred type that the issuer's metadata describes")
    if not configuration.cryptographic_binding_methods_supported:
        return configuration
    proof_type = configuration.proof_types_supported.get("jwt")
    algorithms = () if proof_type is None else proof_type.proof_signing_alg_values_supported
    if proof_type is None or not set(algorithms) & set(KEY_PROOF_ALGORITHMS):
        raise MetadataError("expected an issuer that takes key proofs of type jwt by ES256")
    if proof_type.key_attestations_required is not None:
        raise MetadataError("expected an issuer that takes keys without an attestation")
    return configuration


async def _request(
    parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing, wanted: Wanted, keys: Sequence[PrivateKey]
) -> CredentialResponse:
    """Ask for one Cred, and once more with a fresh nonce where the first was refused (8.3.1.2)."""
    try:
        return await _request_once(parts, documents, pairing, wanted, keys)
    except PeerRefusal as exc:
        if exc.code != "invalid_nonce":
            raise
    return await _request_once(parts, documents, pairing, wanted, keys)


async def _request_once(
    parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing, wanted: Wanted, keys: Sequence[PrivateKey]
) -> CredentialResponse:
    by_identifier = wanted.credential_identifier is not None
    body = build_credential_request(
        await _proofs(parts, documents, keys) if keys else [],
        credential_identifier=wanted.credential_identifier,
        credential_configuration_id=None if by_identifier else wanted.configuration_id,
    )
    call = signed_call(pairing, "POST", documents.metadata.credential_endpoint, body)
    answer = require_success(await parts.peers.send(call), "a Cred", 200, 202)
    keys_sent = max(1, len(keys))
    return parse_credential_response(answer.body, answer.headers.get("content-type"), keys_sent=keys_sent)


async def _proofs(parts: HolderParts, documents: IssuerDocuments, keys: Sequence[PrivateKey]) -> list[str]:
    """Prove every key under one nonce (8.2)."""
    nonce = await fetch_c_nonce(parts, documents)
    now = parts.peers.time_at(documents.metadata.credential_endpoint)
    texts = [
        (key, proof_signing_input(key.public().to_jwk(), credential_issuer=documents.identifier, now=now, nonce=nonce))
        for key in keys
    ]
    return [attach(text, key.sign(text)) for key, text in texts]


def _vouching(text: str, documents: IssuerDocuments, pairing: StoredPairing) -> Pinned:
    """Return what vouches for *text*; with neither list nor pin, the top certificate of its own chain is pinned now."""
    known = vouchers(documents.anchors, pairing)
    if known.anchors:
        return known
    certificates = parse_x5c(SdJwt.parse(text).jws.header.get("x5c"))
    for certificate in certificates:
        _refuse_self_signed(certificate)
    top = certificates[-1]
    return Pinned((Anchor(top, documents.name),), x5c_entry(top))


def _refuse_self_signed(certificate: x509.Certificate) -> None:
    if certificate.subject == certificate.issuer:
        raise TrustError("expected x5c without self-signed certificates")


async def _check(
    parts: HolderParts,
    texts: Sequence[str],
    configuration: CredentialConfiguration,
    issuer: str,
    *,
    vouching: Pinned,
    keys: Sequence[PrivateKey],
) -> _Arrived:
    """Check every instance, and that each is bound to a key of its own; then the type and the status of the first."""
    by_thumbprint = {key.public().thumbprint(): key for key in keys}
    verified = [
        verify_received(
            text,
            configuration=configuration,
            issuer=issuer,
            anchors=vouching.anchors,
            sent_keys=by_thumbprint,
            now=parts.now(),
            haip=vouching.haip,
        )
        for text in texts
    ]
    bound = [each.holder_key.thumbprint() if each.holder_key else None for each in verified]
    if keys:
        check_bound_keys(bound, sent=by_thumbprint)
    type_metadata = await parts.types.check(verified[0])
    return _Arrived(
        instances=tuple(
            StoredInstance(text, by_thumbprint[name].to_jwk() if name in by_thumbprint else None)
            for text, name in zip(texts, bound, strict=True)
        ),
        notification_id=None,
        expires_at=min((each.expires_at for each in verified if each.expires_at), default=None),
        status=await _status(parts, verified, vouching),
        type_metadata=type_metadata,
    )


async def _status(parts: HolderParts, verified: Sequence[VerifiedSdJwtVc], vouching: Pinned) -> Status | None:
    """Return the status that the instances share; one that is revoked spoils them all."""
    parts.statuses.forget()  # the entries are younger than any list that was kept
    found = [await parts.statuses.status_of(v, anchors=vouching.anchors, haip=vouching.haip) for v in verified]
    if Status.INVALID in found:
        raise ResponseError("expected a Cred that is not revoked", code="revoked")
    return Status.SUSPENDED if Status.SUSPENDED in found else found[0]


def _made(
    parts: HolderParts, issuer: str, wanted: Wanted, configuration: CredentialConfiguration, arrived: _Arrived
) -> StoredCred:
    now, (first, *spares) = parts.now(), arrived.instances
    return StoredCred(
        id=parts.new_id(),
        issuer=issuer,
        configuration_id=wanted.configuration_id,
        configuration=configuration,
        sd_jwt=first.sd_jwt,
        key=first.key,
        received_at=now,
        filled_at=now,
        credential_identifier=wanted.credential_identifier,
        revision=wanted.revision,
        state="suspended" if arrived.status is Status.SUSPENDED else "active",
        expires_at=arrived.expires_at,
        checked_at=None if arrived.status is None else now,
        notification_id=arrived.notification_id,
        spares=tuple(spares),
        batch=len(arrived.instances),
        type_metadata=arrived.type_metadata,
    )


def _keep(parts: HolderParts, made: StoredCred, wanted: Wanted, pinned: str | None) -> StoredCred:
    """Write Cred, keys and pin at once. A successor keeps the id; it is New again only where a field changed."""
    before = next((cred for cred in parts.vault.contents.creds if cred.answers(made.issuer, wanted)), None)
    cred = made if before is None else msgspec.structs.replace(made, id=before.id, **_newness(before, made))

    def change(contents: Contents) -> Contents:
        pairing = contents.pairing_of(cred.issuer)
        if pairing is not None and pinned is not None:
            contents = contents.with_pairing(msgspec.structs.replace(pairing, pinned=pinned))
        waiting = contents.deferred_of(cred.issuer, wanted)
        return (contents if waiting is None else contents.without_deferred(waiting)).with_cred(cred)

    parts.vault.change(change)
    return cred


def _newness(before: StoredCred, made: StoredCred) -> dict[str, datetime | None]:
    if fields_of(before) != fields_of(made):
        return {}
    return {"received_at": before.received_at, "first_opened_at": before.first_opened_at}
