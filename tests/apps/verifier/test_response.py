"""The response_uri endpoint on the wire: what is accepted, what leaves the request open, what ends it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from billfold.core.jose.jwe import Jwe
from billfold.core.sdjwt.sd_jwt import SdJwt
from tests.support.organisations import new_key
from tests.support.presenter import ALL_PASSED, REQUIRED, Asked, Held, asked, header_of, held, tampered
from tests.support.refusals import assert_closed, assert_refused
from tests.support.wire import Wire


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
    by_key = {
        SdJwt.parse(e["credential"]).process().claims["cnf"]["jwk"]["x"]: e["credential"] for e in answer["credentials"]
    }  # type: ignore[index, call-overload, union-attr]
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


@pytest.mark.rows("pres-get")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_a_response_comes_by_post_only(wire: Wire, method: str) -> None:
    """Row pres-get."""
    request = await asked(wire)
    got = await wire.verifier.request(method, request.path)
    assert got.status_code == 405
    assert got.headers["allow"] == "POST, OPTIONS"
    assert_closed(got)


async def test_members_of_earlier_drafts_are_ignored(wire_with_lists: Wire) -> None:
    """Row pres-presentation-submission."""
    cred = await held(wire_with_lists)
    request = await asked(wire_with_lists)
    form = jwe(request, cred.token(request), presentation_submission={"id": "x"}, foo=1)
    assert (await request.post(form)).status_code == 200
    assert (await request.now())["verification"]["accepted"] is True


@pytest.mark.rows("pres-replayed")
async def test_a_response_counts_once(either_wire_with_lists: Wire) -> None:
    """Row pres-replayed."""
    cred = await held(either_wire_with_lists)
    request = await asked(either_wire_with_lists)
    form = jwe(request, cred.token(request))
    assert (await request.post(form)).status_code == 200
    before = await either_wire_with_lists.snapshot()
    assert_refused(await request.post(form), "not_found", status=404)
    assert_refused(
        await request.post({"error": "access_denied", "state": request.claims["state"]}), "not_found", status=404
    )
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


@pytest.mark.rows("pres-expired-session")
async def test_a_response_comes_in_time(wire_with_lists: Wire) -> None:
    """Row pres-expired-session."""
    cred = await held(wire_with_lists)
    request = await asked(wire_with_lists)
    wire_with_lists.clock.advance(seconds=300)
    assert_refused(await request.answer(cred.token(request)), "not_found", status=404)
    assert (await request.now())["state"] == "expired"


@pytest.mark.parametrize(
    "error", ["access_denied", "some_new_code"], ids=["pres-error-access-denied", "pres-error-unknown-code"]
)
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
