"""One's own sign-in: sessions, password, and the keys of the keyboard."""

import re

from tests.support.console import PASSWORD, Front

NEW = "another password for tests"


async def test_one_ends_ones_other_session_and_nobody_elses(front: Front) -> None:
    here, there, owner = await front.signed_in(), await front.signed_in(), await front.signed_in(role="owner")
    page = await here.get("/settings/me")
    end = re.search(r"/o/northwind(/settings/me/sessions/[^/]+/end)", page.text)
    assert end is not None

    await owner.post(end[1])
    assert (await there.get("/people")).status_code == 200
    await here.post(end[1])

    assert (await there.get("/people")).status_code == 303
    assert (await here.get("/people")).status_code == 200


async def test_sessions_are_told_by_browser_and_system_in_words(front: Front) -> None:
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
    here, there = await front.signed_in(), front.stranger()
    await there.get("/sign-in")
    front.wire.console.headers["user-agent"] = windows
    await there.post("/sign-in", {"email": "support@northwind.test", "password": PASSWORD})

    page = await here.get("/settings/me")

    assert ("Firefox on Windows" in page.text, "Another browser" in page.text) == (True, True)
    assert "Mozilla" not in page.text


async def test_a_new_password_ends_all_other_sessions(front: Front) -> None:
    here, there = await front.signed_in(), await front.signed_in()

    page = await here.follow(await here.post("/settings/me/password", {"present": PASSWORD, "password": NEW}))

    assert "The password is set." in page.text
    assert (await there.get("/people")).status_code == 303
    stranger = front.stranger()
    await stranger.get("/sign-in")
    given = {"email": "support@northwind.test"}
    assert (await stranger.post("/sign-in", {**given, "password": PASSWORD})).status_code == 403
    assert (await stranger.post("/sign-in", {**given, "password": NEW})).status_code == 303


async def test_without_the_present_password_nothing_changes(front: Front) -> None:
    browser = await front.signed_in()
    before = await front.wire.snapshot()

    for form in ({"present": "wrong", "password": NEW}, {"password": NEW}, {"present": PASSWORD, "password": "short"}):
        assert (await browser.post("/settings/me/password", form)).status_code == 422

    assert await front.wire.snapshot() == before


async def test_keys_are_switched_off_for_oneself_alone(front: Front) -> None:
    browser, owner = await front.signed_in(), await front.signed_in(role="owner")

    page = await browser.follow(await browser.post("/settings/me/keys", {"keys": "off"}))

    assert "Keys are off." in page.text
    assert "Keys are on." in (await owner.get("/settings/me")).text
    assert "Keys are on." in (await browser.follow(await browser.post("/settings/me/keys", {"keys": "on"}))).text
