"""Tables by hour: clock changes, time zones with half hours, and missing hours."""

from datetime import date
from typing import Any

import pytest

from tests.reports.test_unsaved_answers import TWO, answer, csv, metrics
from widgets.reports import ReadError
from widgets.spec import Formula, Metric


class TestHours:
    ASKED: dict[str, Any] = {"unit": "hour", "range": "fixed"}

    def hourly(self, *which: Metric, day: str, hours: dict[str, Any], computed: str, **fields: Any) -> list[str]:
        at = date.fromisoformat(day)
        asked = metrics(*which, **self.ASKED | {"from_date": at, "to_date": at} | fields)
        given = answer({"A": hours}, days=[at]) | {"computed_at": computed}
        return csv(asked, given, at)

    def test_a_division_by_zero_is_an_empty_cell(self) -> None:
        hours = {"2026-11-18T00:00:00-08:00": float("nan"), "2026-11-18T01:00:00-08:00": 2}
        asked = {"formulas": (Formula("A / B"),), "computed": "2026-11-18T09:30:00+00:00"}
        found = self.hourly(*TWO, day="2026-11-18", hours=hours, **asked)
        assert found == ["Time,A / B", "2026-11-18 00:00,", "2026-11-18 01:00,2"]

    def test_clocks_that_go_back_give_two_rows_and_add_nothing_up(self) -> None:
        hours = {"2026-11-01T01:00:00-07:00": 10, "2026-11-01T01:00:00-08:00": 20, "2026-11-01T02:00:00-08:00": 30}
        average = Metric("Order completed", "average", "amount")
        given = answer({"A": hours}, days=[date(2026, 11, 1)]) | {"computed_at": "2026-11-01T10:30:00+00:00"}
        given["date_range"]["from_date"] = "2026-11-01T00:00:00-07:00"
        day = date(2026, 11, 1)
        found = csv(metrics(average, **self.ASKED, from_date=day, to_date=day), given, day)
        assert found[1:] == [
            "2026-11-01 00:00,",
            "2026-11-01 01:00,10",
            "2026-11-01 01:00 (2),20",
            "2026-11-01 02:00,30",
        ]

    @pytest.mark.parametrize(("computed", "last"), [("12:10", "17:00"), ("12:50", "18:00")])
    def test_zones_whose_hours_begin_at_half_past_end_with_their_own_hour(self, computed: str, last: str) -> None:
        day = date(2026, 11, 18)
        given = answer({"A": {"2026-11-18T03:00:00+05:30": 1}}, days=[day])
        given["date_range"] = {"from_date": "2026-11-18T00:00:00+05:30", "to_date": "2026-11-18T18:20:00+05:30"}
        given["computed_at"] = f"2026-11-18T{computed}:00+00:00"
        found = csv(metrics(**self.ASKED, from_date=day, to_date=day), given, day)
        assert found[-1] == f"2026-11-18 {last},0"

    def test_clocks_that_change_by_half_an_hour_lose_nothing(self) -> None:
        day = date(2026, 4, 5)
        hours = {"2026-04-05T01:00:00+11:00": 1, "2026-04-05T02:00:00+10:30": 2, "2026-04-05T12:00:00+10:30": 3}
        given = answer({"A": hours}, days=[day]) | {"computed_at": "2026-04-05T03:00:00+00:00"}
        given["date_range"] = {"from_date": "2026-04-05T00:00:00+11:00", "to_date": "2026-04-05T23:59:59+10:30"}
        rows = [row.split(",") for row in csv(metrics(**self.ASKED, from_date=day, to_date=day), given, day)[1:]]
        assert [n for _, n in rows if n != "0"] == ["1", "2", "3"]
        assert rows[-2:] == [["2026-04-05 12:00", "3"], ["2026-04-05 13:00", "0"]]

    def test_two_values_of_one_hour_are_refused(self) -> None:
        hours = {"2026-11-18T00:00:00-08:00": 1, "2026-11-18T00:30:00-08:00": 2}
        with pytest.raises(ReadError, match="more than one value for the same hour"):
            self.hourly(day="2026-11-18", hours=hours, computed="2026-11-18T09:30:00+00:00")
