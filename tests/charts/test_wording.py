"""Numbers as pictures write them, where axes are marked, and colours that can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.charts.samples import days
from widgets.charts import axes, colors, wording


def test_it_writes_numbers_short_where_there_is_little_room():
    values = (0, 999, 12_500, 999_949, -4_560, 7e12, 0.25, 0.00123, 10**20)
    assert [*map(wording.short, values)] == ["0", "999", "12.5k", "1M", "−4.56k", "7T", "0.25", "0.001", "1.0e20"]


def test_it_writes_numbers_in_full_and_shares_as_percentages():
    values = (None, 12_500, 3.14159, 2.0, -0.5, 1234567.8)
    assert [*map(wording.full, values)] == ["–", "12,500", "3.14", "2", "−0.5", "1,234,568"]
    assert [*map(wording.percent, (0.5, 0.042, 0.0001, 0, 12.6))] == ["50%", "4.2%", "<0.1%", "0%", "1,260%"]


def test_it_tells_the_numbers_of_an_axis_apart():
    assert wording.ticks([10_000, 10_005, 10_010]) == ["10,000", "10,005", "10,010"]


@given(st.lists(st.integers(-(10**15), 10**15) | st.floats(-1e12, 1e12), min_size=1))
def test_it_ends_a_scale_at_round_numbers_beyond_the_data(values):
    values = [0 if abs(value) < 1e-9 else value for value in values]
    scale = axes.scale(values)
    hair = 1e-8 * (scale.high - scale.low)
    assert scale.low - hair <= min(*values, 0)
    assert scale.high + hair >= max(*values, 0)
    assert 2 <= len(scale.ticks) <= 12
    assert list(scale.ticks) == sorted(set(scale.ticks))


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (days(10), ["Nov 1", "Nov 3", "Nov 5", "Nov 7", "Nov 9"]),
        (tuple(day.replace(day=1) for day in days(3, step=31)), ["Nov 2026", "Dec 2026", "Jan 2027"]),
        (days(60, step=7), ["Nov 1 ’26", "Jan 31 ’27", "May 2 ’27", "Aug 1 ’27", "Oct 31 ’27"]),
    ],
)
def test_it_names_a_few_dates(rows, names):
    assert [name for _, name in axes.date_ticks(rows, 6)] == names


@pytest.mark.parametrize("color", ["#332288", "#000000", "#ffff00", "#0072b2"])
def test_it_can_be_read_on_every_step_of_a_heat_scale_and_on_dark_cards(color):
    assert colors.ink(color).light == color
    assert colors.contrast(colors.ink(color).dark, colors.DARK_CARD) >= colors.DISCERNIBLE
    for ground in colors.heat(color):
        ink = colors.on(ground)
        assert colors.contrast(ink.light, ground.light) >= colors.READABLE
        assert colors.contrast(ink.dark, ground.dark) >= colors.READABLE
