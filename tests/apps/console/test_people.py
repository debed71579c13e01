"""People: found by name, number and reference, tolerantly; filtered, paged, and by staff of this organisation only."""

import time

import pytest

from billfold.adapters.store import directory
from billfold.adapters.store.directory import near
from billfold.adapters.store.folding import fold
from tests.support.console import Front
from tests.support.wire import Wire


@pytest.mark.parametrize(
    "typed",
    ["Okafor", "okaf", "AMARA oka", "Okafor Amara", "20418", "NR-20418", "okafro", "okfor", "okkafor", "okator"],
)
async def test_a_person_is_found(front: Front, typed: str) -> None:
    page = await (await front.signed_in()).get(f"/people?q={typed}")

    assert "Amara Okafor" in page.text
    assert "Mei Tanaka" not in page.text


@pytest.mark.parametrize(("typed", "name"), [("tomas alvarado", "Tomás Alvarado"), ("TOMÁS", "Tomás Alvarado")])
async def test_accents_make_no_difference(front: Front, typed: str, name: str) -> None:
    assert name in (await (await front.signed_in()).get(f"/people?q={typed}")).text


@pytest.mark.parametrize("typed", ["zzzzzz", "%", "_", "\\", "' OR 1=1 --", "<script>alert(1)</script>", "\0"])
async def test_nobody_is_found_and_nothing_breaks(front: Front, typed: str) -> None:
    browser = await front.signed_in()

    page = await browser.client.get("/o/northwind/people", params={"q": typed}, headers=browser._headers({}))

    assert page.status_code == 200
    assert "<script>alert" not in page.text


async def test_filters_have_counts(front: Front) -> None:
    await front.wire.paired()
    browser = await front.signed_in()

    page = await browser.get("/people?which=paired")

    assert "Amara Okafor" in page.text
    assert "Mei Tanaka" not in page.text
    assert 'Paired <span class="num">1</span>' in page.text
    assert 'No device <span class="num">3</span>' in page.text


async def test_a_reference_leads_to_its_person(front: Front) -> None:
    code = await front.wire.api(
        "POST", "/pairing-codes", {"person_id": (await front.wire.person()).id, "tx_code": False}
    )
    browser = await front.signed_in()

    answer = await browser.get(f"/people?q={code.headers['billfold-reference'].lower()}")

    assert answer.headers["location"] == f"/o/northwind/people/{(await front.wire.person()).id}"


async def test_pages_follow_each_other(front: Front) -> None:
    await add_people(front.wire, 60)
    browser = await front.signed_in()

    seen = [(await browser.get(f"/people?q=Extra&page={number}")).text for number in (1, 2, 3)]

    assert "1 to 25 of 60" in seen[0]
    assert "26 to 50 of 60" in seen[1]
    assert "51 to 60 of 60" in seen[2]
    assert ('rel="next"' in seen[2], 'rel="prev"' in seen[0]) == (False, False)


@pytest.mark.parametrize("page", ["0", "-1", "99999999999"])
async def test_a_page_that_is_not_there_is_empty_or_the_first(front: Front, page: str) -> None:
    assert (await (await front.signed_in()).get(f"/people?page={page}")).status_code == 200


async def test_strangers_and_other_organisations_see_nobody(front: Front) -> None:
    other = await front.signed_in("lakeside")
    assert "Jonas Lindqvist" not in (await other.get("/people")).text
    other.slug = "northwind"
    for browser in (front.stranger(), other):
        answer = await browser.get("/people")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/o/northwind/sign-in?next=%2Fo%2Fnorthwind%2Fpeople"


async def test_a_person_of_another_organisation_is_not_there(front: Front) -> None:
    person = await front.wire.person("Leyla Demir", "lakeside")
    browser = await front.signed_in()

    for path in ("", "/photo", "/replace", "/end-pairing", "/all/suspend"):
        assert (await browser.get(f"/people/{person.id}{path}")).status_code == 404


async def test_both_engines_find_the_same(either_wire: Wire) -> None:
    organisation = await either_wire.organisation("northwind")
    for typed in ("okafor", "okafro", "tomas", "20377", ""):
        found = await directory.find(
            either_wire.parts.store, organisation.id, typed, "all", first=0, now=either_wire.clock()
        )
        names = [each.person.name for each in found.people]
        assert len(names) == (4 if not typed else 1), typed


async def test_a_changed_name_is_found(front: Front) -> None:
    person = await front.wire.person()
    assert (await front.wire.api("PATCH", f"/people/{person.id}", {"name": "Amara Nwosu"})).status_code == 200

    assert "Amara Nwosu" in (await (await front.signed_in()).get("/people?q=nwosu")).text


def test_folding_forgets_accents_and_case() -> None:
    assert fold("  Ngọc  TRẦN  Sørensen Weiß ") == "ngoc tran sorensen weiss"


def test_near_patterns_escape_what_like_would_read() -> None:
    assert all("%" not in pattern.strip("%").replace("\\%", "") for pattern in near("50%x"))


async def test_twenty_thousand_people_are_searched_in_a_moment(front: Front) -> None:
    """A guard against a scan gone quadratic, not a benchmark: the bound is many times what it takes."""
    await add_people(front.wire, 20_000)
    organisation = await front.wire.organisation("northwind")
    began = time.monotonic()
    for typed in ("Extra 19999", "extar 19999", "", "zzzzzzzz"):
        await directory.find(
            front.wire.parts.store, organisation.id, typed, "no_device", first=0, now=front.wire.clock()
        )
    assert time.monotonic() - began < 20


async def add_people(wire: Wire, count: int) -> None:
    """Add people directly: the API would take its time."""
    organisation = await wire.organisation("northwind")
    rows = [(wire.parts.new_id(), organisation.id, f"Extra {n}", "{}", "[]", f"extra {n}", 0) for n in range(count)]
    connection = wire.parts.store.connection  # type: ignore[attr-defined]  # SQLite's
    connection.executemany(
        "INSERT INTO people (id, organisation_id, name, attributes, groups, folded, created_at) VALUES (?,?,?,?,?,?,?)",
        rows,
    )
