"""A code by mail, from the console through a real mail server to the wallet; its PIN by another mail."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from billfold.holder import Wallet
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import BADGE, Demo, running_demo
from tests.support.mail_server import MailServer, mail_server
from tests.support.ports import free_block

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TO = "zola@example.org"
SENT = re.compile(r"^Sent \d")


@pytest.fixture(scope="module")
def mail_port() -> int:
    return free_block(1)


@pytest.fixture(scope="module")
def demo(mail_port: int) -> Iterator[Demo]:
    """A demo that sends mail."""
    with running_demo("--ephemeral", environment={"BILLFOLD_SMTP": f"localhost:{mail_port}"}) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def post(mail_port: int) -> AsyncIterator[MailServer]:
    """Where mail arrives."""
    async with mail_server(mail_port) as server:
        yield server


def text_of(post: MailServer) -> str:
    """Return the plain text of the newest mail."""
    address, message = post.taken[-1]
    body = message.get_body(("plain",))
    assert (address, body is not None) == (TO, True)
    return str(body.get_content()) if body else ""


async def test_a_mailed_code_and_a_mailed_pin_pair_a_phone(
    demo: Demo, new_office: NewOffice, wallet: Wallet, post: MailServer
) -> None:
    person_id = demo.new_person("Zola Quist", {**BADGE, "email": TO}, "employee-badge")
    office = await new_office()
    page = await office.sign_in()
    await page.goto(f"{demo.organisations['northwind']['console']}/people/{person_id}")
    await page.get_by_role("button", name="Pair a device").click()
    await page.get_by_role("button", name="Send by e-mail").click()
    await expect(page.get_by_text(SENT)).to_be_visible()
    await office.check(page)
    link = next(line for line in text_of(post).splitlines() if line.startswith(demo.wallet))

    review = await wallet.look_at(link)
    await expect(page.get_by_text("Was it this person's?")).to_be_visible()
    await page.get_by_role("link", name="Show the PIN").click()
    await page.get_by_role("button", name="Mail the PIN").click()
    await expect(page.get_by_text("Waiting to be sent").or_(page.get_by_text(SENT))).to_be_visible()
    await office.check(page)
    await post.wait_for(2)
    pin = next(line for line in text_of(post).splitlines() if line.replace(" ", "").isdecimal())
    await page.get_by_role("link", name="Back to the code").click()
    await wallet.pair(review, pin.replace(" ", ""), device_name="Zola's phone")

    await expect(page.get_by_text("1 of 1 Creds received").first).to_be_visible()
