"""The token endpoint on the wire: codes, PINs and refresh tokens, the good first, then every row of the bad inputs."""

from collections.abc import Mapping

import pytest

from billfold.adapters.store.pairing_codes import MAX_TX_CODE_TRIES
from billfold.core.oauth.authorization_details import build_authorization_details
from tests.support.device import Device, redeem_form
from tests.support.refusals import assert_closed, assert_refused
from tests.support.wire import Wire, pre_authorized_code

FORM = "application/x-www-form-urlencoded"


async def fresh_code(wire: Wire, **asked: object) -> tuple[str, str | None]:
    """Return a pre-authorized code and its PIN."""
    code = await wire.code(**asked)
    return pre_authorized_code(await wire.offer(code)), code["tx_code"]


def other(pin: str | None) -> str:
    """Return a PIN that is not *pin*."""
    assert pin is not None
    return f"{(int(pin) + 1) % 10**6:06}"


async def test_a_code_gives_tokens_that_are_bound_to_the_device(wire: Wire) -> None:
    device = wire.device()
    got = await device.token(redeem_form((await fresh_code(wire))[0]))

    assert got.status_code == 200
    assert got.headers["content-type"] == "application/json"
    assert got.headers["dpop-nonce"]
    assert_closed(got)
    answer = got.json()
    assert answer.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (answer["token_type"], answer["expires_in"]) == ("DPoP", 600)


async def test_identifiers_come_for_what_is_asked_and_held(wire: Wire) -> None:
    """OpenID4VCI 6.2; an identifier is the same at every refresh, as long as the entitlement lasts."""
    device = wire.device()
    answer = await device.redeem((await fresh_code(wire))[0], details=["employee-badge", "parking-permit"])
    granted = {d["credential_configuration_id"]: d["credential_identifiers"] for d in answer["authorization_details"]}
    refreshed = await device.refresh(details=["parking-permit"])

    assert {name: len(identifiers) for name, identifiers in granted.items()} == {
        "employee-badge": 1,
        "parking-permit": 1,
    }
    assert refreshed.json()["authorization_details"] == [
        {
            "type": "openid_credential",
            "credential_configuration_id": "parking-permit",
            "credential_identifiers": granted["parking-permit"],
        }
    ]


async def test_what_nobody_is_entitled_to_is_left_out(wire: Wire) -> None:
    device = wire.device()
    code = pre_authorized_code(await wire.offer(await wire.code("Jonas Lindqvist")))
    answer = await device.redeem(code, details=["employee-badge", "parking-permit"])
    assert [d["credential_configuration_id"] for d in answer["authorization_details"]] == ["employee-badge"]


async def test_a_code_with_a_pin_takes_the_right_pin(wire: Wire) -> None:
    code, pin = await fresh_code(wire, tx_code=True)
    assert (await wire.device().redeem(code, tx_code=pin))["access_token"]


@pytest.mark.parametrize(
    ("form", "content_type", "code"),
    [
        pytest.param(b'{"grant_type":"refresh_token"}', "application/json", "invalid_request", id="token-json-body"),
        pytest.param(b"pre-authorized_code=CODE", FORM, "invalid_request", id="token-no-grant"),
        pytest.param(
            b"grant_type=foo&pre-authorized_code=CODE", FORM, "unsupported_grant_type", id="token-unknown-grant"
        ),
        pytest.param(
            b"grant_type=PRE&pre-authorized_code=CODE&pre-authorized_code=CODE",
            FORM,
            "invalid_request",
            id="token-repeated-parameter",
        ),
        pytest.param(b"grant_type=PRE", FORM, "invalid_request", id="token-pre-auth-missing"),
        pytest.param(b"grant_type=PRE&pre-authorized_code=", FORM, "invalid_request", id="token-no-code"),
        pytest.param(b"grant_type=refresh_token", FORM, "invalid_request", id="refresh-token-missing"),
        pytest.param(b"grant_type=PRE&pre-authorized_code=CODEX", FORM, "invalid_grant", id="token-pre-auth-wrong"),
        pytest.param(b"grant_type=PRE&pre-authorized_code=%GG", FORM, "invalid_request", id="broken-escape"),
        pytest.param(b"grant_type=PRE&pre-authorized_code=%FF", FORM, "invalid_request", id="not-utf-8"),
        pytest.param(b"\xff\xfe", FORM, "invalid_request", id="not-ascii"),
        pytest.param(b"", FORM, "invalid_request", id="empty"),
        pytest.param(
            b"grant_type=PRE&pre-authorized_code=CODE&tx_code=123456",
            FORM,
            "invalid_request",
            id="token-tx-code-unexpected",
        ),
        pytest.param(
            b"grant_type=PRE&pre-authorized_code=CODE&authorization_details=[",
            FORM,
            "invalid_authorization_details",
            id="details-not-json",
        ),
    ],
)
async def test_refuses_a_malformed_request_and_leaves_the_code_alone(
    wire: Wire, form: bytes, content_type: str, code: str
) -> None:
    given, _ = await fresh_code(wire)
    device = wire.device()
    before = await wire.snapshot()
    body = form.replace(b"CODE", given.encode()).replace(
        b"PRE", b"urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code"
    )
    refused = await device.token(body, **{"content-type": content_type})

    assert_refused(refused, code, secrets=[given])
    assert await wire.snapshot() == before
    assert await device.redeem(given)


@pytest.mark.rows("token-get")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_other_methods_are_refused(wire: Wire, method: str) -> None:
    """Row token-get."""
    got = await wire.issuer.request(method, f"{wire.identifier()}/token")
    assert got.status_code == 405
    assert got.headers["allow"] == "POST, OPTIONS"
    assert_closed(got)


@pytest.mark.rows("token-pre-auth-expired")
async def test_refuses_a_code_that_ran_out(wire: Wire) -> None:
    """However old the code is that nobody used."""
    code, _ = await fresh_code(wire, expires_in_s=60)
    device = wire.device()
    wire.clock.advance(seconds=60)
    assert_refused(await device.token(redeem_form(code)), "invalid_grant", secrets=[code])


@pytest.mark.rows("token-pre-auth-reused")
@pytest.mark.parametrize("details", [(), ("employee-badge",)], ids=["plain", "with-details"])
@pytest.mark.parametrize("which", ["same-key", "other-key"])
async def test_refuses_a_code_that_was_used(wire: Wire, which: str, details: tuple[str, ...]) -> None:
    """Whoever asks, and in whatever words; the first device lives."""
    code, _ = await fresh_code(wire)
    first = wire.device()
    await first.redeem(code, details=details)
    again = first if which == "same-key" else wire.device()
    before = await wire.snapshot()

    refused = await again.token(redeem_form(code, details=details))

    assert_refused(refused, "invalid_grant", secrets=[code])
    assert await wire.snapshot() == before
    assert (await first.pairing("GET")).status_code == 200


@pytest.mark.rows("token-unknown-code")
@pytest.mark.parametrize("details", [(), ("employee-badge",)], ids=["plain", "with-details"])
async def test_refuses_an_unknown_code(wire: Wire, details: tuple[str, ...]) -> None:
    """Row token-unknown-code (OpenID4VCI 6.3)."""
    assert_refused(await wire.device().token(redeem_form("never-made", details=details)), "invalid_grant")


async def test_refuses_a_code_of_another_issuer(wire: Wire) -> None:
    """A code counts at the issuer that made it."""
    code, _ = await fresh_code(wire)
    assert_refused(await wire.device("lakeside").token(redeem_form(code)), "invalid_grant")
    assert await wire.device().redeem(code)


async def test_refuses_a_code_without_its_pin(wire: Wire) -> None:
    """Row token-tx-code-missing; nothing is counted, since nothing was guessed."""
    code, pin = await fresh_code(wire, tx_code=True)
    device = wire.device()
    before = await wire.snapshot()
    assert_refused(await device.token(redeem_form(code)), "invalid_request", secrets=[code, pin or ""])
    assert await wire.snapshot() == before
    assert await device.redeem(code, tx_code=pin)


@pytest.mark.rows("token-tx-code-wrong", "token-tx-code-attempts")
async def test_counts_wrong_pins_and_then_kills_the_code(either_wire: Wire) -> None:
    """Rows token-tx-code-wrong and token-tx-code-attempts: the right one comes too late."""
    code, pin = await fresh_code(either_wire, tx_code=True)
    device = either_wire.device()
    wrong = redeem_form(code, tx_code=other(pin))
    for left in reversed(range(MAX_TX_CODE_TRIES)):
        refused = await device.token(wrong)
        assert_refused(refused, "invalid_grant", secrets=[code, pin or ""])
        said = refused.json()["error_description"]
        assert said.startswith("This PIN is wrong. ")
        end = {0: "ask the issuer for a new one", 1: "1 try is left"}.get(left, f"{left} tries are left")
        assert said.endswith(end)

    assert_refused(await device.token(redeem_form(code, tx_code=pin)), "invalid_grant", secrets=[code, pin or ""])


async def test_a_code_that_was_guessed_at_too_often_is_over_for_everybody(either_wire: Wire) -> None:
    made = await either_wire.code(tx_code=True)
    code = pre_authorized_code(await either_wire.offer(made))
    device = either_wire.device()
    for _ in range(MAX_TX_CODE_TRIES):
        await device.token(redeem_form(code, tx_code=other(made["tx_code"])))
    assert (await either_wire.api("GET", f"/pairing-codes/{made['id']}")).json()["state"] == "expired"
    looked_up = await either_wire.wallet_host.post("/codes", json={"code": made["short_code"]})
    assert (looked_up.status_code, looked_up.json()["error"]) == (410, "pin_spent")
    assert_refused(await device.token(redeem_form(code, details=["employee-badge"])), "invalid_grant")


async def test_one_wrong_pin_leaves_the_right_one_good(either_wire: Wire) -> None:
    code, pin = await fresh_code(either_wire, tx_code=True)
    device = either_wire.device()
    assert_refused(await device.token(redeem_form(code, tx_code=other(pin))), "invalid_grant")
    assert await device.redeem(code, tx_code=pin)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param(
            '[{"type":"openid_credential","credential_configuration_id":"student-card"}]', "", id="token-rar-more"
        ),
        pytest.param('[{"type":"other","credential_configuration_id":"employee-badge"}]', "", id="unknown-type"),
        pytest.param('[{"type":"openid_credential"}]', "", id="no-configuration"),
        pytest.param("[]", "", id="nothing-asked"),
        pytest.param("{}", "", id="no-array"),
    ],
)
async def test_refuses_details_that_were_not_authorized_and_leaves_the_code_alone(
    wire: Wire, asked: str, code: str
) -> None:
    given, _ = await fresh_code(wire)
    device = wire.device()
    before = await wire.snapshot()
    refused = await device.token({**redeem_form(given), "authorization_details": asked})
    assert_refused(refused, code or "invalid_authorization_details", secrets=[given])
    assert await wire.snapshot() == before
    assert await device.redeem(given)


async def test_ignores_parameters_that_it_does_not_know(wire: Wire) -> None:
    code, _ = await fresh_code(wire)
    got = await wire.device().token({**redeem_form(code), "resource": "x", "foo": "bar"})
    assert got.status_code == 200


async def test_refreshes_twice_with_the_same_token(either_wire: Wire) -> None:
    """An answer lost on the way costs a retry: the token is not rotated, and the newest access token counts."""
    device = await either_wire.paired()
    first, token = device.access_token, device.refresh_token
    for _ in range(2):
        got = await device.refresh()
        assert got.status_code == 200
        assert_closed(got)
        assert device.refresh_token == token
    newest, device.access_token = device.access_token, first
    assert (await device.pairing("GET")).status_code == 401
    device.access_token = newest
    assert (await device.pairing("GET")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"refresh_token": "never-made"}, "invalid_grant", id="token-refresh-unknown"),
        pytest.param({"scope": "northwind.employee-badge"}, "invalid_scope", id="token-refresh-more-scope"),
        pytest.param(
            {"authorization_details": build_authorization_details(["student-card"])},
            "invalid_authorization_details",
            id="refresh-rar-unknown",
        ),
    ],
)
async def test_a_refused_refresh_changes_nothing(either_wire: Wire, changes: Mapping[str, str], code: str) -> None:
    device = await either_wire.paired()
    before = await either_wire.snapshot()
    assert_refused(await device.refresh(**changes), code, secrets=device.secrets)
    assert await either_wire.snapshot() == before
    assert (await device.pairing("GET")).status_code == 200


async def test_a_refresh_for_nothing_that_is_there_leaves_pairing_and_access_token_alive(either_wire: Wire) -> None:
    """The pairing profile, item 3."""
    device = await either_wire.paired("Jonas Lindqvist")
    before = await either_wire.snapshot()
    refused = await device.refresh(details=["parking-permit"])
    assert_refused(refused, "invalid_authorization_details", secrets=device.secrets)
    assert "billfold_pairing" not in refused.json()
    assert await either_wire.snapshot() == before
    assert (await device.pairing("GET")).status_code == 200


async def test_a_refresh_token_stays_with_its_client(either_wire: Wire) -> None:
    """RFC 6749 5.2: `invalid_grant` where another client got it; who names no client is known by the key."""
    device = await either_wire.paired(client_id="wallet-a")
    before = await either_wire.snapshot()
    assert_refused(await device.refresh(client_id="wallet-b"), "invalid_grant", secrets=device.secrets)
    assert await either_wire.snapshot() == before
    assert (await device.refresh(client_id="wallet-a")).status_code == 200
    assert (await device.refresh()).status_code == 200


async def test_refuses_to_refresh_under_another_key(wire: Wire) -> None:
    """Row token-refresh-other-key; a stranger is not told whether the pairing lives."""
    device = await wire.paired()
    thief = Device(wire.issuer, device.issuer, wire.clock, refresh_token=device.refresh_token)
    before = await wire.snapshot()
    assert_refused(await thief.refresh(), "invalid_grant", secrets=device.secrets)
    assert await wire.snapshot() == before
    await device.pairing("DELETE")
    refused = await thief.refresh()
    assert_refused(refused, "invalid_grant", secrets=device.secrets)
    assert "billfold_pairing" not in refused.json()


@pytest.mark.parametrize("details", [(), ("employee-badge",), ("student-card",)], ids=["plain", "details", "unknown"])
async def test_a_device_whose_pairing_ended_is_told_so(either_wire: Wire, details: tuple[str, ...]) -> None:
    """The pairing profile, item 7: only this makes a wallet remove Creds."""
    device = await either_wire.paired()
    assert (await device.pairing("DELETE")).status_code == 204
    refused = await device.refresh(details=details)
    assert_refused(refused, "invalid_grant", secrets=device.secrets)
    assert refused.json()["billfold_pairing"] == "ended"


async def test_a_refresh_token_ends_after_a_year_of_disuse(wire: Wire) -> None:
    device = await wire.paired()
    wire.clock.advance(days=364)
    device.dpop_nonce = None
    assert (await device.refresh()).status_code == 200
    wire.clock.advance(days=365)
    device.dpop_nonce = None
    refused = await device.refresh()
    assert_refused(refused, "invalid_grant")
    assert "within 12 months" in refused.json()["error_description"]
    assert "billfold_pairing" not in refused.json()


async def test_refuses_a_wallet_without_a_device_key(wire: Wire) -> None:
    """The pairing profile, item 2."""
    code, _ = await fresh_code(wire)
    device = wire.device()
    before = await wire.snapshot()
    assert_refused(await device.token(redeem_form(code), dpop=[]), "invalid_dpop_proof", secrets=[code])
    assert await wire.snapshot() == before
    assert await device.redeem(code)


async def test_a_refresh_needs_a_device_key(wire: Wire) -> None:
    device = await wire.paired()
    form = {"grant_type": "refresh_token", "refresh_token": device.refresh_token or ""}
    assert_refused(await device.token(form, dpop=[]), "invalid_dpop_proof", secrets=device.secrets)
