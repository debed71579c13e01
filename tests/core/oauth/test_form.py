"""Forms: what is read, and what is refused."""

import pytest

from billfold.core.oauth.form import MAX_FIELDS, MAX_FORM_BYTES, encode_form, parse_form, parse_query
from billfold.errors import RequestRefused

FORM = "application/x-www-form-urlencoded"


def test_reads_what_it_writes() -> None:
    fields = {"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code", "text": "a b+c&d=é"}
    assert parse_form(encode_form(fields), f"{FORM}; charset=UTF-8") == fields


def test_a_parameter_without_value_counts_as_absent() -> None:
    """RFC 6749 3.2."""
    assert parse_query("a=&b&c=1&") == {"c": "1"}


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        pytest.param(b"code=1&code=2", FORM, "each parameter once", id="token-repeated-parameter"),
        pytest.param(b"code=1&code=", FORM, "each parameter once", id="repeated-empty"),
        pytest.param(b'{"code": 1}', "application/json", "expected content type", id="token-json-body"),
        pytest.param(b"code=1", None, "expected content type", id="no-content-type"),
        pytest.param(b"code=%zz", FORM, "two hexadecimal digits", id="broken-escape"),
        pytest.param(b"code=%ff", FORM, "in UTF-8", id="not-utf-8"),
        pytest.param("code=é".encode(), FORM, "percent-encoded", id="raw-bytes"),
        pytest.param(b"a" * (MAX_FORM_BYTES + 1), FORM, "at most", id="too-long"),
        pytest.param(b"&".join(b"%d=1" % i for i in range(MAX_FIELDS + 1)), FORM, "at most", id="too-many"),
    ],
)
def test_refuses_a_bad_form(body: bytes, content_type: str | None, message: str) -> None:
    with pytest.raises(RequestRefused, match=message) as refused:
        parse_form(body, content_type)
    assert (refused.value.code, refused.value.status) == ("invalid_request", 400)
