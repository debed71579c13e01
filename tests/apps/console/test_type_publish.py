"""Publish: with a reason, against the version that was seen; what differs is told in words, and no work is lost."""

from typing import Any

import pytest

from tests.support.console import PASSWORD, Front, WebBrowser
from tests.support.type_forms import BADGE, form_of, keep
from tests.support.wire import Wire


async def second_owner(front: Front) -> WebBrowser:
    """Return a browser of another owner of the same organisation."""
    await front.hire("northwind", "owner")
    first = await front.signed_in(role="owner")
    form = {"email": "other@northwind.test", "name": "Other Owner", "role": "owner"}
    made = await first.post("/settings/staff", form)
    link = made.text.partition("/join/")[2].partition('"')[0]
    other = front.stranger()
    await other.get(f"/join/{link}")
    joined = await other.post(f"/join/{link}", {"password": PASSWORD})
    assert joined.status_code == 303, joined.text
    await other.get("/types")
    return other


async def badge(wire: Wire) -> dict[str, Any]:
    return dict((await wire.api("GET", "/credential-types/employee-badge")).json())


async def test_publishing_says_whom_it_concerns_and_keeps_who_and_why(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    form = await form_of(browser, f"{BADGE}/fields", do="add")
    await browser.post(f"{BADGE}/fields", form)
    last = len(form["order"].split(","))
    floor = {f"f{last}.label.en": "Floor", f"f{last}.label.de": "Etage", "f3.label.en": "Group"}
    await keep(browser, f"{BADGE}/fields", floor)

    asked = (await browser.get(f"{BADGE}/publish")).text
    assert "4 people hold it" in asked
    assert "Their Creds are renewed when their wallets come." in asked
    assert '<ins dir="auto">Floor</ins>' in asked
    assert '<del dir="auto">Team</del> <ins dir="auto">Group</ins>' in asked

    done = await browser.follow(await browser.post(f"{BADGE}/publish", {"reason": "Floors <b>matter</b>"}))
    assert "Version 2 is published." in done.text
    assert "Floors &lt;b&gt;matter&lt;/b&gt;" in done.text
    assert "owner of northwind" in done.text
    assert (await badge(front.wire))["version"] == 2
    compared = (await browser.get(f"{BADGE}/versions?since=1&until=2")).text
    assert "Field added:" in compared
    audit = (await browser.get("/audit")).text
    assert "New version of a Cred type" in audit
    assert "Floors &lt;b&gt;matter&lt;/b&gt;" in audit


async def test_a_new_look_renews_nothing_and_says_so(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    await keep(browser, f"{BADGE}/look", {"background_color": "#000000", "no_art": "yes"})

    page = (await browser.get(f"{BADGE}/publish")).text

    assert "Their Creds stay as they are." in page
    assert '<del dir="auto">#2b3474</del> <ins dir="auto">#000000</ins>' in page


@pytest.mark.parametrize("reason", ["", "x" * 501])
async def test_without_a_reason_nothing_is_published(front: Front, reason: str) -> None:
    browser = await front.signed_in(role="owner")
    await keep(browser, f"{BADGE}/validity", {"validity_days": "90"})

    answer = await browser.post(f"{BADGE}/publish", {"reason": reason})

    assert (answer.status_code, "Write a reason" in answer.text) == (422, True)
    assert (await badge(front.wire))["version"] == 1


async def test_a_first_version_is_published_and_issued(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    await browser.post("/types/new", {"names.en": "Visitor pass"})
    assert "Nobody holds it yet" in (await browser.get("/types/visitor-pass/publish")).text

    await browser.post("/types/visitor-pass/publish", {"reason": "Visitors come"})

    found = (await front.wire.api("GET", "/credential-types/visitor-pass")).json()
    assert (found["version"], found["definition"]["names"]) == (1, {"en": "Visitor pass"})
    person = await front.wire.person()
    assert "Visitor pass" in (await browser.get(f"/people/{person.id}")).text


async def test_who_published_meanwhile_is_told_and_both_changes_stay(front: Front) -> None:
    mine, theirs = await front.signed_in(role="owner"), await second_owner(front)
    await keep(mine, f"{BADGE}/validity", {"validity_days": "90"})
    await keep(theirs, f"{BADGE}/look", {"background_color": "#000000", "no_art": "yes"})
    assert (await theirs.post(f"{BADGE}/publish", {"reason": "Black is back"})).status_code == 303

    refused = await mine.post(f"{BADGE}/publish", {"reason": "Shorter"})
    assert refused.status_code == 422
    assert "Somebody published a newer version meanwhile" in refused.text
    assert "Version 2 by Other Owner" in refused.text
    assert "Black is back" in refused.text
    assert "What differs from version 1" in refused.text
    assert "Background:" not in refused.text
    assert (await badge(front.wire))["version"] == 2

    carried = (await mine.follow(await mine.post(f"{BADGE}/carry-over"))).text
    assert "Validity:" in carried
    assert "Background:" not in carried
    await mine.post(f"{BADGE}/publish", {"reason": "Shorter"})
    now = await badge(front.wire)
    assert (now["version"], now["definition"]["validity_days"]) == (3, 90)
    assert now["definition"]["look"]["background_color"] == "#000000"


async def test_a_form_that_was_opened_before_takes_nothing_back(front: Front) -> None:
    mine, theirs = await front.signed_in(role="owner"), await second_owner(front)
    opened = await form_of(mine, f"{BADGE}/texts", names__en="Staff badge")
    await keep(theirs, f"{BADGE}/texts", {"descriptions.en": "Theirs.", "descriptions.de": "Von ihnen."})
    await theirs.post(f"{BADGE}/publish", {"reason": "Words"})

    page = await mine.follow(await mine.post(f"{BADGE}/texts", opened))
    assert "Somebody published a newer version meanwhile" in page.text
    await mine.post(f"{BADGE}/carry-over")
    await mine.post(f"{BADGE}/publish", {"reason": "Name"})

    definition = (await badge(front.wire))["definition"]
    assert definition["names"]["en"] == "Staff badge"
    assert definition["descriptions"]["en"] == "Theirs."


async def test_publishing_twice_makes_one_version(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    await keep(browser, f"{BADGE}/validity", {"validity_days": "90"})

    for _ in range(2):
        assert (await browser.post(f"{BADGE}/publish", {"reason": "Shorter"})).status_code == 303

    assert (await badge(front.wire))["version"] == 2


@pytest.mark.parametrize("query", ["?since=1&until=9", "?since=-1&until=1", "?since=1&until=1"])
async def test_versions_that_are_not_there_differ_in_nothing(front: Front, query: str) -> None:
    page = await (await front.signed_in()).get(f"{BADGE}/versions{query}")

    assert page.status_code == 200
    assert "From version" not in page.text


async def test_by_api_a_version_has_its_reason_too(wire: Wire) -> None:
    definition = {**(await badge(wire))["definition"], "validity_days": 30}

    await wire.api(
        "PUT", "/credential-types/employee-badge", {"replaces": 1, "definition": definition, "reason": "Shorter"}
    )

    versions = (await wire.api("GET", "/credential-types/employee-badge/versions")).json()["items"]
    assert [(each["actor"].partition(":")[0], each["reason"]) for each in versions] == [
        ("system", None),
        ("api", "Shorter"),
    ]


async def test_of_two_new_types_of_one_name_the_second_is_told_and_kept(front: Front) -> None:
    mine, theirs = await front.signed_in(role="owner"), await second_owner(front)
    for browser in (mine, theirs):
        await browser.post("/types/new", {"names.en": "Visitor pass"})
    await keep(mine, "/types/visitor-pass/validity", {"validity_days": "5"})
    assert (await theirs.post("/types/visitor-pass/publish", {"reason": "First"})).status_code == 303

    refused = await mine.post("/types/visitor-pass/publish", {"reason": "Second"})

    assert (refused.status_code, "Version 1 by Other Owner" in refused.text) == (422, True)
    await mine.post("/types/visitor-pass/carry-over")
    assert (await mine.post("/types/visitor-pass/publish", {"reason": "Second"})).status_code == 303
    found = (await front.wire.api("GET", "/credential-types/visitor-pass")).json()
    assert (found["version"], found["definition"]["validity_days"]) == (2, 5)
