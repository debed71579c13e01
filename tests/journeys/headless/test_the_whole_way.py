"""The whole way, once: two issuers, news, a choice of fields, a refusal, a suspended Cred, and a device replaced."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from billfold.core.encoding import b64url_decode
from billfold.holder import SyncedIssuer, Wallet, load_trust
from tests.support.demo import BADGE, PERMIT, Demo, running_demo
from tests.support.push_service import PushService, Subscriber, running_push_service

NAME = "Ottilie Brandwijk"
STUDENT = {"student_number": "2119944", "date_of_birth": BADGE["date_of_birth"]}
# One blue pixel, as it is stored: only that it is there, and that it stays away, counts here.
PHOTO = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgYPgPAAEDAQA2dBFAAAAAAElFTkSuQmCC"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Demo]:
    """Two issuers, a requester and a wallet's host, in a program of their own that knows our push service."""
    where = ("--database", request.getfixturevalue("postgresql_url")) if request.param == "postgresql" else ()
    environment = {"BILLFOLD_PUSH_HOSTS": "localhost"}
    with running_demo("--data", str(tmp_path / "data"), *where, environment=environment) as demo:
        yield demo


@pytest.fixture
async def push() -> AsyncIterator[PushService]:
    async with running_push_service() as service:
        yield service


class Bell:
    """What rings a wallet: an endpoint at the relay for one issuer, and behind it the browser's own."""

    def __init__(self, town: Demo, push: PushService, issuer: str) -> None:
        protocol, _, path = issuer.partition("/o/")
        metadata = town.client.get(f"{protocol}/.well-known/openid-credential-issuer/o/{path}").json()
        self._push, self._browser = push, push.subscriber("browser")
        registration = {
            "subscription": msgspec.to_builtins(self._browser.subscription),
            "vapid_public_key": metadata["billfold_pairing"]["vapid_public_key"],
        }
        self._relay = town.client.post(f"{town.wallet}/relay", json=registration).json()
        self.wallet = Subscriber(self._relay["endpoint"])

    async def rung(self, times: int) -> dict[str, str]:
        """Wait until it has rung so often, and return what the last message says to a locked phone."""
        while len(self._push.bodies) < times:  # noqa: ASYNC110  # the push service is a server of its own
            await asyncio.sleep(0.02)
        inner = self._browser.open(self._push.bodies[-1])
        assert inner[:16] == b64url_decode(self._relay["handle"])
        said: dict[str, str] = msgspec.json.decode(self.wallet.open(inner[16:]))
        return said


async def pair(wallet: Wallet, code: dict[str, Any]) -> list[str]:
    """Pair with a code, and return the names of what came."""
    result = await wallet.pair(await wallet.look_at(code["wallet_link"]), code["tx_code"])
    assert result.issuer.proven
    assert result.missing == ()
    return [cred.type_name for cred in result.received]


async def new_wallet(town: Demo, path: Path) -> Wallet:
    trust = await load_trust(town.wallet, development=True)
    return Wallet.create(path, "correct horse", trust=trust, wallet_url=town.wallet, development=True)


def outcomes(synced: tuple[SyncedIssuer, ...]) -> dict[str, str]:
    return {issuer.name: issuer.outcome for issuer in synced}


async def share(town: Demo, wallet: Wallet, *optional: str) -> dict[str, Any]:
    """Let the club ask, share, and return what the club reads."""
    asked = town.ask()
    await wallet.share(await wallet.review(asked["wallet_link"]), optional=optional)
    verification: dict[str, Any] = town.answer(asked)["verification"]
    return verification


async def test_the_whole_way(town: Demo, push: PushService, tmp_path: Path) -> None:
    northwind, lakeside = (town.organisations[slug]["issuer"] for slug in ("northwind", "lakeside"))
    employee = town.new_person(NAME, {**BADGE, **PERMIT, "photo": PHOTO}, "employee-badge", "parking-permit")
    student = town.new_person(NAME, STUDENT, "student-card", slug="lakeside")

    async with await new_wallet(town, tmp_path / "old") as wallet:
        # Two issuers.
        assert await pair(wallet, town.pairing_code(employee)) == ["Employee badge", "Parking permit"]
        assert await pair(wallet, town.pairing_code(student, slug="lakeside")) == ["Student card"]

        # News: staff change a field, the bell rings without saying which, and the wallet comes for it.
        bell = Bell(town, push, northwind)
        await wallet.ring_at(northwind, bell.wallet.subscription)
        town.api().send("PATCH", f"/people/{employee}", {"attributes": {"team": "Day shift"}})
        assert await bell.rung(1) == {"issuer": "Northwind Robotics"}
        synced = {issuer.name: issuer for issuer in await wallet.sync()}
        (badge,) = synced["Northwind Robotics"].received
        assert synced["Lakeside University"].received == ()
        assert {field.name: field.value for field in badge.fields}["team"] == "Day shift"
        assert badge.is_new

        # One optional field is shared and two are not; the club reads exactly what was selected.
        asked = town.ask()
        review = await wallet.review(asked["wallet_link"])
        ((cred,),) = (card.creds for card in review.cards)
        assert [field.name for field in cred.required] == ["name", "employer"]
        assert [choice.name for choice in cred.optional] == ["photo", "team", "date_of_birth"]
        assert (await wallet.share(review, optional=["team"])).accepted
        answer = town.club.send("GET", f"/presentation-requests/{asked['id']}")
        (verified,) = answer.json()["verification"]["creds"]
        assert verified["fields"] == {"name": NAME, "employer": "Northwind Robotics", "team": "Day shift"}
        assert [secret for secret in (PHOTO[30:60], BADGE["date_of_birth"]) if secret in answer.text] == []

        # A request is declined: the club hears that, and nothing else.
        asked = town.ask()
        await wallet.decline(await wallet.review(asked["wallet_link"]))
        assert (town.answer(asked)["state"], town.answer(asked)["verification"]) == ("declined", None)

        # Suspended it is refused, resumed it is accepted.
        town.move(employee, "suspend")
        assert await bell.rung(2) == {"issuer": "Northwind Robotics"}
        refused = await share(town, wallet)
        assert refused["accepted"] is False
        assert [check["reason"] for check in refused["checks"] if check["outcome"] == "failed"] == ["suspended"]
        town.move(employee, "resume")
        assert (await share(town, wallet))["accepted"]
        assert await bell.rung(3) == {"issuer": "Northwind Robotics"}

        # The device is replaced: the old one is rung, told, and empty of that issuer; the other is not touched.
        checked = {"reason": "lost", "checked_how": "called back"}
        code = town.api().post(f"/people/{employee}/replace-device", checked)
        assert await bell.rung(4) == {"issuer": "Northwind Robotics"}
        assert (await share(town, wallet))["accepted"] is False
        assert outcomes(await wallet.sync()) == {"Northwind Robotics": "ended", "Lakeside University": "up_to_date"}
        assert [cred.type_name for cred in wallet.creds()] == ["Student card"]

        # The new one has everything, and is believed.
        async with await new_wallet(town, tmp_path / "new") as fresh:
            assert await pair(fresh, code) == ["Employee badge", "Parking permit"]
            verification = await share(town, fresh, "date_of_birth")
            assert verification["accepted"]
            assert verification["creds"][0]["fields"]["date_of_birth"] == BADGE["date_of_birth"]
        assert [pairing["state"] for pairing in town.pairings(employee)] == ["ended", "active"]
        assert [issuer.identifier for issuer in wallet.issuers()] == [lakeside]
