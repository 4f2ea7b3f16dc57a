"""Numbers as pictures write them, and where axes are marked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.charts.samples import days, months
from widgets.charts import axes, colors, wording


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1k"),
        (12_500, "12.5k"),
        (999_949, "1M"),
        (3_200_000, "3.2M"),
        (-4_560, "−4.56k"),
        (2.5e9, "2.5B"),
        (7e12, "7T"),
        (0.25, "0.25"),
        (0.00123, "0.001"),
        (10**20, "1.0e20"),
    ],
)
def test_it_writes_numbers_short(value, shown):
    assert wording.short(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (12_500, "12,500"), (3.14159, "3.14"), (2.0, "2"), (-0.5, "−0.5"), (1234567.8, "1,234,568")],
)
def test_it_writes_numbers_in_full(value, shown):
    assert wording.full(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(0.5, "50%"), (0.042, "4.2%"), (0.0001, "<0.1%"), (0, "0%"), (12.6, "1,260%"), (1, "100%")]
)
def test_it_writes_shares(share, shown):
    assert wording.percent(share) == shown


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


def test_it_marks_counts_at_whole_numbers_only():
    assert axes.scale([1, 2]).ticks == (0, 1, 2)


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (days(3), ["Nov 1", "Nov 2", "Nov 3"]),
        (days(10), ["Nov 1", "Nov 3", "Nov 5", "Nov 7", "Nov 9"]),
        (months(6), ["Jan 2025", "Feb 2025", "Mar 2025", "Apr 2025", "May 2025", "Jun 2025"]),
        (days(60, step=7), ["Nov 1 ’26", "Jan 31 ’27", "May 2 ’27", "Aug 1 ’27", "Oct 31 ’27"]),
        ((date(2026, 2, 28),), ["Feb 28"]),
    ],
)
def test_it_names_a_few_dates(rows, names):
    assert [name for _, name in axes.date_ticks(rows, 6)] == names


def test_it_keeps_ends_and_peaks_of_too_many_rows():
    values = [1] * 1000
    values[333] = 99
    kept = axes.thinned([values], 100)
    assert len(kept) <= 100
    assert {0, 333, 999} <= set(kept)


@pytest.mark.parametrize("color", ["#332288", "#000000", "#ffff00", "#0072b2"])
def test_it_can_be_read_on_every_step_of_a_heat_scale(color):
    for ground in colors.heat(color):
        ink = colors.on(ground)
        assert colors.contrast(ink.light, ground.light) >= colors.READABLE
        assert colors.contrast(ink.dark, ground.dark) >= colors.READABLE


def test_it_lightens_colours_that_a_dark_card_would_swallow():
    assert colors.ink("#332288").light == "#332288"
    assert colors.contrast(colors.ink("#332288").dark, colors.DARK_CARD) >= colors.DISCERNIBLE
