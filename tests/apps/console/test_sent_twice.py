"""Forms that are sent twice, as by a double click on a slow line: one thing is made, and both lead to it."""

import asyncio

from tests.apps.console.test_creds import REASON, cred_path, person_path
from tests.apps.console.test_templates import GOOD as TEMPLATE
from tests.support.console import Front, WebBrowser, once_of

ZOE = {"name": "Zoë Ngũgĩ", "a_team": "Night shift"}
REPLACE = {"checked": "called_back", "reason": "lost", "colleague": ""}


async def sent_twice(browser: WebBrowser, page: str, path: str, form: dict[str, str]) -> str:
    """Open *page*, send its form to *path* twice at once and once more; return where all of them lead."""
    sent = {**form, "once": once_of(await browser.get(page))}
    answers = await asyncio.gather(browser.post(path, sent), browser.post(path, sent))
    answers.append(await browser.post(path, sent))
    assert [each.status_code for each in answers] == [303, 303, 303], [each.text for each in answers]
    (place,) = {str(each.headers["location"]) for each in answers}
    return place


async def people_called(front: Front, name: str) -> int:
    return [row for rows in (await front.wire.snapshot())["people"] for row in rows].count(name)


async def test_one_person_is_added(front: Front) -> None:
    browser = await front.signed_in()

    place = await sent_twice(browser, "/people/new", "/people/new", ZOE)

    assert await people_called(front, ZOE["name"]) == 1
    assert (await front.wire.person(ZOE["name"])).id in place


async def test_another_person_in_the_form_that_was_sent_is_added_too(front: Front) -> None:
    browser = await front.signed_in()
    once = once_of(await browser.get("/people/new"))

    for name in ("Zoë Ngũgĩ", "Ada Ngũgĩ"):
        assert (await browser.post("/people/new", {**ZOE, "name": name, "once": once})).status_code == 303

    assert (await people_called(front, "Zoë Ngũgĩ"), await people_called(front, "Ada Ngũgĩ")) == (1, 1)


async def test_each_page_and_each_member_of_staff_asks_anew(front: Front) -> None:
    support, owner = await front.signed_in(), await front.signed_in(role="owner")
    first, second = [once_of(await support.get("/people/new")) for _ in range(2)]

    for browser, once in ((support, first), (support, second), (owner, first)):
        assert (await browser.post("/people/new", {**ZOE, "once": once})).status_code == 303

    assert await people_called(front, ZOE["name"]) == 3


async def test_a_form_that_was_wrong_comes_back_with_an_id_of_its_own(front: Front) -> None:
    browser = await front.signed_in()
    once = once_of(await browser.get("/people/new"))

    refused = await browser.post("/people/new", {**ZOE, "name": "", "once": once})

    assert refused.status_code == 422
    assert once_of(refused) != once


async def test_a_device_is_replaced_once_and_both_show_the_code(front: Front) -> None:
    await front.wire.paired()
    browser, path = await front.signed_in(), f"/people/{(await front.wire.person()).id}/replace"

    place = await sent_twice(browser, path, path, REPLACE)

    page = await browser.get(place.removeprefix("/o/northwind"))
    assert "Link, for the same device" in page.text


async def test_one_pairing_code_is_made(front: Front) -> None:
    browser, path = await front.signed_in(), f"/people/{(await front.wire.person()).id}"
    before = len((await front.wire.snapshot())["pairing_codes"])

    await sent_twice(browser, path, f"{path}/pair", {})

    assert len((await front.wire.snapshot())["pairing_codes"]) == before + 1


async def test_a_cred_is_issued_once(front: Front) -> None:
    browser, path = await front.signed_in(), await person_path(front)
    await browser.post(await cred_path(front, "revoke"), REASON)
    before = len((await front.wire.snapshot())["entitlements"])

    place = await sent_twice(browser, path, f"{path}/issue", {"credential_type": "employee-badge"})

    assert "done=issue" in place
    assert len((await front.wire.snapshot())["entitlements"]) == before + 1


async def test_one_template_is_made(counter: Front) -> None:
    browser = await counter.signed_in("harbour", "owner")

    place = await sent_twice(browser, "/templates/new", "/templates/new", TEMPLATE)

    assert "night-entrance" in place
