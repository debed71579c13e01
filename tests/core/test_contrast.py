"""Contrast: the ratios that WCAG's own definition gives."""

import pytest

from billfold.core.contrast import contrast


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#FFFFFF", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_two_colours_stand_apart_by_a_ratio(one: str, other: str, ratio: float) -> None:
    """WCAG 2.2, "contrast ratio"; the same whichever comes first."""
    assert round(contrast(one, other), 2) == pytest.approx(ratio, abs=0.01)
    assert contrast(one, other) == contrast(other, one)
