"""Logs: everything is found again by its reference, and nothing in them opens or tells anything."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import structlog

from billfold.adapters.store import entitlements
from billfold.apps import logs
from billfold.roles.issuer import news
from billfold.roles.issuer.issuer import load_issuer
from billfold.roles.issuer.offer import WantedWay
from billfold.roles.issuer.replacement import replace_device
from tests.support.console import PASSWORD, Front
from tests.support.device import redeem_form
from tests.support.installation import running_installation
from tests.support.phone import register_phone
from tests.support.presenter import asked, held
from tests.support.push_service import running_push_service
from tests.support.wire import Wire, pre_authorized_code

MARK = "Marked-Value-7f3a"


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


def failing(secret: str) -> str:
    if secret:
        raise RuntimeError("something broke")
    return secret


@pytest.mark.parametrize("as_json", [False, True])
def test_a_failure_is_logged_without_what_its_frames_hold(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    """A traceback names places; the values of variables there may be anybody's."""
    before: dict[str, Any] = structlog.get_config()
    try:
        logs.set_up(verbose=True, json=as_json)
        try:
            failing(MARK)
        except RuntimeError:
            structlog.get_logger("test").exception("failed", reference="4M8T-C2WP")
    finally:
        structlog.configure(**before)
    text = capsys.readouterr().err
    assert "something broke" in text
    assert "4M8T-C2WP" in text
    assert MARK not in text
