"""News: from an act of staff to the text on a locked phone, through outbox, relay and a push service of others."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from billfold.adapters.store import entitlements, outbox, pairings
from billfold.apps.worker.worker import working
from billfold.core.webpush.message import MAX_BODY_BYTES, RECORD_SIZE
from billfold.core.webpush.vapid import authorization
from billfold.roles.issuer import news
from billfold.roles.relay.relay import MOST_IN_WINDOW
from tests.support.installation import RunningInstallation, running_installation
from tests.support.phone import Phone, issuer_key, register_phone
from tests.support.push_service import PushService, Subscriber, running_push_service

PERSON = "Amara Okafor"


@pytest.fixture
async def push() -> AsyncIterator[PushService]:
    async with running_push_service() as service:
        yield service


@pytest.fixture
async def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningInstallation]:
    monkeypatch.setenv("BILLFOLD_PUSH_HOSTS", "localhost")
    async with running_installation(tmp_path) as running:
        yield running


async def relay_key(running: RunningInstallation) -> str:
    async with httpx.AsyncClient() as client:
        return str((await client.get(f"{running.wallet_url}/relay")).json()["vapid_public_key"])


@pytest.fixture
async def phone(running: RunningInstallation, push: PushService) -> Phone:
    code = await running.code("northwind", PERSON)
    async with running.wallet() as wallet:
        await wallet.pair(await wallet.look_at(code.offer))
    return await register_phone(running, push, (await running.person("northwind", PERSON)).id)


async def suspend(running: RunningInstallation) -> None:
    organisation = await running.organisation("northwind")
    held = await running.entitlements("northwind", PERSON)
    act = running.parts.act("test", reason="lost")
    await entitlements.suspend(running.parts.store, organisation.id, held["employee-badge"].id, act)


async def due(running: RunningInstallation, *, later: timedelta = timedelta()) -> list[outbox.Wake]:
    now = running.parts.now() + later
    return await outbox.lease(running.parts.store, most=10, now=now, until=now)


async def test_an_act_of_staff_rings_the_phone_with_the_issuers_name_and_nothing_else(
    running: RunningInstallation, push: PushService, phone: Phone
) -> None:
    await suspend(running)

    assert await news.deliver(running.parts) == 1

    assert phone.opened(push) == [{"issuer": "Northwind Robotics"}]
    assert await news.deliver(running.parts) == 0, "what was delivered is not sent again"


@pytest.mark.rows("push-vapid-aud")
@pytest.mark.usefixtures("phone")
async def test_the_message_keeps_the_rules_of_web_push(running: RunningInstallation, push: PushService) -> None:
    """RFC 8030 5.2, RFC 8291 4, RFC 8292 2; rows push-no-ttl, push-vapid-aud, push-vapid-exp, push-too-large."""
    await suspend(running)
    await news.deliver(running.parts)

    headers = push.headers[0]
    assert int(headers["ttl"]) > 0
    assert headers["content-encoding"] == "aes128gcm"
    assert len(push.bodies[0]) <= RECORD_SIZE
    claims = push.sender_of(0, await relay_key(running))
    assert claims["aud"] == push.origin
    assert claims["exp"] <= running.parts.now().timestamp() + 24 * 3600


@pytest.mark.usefixtures("phone")
async def test_one_message_tells_of_all_the_news_of_a_device(running: RunningInstallation, push: PushService) -> None:
    await suspend(running)
    organisation = await running.organisation("northwind")
    held = await running.entitlements("northwind", PERSON)
    await entitlements.end(
        running.parts.store, organisation.id, held["parking-permit"].id, running.parts.act("test", reason="sold")
    )

    assert await news.deliver(running.parts) == 2
    assert len(push.bodies) == 1


async def test_an_ended_pairing_is_told_once_more(
    running: RunningInstallation, push: PushService, phone: Phone
) -> None:
    organisation = await running.organisation("northwind")
    await pairings.end(running.parts.store, organisation.id, phone.pairing_id, running.parts.act("test"))
    await news.deliver(running.parts)
    await suspend(running)

    assert await news.deliver(running.parts) == 0, "an ended pairing hears nothing more"
    assert phone.opened(push) == [{"issuer": "Northwind Robotics"}]


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"),
    [
        pytest.param(429, "120", timedelta(seconds=120), id="push-429"),
        pytest.param(503, None, timedelta(seconds=60), id="push-503"),
    ],
)
@pytest.mark.usefixtures("phone")
async def test_a_busy_push_service_is_asked_again_after_a_pause(
    running: RunningInstallation,
    push: PushService,
    status: int,
    retry_after: str | None,
    pause: timedelta,
) -> None:
    """RFC 8030 8.4."""
    push.status, push.retry_after = status, retry_after
    await suspend(running)
    await news.deliver(running.parts)

    assert await due(running, later=pause - timedelta(seconds=5)) == []
    assert len(await due(running, later=pause + timedelta(seconds=5))) == 1


@pytest.mark.parametrize("status", [pytest.param(404, id="push-404"), pytest.param(410, id="push-410")])
async def test_a_subscription_that_is_gone_is_forgotten(
    running: RunningInstallation, push: PushService, phone: Phone, status: int
) -> None:
    """RFC 8030 7.3."""
    push.status = status
    await suspend(running)
    await news.deliver(running.parts)
    push.status = 201
    await suspend(running)

    assert await due(running, later=timedelta(days=30)) == []
    async with httpx.AsyncClient() as client:
        assert (await client.post(phone.relay["endpoint"], headers={"ttl": "1"})).status_code in (410, 415)


@pytest.mark.parametrize(
    "status", [pytest.param(413, id="push-413"), pytest.param(401, id="push-401"), pytest.param(403, id="push-403")]
)
@pytest.mark.usefixtures("phone")
async def test_a_refused_message_is_not_sent_again(
    running: RunningInstallation, push: PushService, status: int
) -> None:
    push.status = status
    await suspend(running)
    await news.deliver(running.parts)

    assert len(push.bodies) == 1


@pytest.mark.usefixtures("phone")
async def test_what_a_crashed_worker_leased_is_due_again(running: RunningInstallation) -> None:
    await suspend(running)
    now = running.parts.now()
    assert len(await outbox.lease(running.parts.store, most=10, now=now, until=now + news.LEASE)) == 1

    assert await news.deliver(running.parts) == 0
    assert len(await due(running, later=news.LEASE + timedelta(seconds=1))) == 1


async def test_the_worker_delivers_by_itself(running: RunningInstallation, push: PushService, phone: Phone) -> None:
    async with working(running.parts, pause_s=0.02):
        await suspend(running)
        async with asyncio.timeout(20):
            while not push.bodies:  # noqa: ASYNC110  # the push service is another server
                await asyncio.sleep(0.05)

    assert phone.opened(push) == [{"issuer": "Northwind Robotics"}]


async def ring(phone: Phone, **changes: object) -> httpx.Response:
    organisation = await phone.running.organisation("northwind")
    key = news.sender_key(phone.running.parts, organisation.id)
    from_issuer = authorization(
        phone.relay["endpoint"], key=key, subject="mailto:a@b.example", now=phone.running.parts.now()
    )
    headers = {"ttl": "60", "content-encoding": "aes128gcm", "authorization": from_issuer}
    body = changes.pop("body", b"x" * 200)
    url = str(changes.pop("url", phone.relay["endpoint"]))
    for name, value in changes.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = str(value)
    async with httpx.AsyncClient() as client:
        return await client.post(url, content=body, headers=headers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({}, 201, id="right"),
        pytest.param({"ttl": None}, 400, id="push-no-ttl"),
        pytest.param({"content_encoding": "aesgcm"}, 415, id="another-encoding"),
        pytest.param({"authorization": None}, 403, id="no-sender"),
        pytest.param({"authorization": "Bearer x"}, 403, id="another-scheme"),
        pytest.param({"body": bytes(MAX_BODY_BYTES + 1)}, 413, id="push-too-large"),
    ],
)
async def test_the_relay_takes_what_the_registered_issuer_sends(
    phone: Phone, push: PushService, changes: dict[str, object], status: int
) -> None:
    assert (await ring(phone, **changes)).status_code == status
    assert len(push.bodies) == (status == 201)


async def test_the_relay_refuses_another_issuers_key(phone: Phone, push: PushService) -> None:
    other = await phone.running.organisation("lakeside")
    key = news.sender_key(phone.running.parts, other.id)
    token = authorization(phone.relay["endpoint"], key=key, subject="mailto:a@b", now=phone.running.parts.now())

    assert (await ring(phone, authorization=token)).status_code == 403
    assert push.bodies == []


async def test_the_relay_limits_how_often_one_endpoint_rings(phone: Phone) -> None:
    statuses = [(await ring(phone)).status_code for _ in range(MOST_IN_WINDOW + 1)]

    assert statuses == [201] * MOST_IN_WINDOW + [429]


async def test_a_removed_endpoint_is_gone_and_only_its_owner_removes_it(phone: Phone) -> None:
    async with httpx.AsyncClient() as client:
        for secret, status in [("wrong", 403), (phone.relay["secret"], 204), (phone.relay["secret"], 403)]:
            answer = await client.delete(phone.relay["endpoint"], headers={"authorization": f"Bearer {secret}"})
            assert answer.status_code == status

    assert (await ring(phone)).status_code == 410


async def test_an_endpoint_moves_to_the_browsers_new_subscription(phone: Phone, push: PushService) -> None:
    phone.browser = push.subscriber("another")
    move = {"subscription": msgspec.to_builtins(phone.browser.subscription)}
    async with httpx.AsyncClient() as client:
        headers = {"authorization": f"Bearer {phone.relay['secret']}"}
        assert (await client.put(phone.relay["endpoint"], json=move, headers=headers)).status_code == 204
    await suspend(phone.running)
    await news.deliver(phone.running.parts)

    assert phone.opened(push) == [{"issuer": "Northwind Robotics"}]


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("http://push.example/1", id="push-endpoint-http"),
        pytest.param("https://10.0.0.1/1", id="push-endpoint-private"),
        pytest.param("https://evil.example/fcm.googleapis.com", id="push-endpoint-unknown"),
        pytest.param("https://xpush.apple.com/1", id="push-endpoint-lookalike"),
    ],
)
async def test_the_relay_knows_its_push_services(running: RunningInstallation, endpoint: str) -> None:
    subscription = msgspec.to_builtins(Subscriber(endpoint).subscription)
    body = {"subscription": subscription, "vapid_public_key": await issuer_key(running)}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{running.wallet_url}/relay", json=body)

    assert answer.status_code == 400
    assert "push service that is listed" in answer.text
