import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.cyfe.numbers import number_text
from widgets.report import ReportError


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (1523, "1523"),
        (-7, "-7"),
        (10**24, "1" + "0" * 24),
        (100.0, "100"),
        (0.5, "0.5"),
        (12.3456789, "12.3457"),
        (0.1 + 0.2, "0.3"),
        (1e-9, "0"),
        (-0.0, "0"),
        (-0.00001, "0"),
        (-0.00005001, "-0.0001"),
        (1e16, "10000000000000000"),
        (99.99996, "100"),
        (True, "1"),
    ],
)
def test_it_writes_a_number(value, written):
    assert number_text(value) == written


def test_it_writes_huge_numbers_without_an_exponent():
    assert re.fullmatch(r"1\d{300}", number_text(1e300))
    assert float(number_text(1e300)) == 1e300


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_it_writes_any_number_plainly_and_true_to_four_decimals(value):
    text = number_text(value)
    assert re.fullmatch(r"0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d{0,3}[1-9]", text)
    assert abs(Decimal(text) - Decimal(value)) <= Decimal("0.00005")
    assert type(value)(text) == round(value, 4)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_it_refuses_nan_and_infinity(value):
    with pytest.raises(ReportError, match="too large"):
        number_text(value)
