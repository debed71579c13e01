"""The presenting half of the tests' own wallet: it reads a request and answers it, each step open to one change."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from billfold.core.encoding import Json, b64url_encode, json_encode
from billfold.core.jose.jwe import encrypt
from billfold.core.jose.jws import Jws, attach, signing_input
from billfold.core.keys import PrivateKey, PublicKey
from billfold.core.openid4vp.request import RequestByValue, parse_request_link
from billfold.core.sdjwt.sd_jwt import SdJwt
from tests.support.device import Changes, jwt
from tests.support.organisations import new_key
from tests.support.wire import Wire

FORM = "application/x-www-form-urlencoded"
REQUIRED = {"required": ("name", "employer")}
ALL_PASSED = dict.fromkeys(
    ("response", "signature", "issuer", "validity", "status", "holder", "request"), ("passed", None)
)
Token = Mapping[str, Any]


@dataclass
class Asked:
    """A request that a requester made, as its wallet side reads it."""

    wire: Wire
    view: dict[str, Any]
    url: str
    claims: dict[str, Any]

    @property
    def client_id(self) -> str:
        return str(self.claims["client_id"])

    @property
    def path(self) -> str:
        """Where the response goes, on this host."""
        return httpx.URL(self.claims["response_uri"]).path

    def key(self) -> tuple[PublicKey, str]:
        """Return the key that the response is encrypted to, and its `kid`."""
        (entry,) = self.claims["client_metadata"]["jwks"]["keys"]
        return PublicKey.from_jwk(entry), entry["kid"]

    def present(
        self,
        issued: str,
        names: Sequence[str],
        holder: PrivateKey,
        *,
        header: Changes | None = None,
        claims: Changes | None = None,
    ) -> str:
        """Return a presentation of the claims *names*, with changes to its key binding."""
        shown = SdJwt.parse(issued).select([(name,) for name in names])
        good_claims = {
            "iat": int(self.wire.clock().timestamp()),
            "aud": self.client_id,
            "nonce": self.claims["nonce"],
            "sd_hash": SdJwt.parse(shown).sd_hash(),
        }
        return shown + jwt(
            {"alg": "ES256", "typ": "kb+jwt", **(header or {})}, {**good_claims, **(claims or {})}, holder
        )

    def members(self, token: Token, **changes: Json) -> dict[str, Json]:
        """Return the members of a response; None leaves one out."""
        made: dict[str, Json] = {"vp_token": dict(token), "state": self.claims["state"], **changes}
        return {name: value for name, value in made.items() if value is not None}

    def encrypted(
        self, members: Mapping[str, Json], *, key: PublicKey | None = None, enc: str = "A256GCM", kid: str | None = None
    ) -> dict[str, str]:
        """Return the form with *members* encrypted, to *key* or the request's own."""
        own, own_kid = self.key()
        header = {"kid": kid or own_kid}
        made = encrypt(json_encode(members), key or own, header=header, enc=enc, ephemeral=new_key(), iv=os.urandom(12))
        return {"response": made}

    async def post(self, form: Mapping[str, str]) -> httpx.Response:
        """Post a form to the response_uri."""
        return await self.wire.verifier.post(self.path, data=form)

    def plain(self, token: Token) -> dict[str, str]:
        """Return the form of an answer in the clear."""
        return {"vp_token": json_encode(token).decode(), "state": self.claims["state"]}

    async def answer(self, token: Token) -> httpx.Response:
        """Answer as it should be done."""
        is_plain = self.claims["response_mode"] == "direct_post"
        return await self.post(self.plain(token) if is_plain else self.encrypted(self.members(token)))

    async def now(self, response_code: str | None = None) -> dict[str, Any]:
        """Return the request as the requester sees it now."""
        query = "" if response_code is None else f"?response_code={response_code}"
        got = await self.wire.api("GET", f"/presentation-requests/{self.view['id']}{query}", slug="harbour")
        assert got.status_code == 200
        return dict(got.json())

    async def checks(self) -> dict[str, tuple[str, str | None]]:
        """Return outcome and reason of each check."""
        verification = (await self.now())["verification"]
        return {check["check"]: (check["outcome"], check["reason"]) for check in verification["checks"]}


@dataclass
class Held:
    """A Cred on a device."""

    text: str
    holder: PrivateKey

    def token(
        self,
        asked: Asked,
        choice: Mapping[str, Sequence[str]] | None = None,
        **how: Any,  # noqa: ANN401  # as `Asked.present`
    ) -> dict[str, list[str]]:
        """Return the `vp_token` with one presentation for each query of *choice*."""
        chosen = (choice or REQUIRED).items()
        return {query: [asked.present(self.text, names, self.holder, **how)] for query, names in chosen}


async def ask(wire: Wire, template: str = "staff-rate", **members: object) -> dict[str, Any]:
    """Make a request as the sports club does."""
    got = await wire.api("POST", "/presentation-requests", {"template": template, **members}, slug="harbour")
    assert got.status_code == 201, got.text
    return dict(got.json())


def request_url(view: Mapping[str, Any]) -> str:
    """Return where the signed request object is."""
    link = parse_request_link(view["request"], allow_loopback_http=True)
    return str(getattr(link, "request_uri"))  # noqa: B009  # a link by reference has one


async def asked(wire: Wire, template: str = "staff-rate", **members: object) -> Asked:
    """Make a request and read it as a wallet does."""
    return await read(wire, await ask(wire, template, **members))


async def read(wire: Wire, view: dict[str, Any]) -> Asked:
    """Read a request as a wallet does."""
    link = parse_request_link(view["request"], allow_loopback_http=True)
    if isinstance(link, RequestByValue):
        return Asked(wire, view, "", dict(link.parameters))
    url = request_url(view)
    got = await wire.verifier.get(url)
    assert got.status_code == 200, got.text
    return Asked(wire, view, url, dict(Jws.parse(got.text).claims()))


async def held(wire: Wire, configuration: str = "employee-badge") -> Held:
    """Return a fresh Cred of Amara's."""
    device = await wire.paired()
    (entry,) = (await device.receive(configuration))["credentials"]
    return Held(entry["credential"], device.holder_key)


def resigned(compact: str, key: PrivateKey, **claims: Any) -> str:  # noqa: ANN401  # JSON of a test
    """Return an SD-JWT with other claims, signed by *key*; None removes one."""
    first, *disclosures = compact.split("~")
    jws = Jws.parse(first)
    changed = {**jws.claims(), **claims}
    text = signing_input(jws.header, {name: value for name, value in changed.items() if value is not None})
    return "~".join([attach(text, key.sign(text)), *disclosures])


def tampered(compact: str) -> str:
    """Return a compact JWE whose ciphertext differs in its first character."""
    parts = compact.split(".")
    parts[3] = ("A" if parts[3][0] != "A" else "B") + parts[3][1:]
    return ".".join(parts)


def header_of(**members: object) -> str:
    """Return a JOSE header in base64url."""
    return b64url_encode(json_encode(members))
