"""Status List: the specification's vectors first, then hostile input."""

import json
import zlib
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billfold.core.encoding import Json, b64url_decode
from billfold.core.status.status_list import MAX_PACKED_BYTES, StatusList, pack
from billfold.errors import StatusIndexError, StatusListError

VECTORS = Path(__file__).parents[2] / "vectors" / "status-list"


def lst(packed: bytes) -> str:
    return urlsafe_b64encode(zlib.compress(packed, 9)).decode().rstrip("=")


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_reads_the_specification_vector(bits: int) -> None:
    """Appendix C.1 to C.4; each set entry and its neighbour, which finds a wrong bit order."""
    vector = json.loads((VECTORS / f"list_{bits}bit.json").read_text())
    stated = {int(i): status for i, status in vector["set_statuses"].items()}
    expected = {j: stated.get(j, 0) for i in stated for j in (i, i + 1)}

    statuses = StatusList.parse(vector["json"])

    assert len(statuses) == vector["size"]
    assert {i: statuses.status_at(i) for i in expected} == expected


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_packs_the_specification_vector(bits: int) -> None:
    """Appendix C.1 to C.4: every other index is 0, and the CBOR form holds the same bytes as the JSON form."""
    vector = json.loads((VECTORS / f"list_{bits}bit.json").read_text())
    packed = pack(bits, vector["size"], {int(i): status for i, status in vector["set_statuses"].items()})
    assert packed == StatusList.parse(vector["json"]).packed
    assert vector["cbor_hex"].endswith(b64url_decode(vector["json"]["lst"]).hex())


@pytest.mark.parametrize("position", [0, 1], ids=["one-bit", "two-bit"])
def test_packs_the_small_lists(position: int) -> None:
    """Sections 4.1 to 4.3; compressed bytes may differ between zlib builds, so they are compared inflated."""
    vector = json.loads((VECTORS / "small_lists.json").read_text())[position]
    packed = pack(vector["bits"], vector["size"], dict(enumerate(vector["statuses"])))
    assert packed.hex() == vector["byte_array_hex"]
    assert zlib.decompress(bytes.fromhex(vector["zlib_hex"])) == packed
    statuses = StatusList(vector["bits"], packed)
    assert StatusList.parse(statuses.to_claim()) == statuses
    assert [statuses.status_at(i) for i in range(vector["size"])] == vector["statuses"]


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        pytest.param({"bits": 3, "lst": lst(b"\0")}, "got 3", id="sl-bits-width-3"),
        pytest.param({"bits": 16, "lst": lst(b"\0")}, "got 16", id="sl-bits-width-16"),
        pytest.param({"bits": "1", "lst": lst(b"\0")}, "got '1'", id="sl-bits-text"),
        pytest.param({"bits": True, "lst": lst(b"\0")}, "got True", id="sl-bits-true"),
        pytest.param({"bits": 1}, "as a string, got NoneType", id="no-lst"),
        pytest.param({"bits": 1, "lst": "AAAA"}, "base64url of zlib", id="not-zlib"),
        pytest.param({"bits": 1, "lst": "H4sIAOsRBWsC_2NgUTjAQAEAAKzgg2JAAAAA"}, "of zlib", id="sl-lst-gzip"),
        pytest.param({"bits": 1, "lst": lst(b"a") + "=="}, "base64url of", id="sl-lst-not-b64"),
        pytest.param({"bits": 1, "lst": lst(b"abcd")[:-4]}, "one zlib stream", id="cut"),
        pytest.param({"bits": 1, "lst": lst(bytes(MAX_PACKED_BYTES + 1))}, "up to", id="sl-bomb"),
    ],
)
def test_refuses_malformed_claim(claim: dict[str, Json], message: str) -> None:
    with pytest.raises(StatusListError, match=message):
        StatusList.parse(claim)


def test_accepts_the_largest_allowed_list() -> None:
    largest = StatusList.parse({"bits": 8, "lst": lst(bytes(MAX_PACKED_BYTES))})
    assert len(largest) == MAX_PACKED_BYTES


@pytest.mark.parametrize("index", [-1, 16], ids=["sl-index-negative", "sl-index-out"])
def test_an_index_outside_the_list_is_an_error_not_valid(index: int) -> None:
    """Section 8.3: no statement can be made, so nothing may read this as VALID."""
    with pytest.raises(StatusIndexError, match=f"below 16, got {index}"):
        StatusList(1, b"\xb9\xa3").status_at(index)


@pytest.mark.parametrize(
    ("bits", "size", "statuses", "message"),
    [
        (3, 8, {}, "bits of 1, 2, 4 or 8, got 3"),
        (2, 3, {}, "whole bytes"),
        (1, -8, {}, "whole bytes"),
        (8, MAX_PACKED_BYTES + 1, {}, "at most 8388608"),
        (2, 4, {4: 1}, "index below 4, got 4"),
        (2, 4, {-1: 1}, "index below 4, got -1"),
        (2, 4, {0: 4}, "at most 3, got 4"),
        (2, 4, {0: -1}, "at most 3, got -1"),
    ],
)
def test_does_not_pack_what_does_not_fit(bits: int, size: int, statuses: dict[int, int], message: str) -> None:
    with pytest.raises(StatusListError, match=message):
        pack(bits, size, statuses)


@settings(max_examples=50)
@given(bits=st.sampled_from([1, 2, 4, 8]), values=st.data())
def test_every_list_survives_the_way_there_and_back(bits: int, values: st.DataObject) -> None:
    size = values.draw(st.integers(min_value=1, max_value=40)) * 8
    statuses = values.draw(st.dictionaries(st.integers(0, size - 1), st.integers(0, (1 << bits) - 1), max_size=20))
    found = StatusList.parse(StatusList(bits, pack(bits, size, statuses)).to_claim())
    assert [found.status_at(i) for i in range(size)] == [statuses.get(i, 0) for i in range(size)]
