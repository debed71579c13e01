"""Settings: what owners may change, what support may see, and one's own sessions."""

import re

import pytest

from tests.support.console import Front

SUPPORT = {"email": "desk@northwind.test", "phone": "+44 1", "url": "https://help.test/x", "time_zone": "Europe/Berlin"}
KEY = {"name": "Payroll", "scope_people": "yes"}


async def test_an_owner_changes_how_support_is_reached(front: Front) -> None:
    browser = await front.signed_in(role="owner")

    page = await browser.follow(await browser.post("/settings/support", SUPPORT))

    assert "Saved." in page.text
    public = await front.stranger().get("/help")
    assert all(text in public.text for text in ("desk@northwind.test", "+44 1", "https://help.test/x"))
    assert "14:20" in (await browser.get("/settings/me")).text  # 12:20 UTC in Berlin


@pytest.mark.parametrize(
    "wrong", [{"url": "javascript:alert(1)"}, {"url": "http://help.test"}, {"time_zone": "Mars"}, {"phone": "1" * 301}]
)
async def test_what_does_not_fit_is_refused(front: Front, wrong: dict[str, str]) -> None:
    browser = await front.signed_in(role="owner")

    assert (await browser.post("/settings/support", {**SUPPORT, **wrong})).status_code == 422
    assert "javascript:" not in (await front.stranger().get("/help")).text


async def test_a_key_is_shown_once_works_and_ends(front: Front) -> None:
    browser = await front.signed_in(role="owner")

    made = await browser.post("/settings/api-keys", KEY)
    found = re.search(r'value="(bf_[^"]+)"', made.text)
    assert found is not None
    secret = {"authorization": f"Bearer {found[1]}"}
    assert (await front.wire.console.get("/api/v1/people", headers=secret)).status_code == 200
    page = await browser.get("/settings")
    assert found[1] not in page.text

    end = re.search(r"/o/northwind(/settings/api-keys/[^/]+/end)", page.text)
    assert end is not None
    await browser.post(end[1])
    front.wire.clock.advance(seconds=6)
    assert (await front.wire.console.get("/api/v1/people", headers=secret)).status_code == 401


@pytest.mark.parametrize("form", [{"name": "", "scope_people": "yes"}, {"name": "Payroll"}, {"name": "x" * 61}])
async def test_a_key_needs_a_name_and_something_to_reach(front: Front, form: dict[str, str]) -> None:
    assert (await (await front.signed_in(role="owner")).post("/settings/api-keys", form)).status_code == 422


@pytest.mark.parametrize(
    ("path", "form"),
    [("/settings/support", SUPPORT), ("/settings/api-keys", KEY), ("/settings/api-keys/0/end", {})],
    ids=["support", "make-key", "end-key"],
)
async def test_support_may_not(front: Front, path: str, form: dict[str, str]) -> None:
    browser = await front.signed_in(role="support")
    before = await front.wire.snapshot()

    answer = await browser.post(path, form)

    assert (answer.status_code, "This is for others to do" in answer.text) == (403, True)
    assert await front.wire.snapshot() == before
    assert "Make an API key" not in (await browser.get("/settings")).text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/settings/support", SUPPORT),
        ("/settings/api-keys", KEY),
        ("/settings/api-keys/0/end", {}),
    ],
    ids=["support", "make-key", "end-key"],
)
async def test_every_change_is_guarded(front: Front, path: str, form: dict[str, str]) -> None:
    await front.assert_guarded(path, form, role="owner")


async def test_the_help_page_is_for_everybody_and_asks_for_nothing(front: Front) -> None:
    page = await front.stranger().get("/help")

    assert page.status_code == 200
    assert "<form" not in page.text


async def test_keys_show_when_they_end(front: Front) -> None:
    page = (await (await front.signed_in()).get("/settings")).text

    assert "Root of the organisation" in page
    assert "Signing Creds" in page
