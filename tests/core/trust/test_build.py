"""Certificates made here: read back by an independent reader, and refused where they could not stand."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store

from billfold.core.trust.build import build_leaf, build_root
from billfold.core.trust.chain import BILLFOLD_ISSUER_EKU, BILLFOLD_REQUESTER_EKU
from billfold.errors import ConfigurationError
from tests.support.organisations import NOW, new_key, organisation

BEGIN, END = NOW - timedelta(days=1), NOW + timedelta(days=365)


def test_a_root_may_issue_leaves_and_nothing_deeper() -> None:
    root = organisation().root
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = root.extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature


def test_a_leaf_carries_its_names_its_purpose_and_its_issuers_key_identifier() -> None:
    acme = organisation(dns_names=("a.example", "b.example"), uri_names=("https://a.example/x",))
    extensions = acme.leaf.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "b.example"]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["https://a.example/x"]
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [BILLFOLD_ISSUER_EKU]
    aki = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert aki == acme.root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_an_independent_verifier_accepts_the_chain() -> None:
    acme = organisation()
    policy = PolicyBuilder().store(Store([acme.root])).time(NOW)
    policy = policy.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    found = policy.build_client_verifier().verify(acme.leaf, [])
    assert found.chain == [acme.leaf, acme.root]


def test_a_leaf_without_names_has_no_empty_name_extension() -> None:
    extensions = organisation(dns_names=(), uri_names=()).leaf.extensions
    assert not [found for found in extensions if isinstance(found.value, x509.SubjectAlternativeName)]


def test_the_two_own_purposes_differ() -> None:
    assert BILLFOLD_ISSUER_EKU != BILLFOLD_REQUESTER_EKU
    for oid in (BILLFOLD_ISSUER_EKU, BILLFOLD_REQUESTER_EKU):
        assert oid.dotted_string.startswith("2.25.")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"common_name": ""}, "names of 1 to 64", id="no-name"),
        pytest.param({"common_name": "x" * 65}, "names of 1 to 64", id="long-name"),
        pytest.param({"common_name": "П" * 33}, "bytes in UTF-8", id="long-in-bytes"),
        pytest.param({"organisation": "x" * 65}, "names of 1 to 64", id="long-organisation"),
        pytest.param({"serial": 0}, "a positive serial number", id="serial-zero"),
        pytest.param({"serial": 1 << 159}, "at most 159 bits", id="serial-long"),
        pytest.param({"not_after": BEGIN}, "not_before earlier", id="no-time"),
        pytest.param({"not_after": END + timedelta(days=1)}, "no later than its root", id="outlives-root"),
        pytest.param({"dns_names": ["bücher.example"]}, "names in ASCII", id="dns-not-ascii"),
        pytest.param({"uri_names": ["https://ü.example"]}, "names in ASCII", id="uri-not-ascii"),
    ],
)
def test_refuses_what_cannot_stand_in_a_leaf(changes: dict[str, Any], message: str) -> None:
    root_key = new_key()
    arguments: dict[str, Any] = {
        "common_name": "Acme",
        "organisation": "Acme",
        "key": new_key().public(),
        "root": build_root("Root", "Acme", root_key, serial=1, not_before=BEGIN, not_after=END),
        "root_key": root_key,
        "serial": 2,
        "not_before": BEGIN,
        "not_after": END,
        "dns_names": (),
        "uri_names": (),
        "eku": BILLFOLD_ISSUER_EKU,
    }
    with pytest.raises(ConfigurationError, match=message):
        build_leaf(**(arguments | changes))


def test_the_longest_names_are_accepted_in_any_script() -> None:
    root = build_root("П" * 32, "Ж" * 32, new_key(), serial=(1 << 159) - 1, not_before=BEGIN, not_after=END)
    assert "П" * 32 in root.subject.rfc4514_string()
