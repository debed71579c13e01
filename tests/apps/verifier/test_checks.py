"""Responses whose checks fail, on the wire: the request is answered, not accepted, and the wallet is told so."""

from collections.abc import Callable
from typing import Any

import pytest

from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.roles.organisation import signer_of
from tests.support.device import with_broken_signature, without_signature
from tests.support.organisations import new_key, organisation
from tests.support.presenter import REQUIRED, Asked, Held, asked, held, resigned
from tests.support.refusals import assert_refused
from tests.support.requests import credential
from tests.support.wire import Wire

YEAR_S = 365 * 86400
TokenChange = Callable[[Asked, Held], dict[str, list[str]]]


def changed_kb(**how: Any) -> TokenChange:  # noqa: ANN401  # as `Asked.present`
    return lambda request, cred: cred.token(request, **how)


def reshaped(change: Callable[[list[str]], list[str]]) -> TokenChange:
    """Change the disclosures after the key binding was signed."""

    def made(request: Asked, cred: Held) -> dict[str, list[str]]:
        issued, *disclosures, binding = request.present(cred.text, REQUIRED["required"], cred.holder).split("~")
        return {"required": ["~".join([issued, *change(disclosures), binding])]}

    return made


def binding(change: Callable[[str], str]) -> TokenChange:
    def made(request: Asked, cred: Held) -> dict[str, list[str]]:
        head, _, text = request.present(cred.text, REQUIRED["required"], cred.holder).rpartition("~")
        return {"required": [f"{head}~{change(text)}"]}

    return made


def extra_disclosure(cred_text: str, shown: list[str]) -> list[str]:
    return [*shown, next(d.encoded for d in SdJwt.parse(cred_text).disclosures if d.encoded not in shown)]


def added(request: Asked, cred: Held) -> dict[str, list[str]]:
    return reshaped(lambda shown: extra_disclosure(cred.text, shown))(request, cred)


def at(seconds: int) -> TokenChange:
    def made(request: Asked, cred: Held) -> dict[str, list[str]]:
        moment = int(request.wire.clock().timestamp()) + seconds
        return cred.token(request, claims={"iat": moment})

    return made


def broken_issuer(request: Asked, cred: Held) -> dict[str, list[str]]:
    compact, *disclosures = cred.text.split("~")
    changed = "~".join([with_broken_signature(compact), *disclosures])
    return Held(changed, cred.holder).token(request)


def strange_issuer(request: Asked, cred: Held) -> dict[str, list[str]]:
    fields = {"name": "Amara Okafor", "employer": "Northwind Robotics"}
    identifier = request.wire.identifier()
    stranger = organisation(uri_names=(identifier,), dns_names=("localhost",))
    vct = f"{identifier}/types/employee-badge"
    text = credential(stranger, cred.holder, fields=fields, iss=identifier, vct=vct)
    return Held(text, cred.holder).token(request)


FAILED = [
    pytest.param(binding(lambda _: ""), "holder", id="pres-no-hb kb-missing"),
    pytest.param(binding(with_broken_signature), "holder", id="kb-signature"),
    pytest.param(lambda a, c: Held(c.text, new_key()).token(a), "holder", id="kb-other-key"),
    pytest.param(changed_kb(header={"typ": "JWT"}), "holder", id="kb-typ"),
    pytest.param(binding(without_signature), "holder", id="kb-no-signature"),
    pytest.param(changed_kb(header={"alg": "none"}), "holder", id="kb-none"),
    pytest.param(changed_kb(claims={"nonce": "another"}), "holder", id="kb-nonce"),
    pytest.param(changed_kb(claims={"nonce": None}), "holder", id="kb-no-nonce"),
    pytest.param(changed_kb(claims={"aud": "x509_hash:another"}), "holder", id="kb-aud"),
    pytest.param(lambda a, c: c.token(a, claims={"aud": [a.client_id]}), "holder", id="kb-aud-array"),
    pytest.param(
        lambda a, c: c.token(a, claims={"aud": a.client_id.partition(":")[2]}), "holder", id="kb-aud-no-prefix"
    ),
    pytest.param(changed_kb(claims={"sd_hash": "AAAA"}), "holder", id="kb-sd-hash"),
    pytest.param(reshaped(lambda shown: shown[:-1]), "holder", id="kb-sd-hash-disclosure-removed"),
    pytest.param(added, "holder", id="kb-sd-hash-disclosure-added"),
    pytest.param(reshaped(lambda shown: shown[::-1]), "holder", id="kb-sd-hash-order"),
    pytest.param(at(-YEAR_S), "holder", id="kb-iat-old"),
    pytest.param(at(YEAR_S), "holder", id="kb-iat-future"),
    pytest.param(changed_kb(claims={"iat": None}), "holder", id="kb-no-iat"),
    pytest.param(lambda a, c: c.token(a, {"required": ("name",)}), "request", id="pres-missing-claim"),
    pytest.param(
        lambda a, c: c.token(a, {"required": ("name", "employer", "staff_number")}), "request", id="pres-claims-over"
    ),
    pytest.param(lambda *_: {"required": ["o2ppc3N1ZXJBdXRo"]}, "response", id="pres-wrong-format"),
    pytest.param(lambda *_: {"required": ["x~y~"]}, "response", id="pres-no-sd-jwt"),
    pytest.param(broken_issuer, "signature", id="sd-signature"),
    pytest.param(strange_issuer, "issuer", id="pres-issuer-untrusted"),
]


@pytest.mark.parametrize(("change", "check"), FAILED)
async def test_a_response_whose_checks_fail_ends_the_request_not_accepted(
    wire_with_lists: Wire, change: TokenChange, check: str
) -> None:
    cred = await held(wire_with_lists)
    request = await asked(wire_with_lists)

    refused = await request.answer(change(request, cred))

    assert_refused(refused, "invalid_request", secrets=["Amara", request.claims["state"], request.claims["nonce"]])
    shown = await request.now()
    assert shown["state"] == "answered"
    assert shown["verification"]["accepted"] is False
    assert shown["verification"]["creds"] == []
    assert (await request.checks())[check][0] == "failed"
    assert_refused(await request.answer(cred.token(request)), "not_found", status=404)


@pytest.mark.parametrize(
    ("claims", "check", "reason"),
    [
        pytest.param({"cnf": None}, "holder", None, id="kb-no-cnf"),
        pytest.param({"exp": 1_700_000_000}, "validity", "expired", id="sd-expired"),
        pytest.param({"nbf": 1_900_000_000}, "validity", "not_yet_valid", id="sd-not-yet-valid"),
        pytest.param({"iss": "http://localhost/o/lakeside"}, "issuer", None, id="sd-iss-of-another"),
        pytest.param({"vct": "http://localhost/types/x"}, "issuer", None, id="pres-vct-not-accepted"),
        pytest.param({"status": {"status_list": {"idx": -1, "uri": "x"}}}, "status", None, id="sl-index-negative"),
        pytest.param({"status": {"status_list": {"idx": 1}}}, "status", None, id="sl-uri-missing"),
    ],
)
async def test_what_the_issuer_itself_signed_wrongly_is_not_accepted(
    wire_with_lists: Wire, claims: dict[str, Any], check: str, reason: str | None
) -> None:
    wire = wire_with_lists
    cred = await held(wire)
    signer = await signer_of(wire.parts, (await wire.organisation("northwind")).id, "issuer")
    request = await asked(wire)
    wrong = Held(resigned(cred.text, signer.key, **claims), cred.holder)
    assert_refused(await request.answer(wrong.token(request)), "invalid_request", secrets=["Amara"])
    outcome, found = (await request.checks())[check]
    assert outcome == "failed"
    assert reason in (None, found)


async def test_another_type_of_the_same_issuer_is_not_accepted(wire_with_lists: Wire) -> None:
    """Row pres-wrong-vct."""
    permit = await held(wire_with_lists, "parking-permit")
    request = await asked(wire_with_lists)
    refused = await request.answer(permit.token(request, {"required": ("plate",)}))
    assert_refused(refused, "invalid_request")
    assert (await request.now())["verification"]["accepted"] is False
