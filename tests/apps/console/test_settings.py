"""Settings: what owners may change, what support may see, and that the use case itself asks who may."""

import base64
import re
from email.message import EmailMessage
from importlib.resources import files

import pytest

from billfold.roles.operator import api_key, staff
from billfold.roles.operator.mail import try_mail
from billfold.roles.operator.organisation import Change, change_organisation, renew_key
from billfold.roles.operator.permission import SUPPORT, Authority, NotPermitted, permissions_of
from tests.support.console import Front

SUPPORT_CONTACT = {"email": "desk@northwind.test", "phone": "+44 1", "url": "https://help.test/x"}
ORGANISATION = {"name": "Northwind Robotics Ltd", "time_zone": "Europe/Berlin"}
KEY = {"name": "Payroll", "scope_people": "yes"}
PICTURE = files("billfold.apps.demo").joinpath("pictures", "logo-lakeside.png").read_bytes()
CHANGES = [
    ("/settings/organisation", ORGANISATION),
    ("/settings/support", SUPPORT_CONTACT),
    ("/settings/keys/issuer/renew", {}),
    ("/settings/api-keys", KEY),
    ("/settings/api-keys/0/end", {}),
    ("/settings/mail/try", {}),
]
IDS = [path for path, _ in CHANGES]


async def test_an_owner_changes_how_support_is_reached(front: Front) -> None:
    browser = await front.signed_in(role="owner")

    page = await browser.follow(await browser.post("/settings/support", SUPPORT_CONTACT))

    assert "Saved." in page.text
    public = await front.stranger().get("/help")
    assert all(text in public.text for text in ("desk@northwind.test", "+44 1", "https://help.test/x"))


@pytest.mark.parametrize("wrong", [{"url": "javascript:alert(1)"}, {"url": "http://help.test"}, {"phone": "1" * 301}])
async def test_a_contact_that_does_not_fit_is_refused(front: Front, wrong: dict[str, str]) -> None:
    browser = await front.signed_in(role="owner")

    assert (await browser.post("/settings/support", {**SUPPORT_CONTACT, **wrong})).status_code == 422
    assert "javascript:" not in (await front.stranger().get("/help")).text


async def test_a_new_name_and_zone_show_everywhere_and_the_certificate_bears_the_name(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    front.wire.clock.advance(seconds=1)

    page = await browser.follow(await browser.post("/settings/organisation", ORGANISATION))

    assert page.text.count("Northwind Robotics Ltd") > 1
    assert "14:20" in (await browser.get("/settings/me")).text  # 12:20 UTC in Berlin
    front.wire.clock.advance(seconds=20)
    signed = await front.wire.issuer.get(
        "/.well-known/openid-credential-issuer/o/northwind", headers={"accept": "application/jwt"}
    )
    header = signed.text.partition(".")[0]
    leaf = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    certificate = base64.b64decode(re.findall(rb'"x5c":\["([^"]+)"', leaf)[0])
    assert b"Northwind Robotics Ltd" in certificate


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Write a name"),
        ({"name": "x" * 101}, "Write a name"),
        ({"name": "a\u202eb"}, "Write a name"),
        ({"time_zone": "Mars"}, "Choose a time zone"),
    ],
)
async def test_a_name_or_zone_that_does_not_fit_is_refused(front: Front, wrong: dict[str, str], said: str) -> None:
    browser = await front.signed_in(role="owner")
    before = await front.wire.snapshot()

    answer = await browser.post("/settings/organisation", {**ORGANISATION, **wrong})

    assert (answer.status_code, said in answer.text) == (422, True)
    assert await front.wire.snapshot() == before


async def test_a_logo_is_uploaded_shown_and_removed(front: Front) -> None:
    browser = await front.signed_in(role="owner")

    await browser.upload("/settings/organisation", ORGANISATION, {"logo": PICTURE})
    assert (await browser.get("/logo")).headers["content-type"] == "image/png"

    await browser.post("/settings/organisation", {**ORGANISATION, "no_logo": "yes"})
    assert (await browser.get("/logo")).status_code == 404


@pytest.mark.parametrize("upload", [b"<svg onload='alert(1)'/>", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(60_000)])
async def test_a_logo_that_is_no_fitting_picture_is_refused(front: Front, upload: bytes) -> None:
    browser = await front.signed_in(role="owner")
    before = await front.wire.snapshot()

    assert (await browser.upload("/settings/organisation", ORGANISATION, {"logo": upload})).status_code == 422

    assert await front.wire.snapshot() == before


async def test_an_api_key_is_shown_once_works_and_ends(front: Front) -> None:
    browser = await front.signed_in(role="owner")

    made = await browser.post("/settings/api-keys", KEY)
    found = re.search(r'value="(bf_[^"]+)"', made.text)
    assert found is not None
    secret = {"authorization": f"Bearer {found[1]}"}
    assert (await front.wire.console.get("/api/v1/people", headers=secret)).status_code == 200
    page = await browser.get("/settings/api-keys")
    assert found[1] not in page.text

    end = re.search(r"/o/northwind(/settings/api-keys/[^/]+/end)", page.text)
    assert end is not None
    await browser.post(end[1])
    front.wire.clock.advance(seconds=6)
    assert (await front.wire.console.get("/api/v1/people", headers=secret)).status_code == 401


@pytest.mark.parametrize("form", [{"name": "", "scope_people": "yes"}, {"name": "Payroll"}, {"name": "x" * 61}])
async def test_an_api_key_needs_a_name_and_something_to_reach(front: Front, form: dict[str, str]) -> None:
    assert (await (await front.signed_in(role="owner")).post("/settings/api-keys", form)).status_code == 422


async def test_a_renewed_key_signs_and_the_one_before_stays_beside_it_once(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    for _ in range(3):
        front.wire.clock.advance(seconds=20)
        page = await browser.follow(await browser.post("/settings/keys/issuer/renew"))
    front.wire.clock.advance(seconds=20)

    assert "The key is renewed." in page.text
    assert page.text.count("Signing Creds</th>") == 2
    assert page.text.count("ends with the next renewal") == 1
    device = await front.wire.paired()
    await device.receive()


@pytest.mark.parametrize("role", ["root", "requester", "king"])
async def test_only_the_keys_of_ones_own_roles_are_renewed(front: Front, role: str) -> None:
    browser = await front.signed_in("lakeside", "owner")
    before = await front.wire.snapshot()

    assert (await browser.post(f"/settings/keys/{role}/renew")).status_code == 404
    assert await front.wire.snapshot() == before


@pytest.mark.parametrize(("path", "form"), CHANGES, ids=IDS)
async def test_support_may_not(front: Front, path: str, form: dict[str, str]) -> None:
    browser = await front.signed_in(role="support")
    before = await front.wire.snapshot()

    answer = await browser.post(path, form)

    assert (answer.status_code, "This is for others to do" in answer.text) == (403, True)
    assert await front.wire.snapshot() == before


async def test_support_sees_the_areas_and_no_form_of_owners(front: Front) -> None:
    browser = await front.signed_in(role="support")

    assert "API keys" not in (await browser.get("/settings")).text
    assert (await browser.get("/settings/api-keys")).status_code == 403
    for area in ("organisation", "support", "keys", "staff", "mail", "notifications"):
        page = await browser.get(f"/settings/{area}")
        assert page.status_code == 200
        assert page.text.count('method="post"') == 1, area  # signing out


async def test_what_people_try_a_new_cred_with_is_chosen_among_the_requests_for_ones_own(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    page = (await browser.get("/settings/organisation")).text
    assert '<option value="try-badge" selected>Try your badge</option>' in page
    assert "Test lab visit" not in page

    await browser.post("/settings/organisation", {**ORGANISATION, "try_it": ""})
    assert (await front.wire.organisation("northwind")).settings.try_it is None
    assert (await browser.post("/settings/organisation", {**ORGANISATION, "try_it": "test-lab"})).status_code == 422


@pytest.mark.parametrize(("path", "form"), CHANGES, ids=IDS)
async def test_every_change_is_guarded(front: Front, path: str, form: dict[str, str]) -> None:
    await front.assert_guarded(path, form, role="owner")


async def test_the_use_cases_themselves_refuse_who_may_not(front: Front) -> None:
    parts, organisation = front.wire.parts, await front.wire.organisation("northwind")
    by = Authority(organisation.id, permissions_of(SUPPORT), parts.act("test"))
    before = await front.wire.snapshot()

    for refused in (
        change_organisation(parts, by, Change(name="Mine")),
        renew_key(parts, by, "issuer"),
        api_key.make(parts, by, name="Mine", scopes=api_key.SCOPES),
        api_key.end(parts, by, "0"),
        staff.invite(parts, by, email="a@b.example", name="A", role="owner"),
        staff.invite_again(parts, by, "0"),
        staff.change_role(parts, by, "0", "owner"),
        staff.end(parts, by, "0"),
        try_mail(parts, by, "0", lambda *_: EmailMessage()),
    ):
        with pytest.raises(NotPermitted, match="expected the permission settings"):
            await refused

    assert await front.wire.snapshot() == before


async def test_the_help_page_is_for_everybody_and_asks_for_nothing(front: Front) -> None:
    page = await front.stranger().get("/help")

    assert page.status_code == 200
    assert "<form" not in page.text


async def test_keys_show_when_they_end_and_warn_in_time(front: Front) -> None:
    browser = await front.signed_in()
    page = (await browser.get("/settings/keys")).text
    assert "Root of the organisation" in page
    assert "Ends soon" not in page

    front.wire.clock.advance(days=1095 - 60)
    browser = await front.signed_in()

    assert "Ends soon" in (await browser.get("/settings/keys")).text
    assert "Ends soon" in (await browser.get("/settings")).text
    assert "A certificate ends on" in (await browser.get("")).text
