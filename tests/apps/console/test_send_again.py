"""Send again: a device is woken once more, where it can be; and the time line tells of every wake."""

from typing import Any

from billfold.adapters.store import outbox
from tests.support.console import Front
from tests.support.device import subscription

SUBSCRIPTION = subscription()
CLIENT = {
    "version": "1.4.0",
    "unlock": "prf",
    "display_mode": "standalone",
    "persisted": True,
    "notifications": "granted",
}


async def path_of(front: Front) -> str:
    return f"/people/{(await front.wire.person()).id}"


async def paired(front: Front, *, subscription: dict[str, Any] | None) -> None:
    """Pair a device that says this of itself, and let it collect what there is."""
    device = await front.wire.paired()
    said = {"device_name": "Amara's phone", "push_subscription": subscription, "client": CLIENT}
    assert (await device.pairing("PUT", said)).status_code == 204
    await device.receive()
    if subscription is not None:
        connection = front.wire.parts.store.connection  # type: ignore[attr-defined]  # SQLite's
        connection.execute("DELETE FROM outbox")


async def deliver(front: Front) -> int:
    """Pretend that every message that waits was delivered."""
    now = front.wire.clock()
    wakes = await outbox.lease(front.wire.parts.store, most=50, now=now, until=now)
    for wake in wakes:
        await outbox.woken(front.wire.parts.store, wake.id, front.wire.parts.act("system"))
    return len(wakes)


async def test_news_goes_to_the_device_once_more(front: Front) -> None:
    await paired(front, subscription=SUBSCRIPTION)
    browser = await front.signed_in()
    assert "Send again" in (await browser.get(await path_of(front))).text

    page = await browser.follow(await browser.post(f"{await path_of(front)}/send-again"))

    assert "News is on its way to the device." in page.text
    assert await deliver(front) == 1
    page = await browser.get(await path_of(front))
    assert "News sent again" in page.text
    assert "Device woken" in page.text


async def test_a_device_without_notifications_is_said_to_be_one(front: Front) -> None:
    await paired(front, subscription=None)
    browser = await front.signed_in()
    assert "This device takes no notifications" in (await browser.get(await path_of(front))).text
    before = await front.wire.snapshot()

    answer = await browser.post(f"{await path_of(front)}/send-again")

    assert (answer.status_code, "looks for news then" in answer.text) == (409, True)
    assert await front.wire.snapshot() == before


async def test_without_a_device_there_is_nothing_to_send(front: Front) -> None:
    browser = await front.signed_in()

    assert (await browser.post(f"{await path_of(front)}/send-again")).status_code == 409


async def test_sending_again_is_guarded(front: Front) -> None:
    await paired(front, subscription=SUBSCRIPTION)
    await front.assert_guarded(f"{await path_of(front)}/send-again", {})


async def test_the_api_sends_again_too(front: Front) -> None:
    await paired(front, subscription=SUBSCRIPTION)
    person = await front.wire.person()
    (pairing,) = (await front.wire.api("GET", f"/pairings?person_id={person.id}")).json()["items"]

    assert (await front.wire.api("POST", f"/pairings/{pairing['id']}/send-again")).status_code == 204
    assert (await front.wire.api("POST", f"/pairings/{pairing['id']}/send-again", slug="lakeside")).status_code == 404
    assert await deliver(front) == 1


async def test_what_the_wallet_said_of_itself_is_told_in_words(front: Front) -> None:
    await paired(front, subscription=SUBSCRIPTION)

    page = (await (await front.signed_in()).get(await path_of(front))).text

    assert all(word in page for word in ("1.4.0", "Screen lock", "An app", "Allowed", "Said by the wallet"))


async def test_the_time_line_tells_all_that_happened_to_a_cred(front: Front) -> None:
    front.wire.clock.advance(seconds=1)
    await paired(front, subscription=SUBSCRIPTION)
    browser, path = await front.signed_in(), await path_of(front)
    rows = (await front.wire.snapshot())["entitlements"]
    person = await front.wire.person()
    badge = next(str(row[0]) for row in rows if "employee-badge" in row and person.id in row)
    front.wire.clock.advance(seconds=1)
    await browser.post(f"{path}/creds/{badge}/suspend", {"reason": "plate does not match"})
    front.wire.clock.advance(seconds=1)
    assert await deliver(front) == 1
    front.wire.clock.advance(seconds=1)
    await browser.post(f"{path}/replace", {"checked": "in_person", "reason": "lost"})

    page = (await browser.get(path)).text

    line = page[page.index("Employee badge</h3>") :]
    line = line[line.index('<ol class="timeline') :]
    line = line[: line.index("</ol>")]
    told = ("Device replaced", "Device woken", "Suspended", "Collected by the device", "Entitled")
    assert [line.index(word) for word in told] == sorted(line.index(word) for word in told)
    assert "plate does not match" in line
