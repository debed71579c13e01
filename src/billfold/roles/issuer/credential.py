"""Credential: claims from the directory, bound to the device's key, signed with a status entry, recorded.

Source: OpenID4VCI 1.0 sections 8.2, 8.3 and 3.3.2; SD-JWT VC draft 18 section 2.2; HAIP 1.0 section 6.1.
Order: look up, verify, take an entry, sign, then the one write. No lock is held while we compute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billfold.adapters.store import credentials, pairings, states
from billfold.adapters.store.credentials import Instance
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.pairings import Access
from billfold.adapters.store.records import Entitlement, Person
from billfold.adapters.store.type_definition import AttributeValue, Unlock
from billfold.core.encoding import Json, b64url_encode
from billfold.core.keys import KEY_PROOF_ALGORITHMS
from billfold.core.oauth.access_token import PresentedToken
from billfold.core.openid4vci.credential import CredentialRequest
from billfold.core.openid4vci.proof import KeyProof, verify_key_proofs
from billfold.core.sdjwt.issue import Members, entropy_bytes, prepare
from billfold.errors import RequestRefused
from billfold.roles.issuer.access import prove_device, require_living
from billfold.roles.issuer.credential_type import OfferedType
from billfold.roles.issuer.dataset import dataset_of
from billfold.roles.issuer.dpop import DeviceProofs, SignedRequest
from billfold.roles.issuer.issuer import BATCH_SIZE, Issuer
from billfold.roles.issuer.nonce import Nonces
from billfold.roles.issuer.status import StatusEntries, StatusEntry
from billfold.roles.parts import Parts, sha256, to_the_hour

PROOF_WINDOW = timedelta(minutes=5)
_ENTRY_TRIES = 3
_UNLOCKS: Final[dict[str, int]] = {"none": 0, "any": 0, "passphrase": 1, "prf": 2}


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """The signed instances, and the id under which the wallet reports what became of them."""

    sd_jwts: tuple[str, ...]
    notification_id: str


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be signed, once everything asked was found good."""

    issuer: Issuer
    pairing_id: str
    entitlement: Entitlement
    keys: tuple[KeyProof, ...]
    fields: dict[str, AttributeValue]
    issued_at: datetime

    @property
    def offered(self) -> OfferedType:
        """The Cred type as it is offered now."""
        return self.issuer.offered[self.entitlement.credential_type]

    @property
    def expires_at(self) -> datetime:
        """Return the end of validity: never after the certificate's, since nobody could verify it then."""
        lifetime = timedelta(days=self.offered.definition.validity_days)
        return to_the_hour(min(self.issued_at + lifetime, self.issuer.signer.leaf.not_valid_after_utc))

    def arrange(self, key: KeyProof, entry: StatusEntry) -> Members:
        """Return the claims of one instance, bound to *key*."""
        claims: dict[str, Json] = {
            "iss": self.issuer.identifier,
            "iat": int(self.issued_at.timestamp()),
            "exp": int(self.expires_at.timestamp()),
            "vct": self.offered.vct,
            "vct#integrity": self.offered.integrity,
            "cnf": {"jwk": key.public_key.to_jwk()},
            "status": entry.reference.to_claim(),
        }
        return self.offered.arrangement.arrange(self.fields, claims)

    def sign(self, claims: Members, entropy: bytes) -> str:
        """Return *claims* signed."""
        prepared = prepare(claims, header_b64u=self.issuer.header_b64u, entropy=entropy)
        return prepared.attach(self.issuer.signer.key.sign(prepared.signing_input))


@dataclass(frozen=True, slots=True)
class CredentialDesk:
    """What issuing needs, put together once."""

    parts: Parts
    nonces: Nonces
    proofs: DeviceProofs
    entries: StatusEntries

    async def issue(
        self, issuer: Issuer, token: PresentedToken, request: CredentialRequest, sent: SignedRequest, *, reference: str
    ) -> IssuedCredentials:
        """Issue what *request* asks for, one instance for each proven key.

        Raises:
            RequestRefused: 401 for the token, 403 `insufficient_scope`, else 400 with the code of 8.3.1.2;
                then nothing was issued and the nonce is not spent.
        """
        proof = prove_device(self.proofs, token, sent)
        issuance = await pairings.for_issuance(
            self.parts.store,
            issuer.id,
            sha256(token.access_token),
            credential_identifier=request.credential_identifier,
            credential_type=request.credential_configuration_id,
        )
        access = require_living(issuance.access if issuance else None, proof, self.parts)
        person, found = (issuance.person, issuance.entitlement) if issuance else (None, None)
        entitlement = _require_entitlement(issuer, access, found, request)
        _require_unlock(issuer.offered[entitlement.credential_type].definition.unlock, access)
        # Rounded, so that the instances of one batch and of one day's people do not stand out (15.4.1).
        now = self.parts.now()
        order = _Order(
            issuer=issuer,
            pairing_id=access.pairing_id,
            entitlement=entitlement,
            keys=self._verify_proofs(issuer, access, request),
            fields=_complete(issuer, entitlement.credential_type, person, now),
            issued_at=to_the_hour(now),
        )
        return await self._fill(order, reference)

    def _verify_proofs(self, issuer: Issuer, access: Access, request: CredentialRequest) -> tuple[KeyProof, ...]:
        keys = verify_key_proofs(
            request.proofs,
            credential_issuer=issuer.identifier,
            allowed_algorithms=KEY_PROOF_ALGORITHMS,
            now=self.parts.now(),
            window=PROOF_WINDOW,
            check_nonce=self.nonces.check_c_nonce,
            client_id=access.client_id,
            max_proofs=BATCH_SIZE,
        )
        if len({key.nonce for key in keys}) != 1:
            raise RequestRefused("invalid_nonce", "expected one c_nonce in all proofs of a request, fetch a new one")
        return tuple(keys)

    async def _fill(self, order: _Order, reference: str) -> IssuedCredentials:
        """Sign the order and record it, with other status entries where somebody else recorded one meanwhile."""
        notification_id = b64url_encode(self.parts.random(16))
        for _ in range(_ENTRY_TRIES):
            entries = [await self.entries.take(order.issuer) for _ in order.keys]
            claims = map(order.arrange, order.keys, entries)
            signed = tuple(order.sign(each, self.parts.random(entropy_bytes(each))) for each in claims)
            try:
                recorded = await self._record(order, entries, notification_id, reference)
            except Conflict as exc:
                if exc.constraint == "uq_credentials_nonce_hash":
                    raise RequestRefused("invalid_nonce", "expected an unused c_nonce, fetch a new one") from exc
                continue
            if not recorded:
                raise RequestRefused("credential_request_denied", "expected a living pairing and an active Cred")
            return IssuedCredentials(signed, notification_id)
        raise RequestRefused("credential_request_denied", "expected a free status entry, try again later")

    async def _record(
        self, order: _Order, entries: Sequence[StatusEntry], notification_id: str, reference: str
    ) -> bool:
        return await credentials.issue(
            self.parts.store,
            credential_id=self.parts.new_id(),
            pairing_id=order.pairing_id,
            entitlement_id=order.entitlement.id,
            nonce_hash=sha256(order.keys[0].nonce),
            notification_hash=sha256(notification_id),
            expires_at=order.expires_at,
            instances=[
                Instance(self.parts.new_id(), entry.status_list_id, entry.index, key.jkt)
                for key, entry in zip(order.keys, entries, strict=True)
            ],
            act=self.parts.act("wallet", reference=reference),
        )


def _require_entitlement(
    issuer: Issuer, access: Access, entitlement: Entitlement | None, request: CredentialRequest
) -> Entitlement:
    """Return the entitlement that *request* names, in the terms that its token response gave it (8.2)."""
    by_identifier = request.credential_identifier is not None
    if not by_identifier and request.credential_configuration_id not in issuer.types:
        raise RequestRefused("unknown_credential_configuration", "expected a configuration that the metadata lists")
    if by_identifier and not access.uses_identifiers:
        raise RequestRefused(
            "unknown_credential_identifier", "expected credential_configuration_id, the token came without identifiers"
        )
    if not by_identifier and access.uses_identifiers:
        raise RequestRefused(
            "invalid_credential_request", "expected credential_identifier, as the token response gave it"
        )
    if entitlement is None:
        if by_identifier:
            raise RequestRefused("unknown_credential_identifier", "expected an identifier of the token response")
        raise RequestRefused("insufficient_scope", "expected a configuration that this token is good for", status=403)
    if entitlement.credential_type not in issuer.offered:
        message = "expected a Cred type that this server has read already, try again in a few seconds"
        raise RequestRefused("credential_request_denied", message)
    if entitlement.state == states.SUSPENDED:
        raise RequestRefused("credential_request_denied", "expected an active Cred, the issuer has suspended this one")
    return entitlement


def _require_unlock(demanded: Unlock, access: Access) -> None:
    """Check that the wallet is guarded as its Cred demands, by its own word: nothing proves it (design 5)."""
    said = (access.client.unlock if access.client else None) or "none"
    if _UNLOCKS.get(said, 0) >= _UNLOCKS[demanded]:
        return
    way = "the screen lock of the device" if demanded == "prf" else "a passphrase or the screen lock of the device"
    raise RequestRefused(
        "credential_request_denied",
        f"expected a wallet that is unlocked by {way} and says so at the pairing endpoint, "
        "set up that unlock in the wallet and try again",
    )


def _complete(
    issuer: Issuer, credential_type: str, person: Person | None, issued_at: datetime
) -> dict[str, AttributeValue]:
    """Return the Credential Dataset with all required fields."""
    definition, zone = issuer.offered[credential_type].definition, issuer.organisation.settings.time_zone
    dataset = dataset_of(definition, person, issued_at=issued_at, time_zone=zone) if person else {}
    if any(field.required and field.claim not in dataset for field in definition.fields):
        raise RequestRefused(
            "credential_request_denied", "expected the issuer to know all required fields, ask the issuer to add them"
        )
    return dataset
