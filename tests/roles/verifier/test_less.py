"""Less: a narrower field is named where every type has it, and only there."""

import pytest

from billfold.roles.verifier.less import less_of


@pytest.mark.parametrize(
    ("asked", "available", "less"),
    [
        pytest.param(["date_of_birth"], ["name", "age_over_18"], [("date_of_birth", "age_over_18")], id="over-18"),
        pytest.param(["birthdate"], ["age_over_16", "age_over_18"], [("birthdate", "age_over_16")], id="first"),
        pytest.param(["address"], ["locality", "country"], [("address", "country")], id="narrowest"),
        pytest.param(["date_of_birth"], ["name"], [], id="none-there"),
        pytest.param(["date_of_birth", "age_over_18"], ["age_over_18"], [], id="asked-already"),
        pytest.param(["name"], ["age_over_18"], [], id="nothing-broad"),
        pytest.param([], ["age_over_18"], [], id="nothing-asked"),
    ],
)
def test_a_narrower_field_is_named(asked: list[str], available: list[str], less: list[tuple[str, str]]) -> None:
    assert less_of(asked, available) == less
