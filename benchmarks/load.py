"""The generator of load: whole issuances or presentations as a wallet and a requester's program do them.

    python -m benchmarks.load issue|present PUBLIC_PORT PORT[,PORT] FLOWS AT_ONCE  < what the node said

Prints one JSON line: flows and seconds. What a wallet would check it does not, so that it is never the bottleneck
where it can be helped; what the server checks is all there.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.http1 import Answer, Connection
from billfold.core.encoding import b64url_encode
from billfold.core.jose.jwe import encrypt
from billfold.core.jose.jws import Jws, attach
from billfold.core.keys import PrivateKey, PublicKey
from billfold.core.oauth.dpop import dpop_signing_input
from billfold.core.oauth.form import MEDIA_TYPE as FORM
from billfold.core.oauth.form import encode_form
from billfold.core.oauth.token import PRE_AUTHORIZED_CODE
from billfold.core.openid4vci.proof import proof_signing_input
from billfold.core.sdjwt.key_binding import kb_signing_input
from billfold.core.sdjwt.sd_jwt import SdJwt

JSON = "application/json"
REQUIRED = ("name", "employer")


@dataclass
class Site:
    """Where everything is: public addresses, and the port block of the node that this worker speaks with."""

    public: int
    port: int
    keys: dict[str, str]
    connections: dict[int, Connection]

    def address(self, offset: int) -> str:
        """Return a public base URL: 0 the wallet, 1 protocol, 2 console and API, 3 requester."""
        return f"http://localhost:{self.public + offset}"

    @property
    def issuer(self) -> str:
        """The issuer's identifier."""
        return f"{self.address(1)}/o/northwind"

    async def send(self, method: str, url: str, body: bytes = b"", **headers: str) -> Answer:
        """Send to the node what is addressed publicly."""
        offset = (urlsplit(url).port or 0) - self.public
        if offset not in self.connections:
            self.connections[offset] = await Connection.open(self.port + offset)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.connections[offset].send(method, url, body, named)

    async def api(self, method: str, slug: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        """Call the API as an organisation."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.keys[slug]}", "content_type": JSON}
        return json.loads((await self.send(method, f"{self.address(2)}/api/v1{path}", content, **headers)).body)


def new_key() -> PrivateKey:
    """Return a fresh P-256 key."""
    return PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))


async def issue(site: Site, person_id: str) -> tuple[str, PrivateKey]:
    """Pair a person and receive their badge: code by API, offer, nonce, token, credential."""
    device, holder, issuer = new_key(), new_key(), site.issuer
    code = await site.api("POST", "northwind", "/pairing-codes", {"person_id": person_id, "tx_code": False})
    (offer_uri,) = parse_qs(urlsplit(code["offer"]).query)["credential_offer_uri"]
    grants = json.loads((await site.send("GET", offer_uri)).body)["grants"]
    nonce = await site.send("POST", f"{issuer}/nonce")
    form = {
        "grant_type": PRE_AUTHORIZED_CODE,
        "pre-authorized_code": grants[PRE_AUTHORIZED_CODE]["pre-authorized_code"],
    }
    proof = _dpop(device, f"{issuer}/token", nonce.headers["dpop-nonce"])
    got = await site.send("POST", f"{issuer}/token", encode_form(form), dpop=proof, content_type=FORM)
    token = json.loads(got.body)["access_token"]
    c_nonce = json.loads(nonce.body)["c_nonce"]
    text = proof_signing_input(holder.public().to_jwk(), credential_issuer=issuer, now=datetime.now(UTC), nonce=c_nonce)
    body = {
        "credential_configuration_id": "employee-badge",
        "proofs": {"jwt": [attach(text, holder.sign(text))]},
    }
    proof = _dpop(device, f"{issuer}/credential", got.headers["dpop-nonce"], token)
    headers = {"authorization": f"DPoP {token}", "dpop": proof, "content_type": JSON}
    issued = await site.send("POST", f"{issuer}/credential", json.dumps(body).encode(), **headers)
    return json.loads(issued.body)["credentials"][0]["credential"], holder


async def present(site: Site, cred: str, holder: PrivateKey) -> None:
    """Ask by API, answer what is required, and read the result."""
    asked = await site.api("POST", "harbour", "/presentation-requests", {"template": "staff-rate"})
    (request_uri,) = parse_qs(urlsplit(asked["request"]).query)["request_uri"]
    claims: Any = Jws.parse((await site.send("GET", request_uri)).body.decode()).claims()
    shown = SdJwt.parse(cred).select([(name,) for name in REQUIRED])
    text = kb_signing_input(shown, aud=claims["client_id"], nonce=claims["nonce"], now=datetime.now(UTC))
    (jwk,) = claims["client_metadata"]["jwks"]["keys"]
    token = {"vp_token": {"required": [shown + attach(text, holder.sign(text))]}, "state": claims["state"]}
    response = encrypt(
        json.dumps(token).encode(),
        PublicKey.from_jwk(jwk),
        header={"kid": jwk["kid"]},
        enc="A256GCM",
        ephemeral=new_key(),
        iv=os.urandom(12),
    )
    form = encode_form({"response": response})
    await site.send("POST", claims["response_uri"], form, content_type=FORM)
    result = await site.api("GET", "harbour", f"/presentation-requests/{asked['id']}")
    assert result["verification"]["accepted"], result


async def work(kind: str, site: Site, people: Iterator[str], left: Iterator[int]) -> None:
    """Do flows until none is left."""
    cred, holder = await issue(site, next(people)) if kind == "present" else ("", new_key())
    for _ in left:
        await (present(site, cred, holder) if kind == "present" else issue(site, next(people)))
    for connection in site.connections.values():
        connection.close()


async def run(kind: str, public: int, ports: list[int], flows: int, at_once: int) -> None:
    """Run *flows*, so many at once, spread over the nodes at *ports*."""
    said = json.loads(sys.stdin.readline())
    people, left = iter(said["people"]), iter(range(flows))
    sites = [Site(public, port, said["keys"], {}) for port in itertools.islice(itertools.cycle(ports), at_once)]
    began = time.perf_counter()
    await asyncio.gather(*(work(kind, site, people, left) for site in sites))
    print(json.dumps({"flows": flows, "seconds": time.perf_counter() - began}))


def _dpop(key: PrivateKey, url: str, nonce: str, access_token: str | None = None) -> str:
    jti = b64url_encode(os.urandom(16))
    text = dpop_signing_input(
        key.public().to_jwk(),
        htm="POST",
        htu=url,
        jti=jti,
        now=datetime.now(UTC),
        access_token=access_token,
        nonce=nonce,
    )
    return attach(text, key.sign(text))


if __name__ == "__main__":
    kind, public, ports, flows, at_once = sys.argv[1:]
    asyncio.run(run(kind, int(public), [int(port) for port in ports.split(",")], int(flows), int(at_once)))
