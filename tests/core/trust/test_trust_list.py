"""The trust list: each anchor speaks for those it names, and for nobody else."""

import json
from typing import Any

import pytest

from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.trust_list import TrustEntry, TrustList
from billfold.errors import TrustError
from tests.support.organisations import vector_certificate

ROOT = x5c_entry(vector_certificate("root"))
OTHER = x5c_entry(vector_certificate("other_root"))
ACME = {"name": "Acme", "role": "issuer", "certificate": ROOT, "identifiers": ["https://a.example"]}
SHOP = {"name": "Shop", "role": "requester", "certificate": OTHER, "hosts": ["shop.example"]}


def parse(*anchors: dict[str, Any]) -> TrustList:
    return TrustList.parse(json.dumps({"anchors": anchors}).encode())


def test_an_anchor_counts_for_its_own_identifier_or_host_only() -> None:
    trust_list = parse(ACME, SHOP)
    assert [anchor.name for anchor in trust_list.issuer_anchors("https://a.example")] == ["Acme"]
    assert [anchor.name for anchor in trust_list.requester_anchors("SHOP.example")] == ["Shop"]
    for identifier in ("https://a.example/", "https://A.example", "https://a.example/b", "shop.example", ""):
        assert trust_list.issuer_anchors(identifier) == ()
    for host in ("a.example", "www.shop.example", "example", "https://a.example", ""):
        assert trust_list.requester_anchors(host) == ()


def test_a_role_is_not_mixed_up_with_the_other() -> None:
    both = parse(ACME | {"hosts": ["shop.example"]}, SHOP | {"identifiers": ["https://a.example"]})
    assert [anchor.name for anchor in both.issuer_anchors("https://a.example")] == ["Acme"]
    assert [anchor.name for anchor in both.requester_anchors("shop.example")] == ["Shop"]


def test_the_anchor_holds_the_certificate() -> None:
    assert parse(ACME).issuer_anchors("https://a.example")[0].certificate == vector_certificate("root")


def test_writing_and_reading_gives_the_same_list() -> None:
    entry = TrustEntry(name="Acme", role="issuer", certificate=ROOT, identifiers=("https://a.example",))
    written = TrustList(anchors=(entry,)).to_json()
    assert TrustList.parse(written) == TrustList(anchors=(entry,))
    assert json.loads(written) == {"anchors": [ACME]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param(b"[]", "a trust list", id="array"),
        pytest.param(b'{"anchors": {}}', "a trust list", id="anchors-object"),
        pytest.param(b'{"anchors": [], "anchors": []}', "a trust list", id="member-twice"),
        pytest.param(json.dumps({"anchors": [ACME | {"role": "any"}]}).encode(), "a trust list", id="role"),
        pytest.param(json.dumps({"anchors": [ACME | {"identifiers": "*"}]}).encode(), "a trust list", id="no-list"),
        pytest.param(json.dumps({"anchors": [ACME | {"certificate": "AAAA"}]}).encode(), "base64 of DER", id="cert"),
    ],
)
def test_refuses_a_malformed_list(document: bytes, message: str) -> None:
    with pytest.raises(TrustError, match=message):
        TrustList.parse(document)
