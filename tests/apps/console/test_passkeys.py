"""Passkeys: added, used, renamed and removed; and every way in which one must not open the console."""

import json
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from billfold.adapters.store import passkeys
from tests.support.authenticator import USER_PRESENT, USER_VERIFIED, Authenticator, b64u
from tests.support.console import PASSWORD, Front, WebBrowser
from tests.support.wire import Wire

ME = "/settings/me"
REMOVE = re.compile(r"/o/northwind(/settings/me/passkeys/[^/]+/remove)")


def authenticator(front: Front) -> Authenticator:
    return Authenticator(front.wire.parts.addresses.console)


async def options(browser: WebBrowser, path: str) -> dict[str, Any]:
    """Return what the page's script is given."""
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
    return dict(answer.json())


async def added(browser: WebBrowser, device: Authenticator, name: str = "Laptop") -> httpx.Response:
    """Add a passkey in Settings."""
    made = device.create(await options(browser, f"{ME}/passkey"))
    return await browser.post(f"{ME}/passkeys", {"credential": made, "name": name})


async def with_passkey(front: Front, slug: str = "northwind") -> Authenticator:
    """Return an authenticator of a member of staff."""
    device = authenticator(front)
    assert (await added(await front.signed_in(slug), device)).status_code == 303
    return device


async def entered(front: Front, device: Authenticator, slug: str = "northwind") -> httpx.Response:
    """Sign in with a new browser and this authenticator."""
    browser = front.stranger(slug)
    await browser.get("/sign-in")
    signed = device.get(await options(browser, "/sign-in/passkey"))
    return await browser.post("/sign-in/passkey", {"credential": signed})


def assert_refused(answer: httpx.Response) -> None:
    assert (answer.status_code, "This passkey does not open this organisation here" in answer.text) == (403, True)


async def test_a_passkey_signs_in_without_an_email(front: Front) -> None:
    device = await with_passkey(front)
    browser = front.stranger()
    await browser.get("/sign-in")

    signed = device.get(await options(browser, "/sign-in/passkey"))
    answer = await browser.post("/sign-in/passkey", {"credential": signed, "next": "/o/northwind/audit"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/o/northwind/audit")
    assert (await browser.get("/people")).status_code == 200


async def test_the_question_names_this_host_and_wants_its_person_verified(front: Front) -> None:
    browser = await front.signed_in()
    asked = await options(browser, f"{ME}/passkey")

    assert asked["rp"]["id"] == "localhost"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert (await options(browser, "/sign-in/passkey"))["userVerification"] == "required"


async def test_a_known_passkey_is_named_so_that_a_device_makes_no_second(front: Front) -> None:
    device, browser = authenticator(front), await front.signed_in()
    await added(browser, device)

    asked = await options(browser, f"{ME}/passkey")

    assert [each["id"] for each in asked["excludeCredentials"]] == [b64u(device.credential_id)]
    assert (await added(browser, device)).status_code == 422


async def test_a_passkey_is_renamed_and_removed(front: Front) -> None:
    device, browser = authenticator(front), await front.signed_in()
    page = await browser.follow(await added(browser, device))
    assert "The passkey is added." in page.text
    remove = REMOVE.search(page.text)
    assert remove is not None

    page = await browser.follow(await browser.post(remove[1].replace("remove", "rename"), {"name": "Desk <key>"}))
    assert "Desk &lt;key&gt;" in page.text

    page = await browser.follow(await browser.post(remove[1]))
    assert "Desk" not in page.text
    assert_refused(await entered(front, device))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"origin": "https://evil.example"}, id="origin"),
        pytest.param({"rp_id": "evil.example"}, id="rp-id"),
        pytest.param({"flags": USER_PRESENT}, id="person-not-verified"),
        pytest.param({"flags": USER_VERIFIED}, id="person-not-present"),
        pytest.param({"user_handle": b"somebody else"}, id="user-handle"),
        pytest.param({"credential_id": b"unknown"}, id="unknown"),
    ],
)
async def test_a_signature_that_proves_something_else_opens_nothing(front: Front, wrong: dict[str, Any]) -> None:
    device = await with_passkey(front)
    before = await front.wire.snapshot()

    assert_refused(await entered(front, replace(device, **wrong)))

    assert await front.wire.snapshot() == before


async def test_another_key_under_the_same_name_opens_nothing(front: Front) -> None:
    device = await with_passkey(front)

    assert_refused(await entered(front, replace(device, key=authenticator(front).key)))


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"flags": USER_PRESENT}]
)
async def test_a_passkey_of_another_page_is_not_kept(front: Front, wrong: dict[str, Any]) -> None:
    browser = await front.signed_in()
    before = await front.wire.snapshot()

    answer = await added(browser, replace(authenticator(front), **wrong))

    assert (answer.status_code, "The passkey could not be checked" in answer.text) == (422, True)
    assert await front.wire.snapshot() == before


async def test_a_challenge_signs_in_once(front: Front) -> None:
    device, browser = await with_passkey(front), front.stranger()
    await browser.get("/sign-in")
    kept, token = dict(browser.cookies), browser.token
    signed = device.get(await options(browser, "/sign-in/passkey"))
    assert (await browser.post("/sign-in/passkey", {"credential": signed})).status_code == 303

    browser.cookies = kept

    assert_refused(await browser.post("/sign-in/passkey", {"credential": signed}, token=token))


async def test_a_challenge_is_for_the_browser_that_asked(front: Front) -> None:
    device, one, other = await with_passkey(front), front.stranger(), front.stranger()
    await one.get("/sign-in")
    await other.get("/sign-in")

    signed = device.get(await options(one, "/sign-in/passkey"))

    assert_refused(await other.post("/sign-in/passkey", {"credential": signed}))


async def test_a_challenge_lives_five_minutes(front: Front) -> None:
    device, browser = await with_passkey(front), front.stranger()
    await browser.get("/sign-in")
    signed = device.get(await options(browser, "/sign-in/passkey"))
    front.wire.clock.advance(minutes=5, seconds=1)

    assert_refused(await browser.post("/sign-in/passkey", {"credential": signed}))


async def test_a_challenge_to_register_does_not_sign_in(front: Front) -> None:
    browser, device = await front.signed_in(), authenticator(front)
    await added(browser, device)

    signed = device.get(await options(browser, f"{ME}/passkey"))

    assert_refused(await browser.post("/sign-in/passkey", {"credential": signed}))


@pytest.mark.parametrize(("counts", "opens"), [((1, 2), True), ((5, 5), False), ((5, 4), False), ((0, 0), True)])
async def test_a_counter_that_does_not_rise_tells_of_a_copy(front: Front, counts: tuple[int, int], opens: bool) -> None:
    device = await with_passkey(front)
    device.sign_count = counts[0]
    assert (await entered(front, device)).status_code == 303

    device.sign_count = counts[1]
    answer = await entered(front, device)

    if opens:
        assert answer.status_code == 303
    else:
        assert_refused(answer)


async def test_a_counter_is_checked_where_it_is_written(front: Front) -> None:
    """Two sign-ins at once read the same counter: the statement that writes it lets one of them pass."""
    device = await with_passkey(front)
    organisation = await front.wire.organisation("northwind")
    found = await passkeys.by_credential_id(front.wire.parts.store, organisation.id, device.credential_id)
    assert found is not None
    now = front.wire.clock()
    both = [await passkeys.use(front.wire.parts.store, found[0].id, sign_count=7, now=now) for _ in range(2)]
    assert both == [True, False]


async def test_a_passkey_of_another_organisation_opens_nothing(front: Front) -> None:
    assert_refused(await entered(front, await with_passkey(front, "lakeside"), "northwind"))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        "x" * 17_000,
        "[" * 5000,
        json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
        json.dumps({"id": "A", "rawId": "A", "type": "public-key", "response": {"clientDataJSON": "A"}}),
        json.dumps(
            {
                "id": "AA",
                "rawId": "AA",
                "type": "public-key",
                "response": {
                    "clientDataJSON": b64u(b'{"type":"webauthn.get","challenge":"AA","origin":"x"}'),
                    "authenticatorData": "AA",
                    "signature": "AA",
                    "attestationObject": "AA",
                },
            }
        ),
    ],
    ids=["nothing", "null", "list", "empty", "long", "deep", "no-response", "odd-base64", "zeros"],
)
async def test_nonsense_is_refused_and_changes_nothing(front: Front, answer: str) -> None:
    browser = await front.signed_in()
    before = await front.wire.snapshot()

    assert_refused(await browser.post("/sign-in/passkey", {"credential": answer}))
    kept = await browser.post(f"{ME}/passkeys", {"credential": answer, "name": "x"})

    assert kept.status_code == 422
    assert await front.wire.snapshot() == before


async def test_the_last_way_in_is_not_removed(front: Front) -> None:
    device, browser = authenticator(front), await front.signed_in()
    page = await browser.follow(await added(browser, device))
    remove = REMOVE.search(page.text)
    assert remove is not None
    connection = front.wire.parts.store.connection  # type: ignore[attr-defined]  # SQLite's
    connection.execute("UPDATE staff SET password_hash = '' WHERE email = 'support@northwind.test'")

    answer = await browser.post(remove[1])

    assert (answer.status_code, "This is your last way to sign in" in answer.text) == (422, True)
    assert (await entered(front, device)).status_code == 303
    refused = front.stranger()
    await refused.get("/sign-in")
    assert (await refused.post("/sign-in", {"email": "support@northwind.test", "password": ""})).status_code == 403


async def test_somebody_elses_passkey_is_not_touched(front: Front) -> None:
    browser, owner = await front.signed_in(), await front.signed_in(role="owner")
    page = await browser.follow(await added(browser, authenticator(front)))
    remove = REMOVE.search(page.text)
    assert remove is not None
    before = await front.wire.snapshot()

    assert (await owner.post(remove[1])).status_code == 404
    assert (await owner.post(remove[1].replace("remove", "rename"), {"name": "mine"})).status_code == 404
    assert await front.wire.snapshot() == before


async def test_passkeys_of_one_person_are_bounded(front: Front) -> None:
    browser = await front.signed_in()
    for _ in range(20):
        assert (await added(browser, authenticator(front))).status_code == 303

    assert (await added(browser, authenticator(front))).status_code == 422


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/settings/me/passkeys", {"credential": "{}"}),
        ("/settings/me/passkeys/0/rename", {"name": "x"}),
        ("/settings/me/passkeys/0/remove", {}),
        ("/settings/me/password", {"present": PASSWORD, "password": "another password"}),
        ("/settings/me/keys", {"keys": "off"}),
        ("/settings/me/sessions/0/end", {}),
    ],
    ids=["add", "rename", "remove", "password", "keys", "session"],
)
async def test_every_change_is_guarded(front: Front, path: str, form: dict[str, str]) -> None:
    await front.assert_guarded(path, form)


async def test_the_counter_takes_the_consoles_passkeys_on_the_same_host(front: Front, counter: Front) -> None:
    device = await with_passkey(front)
    browser = counter.stranger()
    await browser.get("/sign-in")
    there = replace(device, origin=front.wire.parts.addresses.requester)

    signed = there.get(await options(browser, "/sign-in/passkey"))

    assert (await browser.post("/sign-in/passkey", {"credential": signed})).status_code == 303


async def test_a_passkey_lives_and_ends_on_either_engine(either_wire: Wire) -> None:
    front = Front(either_wire)
    device, browser = authenticator(front), await front.signed_in()
    page = await browser.follow(await added(browser, device))
    remove = REMOVE.search(page.text)
    assert remove is not None
    assert (await entered(front, device)).status_code == 303
    assert (await browser.post(remove[1].replace("remove", "rename"), {"name": "Desk"})).status_code == 303
    assert (await browser.post(remove[1])).status_code == 303
    assert_refused(await entered(front, device))
