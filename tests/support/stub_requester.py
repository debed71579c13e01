"""A requester of a test's own making: it behaves until a test tells it otherwise, and reads what it was sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from billfold.core.dcql.query import DcqlQuery, parse_query
from billfold.core.encoding import json_decode_object
from billfold.core.jose.jwe import ENC_VALUES, Jwe
from billfold.core.jose.jws import attach, signing_input
from billfold.core.keys import PrivateKey
from billfold.core.openid4vp.client_id import x509_hash_client_id
from billfold.core.openid4vp.request import MEDIA_TYPE, RequesterText, make_nonce, request_claims, request_link
from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.chain import BILLFOLD_REQUESTER_EKU
from billfold.core.trust.trust_list import TrustEntry
from tests.support.organisations import Organisation, new_key
from tests.support.stub_issuer import PATH, new_organisation
from tests.support.stub_server import Asked, Reply, StubServer, as_json

REQUEST, RESPONSE = "/requests/1", "/responses/1"
NONCE, STATE = make_nonce(b"n" * 32), "the-state"


def badge_query(server: StubServer, *, optional: tuple[str, ...] = ("email",)) -> DcqlQuery:
    """Return a query for the badge of the stub issuer: the surname, and optional fields `per_field`."""
    meta = {"vct_values": [f"{server.url}{PATH}/types/badge"]}
    fields = {"required": "family_name", **{f"optional_{name}": name for name in optional}}
    queries = [
        {"id": query_id, "format": "dc+sd-jwt", "meta": meta, "claims": [{"path": [name]}]}
        for query_id, name in fields.items()
    ]
    sets = [{"options": [[query_id]], "required": query_id == "required"} for query_id in fields]
    return parse_query({"credentials": queries, "credential_sets": sets})


@dataclass(slots=True)
class StubRequester:
    """Its request and answers; each may be changed or replaced by a test before the wallet comes."""

    server: StubServer
    who: Organisation
    query: DcqlQuery
    key: PrivateKey = field(default_factory=new_key)
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    tamper: Callable[[str], str] = lambda text: text
    forms: list[dict[str, str]] = field(default_factory=list)
    link_changes: str = ""

    @property
    def client_id(self) -> str:
        return x509_hash_client_id(self.who.leaf)

    @property
    def link(self) -> str:
        return request_link(self.client_id, f"{self.server.url}{REQUEST}") + self.link_changes

    def entry(self) -> TrustEntry:
        """Return the entry of a trust list that names this requester's root, for its host."""
        return TrustEntry("Gym", "requester", x5c_entry(self.who.root), hosts=("localhost",))

    def opened(self) -> dict[str, Any]:
        """Return the parameters of the one response that came encrypted."""
        (form,) = self.forms
        text = Jwe.parse(form["response"]).decrypt(self.key, enc_values=ENC_VALUES)
        return dict(json_decode_object(text))

    def request_object(self, wallet_nonce: str | None) -> str:
        made: dict[str, Any] = request_claims(
            client_id=self.client_id,
            response_uri=f"{self.server.url}{RESPONSE}",
            nonce=NONCE,
            state=STATE,
            dcql_query=self.query,
            encryption_key=self.key.public(),
            encryption_kid="k1",
            now=datetime.now(UTC),
            lifetime=timedelta(minutes=5),
            text=RequesterText("Gym Ltd", {"en": "To let you in", "de": "Um Sie einzulassen"}, timedelta(days=1)),
            wallet_nonce=wallet_nonce,
        )
        made = {**made, "client_metadata": {**made["client_metadata"], **self.metadata}, **self.claims}
        header = {"typ": "oauth-authz-req+jwt", "alg": "ES256", "x5c": self.who.x5c, **self.header}
        text = signing_input(_without_none(header), _without_none(made))
        return self.tamper(attach(text, self.who.leaf_key.sign(text)))

    def begin(self) -> "StubRequester":
        """Fill the routes with what a good requester has."""
        self.server.routes |= {
            ("GET", REQUEST): lambda _: Reply(200, self.request_object(None).encode(), MEDIA_TYPE),
            ("POST", REQUEST): self._posted,
            ("POST", RESPONSE): self._take,
        }
        return self

    def _posted(self, asked: Asked) -> Reply:
        return Reply(200, self.request_object(asked.form().get("wallet_nonce")).encode(), MEDIA_TYPE)

    def _take(self, asked: Asked) -> Reply:
        self.forms.append(asked.form())
        return as_json({"redirect_uri": "https://gym.example/done#x"}, billfold_reference="4M8T-C2WP")


def new_requester(server: StubServer) -> StubRequester:
    """Return a good requester on *server*, with certificates of its own."""
    who = new_organisation(uri_names=(), eku=BILLFOLD_REQUESTER_EKU)
    return StubRequester(server, who, badge_query(server)).begin()


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
