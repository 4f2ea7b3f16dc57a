"""Funnels with a breakdown, and funnels with unusual answers."""

from tests.reports.samples import csv, report_of, spec


def steps(*counts):
    return [{"count": n, "event": f"$custom_event:{i}", "step_label": "ABC"[i]} for i, n in enumerate(counts)]


def funnel(days, chart="table", **fields):
    return csv(spec("funnel", chart=chart, last=2, **fields), {"data": days})


DIVIDED = {
    "2026-11-16": {"$overall": steps(30, 12), "Safari": steps(10, 2), "Chrome": steps(20, 10)},
    "2026-11-17": {"$overall": steps(20, 18), "Chrome": {"steps": steps(20, 18), "analysis": {}}},
}


def test_it_writes_one_column_of_counts_per_value_the_largest_first():
    assert funnel(DIVIDED, breakdown="$browser") == "Step,Chrome,Safari\nA,40,10\nB,28,2\n"


def test_it_keeps_the_order_of_the_answer_if_the_widget_says_so():
    assert funnel(DIVIDED, breakdown="$browser", sort="none") == "Step,Safari,Chrome\nA,10,40\nB,2,28\n"


def test_it_draws_one_line_of_conversions_per_value():
    assert funnel(DIVIDED, "line", breakdown="$browser") == (
        "Date,Chrome,Safari\n20261116,50,20\n20261117,90,0\nYAxis,0,0\n"
    )


def test_it_leaves_the_overall_out_even_on_days_without_other_values():
    days = DIVIDED | {"2026-11-17": {"$overall": steps(0, 0)}}
    assert funnel(days, breakdown="$browser") == "Step,Chrome,Safari\nA,20,10\nB,10,2\n"


def test_it_shows_the_overall_of_a_breakdown_without_values():
    days = {"2026-11-16": {"$overall": steps(30, 12)}}
    assert funnel(days, breakdown="$browser") == "Step,Count\nA,30\nB,12\n"


def test_it_drops_the_missing_value_of_a_breakdown_like_any_other_empty_label():
    days = {"2026-11-16": {"$overall": steps(30, 12), "": steps(25, 10), "undefined": steps(1, 1), "FR": steps(5, 2)}}
    assert funnel(days, breakdown="country") == "Step,FR\nA,5\nB,2\n"
    assert funnel(days, breakdown="country", clean_labels=False) == ("Step,(empty),FR,undefined\nA,25,5,1\nB,10,2,1\n")


def test_it_counts_a_step_that_nobody_of_a_value_reached_as_zero():
    days = {"2026-11-16": {"Chrome": steps(20, 10, 5), "Safari": steps(10, 2)}}
    assert funnel(days, breakdown="$browser") == "Step,Chrome,Safari\nA,20,10\nB,10,2\nC,5,0\n"
    assert funnel(days, "line", breakdown="$browser").splitlines()[1] == "20261116,25,0"


def test_it_takes_a_breakdowns_value_that_is_called_steps():
    days = {"2026-11-16": {"$overall": steps(30, 12), "steps": steps(20, 10), "FR": steps(10, 2)}}
    assert funnel(days, breakdown="topic") == "Step,steps,FR\nA,20,10\nB,10,2\n"


def test_it_names_steps_by_label_then_event_then_goal():
    entries = [{"count": 3, "step_label": "One", "event": "x"}, {"count": 2, "event": "Two"}, {"count": 1, "goal": "3"}]
    assert funnel({"2026-11-16": {"steps": entries}}, "funnel") == "Step,Count\nOne,3\nTwo,2\n3,1\n"


def test_a_conversion_without_people_is_empty_in_a_table_and_0_as_a_number():
    assert funnel({"2026-11-16": {"steps": steps(0, 0)}}) == "Step,Count,Conversion,From start\nA,0,,\nB,0,,\n"
    assert funnel({"2026-11-16": {"steps": steps(0, 0)}}, "number") == "Conversion\n0\n"


def test_a_funnels_report_has_the_counts_of_each_step_by_date():
    report = report_of(spec("funnel", last=2), {"data": {"2026-11-16": {"steps": steps(10, 5)}}})
    assert [(s.step, s.values) for s in report.series] == [("A", (10, 0)), ("B", (5, 0))]
