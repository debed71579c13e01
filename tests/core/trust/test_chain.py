"""Certificate chains: every row of the vectors under both rule sets, then chains built to fail in one point."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from billfold.core.trust.build import build_root
from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.chain import (
    BILLFOLD_ISSUER_EKU,
    BILLFOLD_REQUESTER_EKU,
    MDOC_READER_EKU,
    MDOC_SIGNER_EKU,
    Anchor,
    Purpose,
    verify_chain,
)
from billfold.errors import CredentialError, KeyMaterialError, TrustError
from tests.support.organisations import NOW, new_key, organisation, vector_anchors, vector_certificate
from tests.support.vectors import load_json

ACME = organisation()
ROWS = load_json("x509", "chains.json")
NAMED_ROWS = {
    "self-signed-pinned": "sdjwt-x5c-self-signed-haip",
    "with-root": "sdjwt-x5c-root-haip",
    "other-root": "sdjwt-x5c-untrusted",
    "expired": "sdjwt-x5c-expired",
}


def row_id(row: dict[str, Any]) -> str:
    return NAMED_ROWS.get(row["id"], row["id"])


def verify_row(row: dict[str, Any], *, haip: bool) -> None:
    x5c = [x5c_entry(vector_certificate(name)) for name in row["x5c"]]
    anchors = vector_anchors(*row["trust_anchors"])
    chain = verify_chain(x5c, anchors, now=datetime.fromisoformat(row["at"]), purpose=Purpose.ISSUER, haip=haip)
    assert chain.leaf == vector_certificate(row["x5c"][0])
    assert chain.anchor in anchors
    assert [x5c_entry(certificate) for certificate in chain.certificates] == x5c[: len(chain.certificates)]


@pytest.mark.parametrize("row", ROWS, ids=row_id)
@pytest.mark.parametrize("haip", [True, False], ids=["haip", "plain"])
def test_each_chain_of_the_vectors_has_its_outcome(row: dict[str, Any], *, haip: bool) -> None:
    """RFC 5280 6.1; under HAIP also no anchor in x5c and no self-signed leaf."""
    if row["expect_haip" if haip else "expect"] == "valid":
        verify_row(row, haip=haip)
    else:
        with pytest.raises(TrustError, match="expected"):
            verify_row(row, haip=haip)


@pytest.mark.parametrize(
    ("row_name", "haip", "message", "code"),
    [
        ("other-root", True, "ends at a trusted anchor", "untrusted"),
        ("other-root-in-chain", True, "ends at a trusted anchor", "untrusted"),
        ("missing-intermediate", True, "ends at a trusted anchor", "untrusted"),
        ("wrong-order", False, "ends at a trusted anchor", "untrusted"),
        ("with-root", True, "x5c without the trust anchor", "trust_error"),
        ("self-signed-pinned", True, "leaf that is not self-signed", "trust_error"),
        ("expired", True, "have not expired", "expired"),
        ("expired-intermediate", True, "have not expired", "expired"),
        ("not-yet-valid", True, "valid already", "not_yet_valid"),
        ("leaf-as-ca", True, "basicConstraints cA", "trust_error"),
        ("path-length", True, "at most 0 certificates below", "trust_error"),
    ],
)
def test_a_refusal_says_what_failed(row_name: str, message: str, code: str, *, haip: bool) -> None:
    row = next(row for row in ROWS if row["id"] == row_name)
    with pytest.raises(TrustError, match=message) as caught:
        verify_row(row, haip=haip)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("x5c", "message"),
    [
        pytest.param(None, "list of 1 to 6", id="sdjwt-no-x5c-haip"),
        pytest.param("MIIB", "list of 1 to 6", id="text"),
        pytest.param([], "list of 1 to 6", id="empty"),
        pytest.param(["AAAA"] * 7, "list of 1 to 6", id="long"),
        pytest.param([5], "a certificate as base64", id="number"),
        pytest.param(["AAAA"], "a readable certificate", id="no-der"),
        pytest.param(["A" * 40000], "at most 16384 bytes", id="huge"),
    ],
)
def test_refuses_an_x5c_that_holds_no_certificates(x5c: Any, message: str) -> None:  # noqa: ANN401  any JSON
    with pytest.raises(TrustError, match=message):
        verify_chain(x5c, vector_anchors("root"), now=NOW, purpose=Purpose.ISSUER)


@pytest.mark.parametrize(
    "respell",
    [
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: text + "\n",
        lambda text: text[:64] + "\n" + text[64:],
        lambda text: text.rstrip("="),
    ],
    ids=["base64url", "line-end", "wrapped", "unpadded"],
)
def test_an_entry_is_standard_base64_in_one_piece(respell: Callable[[str], str]) -> None:
    """RFC 7515 4.1.6: base64, not base64url, of the DER."""
    text = next(
        entry
        for name in ("verifier_leaf", "issuer_leaf", "other_leaf", "status_leaf", "wildcard_leaf")
        if (entry := load_json("x509", "certificates.json")[name]["x5c_entry"]).endswith("=")
    )
    changed = respell(text)
    assert changed != text
    with pytest.raises(TrustError, match="expected"):
        verify_chain([changed], vector_anchors("intermediate"), now=NOW, purpose=Purpose.REQUESTER)


@pytest.mark.parametrize(
    ("eku", "purposes"),
    [
        (BILLFOLD_ISSUER_EKU, {Purpose.ISSUER, Purpose.METADATA, Purpose.STATUS}),
        (MDOC_SIGNER_EKU, {Purpose.ISSUER, Purpose.METADATA, Purpose.STATUS}),
        (BILLFOLD_REQUESTER_EKU, {Purpose.REQUESTER}),
        (MDOC_READER_EKU, {Purpose.REQUESTER}),
        (ExtendedKeyUsageOID.SERVER_AUTH, {Purpose.REQUESTER}),
        (ExtendedKeyUsageOID.CLIENT_AUTH, {Purpose.REQUESTER}),
        (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, set(Purpose)),
        (ExtendedKeyUsageOID.CODE_SIGNING, set()),
    ],
    ids=["own-issuer", "mdoc-signer", "own-requester", "mdoc-reader", "server", "client", "any", "code"],
)
def test_a_leaf_serves_only_the_purposes_it_is_meant_for(eku: x509.ObjectIdentifier, purposes: set[Purpose]) -> None:
    acme = organisation(eku=eku)
    for purpose in Purpose:
        if purpose in purposes:
            verify_chain(acme.x5c, acme.anchors, now=NOW, purpose=purpose)
        else:
            with pytest.raises(TrustError, match="that is meant for") as caught:
                verify_chain(acme.x5c, acme.anchors, now=NOW, purpose=purpose)
            assert caught.value.code == "wrong_purpose"


def test_the_chain_tells_the_facts_of_its_leaf() -> None:
    acme = organisation()
    chain = verify_chain(acme.x5c, acme.anchors, now=NOW, purpose=Purpose.ISSUER)
    assert chain.public_key == acme.leaf_key.public()
    assert chain.dns_names == ("issuer.example",)
    assert chain.uri_names == ("https://issuer.example/acme",)
    assert chain.display_name == "Acme"


def test_of_two_roots_with_one_name_the_right_one_is_found() -> None:
    """An organisation that renewed its root has two of the same name; each vouches for its own leaves."""
    first, second = organisation(), organisation()
    anchors = (*first.anchors, *second.anchors)
    for acme in (first, second):
        assert verify_chain(acme.x5c, anchors, now=NOW, purpose=Purpose.ISSUER).anchor == acme.anchors[0]


def test_a_root_that_has_expired_vouches_for_nobody() -> None:
    acme = organisation()
    with pytest.raises(TrustError, match="have not expired"):
        verify_chain(acme.x5c, acme.anchors, now=NOW + timedelta(days=4000), purpose=Purpose.ISSUER)


def handmade_leaf(
    *extensions: tuple[x509.ExtensionType, bool],
    key: Any = None,  # noqa: ANN401  any kind of key
    signing_hash: Any = None,  # noqa: ANN401  as above
) -> tuple[list[str], tuple[Anchor, ...]]:
    """Return x5c and anchors around a leaf with exactly these *extensions*."""
    root_key = new_key()
    begin, end = NOW - timedelta(days=1), NOW + timedelta(days=1)
    root = build_root("Root", "Acme", root_key, serial=1, not_before=begin, not_after=end)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")]))
        .issuer_name(root.subject)
        .public_key(key or new_key().public().key)
        .serial_number(2)
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    leaf = builder.sign(root_key.key, signing_hash or hashes.SHA256())
    return [x5c_entry(leaf)], (Anchor(root, "Acme"),)


def key_usage(*, digital_signature: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=not digital_signature,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def test_a_leaf_may_leave_usages_unsaid() -> None:
    x5c, anchors = handmade_leaf()
    assert verify_chain(x5c, anchors, now=NOW, purpose=Purpose.REQUESTER).dns_names == ()


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
NAME_CONSTRAINTS = x509.NameConstraints(permitted_subtrees=[x509.DNSName("example.com")], excluded_subtrees=None)


@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        ([(UNKNOWN, True)], "no critical extension 1.2.3.4"),
        ([(NAME_CONSTRAINTS, False)], "no critical extension 2.5.29.30"),
        ([(x509.BasicConstraints(ca=True, path_length=None), True)], "a leaf without basicConstraints cA"),
        ([(key_usage(digital_signature=False), True)], "keyUsage digitalSignature"),
    ],
    ids=["unknown-critical", "name-constraints", "leaf-is-ca", "key-usage"],
)
def test_refuses_a_leaf_with_an_unfit_extension(
    extensions: list[tuple[x509.ExtensionType, bool]], message: str
) -> None:
    x5c, anchors = handmade_leaf(*extensions)
    with pytest.raises(TrustError, match=message):
        verify_chain(x5c, anchors, now=NOW, purpose=Purpose.ISSUER)


def test_an_unknown_extension_that_is_not_critical_is_passed_over() -> None:
    x5c, anchors = handmade_leaf((UNKNOWN, False))
    verify_chain(x5c, anchors, now=NOW, purpose=Purpose.ISSUER)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256K1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key(),
    ],
    ids=["secp256k1", "ed25519", "rsa"],
)
def test_a_leaf_with_a_key_of_another_kind_is_refused(key: object) -> None:
    x5c, anchors = handmade_leaf(key=key)
    with pytest.raises(KeyMaterialError, match="an EC"):
        verify_chain(x5c, anchors, now=NOW, purpose=Purpose.ISSUER)


def test_a_weak_hash_is_refused() -> None:
    x5c, anchors = handmade_leaf(signing_hash=hashes.SHA224())
    with pytest.raises(TrustError, match="ends at a trusted anchor"):
        verify_chain(x5c, anchors, now=NOW, purpose=Purpose.ISSUER)


@settings(max_examples=150)
@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_bit_changed_in_the_leaf_is_refused(position: int, bit: int) -> None:
    der = bytearray(base64.b64decode(ACME.x5c[0]))
    der[position % len(der)] ^= 1 << bit
    with pytest.raises(CredentialError):
        verify_chain([base64.b64encode(der).decode()], ACME.anchors, now=NOW, purpose=Purpose.ISSUER)


def test_no_anchor_trusts_nobody() -> None:
    acme = organisation()
    with pytest.raises(TrustError, match="ends at a trusted anchor"):
        verify_chain(acme.x5c, (), now=datetime(2026, 6, 1, tzinfo=UTC), purpose=Purpose.ISSUER)


def test_a_chain_that_was_verified_before_ends_all_the_same() -> None:
    """What is remembered of a chain is what time does not change."""
    for _ in range(2):
        assert verify_chain(ACME.x5c, ACME.anchors, now=NOW, purpose=Purpose.ISSUER).anchor in ACME.anchors
    end = ACME.leaf.not_valid_after_utc
    assert verify_chain(ACME.x5c, ACME.anchors, now=end, purpose=Purpose.ISSUER).valid_until == end
    with pytest.raises(TrustError, match="have not expired"):
        verify_chain(ACME.x5c, ACME.anchors, now=end + timedelta(microseconds=1), purpose=Purpose.ISSUER)
    with pytest.raises(TrustError, match="valid already"):
        verify_chain(ACME.x5c, ACME.anchors, now=NOW - timedelta(days=9999), purpose=Purpose.ISSUER)


def test_a_chain_that_was_verified_before_counts_for_nothing_else() -> None:
    """Neither for another purpose, nor under other anchors, nor under stricter rules."""
    acme, other = organisation(eku=MDOC_SIGNER_EKU), organisation()
    verify_chain(acme.x5c, acme.anchors, now=NOW, purpose=Purpose.ISSUER)
    with pytest.raises(TrustError, match="meant for requesting"):
        verify_chain(acme.x5c, acme.anchors, now=NOW, purpose=Purpose.REQUESTER)
    with pytest.raises(TrustError, match="ends at a trusted anchor"):
        verify_chain(acme.x5c, other.anchors, now=NOW, purpose=Purpose.ISSUER)
    with_root = [*acme.x5c, x5c_entry(acme.anchors[0].certificate)]
    verify_chain(with_root, acme.anchors, now=NOW, purpose=Purpose.ISSUER, haip=False)
    with pytest.raises(TrustError, match="x5c without the trust anchor"):
        verify_chain(with_root, acme.anchors, now=NOW, purpose=Purpose.ISSUER)
