"""Unusual and wrong answers to unsaved Insights reports: refused, or shown with every number in its place."""

import json
import math
import tracemalloc
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.reports.samples import TODAY, report_of, spec, written
from tests.reports.test_spoilt_answers import spoilt
from widgets.mixpanel.answer import data_from
from widgets.report import Report
from widgets.reports import REPORT_TYPES, ReadError
from widgets.spec import INSIGHTS, Formula, Metric, WidgetSpec

DAYS = [date(2026, 11, day) for day in range(15, 18)]
TWO = (Metric("Signed up"), Metric("Logged in"))


def answer(series: dict[str, Any], *keys: str, days: list[date] = DAYS, **more: Any) -> dict[str, Any]:
    """An answer for these days. `keys`: the order of the metrics in the report, if `series` has another order."""
    return {
        "computed_at": "2026-11-18T10:00:00-08:00",
        "date_range": {"from_date": f"{days[0]}T00:00:00-08:00", "to_date": f"{days[-1]}T23:59:59-08:00"},
        "headers": ["$metric"],
        "meta": {"report_sections": {"show": [{"metric_key": key} for key in keys or series]}},
        "series": series,
        **more,
    }


def points(*numbers: Any) -> dict[str, Any]:
    return {f"{day}T00:00:00-08:00": n for day, n in zip(DAYS, numbers, strict=False)}


def read(asked: WidgetSpec, given: Any, today: date = TODAY) -> Report:
    return report_of(asked, data_from(json.dumps(given).encode()), today, INSIGHTS)


def csv(asked: WidgetSpec, given: Any, today: date = TODAY) -> list[str]:
    return written(asked, read(asked, given, today)).decode().splitlines()


def metrics(*which: Metric, **fields: Any) -> WidgetSpec:
    return spec("insights", **{"metrics": which or TWO[:1], "last": 3, "chart": "table"} | fields)


def test_hidden_metrics_may_have_numbers_beside_their_formula() -> None:
    given = answer({"A": points(4), "B": points(2), "B / A": points(0.5)}, "A", "B", "B / A")
    asked = metrics(*TWO, formulas=(Formula("B / A"),))
    assert csv(asked, given) == ["Date,B / A", "2026-11-15,0.5", "2026-11-16,", "2026-11-17,"]
    given["series"]["C"] = points(1)
    with pytest.raises(ReadError, match="a metric that the query did not ask for: “C”"):
        read(asked, given)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("A + B", "0"),
        ("(A - B) * 100", "0"),
        ("100 - A", "100"),
        ("-(2 - -3) * (B - 1) * -0.5", "-2.5"),
        ("A / (B + 1)", ""),
        ("A ^ 2", ""),
    ],
)
def test_on_dates_without_events_a_formula_has_its_value_at_zero_or_no_value(formula: str, value: str) -> None:
    asked = metrics(*TWO, formulas=(Formula(formula, "x"),))
    assert csv(asked, answer({formula: points(4)})) == [
        "Date,x",
        "2026-11-15,4",
        f"2026-11-16,{value}",
        f"2026-11-17,{value}",
    ]


@pytest.mark.parametrize("infinite", [float("nan"), float("inf")])
def test_infinity_is_an_empty_cell_for_divisions_and_medians_and_is_refused_otherwise(infinite: float) -> None:
    for no_value in (metrics(*TWO, formulas=(Formula("A / B"),)), metrics(Metric("Signed up", "median", "amount"))):
        assert csv(no_value, answer({"A": points(infinite, 2)}))[1:] == ["2026-11-15,", "2026-11-16,2", "2026-11-17,"]
    for counted in (metrics(), metrics(Metric("Signed up", "sum", "amount")), metrics(formulas=(Formula("A + 2"),))):
        with pytest.raises(ReadError, match="a number is missing or too large"):
            read(counted, answer({"A": points(infinite, 2)}))


def test_two_metrics_with_one_key_are_refused() -> None:
    with pytest.raises(ReadError, match="two metrics have the same key"):
        read(metrics(*TWO), answer({"A": points(4)}, "A", "A"))


@pytest.mark.parametrize("more", [{}, {"chart": "number"}])
@pytest.mark.parametrize("days", [DAYS[-1:], [DAYS[0] - timedelta(days=27), DAYS[-1]], DAYS[:1]])
def test_an_answer_for_a_part_of_the_range_or_for_more_is_refused(more: Any, days: list[date]) -> None:
    asked = metrics(Metric("Signed up", "unique"), **more)
    leaves = {"all": 4} if more else points(4)
    assert read(asked, answer({"A": leaves})).series[0].values[0] == 4
    with pytest.raises(ReadError, match="other dates"):
        read(asked, answer({"A": leaves}, days=days))


def test_the_period_before_must_have_its_own_dates() -> None:
    asked = metrics(Metric("Signed up", "unique"), chart="number", options={"comparison": True})
    earlier = [day - timedelta(days=3) for day in DAYS]
    then = {key: answer({"A": {"all": 3}}, days=earlier)[key] for key in ("series", "date_range")}
    assert read(asked, answer({"A": {"all": 4}}, time_comparison=then)).series[0].previous == 3
    then["date_range"] = answer({}, days=[day - timedelta(days=30) for day in DAYS])["date_range"]
    with pytest.raises(ReadError, match="other dates"):
        read(asked, answer({"A": {"all": 4}}, time_comparison=then))


def test_two_values_that_become_equal_both_stay() -> None:
    asked = metrics(breakdown="plan")
    found = read(asked, answer({"A": {"$overall": points(3), "a\x00": points(1), "a\ufffd": points(2)}}))
    assert [(each.label, each.total) for each in found.series] == [("a\ufffd", 2), ("a\ufffd", 1)]


def test_the_size_is_checked_before_the_cells_are_made() -> None:
    asked = metrics(*(Metric("Signed up", label=str(i)) for i in range(10)), breakdown="plan", last=366)
    series = {f"{i}": {f"{i} {value}": points(1) for value in range(3000)} for i in range(10)}
    given, query = answer(series, days=[TODAY - timedelta(days=366), DAYS[-1]]), REPORT_TYPES["insights"].query
    tracemalloc.start()
    try:
        with pytest.raises(ReadError, match=r"too large: 30,000 labels"):
            REPORT_TYPES["insights"].read(given, query(asked, INSIGHTS), TODAY)
        assert tracemalloc.get_traced_memory()[1] < 50 * 10**6
    finally:
        tracemalloc.stop()


def steps(*counts: int, of: str = "abc") -> dict[str, Any]:
    """The table of a funnel's answer, for example `{"count": {"1. a": {"all": 9}, …}}`. `of`: the names of steps."""
    return {"count": {f"{i}. {of[i - 1]}": {"all": n} for i, n in enumerate(counts, 1)}, "step_conv_ratio": {}}


class TestFunnels:
    """Funnels of the listed steps a, b and c, and a saved funnel."""

    def funnel(self, **fields: Any) -> WidgetSpec:
        return spec("funnel", **{"funnel": None, "events": tuple("abc"), "chart": "table", "last": 3} | fields)

    def test_a_value_without_the_last_steps_reached_none_of_them(self) -> None:
        values = {"$overall": steps(9, 5, 2), "x": steps(6), "y": steps(3, 2, 1)}
        assert csv(self.funnel(breakdown="plan"), answer({"F": values})) == ["Step,x,y", "a,6,3", "b,0,2", "c,0,1"]
        assert csv(self.funnel(), answer({"F": steps(9, 5)}))[-1] == "c,0,0,0"

    @pytest.mark.parametrize(
        "table",
        [steps(9, 5, 2, 1, of="abcd"), {"count": {"1. a": {"all": 9}, "3. c": {"all": 2}}, "step_conv_ratio": {}}],
    )
    def test_too_many_steps_and_gaps_between_steps_are_refused(self, table: Any) -> None:
        with pytest.raises(ReadError, match="steps, and the query asked for 3"):
            read(self.funnel(), answer({"F": table}))

    @pytest.mark.parametrize("chart", ["table", "line"])
    def test_other_dates_are_refused(self, chart: str) -> None:
        given = answer({"F": steps(9, 5, 2) if chart == "table" else points(0.5)}, days=[date(2020, 1, 1)])
        with pytest.raises(ReadError, match="other dates"):
            read(self.funnel(chart=chart), given)

    @pytest.mark.parametrize("given", [points(0.5), points({"first": 3, "counts": [1]})])
    def test_a_saved_report_without_steps_is_refused_and_not_shown_as_empty(self, given: Any) -> None:
        saved = spec("funnel", funnel=7, chart="table")
        with pytest.raises(ReadError, match=r"the answer has no steps\. In Mixpanel, save the funnel as steps"):
            read(saved, answer({"F": given}))
        with pytest.raises(ReadError, match=r"the answer has no steps\W*$"):
            read(self.funnel(), answer({"F": given}))
        assert csv(saved, answer({})) == ["Step,Count"]

    def test_the_rest_beyond_the_limit_is_left_out_without_a_warning(self) -> None:
        values = {"$overall": steps(9, 5, 2), "$remaining_values": steps(8, 4, 2), "x": steps(1, 1)}
        asked = self.funnel(breakdown="plan", limit=1)
        assert csv(asked, answer({"F": values})) == ["Step,x", "a,1", "b,1", "c,0"]
        assert read(asked, answer({"F": values})).note == ""
        values = {"$overall": points(0.5), "$remaining_values": points(0.25), "x": points(1)}
        asked = self.funnel(breakdown="plan", limit=1, chart="line")
        assert csv(asked, answer({"F": values}))[:2] == ["Date,x", "20261115,100"]

    def test_conversions_by_date_become_percentages_though_no_header_says_funnel(self) -> None:
        found = csv(self.funnel(chart="line"), answer({"F": points(0.5, 1, None)}))
        assert found[1:4] == ["20261115,50", "20261116,100", "20261117,0"]
        with pytest.raises(ReadError, match="the conversions are not ratios"):
            read(self.funnel(chart="line"), answer({"F": points(5, 4)}))
        assert csv(self.funnel(chart="line"), answer({"F": points(None, None)}))[1] == "20261115,0"


VALUES = {"$overall": points(3, 3, 3), "x": points(1, 2, 3), "y": points(5)}
RIGHT: dict[str, tuple[WidgetSpec, dict[str, Any]]] = {
    "metrics": (metrics(*TWO), answer({"A": points(1, 2, 3), "B": points(5)}, "B", "A")),
    "breakdown": (metrics(breakdown="plan"), answer({"A": VALUES})),
    "one bucket": (metrics(Metric("Signed up", "unique"), chart="list"), answer({"A": {"all": 7}})),
    "formula": (metrics(*TWO, formulas=(Formula("A / B"),)), answer({"A / B": points(0.5, 0.25)})),
    "events": (spec("events", events=("Logged in", "Signed up"), last=3), answer({"A": points(4), "B": points(2)})),
    "sum": (spec("sum", last=3), answer({"A": points(4.5, 2)})),
    "hours": (
        metrics(unit="hour", chart="table", range="fixed", from_date=DAYS[2], to_date=DAYS[2]),
        answer({"A": {f"2026-11-17T{hour:02}:00:00-08:00": hour + 1 for hour in (0, 9, 23)}}, days=DAYS[2:]),
    ),
}
BAD_KEYS = ["soon", "1999-01-01", "2026-11-01", "", "Signed out", "all", "$overall", "A", "B", "x"]


def total_in(node: Any) -> float:
    """The sum of all numbers in the answer, without `$overall` beside other values and without divisions by zero."""
    if isinstance(node, dict):
        return sum(total_in(inner) for key, inner in node.items() if key != "$overall" or len(node) == 1)
    if node == "7":
        return 7
    return node if isinstance(node, int | float) and not isinstance(node, bool) and math.isfinite(node) else 0


@pytest.mark.parametrize("kind", RIGHT)
@settings(max_examples=examples(150), deadline=None)
@given(pick=st.data())
def test_a_spoilt_answer_is_refused_or_the_report_has_the_sum_of_its_numbers(kind: str, pick: Any) -> None:
    asked, right = RIGHT[kind]
    assert sum(series.total for series in read(asked, right).series) == total_in(right["series"])
    got = pick.draw(spoilt(right, BAD_KEYS))
    try:
        report = read(asked, got)
    except ReadError as error:
        assert str(error).startswith("Mixpanel") and str(error).endswith(".")
        return
    # Without any value of the breakdown, the answer has only a total, which the report leaves out.
    assume(kind != "breakdown" or set(got["series"].get("A", {})) != {"$overall"})
    assert sum(series.total for series in report.series) == pytest.approx(total_in(got["series"]))
