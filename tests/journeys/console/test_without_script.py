"""With JavaScript switched off: every form of the console is sent once, and the page that follows says what happened.

A passkey needs script by its nature; a password does the same. The editor of Cred types has its own test beside it.
"""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from billfold.holder import Wallet
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import BADGE, Demo, running_demo
from tests.support.mail_server import mail_server
from tests.support.ports import free_block

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PASSWORD = "three words and a half"


@pytest.fixture(scope="module")
def mail_port() -> int:
    return free_block(1)


@pytest.fixture(scope="module")
def demo(mail_port: int) -> Iterator[Demo]:
    """A demo that sends mail, for these tests alone: they change its organisation."""
    with running_demo("--ephemeral", environment={"BILLFOLD_SMTP": f"localhost:{mail_port}"}) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def page(demo: Demo, new_office: NewOffice, mail_port: int) -> AsyncIterator[Page]:
    """The console's page of an owner, without script."""
    office = await new_office(java_script_enabled=False)
    page = await office.context.new_page()
    await enter(page, demo, "owner")
    async with mail_server(mail_port):
        yield page


async def enter(page: Page, demo: Demo, role: str) -> None:
    """Sign in to Northwind's console."""
    party = demo.organisations["northwind"]
    sign_in = next(each for each in party["sign_ins"] if each["role"] == role)
    await page.goto(f"{party['console']}/sign-in")
    await page.get_by_label("E-mail").fill(sign_in["email"])
    await page.get_by_label("Password").fill(sign_in["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


async def give_reason(page: Page, name: str) -> None:
    """Fill in the reason and send it."""
    await page.get_by_label("Reason").fill("as they asked")
    await page.get_by_role("button", name=name, exact=True).click()


async def said(page: Page, text: str) -> None:
    await expect(page.get_by_role("status").or_(page.get_by_role("alert")).filter(has_text=text)).to_be_visible()


async def test_people_and_their_creds(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.organisations['northwind']['console']}/people/new")
    await page.get_by_label("Name", exact=True).fill("Nils Oderwald")
    await page.get_by_label("Staff number").fill("NR-40002")
    await page.get_by_role("button", name="Save").click()
    await said(page, "Nils Oderwald is added.")
    await page.get_by_role("link", name="Edit").click()
    await page.get_by_label("Team").fill("Vision")
    await page.get_by_role("button", name="Save").click()
    await said(page, "Saved.")

    await page.locator("#credential_type").select_option("Employee badge")
    await page.get_by_role("button", name="Issue").click()
    await said(page, "Issued: Employee badge")
    await page.get_by_role("link", name="Suspend Employee badge").click()
    await give_reason(page, "Suspend")
    await said(page, "Suspended: Employee badge")
    await page.get_by_role("button", name="Undo").click()
    await said(page, "Resumed: Employee badge")
    await page.get_by_role("button", name="Undo").click()
    await said(page, "Suspended: Employee badge")
    await page.get_by_role("link", name="Resume Employee badge").click()
    await give_reason(page, "Resume")
    await page.get_by_role("link", name="Suspend everything").click()
    await give_reason(page, "Suspend everything")
    await said(page, "Everything is suspended.")
    await page.get_by_role("link", name="Resume everything").click()
    await give_reason(page, "Resume everything")
    await said(page, "Everything is resumed.")
    await page.get_by_role("link", name="Revoke Employee badge").click()
    await give_reason(page, "Revoke")
    await said(page, "Revoked.")


async def test_devices(demo: Demo, page: Page, wallet: Wallet) -> None:
    person_id = demo.new_person("Orla Keyes", {**BADGE, "email": "orla@example.org"}, "employee-badge")
    at = f"{demo.organisations['northwind']['console']}/people/{person_id}"
    await page.goto(at)
    await page.get_by_role("button", name="Pair a device").click()
    await page.get_by_role("button", name="Send by e-mail").click()
    await expect(page.get_by_text("This code goes by mail")).to_be_visible()
    await page.get_by_role("link", name="Show the PIN").click()
    await page.get_by_role("button", name="Mail the PIN").click()
    await expect(page.get_by_text("Waiting to be sent").or_(page.get_by_text("Sent "))).to_be_visible()
    await page.get_by_role("link", name="Back to the code").click()
    await page.get_by_role("button", name="Print a letter").click()
    for link in ("Open the letter (PDF)", "Open the PIN's letter (PDF)"):
        address = await page.get_by_role("link", name=link).get_attribute("href")
        letter = await page.context.request.get(f"{page.url.split('/o/')[0]}{address}")
        assert (await letter.body()).startswith(b"%PDF-")
    await page.get_by_role("button", name="Show on the screen").click()
    await page.get_by_role("button", name="They stand before me: new code without PIN").click()
    await wallet.pair(await wallet.look_at(await page.get_by_label("Link, for the same device").input_value()), None)

    await page.goto(f"{at}/replace")
    await page.get_by_label("In person").check()
    await page.get_by_role("button", name="Replace device").click()
    await expect(page.get_by_role("heading", level=1, name="Pair a device for Orla Keyes")).to_be_visible()
    await page.goto(at)
    await expect(page.get_by_text("1 earlier device")).to_be_visible()

    code = demo.pairing_code(person_id, tx_code=False)
    await wallet.pair(await wallet.look_at(code["offer"]), None)
    await page.goto(at)
    await page.get_by_role("link", name="End pairing").click()
    await give_reason(page, "End pairing")
    await said(page, "The pairing has ended.")


async def test_settings_of_the_organisation(demo: Demo, page: Page) -> None:
    at = f"{demo.organisations['northwind']['console']}/settings"
    await page.goto(f"{at}/organisation")
    await page.get_by_label("Name").first.fill("Northwind")
    await page.get_by_role("button", name="Save").click()
    await said(page, "Saved.")
    await page.goto(f"{at}/support")
    await page.get_by_label("Web page").fill("https://northwind.example/help")
    await page.get_by_role("button", name="Save").click()
    await said(page, "Saved.")
    await page.goto(f"{at}/keys")
    await page.get_by_role("button", name="Renew Signing Creds").click()
    await said(page, "The key is renewed.")
    await page.goto(f"{at}/mail")
    await page.get_by_role("button", name="Send a test mail to yourself").click()
    await said(page, "The mail server took the test mail.")
    await page.goto(f"{at}/api-keys")
    await page.get_by_label("Name of a new key").fill("Payroll")
    await page.get_by_label("people", exact=True).check()
    await page.get_by_role("button", name="Make an API key").click()
    await expect(page.get_by_label("API key", exact=True)).to_have_value(re.compile(r"bf_.+"))
    await page.get_by_role("button", name="End key Payroll").click()
    await said(page, "The key has ended.")


async def test_staff_and_ones_own_sign_in(demo: Demo, page: Page, new_office: NewOffice) -> None:
    at = f"{demo.organisations['northwind']['console']}/settings"
    await page.goto(f"{at}/staff")
    await page.get_by_label("Name", exact=True).fill("Ilse Vandermeer")
    await page.get_by_label("E-mail", exact=True).fill("ilse@northwind.example")
    await page.get_by_role("button", name="Add to staff").click()
    await page.get_by_role("button", name="New link Ilse Vandermeer").click()
    link = await page.get_by_label("Invitation link").input_value()
    await page.get_by_label("role of Ilse Vandermeer", exact=True).select_option("Owner")
    await page.get_by_role("button", name="Save role of Ilse Vandermeer").click()
    await said(page, "The role is changed.")

    theirs = await (await new_office(java_script_enabled=False)).context.new_page()
    await theirs.goto(link)
    await theirs.get_by_label("Password").fill(PASSWORD)
    await theirs.get_by_role("button", name="Use this password").click()
    await theirs.goto(f"{at}/me")
    await theirs.get_by_label("Present password").fill(PASSWORD)
    await theirs.get_by_label("New password").fill(f"{PASSWORD} more")
    await theirs.get_by_role("button", name="Change password").click()
    await said(theirs, "The password is set.")
    await theirs.get_by_role("button", name="Switch keys off").click()
    await expect(theirs.get_by_text("Keys are off.")).to_be_visible()
    await theirs.get_by_role("button", name="Sign out").click()
    await expect(theirs.get_by_role("heading", level=1, name="Sign in")).to_be_visible()

    other = await (await new_office(java_script_enabled=False)).context.new_page()
    await enter(other, demo, "owner")
    await page.goto(f"{at}/me")
    ends = page.get_by_role("button", name="End session")
    while before := await ends.count():  # those of the tests before this one too
        await ends.first.click()
        await expect(ends).to_have_count(before - 1)
    await other.reload()
    await expect(other.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    await page.goto(f"{at}/staff")
    await page.get_by_role("link", name="End access Ilse Vandermeer").click()
    await page.get_by_label("Reason").fill("Left the company")
    await page.get_by_role("button", name="End access").click()
    await said(page, "The access has ended.")


async def test_the_counter(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    club = demo.described["requester"]
    code = demo.pairing_code(demo.new_employee("Zola Quist"))
    await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"])
    context = (await new_office(java_script_enabled=False)).context
    desk, show = await context.new_page(), await context.new_page()
    await desk.goto(club["url"])
    await desk.get_by_label("E-mail").fill(club["sign_ins"][0]["email"])
    await desk.get_by_label("Password").fill(club["sign_ins"][0]["password"])
    await desk.get_by_role("button", name="Sign in", exact=True).click()
    await desk.get_by_role("link", name="New template").click()
    await desk.get_by_label("Name, in English").fill("Garage")
    await desk.get_by_label("Purpose, in English").fill("To open the garage.")
    await desk.get_by_role("checkbox", name="Parking permit").check()
    await desk.get_by_role("button", name="Update preview").click()
    await desk.get_by_role("group", name="Plate").get_by_label("Required").check()
    await desk.get_by_role("button", name="Save").click()
    await said(desk, "Saved. It holds for requests from now on.")

    await desk.get_by_role("link", name="Go to the desk").click()
    await desk.get_by_role("button", name="Ask the first person").click()
    await show.goto(await desk.get_by_label("Address of Show").input_value())
    first = str(await show.get_by_role("link", name="Open on this device").get_attribute("href"))
    await wallet.decline(await wallet.review(first))
    await show.reload()
    await show.get_by_role("button", name="New code").click()
    link = str(await show.get_by_role("link", name="Open on this device").get_attribute("href"))
    assert link != first
    await wallet.share(await wallet.review(link))
    await desk.reload()
    await expect(desk.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()
    await desk.locator("summary", has_text="Checked by hand").click()
    await desk.get_by_label("Reason").fill("Known to the receptionist")
    await desk.get_by_role("button", name="Record it").click()
    await said(desk, "Recorded: checked by hand.")
    await desk.get_by_role("button", name="Clear now").click()
    await expect(desk.get_by_text("Nothing stands at this counter yet.")).to_be_visible()
