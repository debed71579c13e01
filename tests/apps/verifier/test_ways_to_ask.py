"""The ways to ask besides the default: under the host's name, unsigned, and with answers in the clear."""

from typing import Any

import pytest

from billfold.core.jose.jws import Jws
from tests.support.presenter import ALL_PASSED, ask, asked, held, request_url
from tests.support.problems import assert_problem
from tests.support.refusals import assert_refused
from tests.support.wire import Wire

FIELDS = {"name": "Amara Okafor", "employer": "Northwind Robotics"}
WAYS = [
    pytest.param({"client_id_prefix": "x509_san_dns"}, id="host-name"),
    pytest.param({"client_id_prefix": "x509_san_dns", "response_mode": "direct_post"}, id="host-name-in-the-clear"),
    pytest.param({"client_id_prefix": "redirect_uri"}, id="unsigned"),
    pytest.param({"client_id_prefix": "redirect_uri", "response_mode": "direct_post"}, id="unsigned-in-the-clear"),
]


async def alone_on_its_host(wire: Wire) -> None:
    """Let the sports club be the only one who requests."""
    await wire.set_settings("northwind", roles=("issuer",))


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_of_asking_is_answered_and_checked_whole(
    either_wire_with_lists: Wire, way: dict[str, str]
) -> None:
    wire = either_wire_with_lists
    await alone_on_its_host(wire)
    await wire.template("another-way", **way)
    cred = await held(wire)
    request = await asked(wire, "another-way")
    assert request.client_id.partition(":")[0] == way["client_id_prefix"]
    assert request.claims["response_mode"] == way.get("response_mode", "direct_post.jwt")

    assert (await request.answer(cred.token(request))).status_code == 200

    assert await request.checks() == ALL_PASSED
    (found,) = (await request.now())["verification"]["creds"]
    assert found["fields"] == FIELDS
    assert_refused(await request.answer(cred.token(request)), "not_found", status=404)


async def test_under_the_hosts_name_the_request_is_signed_by_a_leaf_that_names_it(wire: Wire) -> None:
    await alone_on_its_host(wire)
    await wire.template("another-way", client_id_prefix="x509_san_dns")
    got = await wire.verifier.get(request_url(await ask(wire, "another-way")))
    claims = Jws.parse(got.text).claims()
    assert claims["client_id"] == "x509_san_dns:localhost"


async def test_an_unsigned_request_stands_in_its_link_and_nowhere_else(wire: Wire) -> None:
    """OpenID4VP 5.9.3: a request with this prefix cannot be signed, so there is no request object to fetch."""
    await wire.template("another-way", client_id_prefix="redirect_uri")
    request = await asked(wire, "another-way")
    assert request.client_id == f"redirect_uri:{request.claims['response_uri']}"
    assert request.claims.keys().isdisjoint({"aud", "iat", "exp"})
    token = str(request.claims["response_uri"]).rpartition("/")[2]
    assert_refused(await wire.verifier.get(f"/o/harbour/requests/{token}"), "not_found", status=404)
    found = await wire.wallet_host.post("/codes", json={"code": request.view["short_code"]})
    assert found.json() == {"request": request.view["request"]}


@pytest.mark.parametrize("client_id_prefix", ["x509_san_dns", "redirect_uri"])
async def test_a_presentation_for_another_name_of_the_requester_is_not_accepted(
    wire_with_lists: Wire, client_id_prefix: str
) -> None:
    """OpenID4VP 14.10: the whole identifier counts, prefix included."""
    wire = wire_with_lists
    await alone_on_its_host(wire)
    await wire.template("another-way", client_id_prefix=client_id_prefix)
    cred = await held(wire)
    request, by_hash = await asked(wire, "another-way"), await asked(wire)
    token = cred.token(request, claims={"aud": by_hash.client_id})
    assert_refused(await request.answer(token), "invalid_request", secrets=["Amara"])
    assert (await request.checks())["holder"] == ("failed", "wrong_aud")


async def test_an_answer_comes_as_it_was_asked_for_or_leaves_the_request_open(wire_with_lists: Wire) -> None:
    """Row pres-plain-when-jwt, and the other way round."""
    wire = wire_with_lists
    await wire.template("encrypted", client_id_prefix="redirect_uri")
    await wire.template("plain", client_id_prefix="redirect_uri", response_mode="direct_post")
    cred = await held(wire)
    encrypted, plain = await asked(wire, "encrypted"), await asked(wire, "plain")
    before = await wire.snapshot()
    assert_refused(await encrypted.post(encrypted.plain(cred.token(encrypted))), "invalid_request")
    sealed = encrypted.encrypted(plain.members(cred.token(plain)))
    assert_refused(await plain.post(sealed), "invalid_request")
    for changes in ({"state": "another"}, {"vp_token": "{}"}):
        assert_refused(await plain.post({**plain.plain(cred.token(plain)), **changes}), "invalid_request")
    assert await wire.snapshot() == before
    assert (await plain.answer(cred.token(plain))).status_code == 200


async def test_an_answer_in_the_clear_may_be_a_refusal(wire: Wire) -> None:
    await wire.template("plain", client_id_prefix="redirect_uri", response_mode="direct_post")
    request = await asked(wire, "plain")
    got = await request.post({"error": "access_denied", "state": request.claims["state"]})
    assert (got.status_code, got.json()) == (200, {})
    assert (await request.now())["state"] == "declined"


def template(wire: Wire, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON of a test
    """Return a template to make, with *changes*."""
    accepted = {"issuer": wire.identifier(), "credential_type": "employee-badge"}
    ask_for = {"accepted": [accepted], "fields": [{"claim": "name", "required": True}]}
    texts = {"names": {"en": "Another"}, "purposes": {"en": "To test"}}
    return {"slug": "another", "asks": [ask_for], **texts, **changes}


async def test_the_ways_are_chosen_by_template_and_shown(wire: Wire) -> None:
    plain = {"client_id_prefix": "redirect_uri", "response_mode": "direct_post"}
    made = await wire.api("POST", "/presentation-templates", template(wire, **plain), slug="harbour")
    assert made.status_code == 201, made.text
    assert made.json().items() >= plain.items()
    default = await wire.api("POST", "/presentation-templates", template(wire, slug="default"), slug="harbour")
    found = default.json()
    assert (found["client_id_prefix"], found["response_mode"]) == ("x509_hash", "direct_post.jwt")


async def test_who_shares_its_host_does_not_ask_under_its_name(wire: Wire) -> None:
    """Northwind requests from the same host, so either could pass for the other."""
    wanted = template(wire, client_id_prefix="x509_san_dns")
    before = await wire.snapshot()
    got = await wire.api("POST", "/presentation-templates", wanted, slug="harbour")
    assert_problem(got, 409, "host_shared")
    assert (await wire.snapshot())["presentation_templates"] == before["presentation_templates"]

    await wire.template("from-before", client_id_prefix="x509_san_dns")
    refused = await wire.api("POST", "/presentation-requests", {"template": "from-before"}, slug="harbour")
    assert_problem(refused, 409, "host_shared")
    assert (await wire.snapshot())["presentation_requests"] == before["presentation_requests"]


async def test_by_certificate_answers_are_always_encrypted(wire: Wire) -> None:
    """HAIP 1.0 section 5."""
    got = await wire.api("POST", "/presentation-templates", template(wire, response_mode="direct_post"), slug="harbour")
    assert_problem(got, 400, "bad_template")
