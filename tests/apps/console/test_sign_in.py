"""Sign-in: what opens, what does not, how often one may try, and what a session is worth."""

import html
import re

import pytest

from billfold.roles.operator.password import BadPassword, hash_password, verify_password
from billfold.roles.operator.sign_in import _NOBODY, TRIES_OF_A_PLACE
from billfold.roles.operator.staff import BadStaff, add
from tests.support.console import PASSWORD, Front, WebBrowser

_NEXT = re.compile(r'name="next" value="([^"]*)"')
SECURITY = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'")


async def tried(front: Front, email: str, password: str) -> tuple[int, str]:
    """Try to sign in with a new browser."""
    used = front.stranger()
    await used.get("/sign-in")
    answer = await used.post("/sign-in", {"email": email, "password": password})
    return answer.status_code, answer.text


async def test_the_right_password_opens_the_console(front: Front) -> None:
    browser = await front.signed_in()

    page = await browser.get("/people")

    assert (page.status_code, "Amara Okafor" in page.text) == (200, True)


async def test_cookies_are_kept_from_script_and_from_other_sites(front: Front) -> None:
    browser = front.stranger()
    await browser.get("/sign-in")
    email = await front.hire("northwind", "support")
    entered = await browser.post("/sign-in", {"email": email, "password": PASSWORD})

    for cookie in entered.headers.get_list("set-cookie"):
        assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/o/northwind"))
        assert cookie.startswith("billfold_console_")


async def test_pages_keep_themselves_to_themselves(front: Front) -> None:
    page = await front.stranger().get("/sign-in")

    assert all(part in page.headers["content-security-policy"] for part in SECURITY)
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert "style=" not in page.text


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("support@northwind.test", "another password", id="password"),
        pytest.param("nobody@northwind.test", PASSWORD, id="email"),
        pytest.param("support@lakeside.test", PASSWORD, id="other-organisation"),
        pytest.param("", "", id="nothing"),
    ],
)
async def test_anything_else_is_refused_in_one_sentence(front: Front, email: str, password: str) -> None:
    await front.hire("northwind", "support")
    await front.hire("lakeside", "support")

    status, page = await tried(front, email, password)

    assert (status, "E-mail or password is not right." in page) == (403, True)


async def test_an_email_is_taken_as_people_write_it(front: Front) -> None:
    await front.hire("northwind", "support")

    assert (await tried(front, " Support@Northwind.TEST ", PASSWORD))[0] == 303


async def test_tries_are_bounded_and_time_opens_again(front: Front) -> None:
    email = await front.hire("northwind", "support")
    for _ in range(TRIES_OF_A_PLACE):
        assert (await tried(front, email, "wrong"))[0] == 403

    status, page = await tried(front, email, PASSWORD)
    assert (status, "Too many tries" in page) == (429, True)

    front.wire.clock.advance(minutes=15, seconds=1)
    assert (await tried(front, email, PASSWORD))[0] == 303


async def test_refused_tries_do_not_prolong_the_wait(front: Front) -> None:
    email = await front.hire("northwind", "support")
    for _ in range(TRIES_OF_A_PLACE):
        await tried(front, email, "wrong")
        front.wire.clock.advance(minutes=1)
    assert (await tried(front, email, PASSWORD))[0] == 429

    front.wire.clock.advance(minutes=7, seconds=1)
    assert (await tried(front, email, PASSWORD))[0] == 303


async def test_nobody_can_lock_out_a_browser_that_was_signed_in_before(front: Front) -> None:
    known = await front.signed_in()
    await known.post("/sign-out")
    for _ in range(TRIES_OF_A_PLACE + 1):
        await tried(front, "support@northwind.test", "wrong")
    assert (await tried(front, "support@northwind.test", PASSWORD))[0] == 429

    await known.get("/sign-in")
    entered = await known.post("/sign-in", {"email": "support@northwind.test", "password": PASSWORD})

    assert entered.status_code == 303


async def test_a_session_gets_a_token_of_its_own(front: Front) -> None:
    browser = front.stranger()
    await browser.get("/sign-in")
    browser.cookies["billfold_console_session"] = "planted"
    email = await front.hire("northwind", "support")
    await browser.post("/sign-in", {"email": email, "password": PASSWORD})

    assert browser.cookies["billfold_console_session"] != "planted"
    assert (await browser.get("/people")).status_code == 200


async def test_signing_out_ends_the_session_on_the_server(front: Front) -> None:
    browser = await front.signed_in()
    kept = dict(browser.cookies)
    assert (await browser.post("/sign-out")).status_code == 303

    browser.cookies = kept

    assert (await browser.get("/people")).status_code == 303


@pytest.mark.parametrize("hours", [{"hours": 2, "seconds": 1}, {"hours": 13}])
async def test_a_session_ends_with_disuse(front: Front, hours: dict[str, float]) -> None:
    browser = await front.signed_in()
    front.wire.clock.advance(**hours)

    assert (await browser.get("/people")).status_code == 303


async def test_a_used_session_ends_after_half_a_day_all_the_same(front: Front) -> None:
    browser = await front.signed_in()
    for _ in range(11):
        front.wire.clock.advance(hours=1)
        assert (await browser.get("/people")).status_code == 200
    front.wire.clock.advance(hours=1, seconds=1)

    assert (await browser.get("/people")).status_code == 303


async def test_a_session_of_one_host_is_worth_nothing_on_the_other(front: Front, counter: Front) -> None:
    browser = await front.signed_in()
    there = counter.stranger()
    there.cookies = {"billfold_counter_session": browser.cookies["billfold_console_session"]}

    assert (await there.get("")).status_code == 303


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/o/northwind/audit", "/o/northwind/audit"),
        ("/o/northwind/people?q=a%2F%2Fb//c&which=paired", "/o/northwind/people?q=a%2F%2Fb//c&which=paired"),
        ("https://evil.example/", "/o/northwind"),
        ("https://evil.example/?/o/northwind/", "/o/northwind"),
        ("/o/northwind/people?q=a\r\nset-cookie: b", "/o/northwind"),
        ("//evil.example/o/northwind/", "/o/northwind"),
        ("/o/northwind/..//evil.example", "/o/northwind"),
        ("/o/lakeside/people", "/o/northwind"),
    ],
)
async def test_the_way_on_stays_in_the_organisation(front: Front, given: str, leads_to: str) -> None:
    browser = front.stranger()
    await browser.get("/sign-in")
    email = await front.hire("northwind", "support")

    entered = await browser.post("/sign-in", {"email": email, "password": PASSWORD, "next": given})

    assert entered.headers["location"] == leads_to


async def test_who_is_signed_out_in_the_middle_of_a_search_comes_back_to_it(front: Front) -> None:
    browser, email = front.stranger(), await front.hire("northwind", "support")
    asked = await browser.get("/people?q=amara+ok%C3%A1&which=paired")

    shown = await browser.follow(asked)
    given = {"email": email, "password": PASSWORD, "next": html.unescape(_NEXT.findall(shown.text)[0])}

    entered = await browser.post("/sign-in", given)
    assert entered.headers["location"] == "/o/northwind/people?q=amara+ok%C3%A1&which=paired"


async def signed_in_anew(front: Front, browser: WebBrowser, role: str = "support") -> None:
    """Sign in again in the same browser, in another tab: the form that is open keeps its token."""
    browser.cookies.pop("billfold_console_session")
    await browser.get("/sign-in")
    email = await front.hire("northwind", role)
    assert (await browser.post("/sign-in", {"email": email, "password": PASSWORD})).status_code == 303


async def test_a_form_is_not_lost_with_the_session(front: Front) -> None:
    browser = await front.signed_in()
    await browser.get("/people/new")
    token = browser.token
    front.wire.clock.advance(hours=3)

    over = await browser.post("/people/new", {"name": "Zoë Ngũgĩ"})
    assert over.status_code == 403
    assert all(part in over.text for part in ("Nothing was saved.", 'target="_blank" rel="noopener"', "Reference"))

    await signed_in_anew(front, browser)
    await browser.follow(await browser.post("/people/new", {"name": "Zoë Ngũgĩ"}, token=token))
    assert (await front.wire.person("Zoë Ngũgĩ")).name == "Zoë Ngũgĩ"


async def test_somebody_else_in_the_same_browser_does_not_send_it(front: Front) -> None:
    browser = await front.signed_in()
    token = browser.token
    await signed_in_anew(front, browser, "owner")

    refused = await browser.post("/people/new", {"name": "Zoë Ngũgĩ"}, token=token)

    assert (refused.status_code, "This form is out of date" in refused.text) == (403, True)


async def test_who_signed_in_in_another_tab_is_taken_where_this_one_leads(front: Front) -> None:
    browser, email = front.stranger(), await front.hire("northwind", "support")
    await browser.get("/sign-in")
    token, given = browser.token, {"email": email, "password": PASSWORD, "next": "/o/northwind/audit"}
    await browser.post("/sign-in", given)
    session = browser.cookies["billfold_console_session"]
    await browser.get("")

    for path in ("/sign-in", "/sign-in/passkey"):
        second = await browser.post(path, given, token=token)
        assert (second.status_code, second.headers["location"]) == (303, "/o/northwind/audit")
    astray = await browser.post("/sign-in", {**given, "next": "https://evil.example/"}, token=token)

    assert astray.headers["location"] == "/o/northwind"
    assert browser.cookies["billfold_console_session"] == session


async def test_who_is_signed_out_already_may_sign_out(front: Front) -> None:
    browser = await front.signed_in()
    front.wire.clock.advance(hours=3)

    assert (await browser.post("/sign-out")).headers["location"] == "/o/northwind/sign-in"


async def test_a_forged_form_signs_nobody_in(front: Front) -> None:
    browser = front.stranger()
    await browser.get("/sign-in")
    email = await front.hire("northwind", "support")

    answer = await browser.post("/sign-in", {"email": email, "password": PASSWORD}, token="forged")

    assert answer.status_code == 403


async def test_an_unknown_email_takes_as_long_as_a_known_one() -> None:
    with pytest.raises(BadPassword, match="expected the right password"):
        await verify_password("anything", _NOBODY)


async def test_a_short_password_is_refused() -> None:
    with pytest.raises(BadPassword, match="12 to 1024 characters"):
        await hash_password("short", salt=bytes(16))


async def test_staff_need_an_email_and_a_role(front: Front) -> None:
    organisation = await front.wire.organisation("northwind")
    act = front.wire.parts.act("test")
    for email, role in (("no address", "owner"), ("a@b.example", "king")):
        with pytest.raises(BadStaff, match="role owner or support"):
            await add(front.wire.parts, organisation.id, email=email, name="X", role=role, password=PASSWORD, act=act)
