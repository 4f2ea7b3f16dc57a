"""Random answers in place of Mixpanel's: each becomes a Report that can be stored and drawn, or an error message."""

import copy
import json
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.reports.samples import SPECS, TODAY, csv, data, report_of, spec
from widgets.report import UNSTORABLE, Report, ReportError
from widgets.reports import REPORT_TYPES, ReadError

NAN, INFINITY = float("nan"), float("inf")
DAYS = [str(TODAY - timedelta(days=n)) for n in range(1, 9)]

keys = st.sampled_from(
    [
        *["data", "values", "series", "results", "events", "headers", "date_range", "computed_at", "from_date", "all"],
        *["steps", "count", "counts", "first", "event", "amount", "$overall", "$average", "step_conv_ratio", ""],
        *["2026-11-17T00:00:00-08:00", "9999-12-31", "0001-01-01", "2026-02-30", "a\x00b", "\ud800", "Signed up"],
        *[str(TODAY - timedelta(days=n)) for n in range(-1, 9)],
    ]
) | st.text(max_size=5)
numbers = (
    st.integers(-(10**6), 10**6)
    | st.floats()
    | st.sampled_from([NAN, INFINITY, -INFINITY, 1e308, -1e308, 10**299, 10**400, 5e-324, -0.0])
)
leaves = st.none() | st.booleans() | numbers | st.sampled_from(["5", " 7.5 ", "1e999", "nan", "x", ""]) | keys
answers = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)

VALID = {
    "events": [{"data": {"series": DAYS, "values": {"Signed up": dict.fromkeys(DAYS, 4)}}}],
    "segmentation": [{"data": {"series": DAYS, "values": {"US": dict.fromkeys(DAYS, 4), "FR": {DAYS[1]: 3}}}}],
    "sum": [{"status": "ok", "computed_at": "2026-11-17T23:02:11+00:00", "results": dict.fromkeys(DAYS, 4.5)}],
    "average": [{"status": "ok", "results": dict.fromkeys(DAYS, 4.5)}],
    "insights": [
        {
            "computed_at": "2026-11-18T10:00:00-08:00",
            "date_range": {"from_date": "2026-10-19T00:00:00-07:00", "to_date": "2026-11-17T23:59:59-08:00"},
            "headers": ["$metric"],
            "meta": {"min_sampling_factor": 1, "report_sections": {"show": [{"metric_key": "Signed up [Total]"}]}},
            "series": {"Signed up [Total]": dict.fromkeys((f"{day}T00:00:00-08:00" for day in DAYS), 4)},
        }
    ],
    "saved_report": [
        data(f"saved_reports/{name}") for name in ("two_breakdowns", "undated", "hourly", "retention", "funnel")
    ],
    "funnel": [
        {"data": {day: {"steps": [{"count": 9, "event": "a"}, {"count": 2, "event": "b"}]} for day in DAYS[:3]}},
        {"data": {day: {"$overall": [{"count": 9}], "US": [{"count": 9, "goal": "a"}]} for day in DAYS[:3]}},
    ],
    "retention": [{day: {"first": 5, "counts": [5, 2, 1]} for day in DAYS}],
    "frequency": [{"data": {day: [5, 2, 1] for day in DAYS}}],
    "top_events": [{"events": [{"amount": 2, "event": "a", "percent_change": 1}, {"amount": 5, "event": "b"}]}],
}
ASKED = {name: [asked for asked in SPECS.values() if asked.report == name] for name in REPORT_TYPES}


@st.composite
def spoilt(draw, valid):
    """Draws one of these valid answers, with one or two parts, at any level, replaced with random data or removed."""
    answer = copy.deepcopy(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(1, 2))):
        parent = answer
        while True:
            here = draw(st.sampled_from([*parent] if isinstance(parent, dict) else range(len(parent))))
            inner = parent[here]
            if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
                break
            parent = inner
        if draw(st.integers(0, 5)):
            parent[here] = draw(answers)
        elif len(parent) > 1:
            del parent[here]
    return answer


def survives(asked, answer):
    """Asserts that the answer becomes a valid Report or an error. Returns the CSV or the error message."""
    try:
        report = report_of(asked, answer)
    except ReadError as error:
        assert str(error).startswith("Mixpanel")
        return str(error)
    kept = report.to_json()
    kept.encode()
    texts = [report.labels_name, report.values_name, *map(str, report.rows)]
    texts += [text for series in report.series for text in (series.label, series.step)]
    assert not any(UNSTORABLE.search(text) for text in texts)
    assert Report.from_json(kept) == report
    json.loads(kept, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert all(len(series.values) == len(report.rows) for series in report.series)
    try:
        text = csv(asked, answer)
    except ReportError as error:
        return str(error)
    table = [line.split(",") for line in text.splitlines()]
    assert '"' not in text and all(len(line) == len(table[0]) for line in table)
    return text


relaxed = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("report", REPORT_TYPES)
@relaxed
@given(pick=st.data())
def test_any_json_becomes_a_report_or_an_error(report, pick):
    survives(pick.draw(st.sampled_from(ASKED[report])), pick.draw(answers))


@pytest.mark.parametrize("report", REPORT_TYPES)
@relaxed
@given(pick=st.data())
def test_a_valid_answer_with_random_faults_becomes_a_report_or_an_error(report, pick):
    survives(pick.draw(st.sampled_from(ASKED[report])), pick.draw(spoilt(VALID[report])))


@pytest.mark.parametrize("report", REPORT_TYPES)
@pytest.mark.parametrize(
    "answer", [{}, [], None, 5, "ok", {"data": None}, {"data": []}, {"series": 5}, {"results": []}]
)
def test_it_says_what_is_missing(report, answer):
    said = survives(spec(report), answer)
    if report not in ("retention",) or not isinstance(answer, dict):
        assert said.startswith("Mixpanel's answer could not be read: ") and said.endswith("is missing.")


def values(points, label="Signed up"):
    return {"data": {"values": {label: points}}}


def one(n):
    """The value in the Report for the value `n` in Mixpanel's answer."""
    return report_of(spec("segmentation", last=1), values({"2026-11-17": n})).series[0].values[0]


@pytest.mark.parametrize(
    ("sent", "read"),
    [("5", 5), (" 7.5 ", 7.5), ("-3", -3), ("+4", 4), ("9" * 19, 1e19), (-2, -2), (0.5, 0.5), (10**20, 10**20)],
)
def test_it_reads_numbers_and_texts_with_a_number(sent, read):
    assert one(sent) == read


def test_null_counts_as_zero():
    assert one(None) == 0


@pytest.mark.parametrize(
    "sent",
    [True, "", "many", "nan", "inf", "1e999", NAN, INFINITY, -INFINITY, 1e308, 10**300, 10**4000, [], {}, [5]],
    ids=lambda sent: str(sent)[:9],
)
def test_it_refuses_numbers_that_are_too_large_and_values_that_are_no_numbers(sent):
    with pytest.raises(ReadError, match="a number is missing or too large"):
        one(sent)


def test_it_shows_negative_numbers():
    assert (
        csv(spec("sum", last=1), {"results": {"2026-11-17": -4.25}})
        == "Date,Order completed\n20261117,-4.25\nYAxis,0\n"
    )


def test_huge_numbers_cause_no_overflow():
    huge = 9.9e299
    answer = {"data": {"values": {f"v{i}": dict.fromkeys(DAYS, huge) for i in range(200)}}}
    asked = spec("segmentation", breakdown="plan", chart="pie", top=1, other=True)
    report = report_of(asked, answer)
    assert Report.from_json(report.to_json()) == report
    assert len(csv(asked, answer)) > 600
    conversions = {"data": {"2026-11-17": {"steps": [{"count": 5e-324}, {"count": huge}]}}}
    assert csv(spec("funnel", chart="number"), conversions) == "Conversion\n0\n"
    cohort = {"2026-11-17": {"first": 5e-324, "counts": [huge]}}
    assert csv(spec("retention", last=1, intervals=1, options={"percent": True}), cohort).endswith(",\n")


def test_a_deeply_nested_value_causes_no_crash():
    deep: object = 1
    for _ in range(95):
        deep = {"x": deep}
    assert survives(spec("saved_report"), {"series": {"m": deep}})
    assert survives(spec("top_events"), {"events": [{"event": deep, "amount": 1}]})


ODD = {
    "x" * 300: "x" * 300,
    "y" * 5000: "y" * 999 + "…",
    "שלום עולם": "שלום עולם",
    "مرحبا, عالم": "مرحبا; عالم",
    "\u202eevil": "evil",
    "a\x00b": "a\ufffdb",
    "a\ud800b": "a\ufffdb",
    "2,000 - 2,100": "2000 - 2100",
    'say "hi"\n\ttwice': "say 'hi' twice",
    "=1+1": "'=1+1",
    "😀": "😀",
}


@pytest.mark.parametrize(("sent", "written"), ODD.items(), ids=range(len(ODD)))
def test_it_writes_odd_labels(sent, written):
    asked = spec("segmentation", breakdown="plan", last=1)
    assert survives(asked, values({"2026-11-17": 1}, sent)) == f"Date,{written}\n20261117,1\nYAxis,0\n"
    assert survives(spec("top_events"), {"events": [{"event": sent, "amount": 1}]}) == f"Event,Total\n{written},1\n"
    saved = {"headers": ["$event", "plan"], "series": {"m": {sent: {"all": 1}}}}
    assert survives(spec("saved_report", chart="pie"), saved) == f"{written}\n1\n"
    funnel = {"data": {"2026-11-17": {"steps": [{"count": 1, "step_label": sent}]}}}
    assert survives(spec("funnel"), funnel) == f"Step,Count\n{written},1\n"


@pytest.mark.parametrize("chart", ["line", "list"])
def test_ten_thousand_labels_become_a_csv_in_less_than_two_seconds(chart):
    days = [str(TODAY - timedelta(days=n)) for n in range(1, 31)]
    answer = {"data": {"values": {f"value {i}": dict.fromkeys(days, i) for i in range(10_000)}}}
    asked = spec("segmentation", breakdown="plan", chart=chart, limit=10_000)
    report = report_of(asked, answer)
    began = time.process_time()
    text = csv(asked, answer)
    assert time.process_time() - began < 2
    assert text.count("value ") == len(report.series) == 10_000
