"""The demo as a program of its own: started on free ports, read by its one JSON line, and ended by SIGTERM."""

import base64
import contextlib
import json
import secrets
import signal
import ssl
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support import program
from tests.support.ports import free_block

BILLFOLD = Path(sys.executable).with_name("billfold")
PORTS = 4
CALL_S = 20
BADGE: dict[str, str] = {"staff_number": "NR-31177", "team": "Night shift", "date_of_birth": "1979-08-23"}
PERMIT: dict[str, str] = {"plate": "QX 905 VB", "zone": "C, lower deck"}


@dataclass(frozen=True, slots=True)
class Api:
    """The REST API in the name of one organisation."""

    url: str
    key: str
    client: httpx.Client

    def send(self, method: str, path: str, body: object = None, **query: str) -> httpx.Response:
        """Return the answer to one call, whatever it is."""
        headers = {"Authorization": f"Bearer {self.key}"}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        return self.client.request(method, f"{self.url}{path}", content=content, headers=headers, params=query)

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401  # JSON
        """Return what is at *path*."""
        return _good(self.send("GET", path, **query)).json()

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401  # JSON
        """Return the answer to *body*."""
        return _good(self.send("POST", path, body)).json()

    def delete(self, path: str) -> None:
        """End what is at *path*."""
        _good(self.send("DELETE", path))


class Demo:
    """A running demo. People that a test makes are its own, so that tests can share one demo."""

    def __init__(self, running: program.Program, roots: ssl.SSLContext | None = None) -> None:
        self.program = running
        self.described: dict[str, Any] = json.loads(running.next_line())
        self.wallet: str = self.described["wallet"]
        self.organisations = {each["slug"]: each for each in self.described["organisations"]}
        requester = self.described["requester"]
        self.client = httpx.Client(trust_env=False, timeout=CALL_S, verify=roots or True)
        self.club = Api(requester["api"], requester["api_key"], self.client)

    def close(self) -> None:
        """Close connections; the program runs on."""
        self.client.close()

    def api(self, slug: str = "northwind") -> Api:
        """Return the API of an issuing organisation."""
        organisation = self.organisations[slug]
        return Api(organisation["api"], organisation["api_key"], self.client)

    def new_person(self, name: str, attributes: Mapping[str, object], *holds: str, slug: str = "northwind") -> str:
        """Add a person who should hold the Cred types *holds*, and return the id."""
        api = self.api(slug)
        person_id: str = api.post("/people", {"name": name, "attributes": attributes})["id"]
        for credential_type in holds:
            api.post("/entitlements", {"person_id": person_id, "credential_type": credential_type})
        return person_id

    def new_employee(self, name: str = "Zola Quist") -> str:
        """Add somebody who should hold an employee badge and a parking permit."""
        return self.new_person(name, {**BADGE, **PERMIT}, "employee-badge", "parking-permit")

    def pairing_code(self, person_id: str, *, slug: str = "northwind", **members: object) -> dict[str, Any]:
        """Return a new pairing code."""
        code: dict[str, Any] = self.api(slug).post("/pairing-codes", {"person_id": person_id, **members})
        return code

    def cred(self, person_id: str, credential_type: str = "employee-badge") -> dict[str, Any]:
        """Return the person's only Cred of a type, as the issuer has it; earlier versions of it do not count."""
        listed = self.api().get("/credentials", person_id=person_id)["items"]
        (found,) = (c for c in listed if c["credential_type"] == credential_type and c["state"] != "superseded")
        return dict(found)

    def pairings(self, person_id: str) -> list[dict[str, Any]]:
        """Return the person's devices, those of old too."""
        listed: list[dict[str, Any]] = self.api().get("/pairings", person_id=person_id)["items"]
        return listed

    def move(self, person_id: str, verb: str) -> None:
        """Suspend, resume or revoke the person's employee badge."""
        self.api().post(f"/credentials/{self.cred(person_id)['id']}/{verb}", {"reason": "a test"})

    def ask(self, **members: object) -> dict[str, Any]:
        """Return a new request of the club for an employee badge."""
        asked: dict[str, Any] = self.club.post("/presentation-requests", {"template": "staff-rate", **members})
        return asked

    def new_template(self, asks: Mapping[str, tuple[str, ...]], **members: object) -> str:
        """Let the club have a template that asks for one of Northwind's Creds per entry, and return its slug.

        Args:
            asks: claims by Cred type; one that ends in a question mark is optional.
        """
        issuer, slug = self.organisations["northwind"]["issuer"], f"test-{secrets.token_hex(4)}"
        wanted = [
            {
                "id": credential_type,
                "accepted": [{"issuer": issuer, "credential_type": credential_type}],
                "fields": [{"claim": c.rstrip("?"), "required": not c.endswith("?")} for c in claims],
            }
            for credential_type, claims in asks.items()
        ]
        texts = {"names": {"en": "A test"}, "purposes": {"en": "To test"}}
        self.club.post("/presentation-templates", {"slug": slug, "asks": wanted, **texts, **members})
        return slug

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what became of a request."""
        found: dict[str, Any] = self.club.get(f"/presentation-requests/{asked['id']}")
        return found

    def write_roots(self, folder: Path, role: str) -> Path:
        """Write the anchors that the wallet's host lists for *role* to a PEM file, and return its path."""
        anchors = _good(self.client.get(f"{self.wallet}/trust.json")).json()["anchors"]
        listed = [base64.b64decode(each["certificate"]) for each in anchors if each["role"] == role]
        path = folder / f"{role}.roots.pem"
        path.write_text("".join(map(ssl.DER_cert_to_PEM_cert, listed)))
        return path


@contextlib.contextmanager
def running_demo(
    *options: str,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
    roots: ssl.SSLContext | None = None,
    billfold: Path = BILLFOLD,
) -> Iterator[Demo]:
    """Start ``billfold demo --json`` with *options*; a good end of the block also demands a good end of the program.

    Args:
        roots: what to trust where its addresses are https.
        billfold: the program.
    """
    first = free_block(PORTS) if port is None else port
    command = [str(billfold), "demo", "--json", "--port", str(first), *options]
    with program.running(command, environment) as running:
        with contextlib.closing(Demo(running, roots)) as demo:
            yield demo
        running.send(signal.SIGTERM)
        code, lines = running.end()
        if (code, lines, running.errors) != (0, [], ""):
            raise AssertionError(f"expected a quiet end with 0, got {code} after {lines}; {running.said()}")


def _good(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, f"expected success, got {answer.status_code}: {answer.text}"
    return answer
