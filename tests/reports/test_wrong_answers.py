"""Answers that belong to another query or can't be read: they are refused with a message, and never shown as zeros."""

from datetime import date, timedelta

import pytest

from tests.reports.samples import TODAY, csv, report_of, spec
from widgets.reports import ReadError

DAYS = [date(2026, 11, day) for day in range(12, 18)]
WEEKS = [date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9)]
LABELS = ["Signed up", "Logged in", "Bought"]


def values(by_label):
    return {"data": {"series": [], "values": by_label}}


def points(days, of=lambda n: n):
    return {str(day): of(n) for n, day in enumerate(days, 1)}


def cohort(n):
    return {"first": n, "counts": [n, n]}


def steps(n):
    return {"steps": [{"count": n, "event": "a"}, {"count": n, "event": "b"}]}


ASKED = {
    "events": spec("events", events=tuple(LABELS), last=6),
    "segmentation": spec("segmentation", last=6),
    "breakdown": spec("segmentation", last=6, breakdown="plan"),
    "one bucket": spec("segmentation", last=6, measure="unique", chart="number"),
    "sum": spec("sum", last=6),
    "average": spec("average", last=6),
    "funnel": spec("funnel", last=6, chart="line"),
    "retention": spec("retention", last=6, intervals=2),
    "frequency": spec("frequency", last=6),
    "saved_report": spec("saved_report"),
}
RIGHT = {
    "events": values({name: points(DAYS) for name in LABELS}),
    "segmentation": values({"Signed up": points(DAYS)}),
    "breakdown": values({name: points(DAYS) for name in LABELS}),
    "one bucket": values({"Signed up": points(DAYS[:1])}),
    "sum": {"results": points(DAYS)},
    "average": {"results": points(DAYS)},
    "funnel": {"data": points(DAYS, steps)},
    "retention": points(DAYS, cohort),
    "frequency": {"data": points(DAYS, lambda n: [n, n])},
    "saved_report": {
        "date_range": {"from_date": "2026-11-12", "to_date": "2026-11-17"},
        "series": {name: points(DAYS) for name in LABELS[:2]},
    },
}


def changed(answer, change):
    """A copy of the answer, with `change` applied to each key and to each value that is not a dict or list."""
    if isinstance(answer, dict):
        return {change(key): changed(inner, change) for key, inner in answer.items()}
    if isinstance(answer, list):
        return [changed(inner, change) for inner in answer]
    return change(answer)


def with_dates(answer, new):
    return changed(answer, lambda part: new(part) if isinstance(part, str) and part.startswith("2026-") else part)


def with_numbers(answer, number):
    return changed(answer, lambda part: number if isinstance(part, int) else part)


@pytest.mark.parametrize("kind", RIGHT)
def test_it_reads_the_right_answer(kind):
    assert any(value for series in report_of(ASKED[kind], RIGHT[kind]).series for value in series.values)


@pytest.mark.parametrize("kind", sorted(set(RIGHT) - {"saved_report"}))
def test_it_refuses_the_dates_of_another_range(kind):
    for year in ("1999", "2036"):
        answer = with_dates(RIGHT[kind], lambda part, year=year: year + part[4:])
        with pytest.raises(
            ReadError, match=rf"Mixpanel answered for other dates \({year}-.*\) than the query asked for"
        ):
            report_of(ASKED[kind], answer)


def test_it_refuses_dates_outside_the_saved_reports_dates():
    answer = {**RIGHT["saved_report"], "series": {"A": points([date(1999, 1, 1), date(1999, 1, 2)])}}
    with pytest.raises(ReadError, match="other dates"):
        report_of(ASKED["saved_report"], answer)
    weekly = {"date_range": {"from_date": "2026-11-01", "to_date": "2026-11-14"}, "series": {"A": points(WEEKS)}}
    assert report_of(ASKED["saved_report"], weekly).series[0].values == (1, 2, 3)
    yearly = {"date_range": {"from_date": "2026-11-01"}, "series": {"A": {"2026-01-01": 5}}}
    assert report_of(ASKED["saved_report"], yearly).series[0].values == (5,)


@pytest.mark.parametrize("kind", RIGHT)
def test_it_refuses_invalid_dates(kind):
    for unreadable in ("soon", "2026-11-31", "17/11/2026", "", "2026-11-1", "2026-11-170"):
        answer = with_dates(RIGHT[kind], lambda part, bad=unreadable: bad if part == str(DAYS[0]) else part)
        if kind == "saved_report":
            answer["date_range"] = {}
        with pytest.raises(ReadError, match="a date is missing"):
            report_of(ASKED[kind], answer)


@pytest.mark.parametrize("kind", RIGHT)
def test_it_refuses_what_is_no_number(kind):
    for number in (float("nan"), float("inf"), "NaN", "-Infinity", "1e999", "many", 10**300, [], True):
        with pytest.raises(ReadError, match="could not be read"):
            report_of(ASKED[kind], with_numbers(RIGHT[kind], number))


def test_it_refuses_another_event():
    for kind in ("events", "segmentation", "one bucket"):
        answer = changed(RIGHT[kind], lambda part: "Signed out" if part == "Signed up" else part)
        with pytest.raises(ReadError, match="answered for other events, but not for “Signed up”"):
            report_of(ASKED[kind], answer)


def test_an_answer_can_have_a_custom_events_name_instead_of_its_id():
    asked = spec("segmentation", events=("$custom_event:1305068",), last=6)
    assert report_of(asked, values({"Came back": points(DAYS)})).series[0].label == "Came back"


def test_it_draws_an_answer_without_events_as_a_line_at_zero():
    line = "Date,Signed up\n20261116,0\n20261117,0\nYAxis,0\n"
    for report in ("events", "segmentation"):
        for answer in (values({}), values({"Signed up": {}}), values({"Signed up": {"2026-11-17": 0}})):
            assert csv(spec(report, last=2), answer) == line
    assert csv(spec("sum", last=1), {"results": {}}).splitlines()[1] == "20261117,0"
    some = csv(spec("events", events=("A", "B"), last=1), values({"A": {"2026-11-17": 5}}))
    assert some.splitlines()[:2] == ["Date,A,B", "20261117,5,0"]


def test_one_bucket_before_the_range_is_left_out_and_alone_it_is_refused():
    sundays = {str(monday - timedelta(days=1)): 5 for monday in WEEKS[1:]}
    assert report_of(spec("segmentation", unit="week", last=2), values({"Signed up": sundays})).series[0].values == (
        5,
        0,
    )
    month = spec("segmentation", unit="month", last=1, include_today=True)
    assert report_of(month, values({"Signed up": {"2026-11-01": 7}})).series[0].values == (7,)
    assert report_of(month, values({"Signed up": {"2026-10-01": 7, "2026-11-01": 8}})).series[0].values == (8,)
    with pytest.raises(ReadError, match="other dates"):
        report_of(month, values({"Signed up": {"2026-10-01": 7}}))


def test_far_dates_are_left_out_only_if_the_answer_has_the_whole_range():
    around = points([DAYS[0] - timedelta(days=40), *DAYS])
    assert report_of(ASKED["segmentation"], values({"Signed up": around})).series[0].values == (2, 3, 4, 5, 6, 7)
    del around[str(DAYS[2])]
    with pytest.raises(ReadError, match="other dates"):
        report_of(ASKED["segmentation"], values({"Signed up": around}))


def test_it_loses_no_label_that_becomes_equal_to_another():
    answer = values({"a\x00": points(DAYS[:1]), "a\ufffd": points(DAYS[1:2])})
    assert [series.total for series in report_of(ASKED["breakdown"], answer).series] == [1, 1]


@pytest.mark.parametrize(
    "entry", [{"amount": 5}, {"event": "a"}, {"event": None, "amount": 5}, {"event": "a", "amount": None}]
)
def test_it_refuses_a_top_event_without_its_name_or_its_number(entry):
    with pytest.raises(ReadError, match="missing"):
        report_of(spec("top_events"), {"events": [{"event": "b", "amount": 3}, entry]})


@pytest.mark.parametrize("second_day", [{}, {"steps": []}, {"steps": [{"event": "a"}]}, {"US": [{"count": 1}]}])
def test_it_refuses_a_funnel_that_lacks_its_steps(second_day):
    answer = {"data": {"2026-11-16": steps(5), "2026-11-17": second_day}}
    with pytest.raises(ReadError, match="missing"):
        report_of(ASKED["funnel"], answer)


def test_intervals_that_the_answer_leaves_out_are_empty():
    answer = {"2026-11-12": {"first": 5, "counts": [4, None]}}
    assert csv(spec("retention", intervals=4, last=6), answer).splitlines()[1] == "20261112,5,4,,,"


@pytest.mark.parametrize("kind", ["events", "segmentation", "breakdown", "one bucket"])
def test_the_dates_of_an_answer_without_numbers_are_checked(kind):
    nothing = {"data": {"series": ["1999-01-01", "1999-01-02"], "values": {}}}
    with pytest.raises(ReadError, match="other dates"):
        report_of(ASKED[kind], nothing, TODAY)
    honest = {"data": {"series": [str(day) for day in DAYS], "values": {}}}
    assert not any(series.total for series in report_of(ASKED[kind], honest, TODAY).series)


def test_the_dates_of_a_funnel_without_numbers_are_checked():
    with pytest.raises(ReadError, match="other dates"):
        report_of(ASKED["funnel"], {"meta": {"dates": ["1999-01-01"]}, "data": {}}, TODAY)
    for honest in ({}, {"meta": {}}, {"meta": None}, {"meta": {"dates": [str(DAYS[0])]}}):
        assert report_of(ASKED["funnel"], {"data": {}, **honest}, TODAY).series == ()


@pytest.mark.parametrize("kind", ["segmentation", "sum", "average"])
def test_it_refuses_an_answer_with_only_the_day_before_the_range(kind):
    only = values({"Signed up": {"2026-11-11": 5}}) if kind == "segmentation" else {"results": {"2026-11-11": 5}}
    with pytest.raises(ReadError, match="other dates"):
        report_of(ASKED[kind], only, TODAY)


OWN_DATES = {"date_range": {"from_date": "2026-11-01", "to_date": "2026-11-17"}}


def test_it_refuses_cohorts_outside_the_saved_reports_dates():
    for year in ("1999", "2036"):
        with pytest.raises(ReadError, match="other dates"):
            report_of(ASKED["saved_report"], {"series": {"m": {f"{year}-11-02": cohort(3)}}, **OWN_DATES})
    weekly = {"series": {"m": {"2026-10-26": cohort(3), "2026-11-02": cohort(4)}}, **OWN_DATES}
    assert report_of(ASKED["saved_report"], weekly).series[0].values == (3, 4)


@pytest.mark.parametrize(
    "twice",
    [
        {"2026-11-02": cohort(3), "2026-11-02T00:00:00-07:00": cohort(9)},
        {"Team": {"2026-11-02": cohort(3), "2026-11-02T00:00:00-07:00": cohort(9)}},
        {"x / y": {"z": {"2026-11-02": cohort(3)}}, "x": {"y / z": {"2026-11-02": cohort(9)}}},
        {"x / y": {"z": {"2026-11-02": cohort(3)}}, "x": {"y / z": {"2026-11-09": cohort(9)}}},
    ],
)
def test_two_cohorts_with_the_same_date_or_value_are_refused(twice):
    with pytest.raises(ReadError, match=r"two cohorts of one date|two values of the breakdown have the same name"):
        report_of(ASKED["saved_report"], {"series": {"m": twice}, **OWN_DATES})


def test_an_answer_that_reports_a_failure_is_refused():
    with pytest.raises(ReadError, match="the status of the answer is not ok"):
        report_of(ASKED["sum"], {"results": points(DAYS), "status": "error"}, TODAY)
