"""Several metrics, formulas, hours and funnels: widgets query the fake Mixpanel over HTTP, and each becomes a CSV."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from fake_mixpanel.fake import ZONE, FakeMixpanel
from tests.reports.test_both_engines import csv
from widgets.reports.rules import check
from widgets.spec import INSIGHTS, Filter, Formula, Metric, WidgetSpec

SIGNUPS, PEOPLE = Metric("Signed up"), Metric("Signed up", "unique")
SALES = Metric("Order completed", "sum", "amount")
STEPS = ("Page viewed", "Signed up", "Order completed")

Rows = list[list[str]]


@pytest.fixture
def rows(mixpanel: FakeMixpanel) -> Callable[..., Rows]:
    """A function that returns the cells of a widget's CSV, without the option rows at its end."""

    def ask(report: str = "insights", **fields: Any) -> Rows:
        asked = WidgetSpec(report, **{"last": 3, "chart": "table"} | fields)
        assert check(asked, datetime.now(ZONE).date(), INSIGHTS) == []
        answer = csv(asked, INSIGHTS, mixpanel)
        assert isinstance(answer, bytes), answer
        lines = answer.decode().splitlines()
        return [line.split(",") for line in lines if not line.startswith(("YAxis,", "Color,"))]

    return ask


def test_metrics_are_named_by_their_events_and_by_measures_where_these_are_alike(rows: Any) -> None:
    assert rows(metrics=(SIGNUPS, Metric("Logged in")))[0] == ["Date", "Signed up", "Logged in"]
    assert rows(metrics=(SIGNUPS, PEOPLE, SALES))[0] == [
        *("Date", "Signed up (total)", "Signed up (unique)", "Order completed"),
    ]
    assert rows(metrics=(Metric("Signed up", label="All"), PEOPLE))[0] == ["Date", "All", "Signed up"]


def test_columns_follow_the_widget_and_not_the_alphabet_of_the_answer(rows: Any) -> None:
    backwards = rows(metrics=(Metric("Support ticket"), Metric("App Open")))
    forwards = rows(metrics=(Metric("App Open"), Metric("Support ticket")))
    assert [[day, b, a] for day, a, b in backwards] == forwards


def test_one_breakdown_gives_each_metric_its_values(rows: Any) -> None:
    assert set(rows(metrics=(SIGNUPS,), breakdown="plan")[0]) == {"Date", "Free", "Team", "Business"}
    header = rows(metrics=(SIGNUPS, PEOPLE), breakdown="plan")[0]
    assert "Signed up (unique) / Team" in header
    assert not [name for name in header if "undefined" in name]


def test_filters_belong_to_their_metric(rows: Any) -> None:
    team = Metric("Signed up", filters=(Filter("plan", "is", "Team"),), label="Team")
    for _, everybody, some in rows(metrics=(SIGNUPS, team))[1:]:
        assert 0 < int(some) < int(everybody)


def test_a_formula_is_computed_from_the_metrics(rows: Any) -> None:
    counts = rows(metrics=(SIGNUPS, PEOPLE))[1:]
    found = rows(metrics=(SIGNUPS, PEOPLE), formulas=(Formula("(B / A) * 100", "People in %"),))
    assert found[0] == ["Date", "People in %"]
    for (_, total, unique), (_, share) in zip(counts, found[1:], strict=True):
        assert float(share) == pytest.approx(100 * int(unique) / int(total), abs=1e-4)


def test_a_pasted_formula_may_have_line_breaks_and_wide_spaces_but_no_other_digits(rows: Any) -> None:
    found = [rows(metrics=(SIGNUPS, PEOPLE), formulas=(Formula(text, "x"),)) for text in ("B / A", "B\n/\xa0A\n")]
    assert found[0] == found[1]
    asked = WidgetSpec("insights", metrics=(SIGNUPS,), formulas=(Formula("A * \u0663"),))
    [problem] = check(asked, datetime.now(ZONE).date(), INSIGHTS)
    assert problem.message.startswith("Formula 1: A formula can't contain “\u0663”.")


@pytest.mark.parametrize("chart", ["line", "table"])
def test_a_division_by_zero_is_an_empty_cell(rows: Any, chart: str) -> None:
    never = (SIGNUPS, Metric("It never happens"))
    found = rows(metrics=never, formulas=(Formula("A / B", "x"), Formula("A * 2", "y")), chart=chart)
    assert [(x, y != "") for _, x, y in found[1:]] == [("", True)] * 3


def test_a_formula_without_any_value_is_not_drawn_as_zeros(rows: Any) -> None:
    never = (Metric("It never happens"), Metric("Nor this"))
    found = rows(metrics=never, formulas=(Formula("A / B", "x"),), breakdown="plan", chart="line")
    assert [cells[1] for cells in found] == ["x", "", "", ""]


def test_missing_labels_are_not_drawn_as_zeros(mixpanel: FakeMixpanel) -> None:
    asked = WidgetSpec("insights", metrics=(SIGNUPS,), breakdown="plan", only=("Gold",))
    assert str(csv(asked, INSIGHTS, mixpanel)).startswith("Mixpanel's answer has nothing to draw for these dates.")


def test_a_number_that_divides_by_zero_is_replaced_by_a_message(mixpanel: FakeMixpanel) -> None:
    asked = WidgetSpec("insights", metrics=(SIGNUPS, Metric("Never")), formulas=(Formula("A / B"),), chart="number")
    message = "No formula has a result for these dates, for example because of a division by zero."
    assert csv(asked, INSIGHTS, mixpanel) == message


def test_a_number_is_compared_with_the_period_before(rows: Any) -> None:
    compared = {"chart": "number", "options": {"comparison": True}, "last": 7}
    for metric in (SALES, PEOPLE, Metric("Order completed", "average", "amount")):
        [_, [now], [before]] = rows(metrics=(metric,), **compared)
        assert float(now) > 0
        assert float(before) > 0
    daily = rows(metrics=(SIGNUPS,), last=14)[1:]
    [_, [now], [before]] = rows(metrics=(SIGNUPS,), **compared)
    totals = [sum(int(n) for _, n in daily[half : half + 7]) for half in (0, 7)]
    assert [int(before), int(now)] == totals


def test_hours_end_with_the_last_full_hour_or_the_current_one(rows: Any) -> None:
    for include_today, back in ((False, 1), (True, 0)):
        found = rows(metrics=(SIGNUPS, PEOPLE), unit="hour", last=30, include_today=include_today)
        assert found[0][0] == "Time"
        last = datetime.now(ZONE).replace(minute=0) - timedelta(hours=back)
        assert found[-1][0] == f"{last:%Y-%m-%d %H:%M}"
        assert len(found) == 31


def test_it_shows_rolling_averages_and_cumulative_values(rows: Any) -> None:
    plain = [int(n) for _, n in rows(metrics=(SIGNUPS,))[1:]]
    cumulative = [int(n) for _, n in rows(metrics=(SIGNUPS,), analysis="cumulative")[1:]]
    assert cumulative == [plain[0], sum(plain[:2]), sum(plain)]
    rolling = [float(n) for _, n in rows(metrics=(SIGNUPS,), analysis="rolling", window=2)[1:]]
    assert rolling[-1] == (plain[1] + plain[2]) / 2


@pytest.mark.parametrize("report", ["events", "insights"])
def test_the_period_before_is_a_column_on_the_same_dates(rows: Any, report: str) -> None:
    asked = {"events": ("Signed up",)} if report == "events" else {"metrics": (SIGNUPS,)}
    both = [n for _, n in rows(report, last=6, **asked)[1:]]
    found = rows(report, overlay_previous=True, **asked)
    assert found[0] == ["Date", "Signed up", "Signed up (before)"]
    assert [now for _, now, _ in found[1:]] == both[3:]
    assert [before for _, _, before in found[1:]] == both[:3]


def test_the_setting_only_keeps_labels_in_its_order(rows: Any) -> None:
    asked = {"report": "segmentation", "events": ("Signed up",), "breakdown": "plan", "overlay_previous": True}
    assert rows(**asked, only=("Team", "Free", "Nobody"))[0] == [
        *("Date", "Team", "Free", "Team (before)", "Free (before)"),
    ]


def test_it_shows_a_funnel_of_listed_steps(rows: Any) -> None:
    steps = rows("funnel", events=STEPS, chart="funnel")
    assert [name for name, _ in steps] == ["Step", *STEPS]
    assert int(steps[1][1]) > int(steps[2][1]) > int(steps[3][1])
    table = rows("funnel", events=STEPS)
    assert table[0] == ["Step", "Count", "Conversion", "From start"]
    assert float(table[3][3]) == pytest.approx(100 * int(steps[3][1]) / int(steps[1][1]), abs=0.01)
    assert rows("funnel", events=STEPS, chart="number")[1] == [table[3][3]]
    assert set(rows("funnel", events=STEPS, breakdown="plan")[0]) == {"Step", "Free", "Team", "Business"}


def test_it_shows_the_conversions_of_listed_steps_by_date(rows: Any) -> None:
    found = rows("funnel", events=STEPS, chart="line")
    assert found[0] == ["Date", "Conversion"]
    assert all(0 < float(share) < 100 for _, share in found[1:])
    longer = rows("funnel", events=STEPS, chart="line", conversion_days=90)
    assert longer != found


def test_a_saved_funnel_is_asked_as_it_was_saved(rows: Any, mixpanel: FakeMixpanel) -> None:
    found = rows("funnel", funnel=7509)
    assert found[0] == ["Step", "Count", "Conversion", "From start"]
    [call] = mixpanel.calls
    assert (call.method, call.endpoint, call.params["bookmark_id"]) == ("GET", "insights", "7509")
