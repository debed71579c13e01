"""The audit: searched by words, person, staff, action, time and reference; of this organisation only."""

import re
from importlib.resources import files

import pytest

from billfold.apps.words import LANGUAGES, words_for
from tests.support.console import Front

SUBJECTS = (
    "person|entitlement|credential|credential_type|pairing_code|pairing|device|mail|staff|passkey|api_key|signing_key"
    "|organisation|presentation_template|presentation_request"
)


async def busy(front: Front) -> str:
    """Let something happen, and return its reference."""
    person = await front.wire.person()
    made = await front.wire.api("POST", "/pairing-codes", {"person_id": person.id, "tx_code": False})
    return str(made.headers["billfold-reference"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("q=okafor", True),
        ("q=tanaka", False),
        ("action=pairing_code.created", True),
        ("action=person.created", False),
        ("actor=staff:nobody", False),
        ("since=2026-06-01", True),
        ("since=2026-06-02", False),
        ("until=2026-05-31", False),
        ("until=nonsense", True),
        ("since=0001-01-01", True),
        ("until=9999-12-31", True),
    ],
)
async def test_an_entry_is_found(front: Front, query: str, found: bool) -> None:
    await busy(front)
    browser = await front.signed_in()

    page = await browser.get(f"/audit?{query}")

    assert page.status_code == 200
    assert ('<th scope="row">Pairing code made</th>' in page.text) is found


async def test_a_reference_finds_its_entry(front: Front) -> None:
    reference = await busy(front)

    page = await (await front.signed_in()).get(f"/audit?q={reference.lower()}")

    assert page.text.count('<th scope="row">') == 1
    assert reference in page.text


async def test_an_act_of_staff_names_them(front: Front) -> None:
    browser = await front.signed_in()
    await browser.post(f"/people/{(await front.wire.person()).id}/pair")

    page = await browser.get("/audit?actor=staff:support@northwind.test&action=pairing_code.created")

    assert "support of northwind" in page.text


async def test_one_persons_entries(front: Front) -> None:
    await busy(front)
    other = await front.wire.person("Mei Tanaka")

    page = await (await front.signed_in()).get(f"/audit?person={other.id}")

    assert "Amara Okafor" not in page.text
    assert "Mei Tanaka" in page.text


async def test_pages_follow_each_other(front: Front) -> None:
    browser = await front.signed_in()
    for _ in range(60):
        await busy(front)
        front.wire.clock.advance(seconds=1)

    first = await browser.get("/audit?action=pairing_code.created")

    assert first.text.count('<th scope="row">') == 50
    assert "Older" in first.text


async def test_strangers_and_other_organisations_read_nothing(front: Front) -> None:
    await busy(front)
    other = await front.signed_in("lakeside")
    assert "Pairing code made</th>" not in (await other.get("/audit")).text
    other.slug = "northwind"

    for browser in (front.stranger(), other):
        assert (await browser.get("/audit")).status_code == 303


async def test_an_entry_says_what_it_is_about_beside_the_person(front: Front) -> None:
    person = await front.wire.person()
    listed = (await front.wire.api("GET", f"/entitlements?person_id={person.id}")).json()["items"]
    held = next(each for each in listed if each["credential_type"] == "employee-badge")
    await front.wire.api("POST", f"/entitlements/{held['id']}/suspend", {"reason": "lost"})
    browser = await front.signed_in(role="owner")
    await browser.post("/settings/api-keys", {"name": "Payroll", "scope_people": "yes"})

    cred, key, template, types = [
        (await browser.get(f"/audit?action={action}")).text
        for action in (
            "entitlement.suspended",
            "api_key.created",
            "presentation_template.created",
            "credential_type.created",
        )
    ]

    assert 'dir="auto">Amara Okafor</a><span dir="auto" class="block small quiet">Employee badge</span>' in cred
    assert '<span dir="auto">Payroll</span>' in key
    assert '<span dir="auto">Test lab visit</span>' in template
    assert '<span dir="auto">Parking permit</span>' in types


async def test_what_a_wallet_told_of_a_cred_stands_in_words(front: Front) -> None:
    device = await front.wire.paired()
    told = {"notification_id": (await device.receive())["notification_id"], "event": "credential_accepted"}
    await device.notify(told)

    page = (await (await front.signed_in()).get("/audit?action=credential.device_event")).text

    assert "Accepted by the wallet" in page
    assert "credential_accepted" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_that_is_recorded_has_words(language: str) -> None:
    recorded = set()
    for module in files("billfold.adapters.store").iterdir():
        if module.name.endswith(".py"):
            recorded |= set(re.findall(rf'"((?:{SUBJECTS})\.(?!id")[a-z_]+)"', module.read_text()))

    assert len(recorded) > 30
    assert {action for action in recorded if not words_for(language, "UTC").has(f"action.{action}")} == set()
