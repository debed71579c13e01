"""Issuer metadata, plain and signed: what is read, left out and refused."""

import json
from datetime import timedelta
from typing import Any

import pytest

from billfold.core.jose.jws import attach, signing_input
from billfold.core.keys import PrivateKey
from billfold.core.openid4vci.metadata import (
    BatchIssuance,
    BillfoldPairing,
    ClaimDescription,
    CredentialConfiguration,
    CredentialDisplay,
    CredentialIssuerMetadata,
    CredentialMetadata,
    Image,
    IssuerDisplay,
    ProofType,
    Support,
    encode_metadata,
    parse_metadata,
)
from billfold.core.openid4vci.signed_metadata import signed_metadata_input, verify_signed_metadata
from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.chain import BILLFOLD_REQUESTER_EKU
from billfold.errors import CredentialError, MetadataError
from tests.support.organisations import ISSUER, NOW, Organisation, new_key, organisation
from tests.support.vectors import load_json

BADGE = CredentialConfiguration(
    format="dc+sd-jwt",
    scope="badge",
    vct="https://issuer.example/types/badge",
    credential_signing_alg_values_supported=("ES256",),
    cryptographic_binding_methods_supported=("jwk",),
    proof_types_supported={"jwt": ProofType(("ES256",))},
    credential_metadata=CredentialMetadata(
        display=(CredentialDisplay("Badge", "en", Image("data:image/png;base64,AAAA")),),
        claims=(ClaimDescription(("given_name",), mandatory=True), ClaimDescription(("tags", None))),
    ),
)
METADATA = CredentialIssuerMetadata(
    credential_issuer=ISSUER,
    credential_endpoint=f"{ISSUER}/credential",
    credential_configurations_supported={"badge": BADGE},
    nonce_endpoint=f"{ISSUER}/nonce",
    notification_endpoint=f"{ISSUER}/notification",
    batch_credential_issuance=BatchIssuance(5),
    display=(IssuerDisplay("Acme", "en"),),
    billfold_pairing=BillfoldPairing(f"{ISSUER}/pairing", "BPs", Support(email="help@issuer.example"), None),
)
ACME = organisation()


def document(**changes: object) -> bytes:
    members = {**json.loads(encode_metadata(METADATA)), **changes}
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def with_type(**changes: object) -> bytes:
    """Metadata with a good Cred type `badge`, and `odd`, which has *changes*."""
    good = json.loads(encode_metadata(METADATA))["credential_configurations_supported"]["badge"]
    odd = {name: value for name, value in {**good, **changes}.items() if value is not None}
    return document(credential_configurations_supported={"badge": good, "odd": odd})


def test_metadata_survives_the_wire() -> None:
    assert parse_metadata(encode_metadata(METADATA), ISSUER, haip=True) == METADATA
    assert METADATA.max_proofs() == 5
    assert dict(METADATA.endpoints())["pairing_endpoint"] == f"{ISSUER}/pairing"


def test_unknown_members_are_ignored() -> None:
    assert parse_metadata(document(foo=[1], credential_response_encryption={"enc": 1}), ISSUER).max_proofs() == 5


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"proof_types_supported": None}, id="meta-binding-without-proof-types"),
        pytest.param({"cryptographic_binding_methods_supported": None}, id="meta-proof-types-without-binding"),
        pytest.param({"format": "vc+sd-jwt"}, id="meta-old-format"),
        pytest.param({"vct": None}, id="meta-sd-jwt-no-vct"),
        pytest.param({"format": "mso_mdoc"}, id="meta-mdoc-no-doctype"),
        pytest.param({"scope": 1}, id="scope-number"),
    ],
)
def test_leaves_out_a_cred_type_that_breaks_a_rule(changes: dict[str, Any]) -> None:
    assert set(parse_metadata(with_type(**changes), ISSUER).credential_configurations_supported) == {"badge"}


@pytest.mark.parametrize("row", [pytest.param(None, id="meta-no-scope-haip")])
def test_leaves_out_a_cred_type_without_scope_under_haip(row: None) -> None:
    data = with_type(scope=row)
    assert set(parse_metadata(data, ISSUER, haip=True).credential_configurations_supported) == {"badge"}
    assert set(parse_metadata(data, ISSUER).credential_configurations_supported) == {"badge", "odd"}


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param([{"path": ["a", None]}, {"path": ["a", 0]}], id="meta-claims-contradiction"),
        pytest.param([{"path": ["a"]}, {"path": ["a"]}], id="meta-claims-duplicate-path"),
        pytest.param([{"path": ["a", "b"]}, {"path": ["a", 0]}], id="array-and-object"),
        pytest.param([{"path": []}], id="empty-path"),
        pytest.param([{"path": ["a", -1]}], id="negative-index"),
        pytest.param([{"path": [0]}], id="index-first"),
    ],
)
def test_drops_claim_descriptions_that_contradict_each_other(claims: list[Any]) -> None:
    """Appendix B.3."""
    data = with_type(credential_metadata={"display": [{"name": "Odd"}], "claims": claims})
    look = parse_metadata(data, ISSUER).credential_configurations_supported["odd"].credential_metadata
    assert look == CredentialMetadata((CredentialDisplay("Odd"),), ())


@pytest.mark.parametrize("look", [{"display": [{"name": "A", "logo": {"url": "x"}}]}, {"claims": 1}, "x", None])
def test_a_fault_in_the_look_costs_the_look_only(look: object) -> None:
    found = parse_metadata(with_type(credential_metadata=look), ISSUER).credential_configurations_supported["odd"]
    assert found.credential_metadata is None
    assert found.vct == BADGE.vct


@pytest.mark.parametrize("row", [pytest.param("en", id="meta-locale-duplicate")])
def test_keeps_one_display_per_locale(row: str) -> None:
    display = [{"name": "A", "locale": row}, {"name": "B", "locale": row}, {"name": "C"}]
    found = parse_metadata(document(display=display), ISSUER).display
    assert [entry.name for entry in found] == ["A", "C"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"credential_issuer": ISSUER + "/"}, "identifier that was used", id="meta-issuer-mismatch"),
        pytest.param({"credential_issuer": ISSUER.upper()}, "https scheme|identifier", id="meta-issuer-case"),
        pytest.param({"credential_endpoint": None}, "credential_endpoint", id="meta-no-credential-endpoint"),
        pytest.param({"credential_endpoint": "http://issuer.example/c"}, "https scheme", id="meta-endpoint-http"),
        pytest.param({"credential_configurations_supported": None}, "non-empty object", id="meta-no-configurations"),
        pytest.param({"credential_configurations_supported": {"a": 1}}, "can be used", id="no-usable-type"),
        pytest.param({"batch_credential_issuance": {"batch_size": 1}}, "at least 2", id="meta-batch-size-1"),
        pytest.param(
            {"credential_request_encryption": {"jwks": {"keys": [{"alg": "ECDH-ES"}]}}}, "kid", id="meta-enc-jwk-no-kid"
        ),
        pytest.param(
            {"credential_request_encryption": {"jwks": {"keys": [{"kid": "1"}]}}}, "alg", id="meta-enc-jwk-no-alg"
        ),
        pytest.param(
            {"credential_response_encryption": {"encryption_required": True}}, "not require", id="enc-required"
        ),
        pytest.param({"billfold_pairing": {"pairing_endpoint": "x"}}, "https scheme", id="pairing-endpoint"),
        pytest.param({"authorization_servers": ["https://a.example?x"]}, "without a query", id="as-query"),
    ],
)
def test_refuses_bad_metadata(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        parse_metadata(document(**changes), ISSUER)


@pytest.mark.parametrize("row", [pytest.param(None, id="meta-no-nonce-endpoint-haip")])
def test_key_binding_needs_a_nonce_endpoint_under_haip(row: None) -> None:
    with pytest.raises(MetadataError, match="nonce_endpoint"):
        parse_metadata(document(nonce_endpoint=row), ISSUER, haip=True)
    assert parse_metadata(document(nonce_endpoint=row), ISSUER).nonce_endpoint is None


def test_refuses_what_is_no_json_object() -> None:
    with pytest.raises(MetadataError, match="one JSON object"):
        parse_metadata(b"[]", ISSUER)


def signed(
    who: Organisation = ACME, header: dict[str, Any] | None = None, key: PrivateKey | None = None, **changes: object
) -> str:
    """Good signed metadata, with *changes* to its claims; None leaves one out."""
    moment = int(NOW.timestamp())
    claims = {**json.loads(encode_metadata(METADATA)), "sub": ISSUER, "iat": moment, "exp": moment + 86_400, **changes}
    head = {"typ": "openidvci-issuer-metadata+jwt", "alg": "ES256", "x5c": who.x5c, **(header or {})}
    text = signing_input(head, {name: value for name, value in claims.items() if value is not None})
    return attach(text, (key or who.leaf_key).sign(text))


def test_signed_metadata_proves_who_the_issuer_is() -> None:
    text = signed_metadata_input(METADATA, x5c=ACME.x5c, algorithm="ES256", now=NOW, lifetime=timedelta(days=1))
    found = verify_signed_metadata(attach(text, ACME.leaf_key.sign(text)), ISSUER, anchors=ACME.anchors, now=NOW)
    assert found.metadata == METADATA
    assert found.chain.display_name == "Acme"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(signed(header={"typ": "JWT"}), "typ", id="meta-signed-typ"),
        pytest.param(signed(header={"alg": "none"}), "alg of", id="meta-signed-none"),
        pytest.param(signed(header={"alg": "HS256"}), "alg of", id="meta-signed-hs256"),
        pytest.param(signed(key=new_key()), "signature", id="meta-signed-signature"),
        pytest.param(signed(sub=ISSUER + "/"), "sub", id="meta-signed-sub"),
        pytest.param(signed(iat=None), "iat", id="meta-signed-no-iat"),
        pytest.param(signed(exp=int(NOW.timestamp()) - 3600), "exp", id="meta-signed-expired"),
        pytest.param(signed(organisation()), "trusted anchor", id="meta-signed-untrusted"),
        pytest.param(signed(header={"x5c": [x5c_entry(ACME.root)]}), "self-signed", id="meta-signed-self-signed"),
        pytest.param(
            signed(header={"x5c": [*ACME.x5c, x5c_entry(ACME.root)]}), "without the trust", id="meta-signed-root-in-x5c"
        ),
        pytest.param(signed(header={"x5c": None}), "x5c", id="meta-signed-no-x5c"),
        pytest.param(signed(credential_issuer="https://other.example"), "identifier", id="credential-issuer"),
        pytest.param(signed(nonce_endpoint="https://other.example/n"), "on hosts that", id="foreign-endpoint"),
        pytest.param(signed(authorization_servers=["https://other.example"]), "on hosts", id="foreign-server"),
    ],
)
def test_refuses_signed_metadata(text: str, message: str) -> None:
    with pytest.raises(CredentialError, match=message):
        verify_signed_metadata(text, ISSUER, anchors=ACME.anchors, now=NOW)


def test_refuses_a_leaf_that_is_meant_for_requesting() -> None:
    requester = organisation(eku=BILLFOLD_REQUESTER_EKU)
    with pytest.raises(CredentialError, match="meant for metadata"):
        verify_signed_metadata(signed(requester), ISSUER, anchors=requester.anchors, now=NOW)


def test_the_self_signed_example_of_the_specification_fails_haip() -> None:
    """OpenID4VCI appendix I.1; HAIP 4.1."""
    example = load_json("jose", "openid4vci_proof.json")[2]
    with pytest.raises(CredentialError, match="self-signed"):
        verify_signed_metadata(example["jwt"], example["payload"]["sub"], anchors=ACME.anchors, now=NOW)
