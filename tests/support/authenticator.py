"""An authenticator in software: makes passkeys and signs with them, as told, or wrongly on purpose.

Source: Web Authentication Level 3, sections 5.8.1, 6.1 and 6.5. Written apart from the package that verifies.
"""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


def b64u(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_b64u(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One authenticator with one passkey.

    Attributes:
        origin: of the page that it believes it is on.
        sign_count: what it says the next time; stays 0 where it does not count.
        flags: what it says about its person.
    """

    origin: str
    rp_id: str = "localhost"
    sign_count: int = 0
    flags: int = USER_PRESENT | USER_VERIFIED
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        """Make a passkey, and return the answer as the page sends it."""
        self.user_handle = from_b64u(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose_key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose_key)
        data = self._authenticator_data(HAS_CREDENTIAL) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": b64u(client_data), "attestationObject": b64u(attestation)})

    def get(self, options: dict[str, Any]) -> str:
        """Sign a challenge, and return the answer as the page sends it."""
        data, client_data = self._authenticator_data(), self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64u(client_data),
            "authenticatorData": b64u(data),
            "signature": b64u(signature),
            "userHandle": b64u(self.user_handle),
        }
        return self._answer(response)

    def _authenticator_data(self, more: int = 0) -> bytes:
        rp_id_hash = hashlib.sha256(self.rp_id.encode()).digest()
        return rp_id_hash + bytes([self.flags | more]) + self.sign_count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> str:
        named = b64u(self.credential_id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})
