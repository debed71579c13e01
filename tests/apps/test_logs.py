"""Logs: everything is found again by its reference, and nothing in them opens or tells anything."""

import asyncio
import contextlib
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog

from billfold.adapters.store import entitlements, people, redemptions
from billfold.apps import logs
from billfold.apps.worker.worker import work
from billfold.errors import BillfoldError
from billfold.roles.issuer import news
from billfold.roles.issuer.issuer import load_issuer
from billfold.roles.issuer.offer import WantedWay
from billfold.roles.issuer.replacement import replace_device
from tests.apps.post.test_mails import deliver
from tests.support.console import PASSWORD, Front
from tests.support.device import redeem_form
from tests.support.installation import running_installation
from tests.support.mail_server import mail_server
from tests.support.phone import register_phone
from tests.support.presenter import asked, held
from tests.support.push_service import running_push_service
from tests.support.wire import PERSON, Wire, pre_authorized_code

MARK = "Marked-Value-7f3a"
ADDRESS = "marked-value-7f3a@example.org"


async def issue(wire: Wire, secrets: set[str]) -> None:
    """Pair with a PIN, a wrong one first, and get a Cred; the answers' secrets are added."""
    person = (await wire.api("POST", "/people", {"name": MARK, "attributes": {"staff_number": MARK}})).json()
    body = {"person_id": person["id"], "credential_type": "employee-badge"}
    assert (await wire.api("POST", "/entitlements", body)).status_code == 201
    code = (await wire.api("POST", "/pairing-codes", {"person_id": person["id"]})).json()
    offer = await wire.offer(code)
    device = wire.device()
    grant = pre_authorized_code(offer)
    wrong = f"{(int(code['tx_code']) + 1) % 10**6:06}"
    assert (await device.token(redeem_form(grant, tx_code=wrong))).status_code == 400
    await device.redeem(grant, tx_code=code["tx_code"])
    issued = await device.receive()
    await device.notify({"notification_id": issued["notification_id"], "event": "credential_accepted"})
    await device.refresh()
    secrets |= {grant, code["tx_code"], wrong, code["short_code"], code["offer"].rpartition("%2F")[2], *device.secrets}
    secrets |= {issued["notification_id"], issued["credentials"][0]["credential"], *wire.api_keys.values()}


async def share(wire: Wire, secrets: set[str]) -> None:
    """Share with a return address, then send something that cannot be read."""
    cred = await held(wire)
    request = await asked(wire, return_to="https://club.example/rate")
    assert (await request.post({"response": "no.jwe"})).status_code == 400
    got = await request.answer(cred.token(request))
    read = await request.now(got.json()["redirect_uri"].rpartition("=")[2])
    assert "Amara Okafor" in json.dumps(read), "the requester reads the result"
    assert (await wire.wallet_host.post("/codes", json={"code": request.view["short_code"]})).status_code == 410
    secrets |= {request.claims["state"], request.claims["nonce"], request.view["short_code"]}
    secrets |= {request.url.rpartition("/")[2], got.json()["redirect_uri"].rpartition("=")[2], cred.text}


async def test_no_secret_and_no_field_value_is_logged(wire_with_lists: Wire) -> None:
    secrets: set[str] = set()
    with structlog.testing.capture_logs() as captured:
        await issue(wire_with_lists, secrets)
        await share(wire_with_lists, secrets)
    text = json.dumps(captured, default=str)
    assert len(captured) >= 20
    assert [secret for secret in {*secrets, MARK, "Amara Okafor"} if secret in text] == []


def leaked(captured: list[Any], secrets: set[str]) -> list[str]:
    """Return which secrets stand in the log; what is too short to open anything may stand anywhere by chance."""
    text = json.dumps(captured, default=str)
    assert all(len(secret) > 4 for secret in secrets), secrets
    return [secret for secret in secrets if secret in text]


async def desk_day(front: Front, secrets: set[str]) -> None:
    """A day at the support desk: a wrong password, a person found and changed, a device paired, replaced, suspended."""
    wire, email = front.wire, await front.hire("northwind", "support")
    attributes = dict.fromkeys(("staff_number", "team"), MARK)
    person = (await wire.api("POST", "/people", {"name": MARK, "attributes": attributes})).json()
    body = {"person_id": person["id"], "credential_type": "employee-badge"}
    assert (await wire.api("POST", "/entitlements", body)).status_code == 201
    stranger = front.stranger()
    await stranger.get("/sign-in")
    assert (await stranger.post("/sign-in", {"email": MARK, "password": MARK})).status_code != 303
    browser, path = await front.signed_in(), f"/people/{person['id']}"
    assert MARK in (await browser.get(f"/people?q={MARK}")).text
    for number, action in enumerate(("pair", "replace")):
        form = {"checked": "called_back", "reason": "lost", "colleague": MARK}
        answer = await browser.post(f"{path}/{action}", form)
        assert answer.status_code == 303, answer.text
        code = answer.headers["location"].removeprefix("/o/northwind")
        page, pin = await browser.get(code), await browser.get(f"{code}/pin")
        shown = re.findall(r'class="code[^"]*">([^<]+)<', page.text + pin.text)
        secrets |= {*shown, *(each.replace(" ", "").replace("-", "") for each in shown)}
        if number == 0:
            await wire.paired(MARK)
    await browser.post(f"{path}/no-such-action", {"reason": MARK})
    secrets |= {MARK, email, PASSWORD, browser.token, *browser.cookies.values(), *wire.api_keys.values()}


async def test_a_day_at_the_desk_leaves_no_secret_and_no_name_in_the_log(wire: Wire) -> None:
    secrets: set[str] = set()
    with structlog.testing.capture_logs() as captured:
        await desk_day(Front(wire), secrets)
    assert len(secrets) > 8
    assert leaked(captured, secrets) == []


async def test_news_and_a_replaced_device_leave_no_secret_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rung twice through relay and push service, once in vain; then the device is replaced."""
    monkeypatch.setenv("BILLFOLD_PUSH_HOSTS", "localhost")
    name = "Amara Okafor"
    with structlog.testing.capture_logs() as captured:
        async with (
            running_push_service() as push,
            running_installation(tmp_path) as running,
            running.wallet() as wallet,
        ):
            code = await running.code("northwind", name, with_tx_code=True)
            await wallet.pair(await wallet.look_at(code.offer), code.tx_code)
            person, issuer = await running.person("northwind", name), await load_issuer(running.parts, "northwind")
            assert issuer is not None
            phone = await register_phone(running, push, person.id)
            badge = (await running.entitlements("northwind", name))["employee-badge"]
            act = running.parts.act("test", reason=MARK)
            await entitlements.suspend(running.parts.store, issuer.id, badge.id, act)
            push.status = 503
            await news.deliver(running.parts)
            push.status = 201
            act = running.parts.act("test", reason=MARK)
            new = await replace_device(
                running.parts,
                issuer,
                person_id=person.id,
                way=WantedWay(with_tx_code=True),
                act=act,
                asked_once=None,
            )
            await news.deliver(running.parts)
            (told,) = await wallet.sync()
    keys = phone.wallet.subscription.keys
    codes = {part for each in (code, new) for part in (each.offer, each.short_code, each.tx_code or "")}
    relay = {phone.relay["endpoint"].rpartition("/")[2], phone.relay["secret"], phone.relay["handle"]}
    woken = [entry for entry in captured if entry["event"] == "woken"]
    assert (told.outcome, len(push.bodies), len(woken)) == ("ended", 2, 2)
    assert leaked(captured, {MARK, name, keys.p256dh, keys.auth, phone.browser.endpoint, *codes, *relay}) == []


async def test_a_request_is_found_by_its_reference(wire: Wire) -> None:
    with structlog.testing.capture_logs() as captured:
        got = await wire.device().token({"grant_type": "foo"})
    reference = got.headers["billfold-reference"]
    events = [entry for entry in captured if entry.get("reference") == reference]
    assert [entry["event"] for entry in events] == ["refused", "request"]
    assert events[1]["status"] == 400


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """Real logs, every request among them."""
    before: dict[str, Any] = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with contextlib.redirect_stderr(io.StringIO()) as said:
        logs.set_up(verbose=True, json=True)
    structlog.configure(cache_logger_on_first_use=False)  # loggers of modules outlive this test
    yield said
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


def failing(error: Exception) -> NoReturn:
    raise error


def explained(secret: str) -> None:
    """Fail as one of ours, because of somebody else's failure that quotes a value."""
    try:
        failing(ValueError(f"cannot store {secret}"))
    except ValueError as exc:
        raise StoreError("expected a row that fits") from exc


class StoreError(BillfoldError):
    """One of ours."""


@pytest.mark.parametrize("as_json", [False, True])
def test_a_failure_is_logged_by_places_and_kinds(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    """A traceback names places; what variables hold and what messages of others quote may be anybody's."""
    before: dict[str, Any] = structlog.get_config()
    try:
        logs.set_up(verbose=True, json=as_json)
        try:
            explained(MARK)
        except StoreError:
            structlog.get_logger("test").exception("failed", reference="4M8T-C2WP")
            logging.getLogger("library").exception("a library failed")
    finally:
        structlog.configure(**before)
    text = capsys.readouterr().err
    for part in ("in explained", "in failing", "builtins.ValueError", "StoreError: expected a row that fits"):
        assert text.count(part) >= 2, part
    assert "4M8T-C2WP" in text
    assert MARK not in text


async def test_what_breaks_anywhere_leaves_no_value_in_the_log(
    wire: Wire, printed: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure that quotes a value, in the API, in the console, at a protocol endpoint, and in the worker."""
    front = Front(wire)
    browser, person = await front.signed_in(), await wire.person()

    async def broken(*_: object, **__: object) -> NoReturn:
        failing(ValueError(f"Failing row contains ({MARK}, {person.name})"))

    monkeypatch.setattr(people, "see", broken)
    monkeypatch.setattr(people, "create", broken)
    monkeypatch.setattr(redemptions, "redeem", broken)
    monkeypatch.setattr(news.outbox, "lease", broken)
    marked = {"name": MARK, "attributes": {"team": MARK}}
    form = {"name": MARK, "groups": MARK}
    answers = [
        await wire.api("POST", "/people", marked),
        await wire.api("PATCH", f"/people/{person.id}", marked),
        await browser.post("/people/new", form),
        await wire.device().token(redeem_form(MARK)),
    ]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(work(wire.parts), 0.3)
    text = printed.getvalue()
    assert [answer.status_code for answer in answers] == [500] * 4
    assert all(answer.headers["billfold-reference"] in text for answer in answers)
    assert text.count("builtins.ValueError") >= len(answers) + 1
    assert leaked([text], {MARK, person.name}) == []
    assert all(MARK not in answer.text for answer in answers)


async def posted(front: Front, secrets: set[str]) -> None:
    """Codes and PINs by mail and letter, some refused, and a mail server that is away, then tried."""
    wire = front.wire
    await wire.set_attributes(email=ADDRESS, address=f"{MARK} 4, 20459 Northport")
    mailed = await wire.code(deliver="mail", tx_code=True)
    assert await deliver(wire) == 1, "nobody answers there yet"
    wire.clock.advance(hours=1)
    async with mail_server(wire.mail_port) as server:
        await deliver(wire)
        assert (await wire.api("POST", f"/pairing-codes/{mailed['id']}/pin-mail", {})).status_code == 202
        server.answers[ADDRESS] = f"550 5.1.1 <{ADDRESS}>: {MARK}"
        await deliver(wire)
        owner = await front.signed_in(role="owner")
        await owner.post("/settings/mail/try")
    assert [address for address, _ in server.taken] == [ADDRESS, "owner@northwind.test"]
    on_paper = await wire.code(deliver="letter", tx_code=True)
    for which in ("letter", "pin-letter"):
        assert (await wire.api("GET", f"/pairing-codes/{on_paper['id']}/{which}")).status_code == 200
    for code in (mailed, on_paper):
        secrets |= {code["short_code"], code["tx_code"], code["wallet_link"], code["offer"]}
    secrets |= {PERSON, ADDRESS, MARK, owner.token, *owner.cookies.values(), *wire.api_keys.values()}


async def test_mails_and_letters_leave_no_secret_and_no_name_in_the_log(wire: Wire, printed: io.StringIO) -> None:
    secrets: set[str] = set()
    await posted(Front(wire), secrets)
    text = printed.getvalue()
    assert (text.count('"event": "mailed"'), text.count('"event": "unsent"')) == (3, 1)
    assert leaked([text], secrets) == []


async def joined(front: Front, secrets: set[str]) -> None:
    """Somebody is invited by API, tries wrong links and passwords, and is in; then wrong ways into console and API."""
    wire = front.wire
    new = {"email": ADDRESS, "name": MARK, "role": "owner"}
    invitation = (await wire.api("POST", "/staff", new)).json()
    link = invitation["link"].partition("/o/northwind")[2]
    stranger, chosen = front.stranger(), f"{MARK}-password"
    assert (await stranger.get(f"/join/{MARK}")).status_code == 409
    await stranger.get(link)
    assert (await stranger.post(link, {"password": MARK[:3]})).status_code == 422
    assert (await stranger.post(link, {"password": chosen})).status_code == 303
    other = front.stranger()
    await other.get("/sign-in")
    for _ in range(12):  # until there were too many
        await other.post("/sign-in", {"email": ADDRESS, "password": f"{chosen}!"})
    keys = [{"authorization": f"Bearer bf_{MARK}"}, {"authorization": f"Basic {MARK}"}, {"authorization": MARK}]
    for headers in keys:
        assert (await wire.console.get("/api/v1/people", headers=headers)).status_code == 401
    bad = {"name": MARK, "attributes": {"staff_number": {"nested": MARK}}, MARK: MARK}
    assert (await wire.api("POST", "/people", bad)).status_code == 400
    assert (await wire.api("GET", f"/people/{MARK}")).status_code == 404
    assert (await wire.api("GET", f"/{MARK}?q={MARK}")).status_code == 404
    assert (await wire.issuer.get(f"/o/northwind/{MARK}?{MARK}")).status_code == 404
    secrets |= {MARK, ADDRESS, link, stranger.token, *stranger.cookies.values(), *wire.api_keys.values()}


async def test_invitations_and_wrong_ways_in_leave_nothing_in_the_log(wire: Wire, printed: io.StringIO) -> None:
    secrets: set[str] = set()
    await joined(Front(wire), secrets)
    text = printed.getvalue()
    assert text.count('"event": "refused"') >= 6
    assert leaked([text], secrets) == []
