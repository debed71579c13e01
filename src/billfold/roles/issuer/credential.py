"""Credential: claims from the directory, bound to the device's key, signed with a status entry, recorded.

Source: OpenID4VCI 1.0 sections 8.2, 8.3 and 3.3.2; SD-JWT VC draft 18 section 2.2; HAIP 1.0 section 6.1.
Order: look up, verify, take an entry, sign, then the one write. No lock is held while we compute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from billfold.adapters.store import credentials, pairings, states
from billfold.adapters.store.credentials import Instance
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.pairings import Issuance
from billfold.adapters.store.records import CredentialType, Entitlement, FieldDefinition, Person
from billfold.core.encoding import Json, b64url_encode
from billfold.core.keys import KEY_PROOF_ALGORITHMS
from billfold.core.oauth.access_token import PresentedToken
from billfold.core.openid4vci.credential import CredentialRequest
from billfold.core.openid4vci.proof import KeyProof, verify_key_proofs
from billfold.core.sdjwt.issue import SALT_BYTES, prepare
from billfold.errors import RequestRefused
from billfold.roles.issuer.access import prove_device, require_living
from billfold.roles.issuer.credential_type import vct_of
from billfold.roles.issuer.dpop import DeviceProofs, SignedRequest
from billfold.roles.issuer.issuer import BATCH_SIZE, Issuer
from billfold.roles.issuer.nonce import Nonces
from billfold.roles.issuer.status import StatusEntries, StatusEntry
from billfold.roles.parts import Parts, sha256

PROOF_WINDOW = timedelta(minutes=5)
_ENTRY_TRIES = 3


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """The signed instances, and the id under which the wallet reports what became of them."""

    sd_jwts: tuple[str, ...]
    notification_id: str


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
        require_living(issuance.access if issuance else None, proof, self.parts)
        assert issuance is not None  # noqa: S101  # require_living refused it else
        entitlement = _require_entitlement(issuer, issuance, request)
        keys = self._verify_proofs(issuer, issuance, request)
        claims = _fields(issuer.types[entitlement.credential_type], issuance.person)
        return await self._issue(issuer, issuance, entitlement, keys, claims, reference)

    def _verify_proofs(self, issuer: Issuer, issuance: Issuance, request: CredentialRequest) -> list[KeyProof]:
        keys = verify_key_proofs(
            request.proofs,
            credential_issuer=issuer.identifier,
            allowed_algorithms=KEY_PROOF_ALGORITHMS,
            now=self.parts.now(),
            window=PROOF_WINDOW,
            check_nonce=self.nonces.check_c_nonce,
            client_id=issuance.access.client_id,
            max_proofs=BATCH_SIZE,
        )
        if len({key.nonce for key in keys}) != 1:
            raise RequestRefused("invalid_nonce", "expected one c_nonce in all proofs of a request, fetch a new one")
        return keys

    async def _issue(
        self,
        issuer: Issuer,
        issuance: Issuance,
        entitlement: Entitlement,
        keys: list[KeyProof],
        fields: dict[str, Json],
        reference: str,
    ) -> IssuedCredentials:
        credential_type = issuer.types[entitlement.credential_type]
        now = self.parts.now()
        lifetime = timedelta(days=credential_type.definition.validity_days)
        expires_at = min(_hour(now) + lifetime, issuer.signer.leaf.not_valid_after_utc)
        notification_id = b64url_encode(self.parts.random(16))
        for _ in range(_ENTRY_TRIES):
            entries = [await self.entries.take(issuer) for _ in keys]
            signed = [
                self._sign(issuer, credential_type.slug, fields, key, entry, expires_at)
                for key, entry in zip(keys, entries, strict=True)
            ]
            try:
                recorded = await credentials.issue(
                    self.parts.store,
                    id=self.parts.new_id(),
                    pairing_id=issuance.access.pairing_id,
                    entitlement_id=entitlement.id,
                    nonce_hash=sha256(keys[0].nonce),
                    notification_hash=sha256(notification_id),
                    expires_at=expires_at,
                    instances=[
                        Instance(self.parts.new_id(), entry.status_list_id, entry.index, key.jkt)
                        for key, entry in zip(keys, entries, strict=True)
                    ],
                    act=self.parts.act("wallet", reference=reference),
                )
            except Conflict as exc:
                if exc.constraint == "uq_credentials_nonce_hash":
                    raise RequestRefused("invalid_nonce", "expected an unused c_nonce, fetch a new one") from exc
                continue  # an entry was taken by a process that lost its place: take another
            if not recorded:
                raise RequestRefused("credential_request_denied", "expected a living pairing and an active Cred")
            return IssuedCredentials(tuple(signed), notification_id)
        raise RequestRefused("credential_request_denied", "expected a free status entry, try again later")

    def _sign(
        self,
        issuer: Issuer,
        slug: str,
        fields: dict[str, Json],
        key: KeyProof,
        entry: StatusEntry,
        expires_at: datetime,
    ) -> str:
        claims: dict[str, Json] = {
            "iss": issuer.identifier,
            # Rounded, so that the instances of one batch and of one day's people do not stand out (OpenID4VCI 15.4.1).
            "iat": int(_hour(self.parts.now()).timestamp()),
            "exp": int(expires_at.timestamp()),
            "vct": vct_of(issuer.identifier, slug),
            "cnf": {"jwk": key.public_key.to_jwk()},
            "status": entry.reference.to_claim(),
        }
        salts = self.parts.random(SALT_BYTES * len(fields))
        prepared = prepare(claims, fields, header_b64u=issuer.header_b64u, salts=salts)
        return prepared.attach(issuer.signer.key.sign(prepared.signing_input))


def _require_entitlement(issuer: Issuer, issuance: Issuance, request: CredentialRequest) -> Entitlement:
    """Return the entitlement that *request* names, in the terms that its token response gave it (8.2)."""
    by_identifier = request.credential_identifier is not None
    if not by_identifier and request.credential_configuration_id not in issuer.types:
        raise RequestRefused("unknown_credential_configuration", "expected a configuration that the metadata lists")
    if by_identifier and not issuance.access.uses_identifiers:
        raise RequestRefused(
            "unknown_credential_identifier", "expected credential_configuration_id, the token came without identifiers"
        )
    if not by_identifier and issuance.access.uses_identifiers:
        raise RequestRefused(
            "invalid_credential_request", "expected credential_identifier, as the token response gave it"
        )
    entitlement = issuance.entitlement
    if entitlement is None:
        if by_identifier:
            raise RequestRefused("unknown_credential_identifier", "expected an identifier of the token response")
        raise RequestRefused("insufficient_scope", "expected a configuration that this token is good for", status=403)
    if entitlement.state == states.SUSPENDED:
        raise RequestRefused("credential_request_denied", "expected an active Cred, the issuer has suspended this one")
    return entitlement


def _fields(credential_type: CredentialType, person: Person) -> dict[str, Json]:
    """Return the Credential Dataset: a field that the person lacks is left out, unless it is required."""
    found = {field.claim: _value(field, person) for field in credential_type.definition.fields}
    if any(field.required and found[field.claim] is None for field in credential_type.definition.fields):
        raise RequestRefused(
            "credential_request_denied", "expected the issuer to know all required fields, ask the issuer to add them"
        )
    return {claim: value for claim, value in found.items() if value is not None}


def _value(field: FieldDefinition, person: Person) -> str | None:
    if field.source == "person_name":
        return person.name
    if field.source == "fixed":
        return field.fixed
    return person.attributes.get(field.attribute or field.claim)


def _hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)
