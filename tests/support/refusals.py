"""What every refusal at a protocol endpoint has in common."""

import re
from collections.abc import Collection

import httpx

_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+\Z")
_REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\Z")


def assert_closed(got: httpx.Response, *, secrets: Collection[str] = ()) -> None:
    """Check that an answer gives nothing away, is not kept, and can be found in the log."""
    assert got.headers["cache-control"] == "no-store"
    assert _REFERENCE.match(got.headers["billfold-reference"])
    assert "Traceback" not in got.text
    assert not [secret for secret in secrets if secret and secret in got.text]


def assert_refused(
    got: httpx.Response, code: str | Collection[str], *, status: int = 400, secrets: Collection[str] = ()
) -> None:
    """Check an error answer as OAuth and OpenID4VCI have it."""
    assert got.status_code == status, got.text
    assert_closed(got, secrets=secrets)
    assert got.headers["content-type"] == "application/json"
    answer = got.json()
    assert answer["error"] in ({code} if isinstance(code, str) else set(code)), answer
    assert _DESCRIPTION.match(answer["error_description"])
    assert answer.keys() <= {"error", "error_description", "billfold_pairing"}


def assert_unauthorized(
    got: httpx.Response, code: str | Collection[str], *, bearer: str = "", secrets: Collection[str] = ()
) -> None:
    """Check a 401 for a token or its proof (RFC 6750 3, RFC 9449 7.1).

    Args:
        bearer: the challenge that must stand beside that of DPoP, which then names no error.
    """
    assert_refused(got, code, status=401, secrets=secrets)
    error = f'error="{got.json()["error"]}"'
    challenges = f'DPoP algs="ES256", {bearer}, {error}' if bearer else f'DPoP algs="ES256", {error}'
    assert got.headers["www-authenticate"] == challenges
