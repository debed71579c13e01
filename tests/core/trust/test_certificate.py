"""Facts of a certificate, against what the vectors state of each."""

from typing import Any

import pytest

from billfold.core.trust.certificate import (
    authority_key_ids,
    display_name,
    dns_names,
    parse_certificate,
    uri_names,
    x5c_entry,
    x509_hash,
)
from tests.support.organisations import vector_certificate
from tests.support.vectors import load_json

CERTIFICATES = load_json("x509", "certificates.json")


@pytest.mark.parametrize("name", CERTIFICATES)
def test_reads_what_the_vectors_state(name: str) -> None:
    stated = CERTIFICATES[name]
    certificate = vector_certificate(name)
    assert x5c_entry(certificate) == stated["x5c_entry"]
    assert x509_hash(certificate) == stated["sha256_b64u"]
    assert [*dns_names(certificate), *uri_names(certificate)] == stated["san"]
    assert authority_key_ids([certificate]) == {stated["aki_b64u"]}
    assert display_name(certificate) == stated["subject"].removeprefix("CN=").partition(",")[0]


@pytest.mark.parametrize("row", load_json("x509", "aki.json"), ids=lambda row: row["why"])
def test_matches_authority_key_identifiers(row: dict[str, Any]) -> None:
    """OpenID4VP 1.0 section 6.1.1.1."""
    certificates = [vector_certificate(name) for name in row["credential_x5c"]]
    matches = bool(authority_key_ids(certificates) & set(row["values"]))
    assert matches == (row["expect"] == "match")


@pytest.mark.parametrize("row", load_json("x509", "client_ids.json"), ids=lambda row: row["why"])
def test_the_facts_decide_the_client_id_prefixes(row: dict[str, Any]) -> None:
    """OpenID4VP 1.0 section 5.9.3; a wildcard or common name is no dNSName of this host."""
    leaf = vector_certificate(row["leaf"])
    prefix, _, value = row["client_id"].partition(":")
    found = x509_hash(leaf) == value if prefix == "x509_hash" else value.lower() in dns_names(leaf)
    assert found == (row["expect"] == "match")


def test_an_entry_survives_the_way_there_and_back() -> None:
    certificate = vector_certificate("issuer_leaf")
    assert parse_certificate(x5c_entry(certificate)) == certificate
