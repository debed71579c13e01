"""SD-JWT VC with x5c: the whole check, one fault at a time."""

from datetime import timedelta
from typing import Any

import pytest

from billfold.core.jose.jws import attach, signing_input
from billfold.core.sdjwt.disclosure import NEVER_DISCLOSABLE
from billfold.core.sdjwt.issue import SALT_BYTES, Members, encode_header, prepare
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from billfold.core.status.status_token import StatusReference
from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.chain import BILLFOLD_REQUESTER_EKU
from billfold.errors import CredentialError, TrustError
from tests.support.disclosures import disclosure
from tests.support.organisations import ISSUER, NOW, Organisation, new_key, organisation, vector_certificate

ACME = organisation()
HOLDER = new_key().public()
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "vct": "https://issuer.example/badge",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 3600,
    "cnf": {"jwk": HOLDER.to_jwk()},
    "status": {"status_list": {"idx": 7, "uri": "https://issuer.example/status/1"}},
}
FIELDS = {"name": "Zoë", "age": 33}


def without(name: str) -> dict[str, Any]:
    return {member: value for member, value in CLAIMS.items() if member != name}


def issue(claims: dict[str, Any], *, header: dict[str, Any] | None = None, acme: Organisation = ACME) -> SdJwt:
    header = {"alg": "ES256", "typ": "dc+sd-jwt", "x5c": acme.x5c} | (header or {})
    entropy = bytes(range(SALT_BYTES * len(FIELDS)))
    prepared = prepare(Members(claims, FIELDS), header_b64u=encode_header(header), entropy=entropy)
    return SdJwt.parse(prepared.attach(acme.leaf_key.sign(prepared.signing_input)))


def verify(sd_jwt: SdJwt, *, acme: Organisation = ACME, after: timedelta = timedelta()) -> VerifiedSdJwtVc:
    return verify_sd_jwt_vc(sd_jwt, anchors=acme.anchors, now=NOW + after)


def test_a_good_credential_gives_all_that_was_proven() -> None:
    found = verify(issue(CLAIMS))
    assert found.claims == {**CLAIMS, **FIELDS}
    assert (found.issuer, found.vct) == (ISSUER, CLAIMS["vct"])
    assert found.holder_key == HOLDER
    assert found.status == StatusReference("https://issuer.example/status/1", 7)
    assert found.expires_at == NOW + timedelta(seconds=3600)
    assert found.disclosed == {("name",), ("age",)}
    assert found.chain is not None
    assert found.chain.leaf == ACME.leaf


def test_without_iss_the_leaf_names_the_issuer() -> None:
    """SD-JWT VC 2.2.2.3: `iss` may be left out where the key says who issued."""
    assert verify(issue(without("iss"))).issuer == ISSUER


def test_what_is_optional_may_be_left_out() -> None:
    found = verify(issue({"vct": "https://issuer.example/badge"}))
    assert (found.holder_key, found.status, found.expires_at) == (None, None, None)


@pytest.mark.parametrize("names", [(), ("https://issuer.example/a", "https://issuer.example/b")], ids=["none", "two"])
def test_without_iss_a_leaf_that_names_no_single_issuer_is_refused(names: tuple[str, ...]) -> None:
    acme = organisation(uri_names=names)
    with pytest.raises(CredentialError, match=f"one URI name, got {len(names)}") as caught:
        verify(issue(without("iss"), acme=acme), acme=acme)
    assert caught.value.code == "wrong_issuer"


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        pytest.param(CLAIMS | {"iss": "https://issuer.example/other"}, "URI names of the leaf", id="ikd-x5c-iss"),
        pytest.param(CLAIMS | {"iss": ISSUER + "/"}, "URI names of the leaf", id="iss-slash"),
        pytest.param(CLAIMS | {"iss": 5}, "iss as a string", id="iss-number"),
        pytest.param(without("vct"), "vct as a string", id="sdjwt-no-vct"),
        pytest.param(CLAIMS | {"vct": ["x"]}, "vct as a string", id="vct-array"),
        pytest.param(CLAIMS | {"vct": ""}, "vct as a string", id="vct-empty"),
        pytest.param(CLAIMS | {"exp": 1}, "exp in the future", id="sdjwt-expired"),
        pytest.param(CLAIMS | {"nbf": CLAIMS["exp"]}, "nbf in the past", id="sdjwt-nbf"),
        pytest.param(CLAIMS | {"iat": CLAIMS["exp"]}, "iat in the past", id="iat-future"),
        pytest.param(CLAIMS | {"exp": "never"}, "exp as a number", id="exp-text"),
        pytest.param(CLAIMS | {"cnf": {}}, "cnf with a jwk", id="cnf-empty"),
        pytest.param(CLAIMS | {"cnf": "x"}, "cnf with a jwk", id="cnf-text"),
        pytest.param(CLAIMS | {"cnf": {"kid": "1"}}, "cnf with a jwk", id="cnf-kid"),
        pytest.param(CLAIMS | {"cnf": {"jwk": new_key().to_jwk()}}, "private member", id="sdjwt-cnf-private"),
        pytest.param(CLAIMS | {"status": {}}, "status with a status_list", id="status-empty"),
        pytest.param(CLAIMS | {"status": {"status_list": {"idx": -1, "uri": "x"}}}, "idx as", id="sl-index-negative"),
        pytest.param(CLAIMS | {"status": {"status_list": {"idx": 1}}}, "uri as", id="sl-uri-missing"),
    ],
)
def test_refuses_claims_with_one_fault(claims: dict[str, Any], message: str) -> None:
    with pytest.raises(CredentialError, match=message):
        verify(issue(claims))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param({"typ": "JWT"}, "expected typ dc", id="sdjwt-typ"),
        pytest.param({"typ": "vc+sd-jwt"}, "expected typ dc", id="typ-of-early-drafts"),
        pytest.param({"alg": "none"}, "expected alg of", id="sdjwt-none"),
        pytest.param({"alg": "HS256"}, "expected alg of", id="sdjwt-alg-swap"),
        pytest.param({"x5c": None}, "x5c as a list", id="sdjwt-no-x5c-haip"),
        pytest.param({"x5c": []}, "x5c as a list", id="x5c-empty"),
        pytest.param({"x5c": organisation().x5c}, "a trusted anchor", id="sdjwt-x5c-untrusted"),
        pytest.param({"x5c": [x5c_entry(ACME.root)]}, "not self-signed", id="sdjwt-x5c-self-signed-haip"),
        pytest.param({"x5c": [*ACME.x5c, x5c_entry(ACME.root)]}, "without the trust anchor", id="sdjwt-x5c-root-haip"),
        pytest.param({"x5c": [x5c_entry(vector_certificate("expired_leaf"))]}, "a trusted anchor", id="foreign"),
    ],
)
def test_refuses_a_header_with_one_fault(header: dict[str, Any], message: str) -> None:
    with pytest.raises(CredentialError, match=message):
        verify(issue(CLAIMS, header=header))


@pytest.mark.parametrize("after", [pytest.param(timedelta(days=1000), id="sdjwt-x5c-expired")])
def test_a_credential_dies_with_its_leaf(after: timedelta) -> None:
    with pytest.raises(TrustError, match="have not expired"):
        verify(issue(without("exp")), after=after)


def test_a_leaf_for_requests_cannot_issue() -> None:
    acme = organisation(eku=BILLFOLD_REQUESTER_EKU)
    with pytest.raises(TrustError, match="meant for issuing"):
        verify(issue(CLAIMS, acme=acme), acme=acme)


@pytest.mark.parametrize("name", [pytest.param("x5c", id="sdjwt-x5c-unprotected")])
def test_a_chain_outside_the_protected_header_does_not_exist(name: str) -> None:
    """A compact JWS has no other header, so what stands among the claims proves nothing."""
    with pytest.raises(TrustError, match="x5c as a list"):
        verify(issue(CLAIMS | {name: ACME.x5c}, header={"x5c": None}))


def test_a_signature_by_another_key_of_the_same_root_is_refused() -> None:
    forged = Organisation(ACME.root, ACME.root_key, ACME.leaf, new_key())
    with pytest.raises(CredentialError, match="a signature by this key"):
        verify(issue(CLAIMS, acme=forged))


@pytest.mark.parametrize("name", sorted(NEVER_DISCLOSABLE))
def test_a_claim_that_controls_the_credential_must_stand_in_the_clear(name: str) -> None:
    """SD-JWT VC 2.2.2.3."""
    hidden = disclosure("s", name, CLAIMS.get(name, "x"))
    claims = {**without(name), "_sd": [hidden.digest]}
    data = signing_input({"alg": "ES256", "typ": "dc+sd-jwt", "x5c": ACME.x5c}, claims)
    text = f"{attach(data, ACME.leaf_key.sign(data))}~{hidden.encoded}~"
    with pytest.raises(CredentialError, match=f"expected {name} in the clear"):
        verify(SdJwt.parse(text))


def test_a_member_of_such_a_claim_must_stand_in_the_clear_too() -> None:
    hidden = disclosure("s", "status_list", CLAIMS["status"]["status_list"])
    claims = {**CLAIMS, "status": {"_sd": [hidden.digest]}}
    data = signing_input({"alg": "ES256", "typ": "dc+sd-jwt", "x5c": ACME.x5c}, claims)
    with pytest.raises(CredentialError, match="expected status in the clear"):
        verify(SdJwt.parse(f"{attach(data, ACME.leaf_key.sign(data))}~{hidden.encoded}~"))


@pytest.mark.parametrize(
    "aka_vcts", [[], [CLAIMS["vct"]], "x"], ids=["sdjwt-aka-vcts-self-empty", "sdjwt-aka-vcts-self", "text"]
)
def test_other_names_of_the_type_are_no_proof_of_anything(aka_vcts: object) -> None:
    """SD-JWT VC 2.2.2.2: `aka_vcts` is not read here, so a bad one changes nothing."""
    assert verify(issue(CLAIMS | {"aka_vcts": aka_vcts})).vct == CLAIMS["vct"]


def test_the_leeway_is_for_clocks_that_disagree() -> None:
    verify(issue(CLAIMS), after=timedelta(seconds=3600 + 59))
    with pytest.raises(CredentialError, match="exp in the future") as caught:
        verify(issue(CLAIMS), after=timedelta(seconds=3600 + 60))
    assert caught.value.code == "expired"


@pytest.mark.parametrize("idx", [pytest.param(0, id="sl-expired-token-valid")])
def test_an_expired_credential_is_refused_before_anybody_asks_for_its_status(idx: int) -> None:
    """Status List 7.1: expired stays expired, whatever the list says; no status reference is even returned."""
    expired = CLAIMS | {
        "exp": CLAIMS["iat"] - 3600,
        "status": StatusReference("https://issuer.example/s", idx).to_claim(),
    }
    with pytest.raises(CredentialError, match="exp in the future"):
        verify(issue(expired))
