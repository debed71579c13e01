"""The response_uri endpoint on the wire: what is accepted, what leaves the request open, what ends it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from billfold.core.jose.jwe import Jwe
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.roles.verifier.verification import forget_results
from tests.support.device import with_broken_signature, without_signature
from tests.support.organisations import new_key, organisation
from tests.support.presenter import REQUIRED, Asked, Held, ask, asked, header_of, held, tampered
from tests.support.refusals import assert_closed, assert_refused
from tests.support.requests import credential
from tests.support.wire import Wire

YEAR_S = 365 * 86400
ALL_PASSED = {
    name: ("passed", None) for name in ("response", "signature", "issuer", "validity", "status", "holder", "request")
}


async def test_what_was_shared_is_shown(either_wire_with_lists: Wire) -> None:
    wire = either_wire_with_lists
    cred = await held(wire)
    request = await asked(wire)
    got = await request.answer(cred.token(request))

    assert got.status_code == 200
    assert got.headers["content-type"] == "application/json"
    assert got.json() == {}
    assert_closed(got)
    shown = await request.now()
    assert shown["state"] == "answered"
    assert shown["verification"]["accepted"] is True
    assert shown["verification"]["session_bound"] is False
    (found,) = shown["verification"]["creds"]
    assert found["fields"] == {"name": "Amara Okafor", "employer": "Northwind Robotics"}
    assert found["issuer"] == wire.identifier()
    assert await request.checks() == ALL_PASSED


async def test_optional_fields_come_from_the_same_copy(wire_with_lists: Wire) -> None:
    cred = await held(wire_with_lists)
    request = await asked(wire_with_lists)
    token = cred.token(request, {**REQUIRED, "optional_team": ("team",)})
    assert (await request.answer(token)).status_code == 200
    (found,) = (await request.now())["verification"]["creds"]
    assert found["fields"] == {"name": "Amara Okafor", "employer": "Northwind Robotics", "team": "Motion control"}


async def test_an_optional_field_of_another_copy_is_dropped(wire_with_lists: Wire) -> None:
    device = await wire_with_lists.paired()
    keys = [new_key(), new_key()]
    answer = await device.receive(keys=keys)
    by_key = {SdJwt.parse(e["credential"]).process().claims["cnf"]["jwk"]["x"]: e["credential"] for e in answer["credentials"]}  # type: ignore[index, call-overload, union-attr]
    first, second = (Held(by_key[key.public().to_jwk()["x"]], key) for key in keys)
    request = await asked(wire_with_lists)
    token = {**first.token(request), **second.token(request, {"optional_team": ("team",)})}
    assert (await request.answer(token)).status_code == 200
    (found,) = (await request.now())["verification"]["creds"]
    assert found["fields"].keys() == {"name", "employer"}
    assert (await request.checks())["request"] == ("passed", "other_copy")


FormChange = Callable[[Asked, dict[str, list[str]]], dict[str, str]]


def jwe(request: Asked, token: Any, **changes: Any) -> dict[str, str]:  # noqa: ANN401  # JSON of a test
    return request.encrypted(request.members(token, **changes))


def other_alg(request: Asked, token: Any) -> dict[str, str]:  # noqa: ANN401  # JSON of a test
    text = jwe(request, token)["response"]
    header = Jwe.parse(text).header
    return {"response": ".".join([header_of(**{**header, "alg": "ECDH-ES+A256KW"}), *text.split(".")[1:]])}


def other_enc(request: Asked, token: Any) -> dict[str, str]:  # noqa: ANN401  # JSON of a test
    text = jwe(request, token)["response"]
    header = Jwe.parse(text).header
    return {"response": ".".join([header_of(**{**header, "enc": "A256CBC-HS512"}), *text.split(".")[1:]])}


UNREADABLE = [
    pytest.param(lambda a, t: jwe(a, t, state="another"), id="pres-unknown-state"),
    pytest.param(lambda a, t: jwe(a, t, state=None), id="pres-no-state"),
    pytest.param(lambda a, _: {"vp_token": "{}", "state": a.claims["state"]}, id="pres-plain-when-jwt"),
    pytest.param(lambda a, t: {"response": tampered(jwe(a, t)["response"])}, id="pres-jwe-broken"),
    pytest.param(lambda *_: {"response": "no.jwe"}, id="pres-jwe-malformed"),
    pytest.param(lambda a, t: a.encrypted(a.members(t), kid="another"), id="pres-jwe-kid"),
    pytest.param(other_alg, id="pres-jwe-alg"),
    pytest.param(other_enc, id="pres-jwe-enc"),
    pytest.param(lambda a, t: a.encrypted(a.members(t), key=new_key().public()), id="pres-jwe-other-session-key"),
    pytest.param(lambda a, _: jwe(a, {}, vp_token=None), id="pres-no-vp-token"),
    pytest.param(lambda a, _: jwe(a, {}, vp_token="text"), id="pres-vp-token-string"),
    pytest.param(lambda a, _: jwe(a, {}, vp_token=[]), id="pres-vp-token-array"),
    pytest.param(lambda a, _: jwe(a, {}), id="pres-vp-token-empty"),
    pytest.param(lambda a, t: jwe(a, {**t, "another": t["required"]}), id="pres-unknown-query-id"),
    pytest.param(lambda a, t: jwe(a, {"required": t["required"][0]}), id="pres-value-not-array"),
    pytest.param(lambda a, _: jwe(a, {"required": []}), id="pres-empty-array"),
    pytest.param(lambda a, _: jwe(a, {"required": [{}]}), id="pres-value-object"),
    pytest.param(lambda a, t: jwe(a, {"required": t["required"] * 2}), id="pres-two-without-multiple"),
    pytest.param(lambda a, t: jwe(a, {"optional_team": t["required"]}), id="pres-missing-required"),
    pytest.param(lambda *_: {"foo": "bar"}, id="pres-nothing"),
    pytest.param(lambda *_: {"error": "access_denied"}, id="pres-error-without-state"),
    pytest.param(lambda *_: {"error": "access_denied", "state": "x"}, id="pres-error-with-another-state"),
]


@pytest.mark.parametrize("change", UNREADABLE)
async def test_a_response_that_cannot_be_read_leaves_the_request_open(
    wire_with_lists: Wire, change: FormChange
) -> None:
    wire = wire_with_lists
    cred = await held(wire)
    request = await asked(wire)
    token = cred.token(request)
    before = await wire.snapshot()

    refused = await request.post(change(request, token))

    assert_refused(refused, "invalid_request", secrets=[request.claims["state"], request.claims["nonce"]])
    assert await wire.snapshot() == before
    assert (await request.answer(token)).status_code == 200
    assert (await request.now())["verification"]["accepted"] is True


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        pytest.param(b'{"response":"x"}', "application/json", id="pres-content-type"),
        pytest.param(b"response=a&response=b", "application/x-www-form-urlencoded", id="pres-twice"),
        pytest.param(b"", "application/x-www-form-urlencoded", id="pres-empty-body"),
    ],
)
async def test_a_body_that_is_no_form_leaves_the_request_open(wire: Wire, content: bytes, content_type: str) -> None:
    request = await asked(wire)
    before = await wire.snapshot()
    refused = await wire.verifier.post(request.path, content=content, headers={"content-type": content_type})
    assert_refused(refused, "invalid_request")
    assert await wire.snapshot() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_a_response_comes_by_post_only(wire: Wire, method: str) -> None:
    """Row pres-get."""
    request = await asked(wire)
    got = await wire.verifier.request(method, request.path)
    assert got.status_code == 405
    assert got.headers["allow"] == "POST, OPTIONS"
    assert_closed(got)


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
    pytest.param(binding(lambda _: ""), "holder", id="pres-no-hb_kb-missing"),
    pytest.param(binding(with_broken_signature), "holder", id="kb-signature"),
    pytest.param(lambda a, c: Held(c.text, new_key()).token(a), "holder", id="kb-other-key"),
    pytest.param(changed_kb(header={"typ": "JWT"}), "holder", id="kb-typ"),
    pytest.param(lambda a, c: binding(without_signature)(a, c), "holder", id="kb-no-signature"),
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


async def test_another_type_of_the_same_issuer_is_not_accepted(wire_with_lists: Wire) -> None:
    """Row pres-wrong-vct."""
    permit = await held(wire_with_lists, "parking-permit")
    request = await asked(wire_with_lists)
    refused = await request.answer(permit.token(request, {"required": ("plate",)}))
    assert_refused(refused, "invalid_request")
    assert (await request.now())["verification"]["accepted"] is False


async def test_members_of_earlier_drafts_are_ignored(wire_with_lists: Wire) -> None:
    """Row pres-presentation-submission."""
    cred = await held(wire_with_lists)
    request = await asked(wire_with_lists)
    form = jwe(request, cred.token(request), presentation_submission={"id": "x"}, foo=1)
    assert (await request.post(form)).status_code == 200
    assert (await request.now())["verification"]["accepted"] is True


async def test_a_response_counts_once(either_wire_with_lists: Wire) -> None:
    """Row pres-replayed."""
    cred = await held(either_wire_with_lists)
    request = await asked(either_wire_with_lists)
    form = jwe(request, cred.token(request))
    assert (await request.post(form)).status_code == 200
    before = await either_wire_with_lists.snapshot()
    assert_refused(await request.post(form), "not_found", status=404)
    assert_refused(await request.post({"error": "access_denied", "state": request.claims["state"]}), "not_found", status=404)
    assert await either_wire_with_lists.snapshot() == before


async def test_of_twelve_racing_answers_one_counts(either_wire_with_lists: Wire) -> None:
    cred = await held(either_wire_with_lists)
    request = await asked(either_wire_with_lists)
    forms = [jwe(request, cred.token(request)) for _ in range(12)]
    answers = await asyncio.gather(*(request.post(form) for form in forms))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 11


async def test_a_response_to_another_request_does_not_count(wire_with_lists: Wire) -> None:
    cred = await held(wire_with_lists)
    first, second = await asked(wire_with_lists), await asked(wire_with_lists)
    refused = await second.post(jwe(first, cred.token(first)))
    assert_refused(refused, "invalid_request")
    assert (await second.now())["state"] == "opened"


async def test_a_response_comes_in_time(wire_with_lists: Wire) -> None:
    """Row pres-expired-session."""
    cred = await held(wire_with_lists)
    request = await asked(wire_with_lists)
    wire_with_lists.clock.advance(seconds=300)
    assert_refused(await request.answer(cred.token(request)), "not_found", status=404)
    assert (await request.now())["state"] == "expired"


@pytest.mark.parametrize("error", ["access_denied", "some_new_code"], ids=["pres-error-access-denied", "pres-error-unknown-code"])
@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_refusal_ends_the_request(either_wire: Wire, error: str, encrypted: bool) -> None:
    request = await asked(either_wire)
    form = {"error": error, "state": request.claims["state"]}
    got = await request.post(request.encrypted(form) if encrypted else form)
    assert got.status_code == 200
    assert got.json() == {}
    assert_closed(got)
    shown = await request.now()
    assert (shown["state"], shown["verification"]) == ("declined", None)


@pytest.mark.parametrize(
    ("moves", "reason"), [(["suspend"], "suspended"), (["revoke"], "revoked"), (["suspend", "resume"], None)]
)
async def test_the_status_is_asked_at_every_verification(
    either_wire_with_lists: Wire, moves: list[str], reason: str | None
) -> None:
    wire = either_wire_with_lists
    cred = await held(wire)
    before = await asked(wire)
    assert (await before.answer(cred.token(before))).status_code == 200
    person = await wire.person()
    (listed,) = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    for move in moves:
        assert (await wire.api("POST", f"/credentials/{listed['id']}/{move}", {"reason": "test"})).status_code == 200
    request = await asked(wire)
    got = await request.answer(cred.token(request))
    if reason is None:
        assert got.status_code == 200
        assert await request.checks() == ALL_PASSED
        return
    assert_refused(got, "invalid_request", secrets=["Amara"])
    shown = await request.now()
    assert (shown["state"], shown["verification"]["accepted"]) == ("answered", False)
    assert (await request.checks())["status"] == ("failed", reason)


async def test_a_cred_of_an_ended_pairing_is_not_accepted(wire_with_lists: Wire) -> None:
    wire = wire_with_lists
    device = await wire.paired()
    (entry,) = (await device.receive())["credentials"]
    cred = Held(entry["credential"], device.holder_key)
    await device.pairing("DELETE")
    request = await asked(wire)
    assert_refused(await request.answer(cred.token(request)), "invalid_request")
    assert (await request.checks())["status"] == ("failed", "revoked")


async def test_without_the_status_list_nothing_is_accepted(wire: Wire) -> None:
    """Row sl-unreachable: unknown is not valid."""
    cred = await held(wire)
    request = await asked(wire)
    assert_refused(await request.answer(cred.token(request)), "invalid_request")
    assert (await request.checks())["status"][0] == "failed"


async def test_field_values_live_as_long_as_the_template_says(either_wire_with_lists: Wire) -> None:
    wire = either_wire_with_lists
    cred = await held(wire)
    request = await asked(wire)
    await request.answer(cred.token(request))
    wire.clock.advance(seconds=timedelta(minutes=10).total_seconds() - 1)
    assert (await request.now())["verification"]["creds"][0]["fields"]
    wire.clock.advance(seconds=1)
    shown = (await request.now())["verification"]
    assert (shown["accepted"], shown["creds"][0]["fields"]) == (True, None)


RETURN_TO = "https://club.example/rate?lane=2"


async def test_on_the_same_device_the_result_needs_the_response_code(either_wire_with_lists: Wire) -> None:
    """Row pres-response-code-missing (OpenID4VP 14.3)."""
    cred = await held(either_wire_with_lists)
    request = await asked(either_wire_with_lists, return_to=RETURN_TO)
    got = await request.answer(cred.token(request))
    back = httpx.URL(got.json()["redirect_uri"])
    code = back.params["response_code"]
    assert str(back.copy_remove_param("response_code")) == RETURN_TO
    for wrong in (None, "another"):
        shown = (await request.now(wrong))["verification"]
        assert (shown["session_bound"], shown["creds"][0]["fields"]) == (False, None)
    shown = (await request.now(code))["verification"]
    assert (shown["session_bound"], shown["accepted"]) == (True, True)
    assert shown["creds"][0]["fields"]["name"] == "Amara Okafor"


async def test_a_template_may_refuse_what_does_not_come_back(wire_with_lists: Wire) -> None:
    """Row pres-other-browser-haip (HAIP 5.1)."""
    wire = wire_with_lists
    await wire.template("strict", refuse_unbound=True)
    cred = await held(wire)
    request = await asked(wire, "strict", return_to=RETURN_TO)
    got = await request.answer(cred.token(request))
    code = httpx.URL(got.json()["redirect_uri"]).params["response_code"]
    shown = (await request.now())["verification"]
    assert shown["accepted"] is False
    assert (await request.checks())["session"] == ("failed", "not_bound")
    assert (await request.now(code))["verification"]["accepted"] is True


async def test_who_declines_goes_back_too(wire: Wire) -> None:
    request = await asked(wire, return_to=RETURN_TO)
    got = await request.post({"error": "access_denied", "state": request.claims["state"]})
    assert got.json()["redirect_uri"].startswith(f"{RETURN_TO}&response_code=")


async def test_values_whose_time_is_over_are_removed(either_wire_with_lists: Wire) -> None:
    """Not merely hidden: nothing of them stays in the store."""
    wire = either_wire_with_lists
    await wire.template("forgetful", keep_result_s=0)
    cred = await held(wire)
    request = await asked(wire, "forgetful")
    assert (await request.answer(cred.token(request))).status_code == 200
    assert (await request.now())["verification"]["creds"][0]["fields"] is None
    await forget_results(wire.parts)
    stored = await wire.snapshot()
    assert "Amara Okafor" not in str(stored["presentation_requests"])


async def test_two_requests_are_nobodys_but_their_own(wire: Wire) -> None:
    first, second = await ask(wire), await ask(wire)
    assert first["id"] != second["id"]
    assert first["short_code"] != second["short_code"]
