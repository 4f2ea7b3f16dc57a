"""Tables by hour: clock changes, time zones with half hours, and missing hours."""

from datetime import date
from typing import Any

import pytest

from tests.reports.test_unsaved_answers import TWO, answer, csv, metrics
from widgets.reports import ReadError
from widgets.spec import Formula, Metric


def hourly(*which: Metric, hours: dict[str, Any], computed: str, begin: str = "", **fields: Any) -> list[str]:
    """The table of the day that these hours belong to. `begin`: the first hour, if it is not midnight in UTC-8."""
    day = date.fromisoformat(next(iter(hours))[:10])
    given = answer({"A": hours}, days=[day]) | {"computed_at": computed}
    if begin:
        given["date_range"]["from_date"] = begin
    return csv(metrics(*which, unit="hour", range="fixed", from_date=day, to_date=day, **fields), given, day)


def test_a_division_by_zero_is_an_empty_cell() -> None:
    hours = {"2026-11-18T00:00:00-08:00": float("nan"), "2026-11-18T01:00:00-08:00": 2}
    found = hourly(*TWO, hours=hours, computed="2026-11-18T09:30:00+00:00", formulas=(Formula("A / B"),))
    assert found == ["Time,A / B", "2026-11-18 00:00,", "2026-11-18 01:00,2"]


def test_clocks_that_go_back_give_two_rows_and_add_nothing_up() -> None:
    hours = {"2026-11-01T01:00:00-07:00": 10, "2026-11-01T01:00:00-08:00": 20, "2026-11-01T02:00:00-08:00": 30}
    average = Metric("Order completed", "average", "amount")
    found = hourly(average, hours=hours, computed="2026-11-01T10:30:00+00:00", begin="2026-11-01T00:00:00-07:00")
    assert found[1:] == [
        "2026-11-01 00:00,",
        "2026-11-01 01:00,10",
        "2026-11-01 01:00 (2),20",
        "2026-11-01 02:00,30",
    ]


@pytest.mark.parametrize(("computed", "last"), [("12:10", "17:00"), ("12:50", "18:00")])
def test_zones_whose_hours_begin_at_half_past_end_with_their_own_hour(computed: str, last: str) -> None:
    computed, begin = f"2026-11-18T{computed}:00+00:00", "2026-11-18T00:00:00+05:30"
    found = hourly(hours={"2026-11-18T03:00:00+05:30": 1}, computed=computed, begin=begin)
    assert found[-1] == f"2026-11-18 {last},0"


def test_clocks_that_change_by_half_an_hour_lose_nothing() -> None:
    hours = {"2026-04-05T01:00:00+11:00": 1, "2026-04-05T02:00:00+10:30": 2, "2026-04-05T12:00:00+10:30": 3}
    found = hourly(hours=hours, computed="2026-04-05T03:00:00+00:00", begin="2026-04-05T00:00:00+11:00")
    rows = [row.split(",") for row in found[1:]]
    assert [n for _, n in rows if n != "0"] == ["1", "2", "3"]
    assert rows[-2:] == [["2026-04-05 12:00", "3"], ["2026-04-05 13:00", "0"]]


def test_two_values_of_one_hour_are_refused() -> None:
    hours = {"2026-11-18T00:00:00-08:00": 1, "2026-11-18T00:30:00-08:00": 2}
    with pytest.raises(ReadError, match="more than one value for the same hour"):
        hourly(hours=hours, computed="2026-11-18T09:30:00+00:00")
