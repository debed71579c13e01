"""Strict base64url and JSON: what a lenient decoder would mend is refused."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billfold.core.encoding import (
    MAX_JSON_DEPTH,
    b64url_decode,
    b64url_encode,
    json_decode,
    json_decode_object,
    json_encode,
)
from billfold.errors import EncodingError


def test_writes_the_example_of_rfc_7515() -> None:
    """RFC 7515 appendix C."""
    assert b64url_encode(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"
    assert b64url_decode("A-z_4ME") == bytes([3, 236, 255, 224, 193])


@settings(max_examples=60)
@given(data=st.binary(max_size=40))
def test_base64url_survives_the_way_there_and_back(data: bytes) -> None:
    text = b64url_encode(data)
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert b64url_decode(text) == b64url_decode(text.encode()) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("AA==", "without padding", id="padded"),
        pytest.param("A", "without padding", id="impossible-length"),
        pytest.param("AAAAA", "without padding", id="impossible-length-later"),
        pytest.param("+/AA", "without padding", id="standard-alphabet"),
        pytest.param("AA AA", "without padding", id="space"),
        pytest.param("AAAA\n", "without padding", id="line-end"),
        pytest.param("AA.A", "without padding", id="dot"),
        pytest.param("AB", "bits left over", id="four-bits-left"),
        pytest.param("AAB", "bits left over", id="two-bits-left"),
        pytest.param("ä", "outside ASCII", id="not-ascii"),
        pytest.param("\N{FULLWIDTH LATIN CAPITAL LETTER A}A", "outside ASCII", id="look-alike"),
    ],
)
def test_refuses_base64url_in_another_spelling(text: str, message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        b64url_decode(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[]", []),
        ("null", None),
        ("-0", 0),
        ("1.5", 1.5),
        ("1e2", 100.0),
        ("9223372036854775807", 2**63 - 1),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ('"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        ('"[[[{{{"', "[[[{{{"),
        (' {"a":{"b":[true,false]}} ', {"a": {"b": [True, False]}}),
    ],
)
def test_reads_what_is_json(text: str, value: object) -> None:
    assert json_decode(text) == value
    assert json_decode(text.encode()) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "one JSON text", id="empty"),
        pytest.param(b"{", "one JSON text", id="cut"),
        pytest.param(b"{}{}", "one JSON text", id="two-texts"),
        pytest.param(b"{'a':1}", "one JSON text", id="quotes"),
        pytest.param(b'{"a":1,}', "one JSON text", id="trailing-comma"),
        pytest.param(b"// x\n{}", "one JSON text", id="comment"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', "one JSON text", id="byte-order-mark"),
        pytest.param(b'"\xff"', "one JSON text", id="not-utf-8"),
        pytest.param('{"a":1}'.encode("utf-16"), "one JSON text", id="utf-16"),
        pytest.param(b'"\t"', "one JSON text", id="control-character"),
        pytest.param(b"NaN", "got NaN", id="nan"),
        pytest.param(b"-Infinity", "got -Infinity", id="infinity"),
        pytest.param(b"1e400", "a double can hold", id="overflow"),
        pytest.param(b"18446744073709551616", "at most 64 bits", id="integer-65-bits"),
        pytest.param(b"-9223372036854775809", "at most 64 bits", id="integer-negative"),
        pytest.param(b"1" * 5000, "at most 64 bits", id="integer-endless"),
        pytest.param(b"01", "one JSON text", id="leading-zero"),
        pytest.param(b'"\\ud800"', "one JSON text", id="half-a-surrogate"),
        pytest.param(b'{"\\udc00":1}', "one JSON text", id="half-a-surrogate-as-name"),
        pytest.param(b'{"a":1,"a":1}', "each member name once", id="name-twice"),
        pytest.param(b'{"a":1,"\\u0061":1}', "each member name once", id="name-twice-escaped"),
        pytest.param(b'[{"x":{"a":1,"b":2,"a":3}}]', "each member name once", id="name-twice-deep"),
        pytest.param(b"[" * 65 + b"]" * 65, "nested at most 64 deep", id="deep"),
        pytest.param(b'{"a":' * 100_000, "nested at most 64 deep", id="very-deep"),
        pytest.param(b"[" * 1_000_000, "nested at most 64 deep", id="only-brackets"),
    ],
)
def test_refuses_what_is_not_one_strict_json_text(data: bytes, message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        json_decode(data)


def test_reads_the_deepest_allowed_nesting_and_many_brackets_side_by_side() -> None:
    deepest = "[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH
    assert json_encode(json_decode(deepest)).decode() == deepest
    assert json_decode("[" + "[]," * 1000 + "[]]") == [[]] * 1001


def test_the_limit_counts_bytes() -> None:
    assert json_decode(b'"abc"', max_bytes=5) == "abc"
    with pytest.raises(EncodingError, match="at most 4 bytes"):
        json_decode(b'"abc"', max_bytes=4)


@pytest.mark.parametrize(("text", "kind"), [("[]", "list"), ("1", "int"), ("null", "NoneType"), ('"{}"', "str")])
def test_an_object_is_asked_for_where_one_is_needed(text: str, kind: str) -> None:
    with pytest.raises(EncodingError, match=f"expected a JSON object, got {kind}"):
        json_decode_object(text)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60)
@given(value=json_values)
def test_json_survives_the_way_there_and_back(value: object) -> None:
    assert json_decode(json_encode(value)) == value
