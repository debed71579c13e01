"""The credential endpoint on the wire: what is issued first, then every row of the bad inputs that applies here."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from billfold.core.encoding import b64url_decode
from billfold.core.jose.jws import Jws
from billfold.core.keys import PrivateKey
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.roles.issuer.issuer import BATCH_SIZE
from tests.support.device import Device, redeem_form, request_of
from tests.support.organisations import new_key
from tests.support.refusals import assert_closed, assert_refused, assert_unauthorized
from tests.support.wire import Wire, pre_authorized_code

BADGE = "employee-badge"


async def test_a_credential_is_bound_to_the_proven_key_and_has_a_status(wire: Wire) -> None:
    device = await wire.paired()
    nonce = await device.c_nonce()
    got = await device.credential(request_of(device.key_proof(nonce)))

    assert got.status_code == 200
    assert got.headers["content-type"] == "application/json"
    assert got.headers["dpop-nonce"]
    assert_closed(got)
    answer = got.json()
    assert answer.keys() == {"credentials", "notification_id"}
    (entry,) = answer["credentials"]
    sd_jwt = SdJwt.parse(entry["credential"])
    claims = sd_jwt.process().claims
    assert entry["credential"].endswith("~")
    assert sd_jwt.jws.header.keys() == {"alg", "typ", "x5c"}
    assert (claims["iss"], claims["vct"]) == (device.issuer, f"{device.issuer}/types/{BADGE}")
    assert claims["cnf"] == {"jwk": device.holder_key.public().to_jwk()}
    assert claims["name"] == "Amara Okafor"
    assert claims["status"]["status_list"]["uri"].startswith(f"{device.issuer}/status/")  # type: ignore[index, call-overload, union-attr]


async def test_a_batch_has_entries_of_its_own_and_one_moment(wire: Wire) -> None:
    """OpenID4VCI 15.4.1: nothing in a batch tells its instances apart from those of others."""
    device = await wire.paired()
    keys = [new_key() for _ in range(3)]
    answer = await device.receive(keys=keys)
    claims = [Jws.parse(entry["credential"].partition("~")[0]).claims() for entry in answer["credentials"]]
    entries = [claim["status"]["status_list"]["idx"] for claim in claims]  # type: ignore[index, call-overload]

    assert len(set(entries)) == 3
    assert sorted(entries) != list(range(min(entries), min(entries) + 3))
    assert len({(claim["iat"], claim["exp"]) for claim in claims}) == 1
    assert claims[0]["iat"] % 3600 == claims[0]["exp"] % 3600 == 0  # type: ignore[operator]
    bound = {PrivateKey.public(key).thumbprint() for key in keys}
    assert {thumbprint(claim) for claim in claims} == bound
    digests = [digest for claim in claims for digest in claim["_sd"]]  # type: ignore[union-attr]
    assert len(set(digests)) == len(digests)


def thumbprint(claims: dict[str, Any]) -> str:
    from_jwk = type(new_key().public()).from_jwk
    return from_jwk(claims["cnf"]["jwk"]).thumbprint()


async def test_the_largest_batch_is_issued(wire: Wire) -> None:
    device = await wire.paired()
    answer = await device.receive(keys=[new_key() for _ in range(BATCH_SIZE)])
    assert len(answer["credentials"]) == BATCH_SIZE


async def test_a_credential_may_be_fetched_again(wire: Wire) -> None:
    """OpenID4VCI 14.3: the token may be used again, and the older Credential stays as it was."""
    device = await wire.paired()
    await device.receive()
    await device.receive(keys=[new_key()])
    person = await wire.person()
    listed = (await wire.api("GET", f"/credentials?person_id={person.id}")).json()["items"]
    assert [entry["state"] for entry in listed] == ["active", "active"]


async def test_an_identifier_stands_for_what_the_token_response_named(wire: Wire) -> None:
    device = wire.device()
    code = pre_authorized_code(await wire.offer(await wire.code()))
    answer = await device.redeem(code, details=[BADGE])
    (identifier,) = answer["authorization_details"][0]["credential_identifiers"]
    proof = device.key_proof(await device.c_nonce())
    request = request_of(proof, credential_configuration_id=None, credential_identifier=identifier)
    assert (await device.credential(request)).status_code == 200


async def test_members_that_it_does_not_know_are_ignored(wire: Wire) -> None:
    """Row cred-unknown-member."""
    device = await wire.paired()
    got = await device.credential(request_of(device.key_proof(await device.c_nonce()), foo={"bar": [1]}))
    assert got.status_code == 200


async def test_a_proof_may_name_the_client_that_the_token_is_for(wire: Wire) -> None:
    """Row cred-proof-iss-wrong (OpenID4VCI F.1): `iss` is the client_id of the token request."""
    device = wire.device()
    code = pre_authorized_code(await wire.offer(await wire.code()))
    device.keep(await device.token({**redeem_form(code), "client_id": "some-wallet"}))
    good = device.key_proof(await device.c_nonce(), claims={"iss": "some-wallet"})
    assert (await device.credential(request_of(good))).status_code == 200
    wrong = device.key_proof(await device.c_nonce(), claims={"iss": "another-wallet"})
    assert_refused(await device.credential(request_of(wrong)), "invalid_proof")


REQUESTS = [
    pytest.param({"credential_configuration_id": None}, "invalid_credential_request", id="cred-no-id"),
    pytest.param({"credential_identifier": "x"}, "invalid_credential_request", id="cred-both-ids"),
    pytest.param(
        {"credential_configuration_id": None, "credential_identifier": "x"},
        ("invalid_credential_request", "unknown_credential_identifier"),
        id="cred-identifier-when-none",
    ),
    pytest.param(
        {"credential_configuration_id": "no-such"}, "unknown_credential_configuration", id="cred-unknown-config"
    ),
    pytest.param(
        {"credential_configuration_id": "student-card"},
        "unknown_credential_configuration",
        id="cred-config-of-another-issuer",
    ),
    pytest.param({"credential_configuration_id": 7}, "invalid_credential_request", id="cred-id-number"),
    pytest.param(
        {"credential_configuration_id": None, "format": "dc+sd-jwt", "vct": "x"},
        "invalid_credential_request",
        id="cred-old-format-param",
    ),
    pytest.param({"proofs": None, "proof": {"proof_type": "jwt"}}, "invalid_proof", id="cred-old-proof-param"),
    pytest.param({"proofs": None}, "invalid_proof", id="cred-no-proofs"),
    pytest.param({"proofs": {}}, "invalid_proof", id="cred-proofs-empty"),
    pytest.param({"proofs": []}, "invalid_proof", id="cred-proofs-array"),
    pytest.param(
        {"proofs": {"jwt": ["PROOF"], "attestation": ["x"]}},
        ("invalid_proof", "invalid_credential_request"),
        id="cred-proofs-two-types",
    ),
    pytest.param(
        {"proofs": {"jwt": []}}, ("invalid_proof", "invalid_credential_request"), id="cred-proofs-empty-array"
    ),
    pytest.param({"proofs": {"jwt": "PROOF"}}, "invalid_proof", id="cred-proofs-string"),
    pytest.param({"proofs": {"jwt": [7]}}, "invalid_proof", id="cred-proofs-number"),
    pytest.param({"proofs": {"di_vp": [{}]}}, "invalid_proof", id="cred-proofs-unknown-type"),
    pytest.param({"proofs": {"attestation": ["a.b.c", "a.b.c"]}}, "invalid_proof", id="cred-attestation-two"),
    pytest.param(
        {"credential_response_encryption": {"jwk": {}, "enc": "A256GCM"}},
        "invalid_encryption_parameters",
        id="cred-enc-request-plain",
    ),
    pytest.param(
        {"credential_response_encryption": {"jwk": {}, "enc": "A128CBC-HS256", "zip": "DEF"}},
        "invalid_encryption_parameters",
        id="cred-enc-bad-enc",
    ),
    pytest.param(
        {"credential_response_encryption": None, "proofs": {"jwt": [""]}}, "invalid_proof", id="cred-proof-empty"
    ),
]


@pytest.mark.parametrize(("members", "code"), REQUESTS)
async def test_refuses_a_bad_request_and_spends_no_nonce(
    wire: Wire, members: dict[str, Any], code: str | Sequence[str]
) -> None:
    device = await wire.paired()
    nonce = await device.c_nonce()
    good = device.key_proof(nonce)
    before = await wire.snapshot()

    refused = await device.credential(with_proof(request_of(good, **members), good))

    assert_refused(refused, code, secrets=[*device.secrets, good])
    assert await wire.snapshot() == before
    assert (await device.credential(request_of(good))).status_code == 200


def with_proof(value: Any, proof: str) -> Any:  # noqa: ANN401  # JSON of a test
    """Return *value* with each PROOF in it replaced."""
    if isinstance(value, dict):
        return {name: with_proof(member, proof) for name, member in value.items()}
    if isinstance(value, list):
        return [with_proof(element, proof) for element in value]
    return proof if value == "PROOF" else value


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        pytest.param(b"{", "application/json", "invalid_credential_request", id="cred-not-json"),
        pytest.param(b"", "application/json", "invalid_credential_request", id="cred-empty"),
        pytest.param(b"[]", "application/json", "invalid_credential_request", id="cred-array-body"),
        pytest.param(b'{"a":1,"a":1}', "application/json", "invalid_credential_request", id="cred-member-twice"),
        pytest.param(b"\xff", "application/json", "invalid_credential_request", id="cred-not-utf-8"),
        pytest.param(
            b"credential_configuration_id=employee-badge",
            "application/x-www-form-urlencoded",
            "invalid_credential_request",
            id="cred-form-body",
        ),
        pytest.param(b"{}", "text/plain", "invalid_credential_request", id="cred-text-body"),
        pytest.param(
            b"e30.e30..e30.e30",
            "application/jwt",
            ("invalid_encryption_parameters", "invalid_credential_request"),
            id="cred-req-enc-broken",
        ),
    ],
)
async def test_refuses_a_body_that_is_no_request(
    wire: Wire, content: bytes, content_type: str, code: str | Sequence[str]
) -> None:
    device = await wire.paired()
    before = await wire.snapshot()
    refused = await device.call("POST", "credential", content=content, content_type=content_type)
    assert_refused(refused, code, secrets=device.secrets)
    assert await wire.snapshot() == before


@pytest.mark.rows("cred-config-when-identifier")
async def test_a_configuration_is_no_identifier(wire: Wire) -> None:
    """Row cred-config-when-identifier: who got identifiers uses them (OpenID4VCI 8.2)."""
    device = wire.device()
    await device.redeem(pre_authorized_code(await wire.offer(await wire.code())), details=[BADGE])
    before = await wire.snapshot()
    good = device.key_proof(await device.c_nonce())
    assert_refused(await device.credential(request_of(good)), "invalid_credential_request", secrets=device.secrets)
    assert await wire.snapshot() == before


@pytest.mark.parametrize("whose", ["nobody", "somebody-else"], ids=["cred-unknown-identifier", "of-another-person"])
async def test_refuses_an_identifier_of_nobody_here(wire: Wire, whose: str) -> None:
    device, other = wire.device(), wire.device()
    await device.redeem(pre_authorized_code(await wire.offer(await wire.code())), details=[BADGE])
    code = pre_authorized_code(await wire.offer(await wire.code("Mei Tanaka")))
    answer = await other.redeem(code, details=[BADGE])
    theirs = answer["authorization_details"][0]["credential_identifiers"][0]
    before = await wire.snapshot()
    request = request_of(
        device.key_proof(await device.c_nonce()),
        credential_configuration_id=None,
        credential_identifier="no-such" if whose == "nobody" else theirs,
    )
    assert_refused(await device.credential(request), "unknown_credential_identifier", secrets=device.secrets)
    assert await wire.snapshot() == before


@pytest.mark.rows("cred-token-scope")
async def test_a_token_is_good_for_what_its_person_is_entitled_to(wire: Wire) -> None:
    """Row cred-token-scope."""
    device = await wire.paired("Jonas Lindqvist")
    before = await wire.snapshot()
    good = device.key_proof(await device.c_nonce())
    refused = await device.credential(request_of(good, credential_configuration_id="parking-permit"))
    assert_refused(refused, "insufficient_scope", status=403, secrets=device.secrets)
    assert refused.headers["www-authenticate"] == 'DPoP algs="ES256", error="insufficient_scope"'
    assert await wire.snapshot() == before


@pytest.mark.rows("cred-no-token")
@pytest.mark.parametrize("authorization", ["", "Basic YTpi"])
async def test_a_request_without_token_is_told_how_to_come(wire: Wire, authorization: str) -> None:
    """Row cred-no-token: no error code, as RFC 6750 3.1 has it."""
    device = wire.device()
    refused = await device.credential(request_of("x"), dpop=[], authorization=authorization)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'DPoP algs="ES256"'
    assert refused.content == b""
    assert_closed(refused)


@pytest.mark.rows("cred-bad-token")
@pytest.mark.parametrize("scheme", ["DPoP", "Bearer"])
async def test_refuses_an_unknown_token(wire: Wire, scheme: str) -> None:
    """Row cred-bad-token."""
    device = wire.device()
    device.access_token = "never-made"
    refused = await device.credential(request_of("x"), authorization=f"{scheme} never-made")
    assert_unauthorized(refused, "invalid_token")


async def test_refuses_a_token_that_ran_out(wire: Wire) -> None:
    device = await wire.paired()
    wire.clock.advance(minutes=10)
    nonce = await device.c_nonce()
    assert_unauthorized(await device.credential(request_of(device.key_proof(nonce))), "invalid_token")


async def test_refuses_a_token_of_another_issuer(wire: Wire) -> None:
    device = await wire.paired()
    elsewhere = Device(wire.issuer, wire.identifier("lakeside"), wire.clock, device.key)
    elsewhere.access_token = device.access_token
    nonce = await elsewhere.c_nonce()
    request = request_of(elsewhere.key_proof(nonce), credential_configuration_id="student-card")
    assert_unauthorized(await elsewhere.credential(request), "invalid_token", secrets=device.secrets)


@pytest.mark.rows("cred-token-in-query")
async def test_a_token_in_the_query_counts_for_nothing(wire: Wire) -> None:
    """Row cred-token-in-query."""
    device = await wire.paired()
    before = await wire.snapshot()
    request = request_of(device.key_proof(await device.c_nonce()))
    url = f"{device.issuer}/credential?access_token={device.access_token}"
    proof = device.dpop("POST", url.partition("?")[0], access_token=device.access_token)
    refused = await wire.issuer.post(url, json=request, headers={"dpop": proof})
    assert refused.status_code == 401
    assert await wire.snapshot() == before


async def test_two_authorization_headers_are_refused(wire: Wire) -> None:
    device = await wire.paired()
    proof = device.dpop("GET", f"{device.issuer}/pairing", access_token=device.access_token)
    headers = [("authorization", f"DPoP {device.access_token}")] * 2 + [("dpop", proof)]
    refused = await wire.issuer.get(f"{device.issuer}/pairing", headers=headers)
    assert refused.status_code in {400, 401}


@pytest.mark.rows("cred-error-encrypted")
async def test_an_error_description_is_plain_ascii_whatever_came(wire: Wire) -> None:
    """Rows cred-error-description and cred-error-encrypted."""
    device = await wire.paired()
    refused = await device.credential(request_of("x", credential_configuration_id='"\\ü\n'))
    assert_refused(refused, "unknown_credential_configuration", secrets=device.secrets)


async def test_of_twelve_racing_requests_with_one_nonce_one_wins(either_wire: Wire) -> None:
    device = await either_wire.paired()
    nonce = await device.c_nonce()
    requests = [request_of(device.key_proof(nonce, key=new_key())) for _ in range(12)]
    answers = await asyncio.gather(*(device.credential(request) for request in requests))
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for answer in answers:
        if answer is not won[0]:
            assert_refused(answer, "invalid_nonce", secrets=device.secrets)
    stored = await either_wire.snapshot()
    assert [len(stored[table]) for table in ("credentials", "credential_instances")] == [1, 1]
    assert b64url_decode(won[0].json()["notification_id"])
