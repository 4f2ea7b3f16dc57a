"""Date ranges: the days of a range such as “the last 7 days”, and its buckets (days, weeks or months)."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reports.samples import spec
from widgets.reports.ranges import Range, bucket_of, buckets_between, next_bucket
from widgets.spec import RANGES

WEDNESDAY = date(2026, 11, 18)
DAY = timedelta(days=1)
SIZES = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}


def ends(kind, today=WEDNESDAY, **more):
    dates = Range(kind, **more).resolve(today)
    return str(dates.first), str(dates.last)


@pytest.mark.parametrize(
    ("more", "first", "last"),
    [
        ({}, "2026-10-19", "2026-11-17"),
        ({"last": 1}, "2026-11-17", "2026-11-17"),
        ({"last": 1, "include_today": True}, "2026-11-18", "2026-11-18"),
        ({"last": 7, "include_today": True}, "2026-11-12", "2026-11-18"),
        ({"unit": "week", "last": 2}, "2026-11-02", "2026-11-15"),
        ({"unit": "week", "last": 2, "include_today": True}, "2026-11-09", "2026-11-18"),
        ({"unit": "month", "last": 3}, "2026-08-01", "2026-10-31"),
        ({"unit": "month", "last": 3, "include_today": True}, "2026-09-01", "2026-11-18"),
        ({"unit": "month", "last": 12}, "2025-11-01", "2026-10-31"),
    ],
)
def test_it_goes_back_from_the_last_finished_bucket_or_the_running_one(more, first, last):
    assert ends("last", **more) == (first, last)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("week_to_date", "2026-11-16", "2026-11-18"),
        ("month_to_date", "2026-11-01", "2026-11-18"),
        ("quarter_to_date", "2026-10-01", "2026-11-18"),
        ("year_to_date", "2026-01-01", "2026-11-18"),
        ("last_week", "2026-11-09", "2026-11-15"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
    ],
)
def test_ranges_to_date_and_the_last_whole_ones_have_the_right_ends(kind, first, last):
    assert ends(kind) == (first, last)


@pytest.mark.parametrize(
    ("today", "kind", "first", "last"),
    [
        ("2026-11-16", "week_to_date", "2026-11-16", "2026-11-16"),  # a Monday
        ("2026-11-16", "last_week", "2026-11-09", "2026-11-15"),
        ("2026-11-15", "last_week", "2026-11-02", "2026-11-08"),  # a Sunday
        ("2026-11-01", "month_to_date", "2026-11-01", "2026-11-01"),
        ("2024-03-01", "last_month", "2024-02-01", "2024-02-29"),
        ("2023-03-31", "last_month", "2023-02-01", "2023-02-28"),
        ("2024-02-29", "month_to_date", "2024-02-01", "2024-02-29"),
        ("2026-01-01", "last_month", "2025-12-01", "2025-12-31"),
        ("2026-01-01", "last_quarter", "2025-10-01", "2025-12-31"),
        ("2026-01-01", "last_week", "2025-12-22", "2025-12-28"),
        ("2026-01-01", "year_to_date", "2026-01-01", "2026-01-01"),
        ("2026-12-31", "quarter_to_date", "2026-10-01", "2026-12-31"),
        ("2026-03-31", "last_quarter", "2025-10-01", "2025-12-31"),
        ("2026-04-01", "last_quarter", "2026-01-01", "2026-03-31"),
        ("2026-01-01", "last", "2025-12-02", "2025-12-31"),
    ],
)
def test_it_gets_the_ends_of_months_quarters_and_years_right(today, kind, first, last):
    assert ends(kind, date.fromisoformat(today)) == (first, last)


def test_it_shows_only_whole_weeks_of_a_month_and_a_quarter():
    dates = Range("last_month", "week").resolve(WEDNESDAY)
    assert [str(day) for day in dates.buckets] == ["2026-10-05", "2026-10-12", "2026-10-19"]
    assert ends("last_month", unit="week") == ("2026-10-05", "2026-10-25")
    assert ends("last_quarter", unit="week") == ("2026-07-06", "2026-09-27")


def test_a_range_up_to_today_includes_the_running_week_or_month():
    assert ends("month_to_date", unit="week") == ("2026-11-02", "2026-11-18")
    assert ends("year_to_date", unit="month") == ("2026-01-01", "2026-11-18")


def test_it_shows_the_running_week_alone_before_a_months_first_monday():
    assert ends("month_to_date", date(2026, 10, 2), unit="week") == ("2026-09-28", "2026-10-02")


def test_by_day_fixed_dates_stay_unchanged():
    fixed = {"from_date": date(2026, 8, 3), "to_date": date(2026, 8, 5)}
    assert ends("fixed", **fixed) == ("2026-08-03", "2026-08-05")
    assert Range("fixed", **fixed).resolve(WEDNESDAY).buckets == tuple(date(2026, 8, day) for day in (3, 4, 5))


def test_a_fixed_range_ends_today_at_the_latest():
    fixed = {"from_date": date(2026, 11, 1), "to_date": date(2027, 12, 31)}
    assert ends("fixed", **fixed) == ("2026-11-01", "2026-11-18")
    assert ends("fixed", **fixed, unit="week") == ("2026-11-02", "2026-11-18")
    assert not Range("fixed", **fixed).is_over(WEDNESDAY)
    assert Range("fixed", **fixed).is_over(date(2028, 1, 1))


def test_it_shows_only_whole_months_of_fixed_dates():
    fixed = {"from_date": date(2026, 8, 3), "to_date": date(2026, 11, 5)}
    assert ends("fixed", **fixed, unit="month") == ("2026-09-01", "2026-10-31")


def test_it_gives_one_total_the_exact_days_whatever_the_unit():
    pie = spec("segmentation", chart="pie", range="last_month", unit="week")
    dates = Range.of(pie).resolve(WEDNESDAY)
    assert (str(dates.first), str(dates.last), dates.days) == ("2026-10-01", "2026-10-31", 31)
    weeks = Range.of(spec("segmentation", chart="pie", unit="week", last=2)).resolve(WEDNESDAY)
    assert (str(weeks.first), str(weeks.last), weeks.days) == ("2026-11-02", "2026-11-15", 14)


def test_two_periods_include_the_period_before():
    dates = Range("last_month").resolve(WEDNESDAY, periods=2)
    assert (str(dates.first), str(dates.last), dates.days, len(dates.buckets)) == ("2026-08-31", "2026-10-31", 62, 62)
    dates = Range("last", "month", 2).resolve(WEDNESDAY, periods=2)
    assert [str(day) for day in dates.buckets] == ["2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01"]
    assert (str(dates.first), str(dates.last)) == ("2026-07-01", "2026-10-31")


@pytest.mark.parametrize(("kind", "over"), [("last_week", True), ("last", True), ("month_to_date", False)])
def test_it_knows_whether_it_is_over(kind, over):
    assert Range(kind).is_over(WEDNESDAY) is over
    assert Range(kind, include_today=True).is_over(WEDNESDAY) is (over and kind != "last")


days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
units = st.sampled_from(["day", "week", "month"])


@st.composite
def ranges(draw):
    kind = draw(st.sampled_from([*RANGES]))
    first = draw(days)
    return Range(
        kind,
        draw(units),
        draw(st.integers(1, 60)),
        draw(st.booleans()),
        first if kind == "fixed" else None,
        first + timedelta(days=draw(st.integers(0, 900))) if kind == "fixed" else None,
    )


@settings(deadline=None)
@given(days, st.sampled_from([*SIZES]))
@example(date(2024, 2, 29), "month")
@example(date(2026, 12, 31), "quarter")
def test_it_puts_every_day_into_one_bucket(day, unit):
    first = bucket_of(day, unit)
    after = next_bucket(first, unit)
    assert first <= day < after
    assert bucket_of(first, unit) == first
    assert bucket_of(after - DAY, unit) == first and bucket_of(after, unit) == after
    assert (after - first).days >= SIZES[unit]
    if unit == "week":
        assert first.weekday() == 0
    elif unit != "day":
        assert first.day == 1


@settings(deadline=None)
@given(ranges(), days, st.integers(1, 2))
def test_it_gives_ascending_aligned_buckets_from_the_first_day_to_the_last(asked, today, periods):
    dates = asked.resolve(today, periods)
    if asked.kind == "fixed" and asked.from_date > today:
        # The rules refuse such a range. This test only checks that `resolve` raises no error.
        return
    assert dates.buckets and list(dates.buckets) == sorted(set(dates.buckets))
    assert all(bucket_of(bucket, asked.unit) == bucket for bucket in dates.buckets)
    assert dates.buckets[0] == dates.first <= dates.last <= today
    assert bucket_of(dates.last, asked.unit) == dates.buckets[-1]
    assert list(dates.buckets) == buckets_between(dates.buckets[0], dates.last, asked.unit)


@settings(deadline=None)
@given(ranges(), days)
def test_the_period_before_has_as_many_buckets_and_ends_where_the_range_begins(asked, today):
    if asked.kind == "fixed" and asked.from_date > today:
        return
    one, two = asked.resolve(today), asked.resolve(today, periods=2)
    assert len(two.buckets) == 2 * len(one.buckets)
    assert two.buckets[len(one.buckets) :] == one.buckets
    assert two.last == one.last
    assert bucket_of(one.first - DAY, asked.unit) == two.buckets[len(one.buckets) - 1]


@settings(deadline=None)
@given(days, units, st.integers(1, 200), st.booleans())
def test_it_gives_exactly_as_many_buckets_as_were_asked_for(today, unit, last, include_today):
    dates = Range("last", unit, last, include_today).resolve(today)
    assert len(dates.buckets) == last
    running = bucket_of(today, unit)
    if include_today:
        assert (dates.buckets[-1], dates.last) == (running, today)
    else:
        assert dates.last == running - DAY


@settings(deadline=None)
@given(ranges())
def test_it_is_stored_and_read_back_alike(asked):
    stored = asked.to_dict()
    assert Range.from_dict(stored).to_dict() == stored
    assert Range.from_dict(stored).resolve(WEDNESDAY) == asked.resolve(WEDNESDAY)
