"""What the API says where it has nothing: a problem with a reference, as everywhere (RFC 9457)."""

import pytest

from tests.support.demo import Demo


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "", 404), ("GET", "/nothing", 404), ("PUT", "/people", 405), ("POST", "/people/x/y", 404)],
)
def test_an_unknown_path_or_method_is_a_problem_with_a_reference(
    demo: Demo, method: str, path: str, status: int
) -> None:
    answer = demo.club.send(method, path)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.json()["reference"] == answer.headers["billfold-reference"]
