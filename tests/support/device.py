"""A small strict wallet for tests: each step does the standard's own thing, or differs from it in exactly one."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.core.jose.jws import attach, signing_input
from billfold.core.keys import PrivateKey
from billfold.core.oauth.authorization_details import build_authorization_details
from billfold.core.oauth.dpop import token_hash
from tests.support.organisations import new_key

PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
Changes = Mapping[str, Any]


def jwt(header: Changes, claims: Changes, key: PrivateKey) -> str:
    """Return a signed JWT; members that are None are left out."""
    text = signing_input(_there(header), _there(claims))
    return attach(text, key.sign(text))


def with_broken_signature(compact: str) -> str:
    """Return a JWS whose signature differs in one bit."""
    head, _, signature = compact.rpartition(".")
    raw = bytearray(b64url_decode(signature))
    raw[7] ^= 1
    return f"{head}.{b64url_encode(bytes(raw))}"


def without_signature(compact: str) -> str:
    """Return a JWS with an empty signature."""
    return compact.rpartition(".")[0] + "."


@dataclass
class Device:
    """One device at one issuer. What the last answer gave is kept: DPoP nonce, tokens, identifiers."""

    http: httpx.AsyncClient
    issuer: str
    now: Callable[[], datetime]
    key: PrivateKey = field(default_factory=new_key)
    holder_key: PrivateKey = field(default_factory=new_key)
    dpop_nonce: str | None = None
    access_token: str = ""
    refresh_token: str | None = None
    secrets: list[str] = field(default_factory=list)

    def dpop(
        self,
        method: str,
        url: str,
        *,
        access_token: str | None = None,
        header: Changes | None = None,
        claims: Changes | None = None,
        key: PrivateKey | None = None,
    ) -> str:
        """Return a DPoP proof with changes to header and claims."""
        signer = key or self.key
        good_header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": signer.public().to_jwk()}
        good_claims = {
            "jti": str(uuid.uuid4()),
            "htm": method,
            "htu": url,
            "iat": int(self.now().timestamp()),
            "ath": token_hash(access_token) if access_token is not None else None,
            "nonce": self.dpop_nonce,
        }
        return jwt({**good_header, **(header or {})}, {**good_claims, **(claims or {})}, signer)

    async def c_nonce(self) -> str:
        """Return a fresh `c_nonce`; the answer brings a DPoP nonce too."""
        got = await self.http.post(f"{self.issuer}/nonce")
        assert got.status_code == 200, got.text
        self._keep_nonce(got)
        return str(got.json()["c_nonce"])

    async def token(
        self, form: Mapping[str, str] | bytes, *, dpop: Sequence[str] | None = None, **headers: str
    ) -> httpx.Response:
        """Post to the token endpoint, with a good DPoP proof unless *dpop* gives others."""
        if self.dpop_nonce is None:
            await self.c_nonce()
        url = f"{self.issuer}/token"
        proofs = [self.dpop("POST", url)] if dpop is None else dpop
        sent = [("dpop", proof) for proof in proofs] + list(headers.items())
        if isinstance(form, bytes):
            got = await self.http.post(url, content=form, headers=sent)
        else:
            got = await self.http.post(url, data=form, headers=sent)
        self._keep_nonce(got)
        return got

    async def redeem(
        self, code: str, *, details: Sequence[str] = (), tx_code: str | None = None, client_id: str | None = None
    ) -> dict[str, Any]:
        """Spend a code and keep the tokens."""
        form = redeem_form(code, details=details, tx_code=tx_code)
        got = await self.token(form if client_id is None else {**form, "client_id": client_id})
        assert got.status_code == 200, got.text
        return self.keep(got)

    async def refresh(self, *, details: Sequence[str] = (), **changes: str) -> httpx.Response:
        """Refresh, keeping what comes when it succeeds."""
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token or "", **changes}
        if details:
            form["authorization_details"] = build_authorization_details(details)
        got = await self.token(form)
        if got.status_code == 200:
            self.keep(got)
        return got

    def keep(self, got: httpx.Response) -> dict[str, Any]:
        """Keep the tokens of an answer."""
        answer: dict[str, Any] = got.json()
        self.access_token = answer["access_token"]
        self.refresh_token = answer.get("refresh_token")
        self.secrets += [self.access_token, *([self.refresh_token] if self.refresh_token else [])]
        return answer

    def key_proof(
        self,
        nonce: str | None,
        *,
        key: PrivateKey | None = None,
        header: Changes | None = None,
        claims: Changes | None = None,
    ) -> str:
        """Return a key proof with changes to header and claims."""
        signer = key or self.holder_key
        good_header = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": signer.public().to_jwk()}
        good_claims = {"aud": self.issuer, "iat": int(self.now().timestamp()), "nonce": nonce}
        return jwt({**good_header, **(header or {})}, {**good_claims, **(claims or {})}, signer)

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: bytes | None = None,
        dpop: Sequence[str] | None = None,
        authorization: str | None = None,
        content_type: str | None = None,
    ) -> httpx.Response:
        """Send a request with the access token, with a good DPoP proof unless *dpop* gives others."""
        if self.dpop_nonce is None:
            await self.c_nonce()
        url = f"{self.issuer}/{path}"
        proofs = [self.dpop(method, url, access_token=self.access_token)] if dpop is None else dpop
        given = f"DPoP {self.access_token}" if authorization is None else authorization
        sent = [("dpop", proof) for proof in proofs] + ([("authorization", given)] if given else [])
        sent += [("content-type", content_type)] if content_type else []
        got = await self.http.request(method, url, json=json, content=content, headers=sent)
        self._keep_nonce(got)
        return got

    async def credential(self, body: object, **how: Any) -> httpx.Response:  # noqa: ANN401  # as `call`
        """Ask for Credentials."""
        return await self.call("POST", "credential", json=body, **how)

    async def receive(self, configuration: str = "employee-badge", keys: Sequence[PrivateKey] = ()) -> dict[str, Any]:
        """Get a Credential, one instance for each of *keys*."""
        nonce = await self.c_nonce()
        proofs = [self.key_proof(nonce, key=key) for key in keys or [self.holder_key]]
        body = {"credential_configuration_id": configuration, "proofs": {"jwt": proofs}}
        got = await self.credential(body)
        assert got.status_code == 200, got.text
        answer: dict[str, Any] = got.json()
        return answer

    async def notify(self, body: object, **how: Any) -> httpx.Response:  # noqa: ANN401  # as `call`
        """Say what became of a Credential."""
        return await self.call("POST", "notification", json=body, **how)

    async def pairing(self, method: str, body: object = None, **how: Any) -> httpx.Response:  # noqa: ANN401  # as `call`
        """Speak with the pairing endpoint."""
        return await self.call(method, "pairing", json=body, **how)

    def _keep_nonce(self, got: httpx.Response) -> None:
        self.dpop_nonce = got.headers.get("dpop-nonce", self.dpop_nonce)


def subscription(**changes: object) -> dict[str, Any]:
    """Return a push subscription, with changes to its keys or endpoint."""
    numbers = new_key().public().key.public_numbers()
    point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    made = {"endpoint": "https://push.example/1", "p256dh": b64url_encode(point), "auth": b64url_encode(bytes(16))}
    made = {**made, **changes}
    return {"endpoint": made["endpoint"], "keys": {"p256dh": made["p256dh"], "auth": made["auth"]}}


def redeem_form(code: str, *, details: Sequence[str] = (), tx_code: str | None = None) -> dict[str, str]:
    """Return the form that spends a code."""
    form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code}
    if details:
        form["authorization_details"] = build_authorization_details(details)
    if tx_code is not None:
        form["tx_code"] = tx_code
    return form


def request_of(*proofs: str, **members: object) -> dict[str, Any]:
    """Return a good request for the badge, with changes; None leaves a member out."""
    made = {"credential_configuration_id": "employee-badge", "proofs": {"jwt": list(proofs)}, **members}
    return {name: value for name, value in made.items() if value is not None}


def _there(members: Changes) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
