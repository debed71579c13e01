"""An issuer of a test's own making: it behaves until a test tells it otherwise, step by step."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from billfold.core.encoding import json_decode_object
from billfold.core.jose.jws import Jws, attach, signing_input
from billfold.core.keys import PrivateKey, PublicKey
from billfold.core.openid4vci.offer import offer_link
from billfold.core.sdjwt.issue import Members, encode_header, entropy_bytes, prepare
from billfold.core.status.status_list import StatusList, pack
from billfold.core.status.status_token import STATUS_LIST_MEDIA_TYPE
from billfold.core.trust.build import build_leaf, build_root
from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.chain import BILLFOLD_ISSUER_EKU
from billfold.core.trust.trust_list import TrustEntry, TrustList
from tests.support.organisations import Organisation, new_key
from tests.support.stub_server import Asked, Reply, StubServer, as_json, error

PATH = "/acme"
BADGE = "badge"
CODE, ACCESS_TOKEN, REFRESH_TOKEN = "the-code", "the-access-token", "the-refresh-token"
FIELDS = {"given_name": "Erika", "family_name": "Doe", "email": "e@example.com"}
STATUS_ENTRIES = 64


def new_organisation(
    *, uri_names: tuple[str, ...], eku: x509.ObjectIdentifier = BILLFOLD_ISSUER_EKU, host: str = "localhost"
) -> Organisation:
    """Return an organisation whose certificates are valid today."""
    root_key, leaf_key = new_key(), new_key()
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    end = begin + timedelta(days=3000)
    root = build_root("Acme Root", "Acme", root_key, serial=1, not_before=begin, not_after=end)
    leaf = build_leaf(
        common_name="Acme credentials",
        organisation="Acme",
        key=leaf_key.public(),
        root=root,
        root_key=root_key,
        serial=2,
        not_before=begin,
        not_after=begin + timedelta(days=1000),
        dns_names=(host,),
        uri_names=uri_names,
        eku=eku,
    )
    return Organisation(root, root_key, leaf, leaf_key)


@dataclass(frozen=True, slots=True)
class Draft:
    """A Cred about to be signed, open to a test's changes; a claim set to None is left out."""

    key: PublicKey
    claims: dict[str, Any]
    fields: dict[str, Any]
    header: dict[str, Any]
    signer: PrivateKey
    suffix: str = ""

    def with_claims(self, **changes: Any) -> "Draft":  # noqa: ANN401  # JSON of a test
        return replace(self, claims={**self.claims, **changes})

    def with_fields(self, **changes: Any) -> "Draft":  # noqa: ANN401  # JSON of a test
        return replace(self, fields={**self.fields, **changes})

    def signed(self) -> str:
        """Return the SD-JWT VC."""
        clear = {name: value for name, value in self.claims.items() if value is not None}
        header = {name: value for name, value in self.header.items() if value is not None}
        claims = Members(clear, self.fields)
        entropy = secrets.token_bytes(entropy_bytes(claims))
        prepared = prepare(claims, header_b64u=encode_header(header), entropy=entropy)
        return prepared.attach(self.signer.sign(prepared.signing_input)) + self.suffix


@dataclass(slots=True)
class StubIssuer:
    """Its documents and answers; each may be changed or replaced by a test before the wallet comes."""

    server: StubServer
    who: Organisation
    draft: Callable[[Draft], Draft] = lambda draft: draft
    respond: Callable[[str], Any] | None = None
    statuses: dict[int, int] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    offer: dict[str, Any] = field(default_factory=dict)
    entitlements: list[dict[str, Any]] = field(default_factory=list)
    issued: list[Draft] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    described: list[dict[str, Any]] = field(default_factory=list)

    @property
    def identifier(self) -> str:
        return f"{self.server.url}{PATH}"

    @property
    def link(self) -> str:
        return offer_link(f"{self.identifier}/offer")

    def trust(self) -> TrustList:
        """Return a trust list that names this issuer's root, for this issuer."""
        return TrustList((TrustEntry("Acme", "issuer", x5c_entry(self.who.root), (self.identifier,)),))

    def sign_metadata(self, header: dict[str, Any] | None = None, **changes: Any) -> None:  # noqa: ANN401  # JSON
        """Serve signed metadata too; None leaves a member out."""
        now = int(datetime.now(UTC).timestamp())
        claims = {**self.metadata, "sub": self.identifier, "iat": now, "exp": now + 600, **changes}
        head = {"typ": "openidvci-issuer-metadata+jwt", "alg": "ES256", "x5c": self.who.x5c, **(header or {})}
        text = signing_input(_without_none(head), _without_none(claims))
        token = attach(text, self.who.leaf_key.sign(text)).encode()

        def answer(asked: Asked) -> Reply:
            if "application/jwt" in asked.headers["accept"]:
                return Reply(200, token, "application/jwt")
            return as_json(self.metadata)

        self.server.routes["GET", f"/.well-known/openid-credential-issuer{PATH}"] = answer

    def _issue(self, asked: Asked) -> Reply:
        proofs = [Jws.parse(text) for text in asked.json()["proofs"]["jwt"]]
        return self.issue(*(PublicKey.from_jwk(proof.header["jwk"]) for proof in proofs))

    def issue(self, *keys: PublicKey, **changes: Any) -> Reply:  # noqa: ANN401  # JSON of a test
        """Answer with a Cred that is bound to *keys*, one instance each, its claims changed by *changes*."""
        texts, number = [self.instance(key, **changes) for key in keys], len(self.issued) - 1
        if self.respond is not None:
            return as_json(self.respond(texts[0]))
        return as_json({"credentials": [{"credential": text} for text in texts], "notification_id": f"n{number}"})

    def instance(self, key: PublicKey, **changes: Any) -> str:  # noqa: ANN401  # JSON of a test
        """Return one signed instance."""
        number, now = len(self.issued), int(datetime.now(UTC).timestamp())
        claims = {
            "iss": self.identifier,
            "vct": f"{self.identifier}/types/badge",
            "iat": now,
            "exp": now + 86400,
            "cnf": {"jwk": key.to_jwk()},
            "status": {"status_list": {"uri": f"{self.identifier}/status", "idx": number}},
            **changes,
        }
        header = {"alg": "ES256", "typ": "dc+sd-jwt", "x5c": self.who.x5c}
        made = self.draft(Draft(key, claims, dict(FIELDS), header, self.who.leaf_key))
        self.issued.append(made)
        return made.signed()

    def status_token(self, header: dict[str, Any] | None = None, **changes: Any) -> str:  # noqa: ANN401  # JSON
        """Return the status list's token; None leaves a member out."""
        now = int(datetime.now(UTC).timestamp())
        claim = StatusList(2, pack(2, STATUS_ENTRIES, self.statuses)).to_claim()
        claims = {"sub": f"{self.identifier}/status", "iat": now, "exp": now + 600, "status_list": claim, **changes}
        head = {"typ": "statuslist+jwt", "alg": "ES256", "x5c": self.who.x5c, **(header or {})}
        text = signing_input(_without_none(head), _without_none(claims))
        return attach(text, self.who.leaf_key.sign(text))

    def _token(self, asked: Asked) -> Reply:
        details = "authorization_details" in asked.form()
        granted = [{**entry, "type": "openid_credential"} for entry in _granted(self.entitlements)]
        answer = {
            "access_token": ACCESS_TOKEN,
            "token_type": "DPoP",
            "expires_in": 600,
            "refresh_token": REFRESH_TOKEN,
            **({"authorization_details": granted} if details else {}),
        }
        return as_json(answer)

    def _note(self, kept: list[dict[str, Any]]) -> Callable[[Asked], Reply]:
        def answer(asked: Asked) -> Reply:
            kept.append(json_decode_object(asked.body))
            return Reply(204, content_type=None)

        return answer

    def begin(self) -> "StubIssuer":
        """Fill documents and routes with what a good issuer has."""
        base = self.identifier
        self.metadata = {
            "credential_issuer": base,
            "credential_endpoint": f"{base}/credential",
            "nonce_endpoint": f"{base}/nonce",
            "notification_endpoint": f"{base}/notification",
            "display": [{"name": "Acme Ltd", "locale": "en"}],
            "credential_configurations_supported": {BADGE: _configuration(base)},
            "billfold_pairing": {"pairing_endpoint": f"{base}/pairing"},
        }
        self.offer = {
            "credential_issuer": base,
            "credential_configuration_ids": [BADGE],
            "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": CODE}},
        }
        self.entitlements = [
            {"credential_configuration_id": BADGE, "credential_identifier": "e1", "revision": 1},
        ]
        server = {
            "issuer": base,
            "token_endpoint": f"{base}/token",
            "dpop_signing_alg_values_supported": ["ES256"],
        }
        status = f"{PATH}/status"
        self.server.routes = {
            ("GET", f"{PATH}/offer"): lambda _: as_json(self.offer),
            ("GET", f"/.well-known/openid-credential-issuer{PATH}"): lambda _: as_json(self.metadata),
            ("GET", f"/.well-known/oauth-authorization-server{PATH}"): lambda _: as_json(server),
            ("POST", f"{PATH}/token"): self._token,
            ("POST", f"{PATH}/nonce"): lambda _: as_json({"c_nonce": secrets.token_urlsafe(16)}),
            ("POST", f"{PATH}/credential"): self._issue,
            ("POST", f"{PATH}/notification"): self._note(self.events),
            ("GET", f"{PATH}/pairing"): lambda _: as_json({"state": "active", "entitlements": self.entitlements}),
            ("PUT", f"{PATH}/pairing"): self._note(self.described),
            ("DELETE", f"{PATH}/pairing"): lambda _: Reply(204, content_type=None),
            ("GET", status): lambda _: Reply(200, self.status_token().encode(), STATUS_LIST_MEDIA_TYPE),
        }
        return self

    def refuse_tokens(self, code: str, **members: str) -> None:
        """Refuse every request for tokens from now on."""
        self.server.routes["POST", f"{PATH}/token"] = lambda _: error(code, **members)


def new_issuer(server: StubServer) -> StubIssuer:
    """Return a good issuer on *server*, with certificates of its own."""
    return StubIssuer(server, new_organisation(uri_names=(f"{server.url}{PATH}",))).begin()


def _configuration(base: str) -> dict[str, Any]:
    return {
        "format": "dc+sd-jwt",
        "vct": f"{base}/types/badge",
        "scope": "badge",
        "cryptographic_binding_methods_supported": ["jwk"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        "credential_metadata": {
            "display": [{"name": "Badge", "locale": "en"}],
            "claims": [
                {"path": ["family_name"], "mandatory": True, "display": [{"name": "Surname", "locale": "en"}]},
                {"path": ["given_name"], "display": [{"name": "First name", "locale": "en"}]},
            ],
        },
    }


def _granted(entitlements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_configuration: dict[str, list[str]] = {}
    for entry in entitlements:
        by_configuration.setdefault(entry["credential_configuration_id"], []).append(entry["credential_identifier"])
    return [
        {"credential_configuration_id": name, "credential_identifiers": identifiers}
        for name, identifiers in by_configuration.items()
    ]


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
