"""Logs: everything is found again by its reference, and nothing in them opens or tells anything."""

import json
from typing import Any

import pytest
import structlog

from billfold.apps import logs
from tests.support.device import redeem_form
from tests.support.presenter import asked, held
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
    assert (await wire.wallet_host.post("/codes", json={"code": request.view["short_code"]})).status_code == 404
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
