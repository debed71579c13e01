"""What every error answer of the API has in common."""

import re

import httpx

_REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\Z")


def assert_problem(got: httpx.Response, status: int, code: str | None = None) -> None:
    """Check an error answer (RFC 9457): it can be found in the log, and says nothing of the inside."""
    assert got.status_code == status, got.text
    assert got.headers["content-type"].partition(";")[0] == "application/problem+json"
    problem = got.json()
    assert problem.keys() == {"type", "title", "status", "detail", "code", "reference"}
    assert problem["status"] == status
    assert problem["detail"]
    assert _REFERENCE.match(problem["reference"])
    assert got.headers["billfold-reference"] == problem["reference"]
    assert "Traceback" not in got.text
    assert code is None or problem["code"] == code, problem
