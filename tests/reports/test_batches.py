"""Queries that share a call get the same numbers as each query would get alone, in every cell."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from fake_mixpanel.dataset import CUSTOM_EVENT, EVENTS, ODD_EVENT
from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, ZONE, FakeMixpanel
from tests.conftest import examples
from tests.reports.test_both_engines import FILTERS, specs
from tests.reports.test_hostile_answers import spoilt
from widgets.mixpanel.auth import ServiceAccount
from widgets.mixpanel.client import Client
from widgets.report import LONGEST_LABEL, Report
from widgets.reports import REPORT_TYPES, Query, ReadError, Request
from widgets.reports.batch import Batch, Inexact
from widgets.reports.rules import check
from widgets.spec import CLASSIC, INSIGHTS, METRIC_MEASURES, OF_PROPERTY, RANGES, Formula, Metric, WidgetSpec

FORMULAS = ["A", "A / B", "(B - A) * 100 / A", "A + 2 * B", "B ^ 2", "A - A"]


@st.composite
def metrics(draw: Any) -> Metric:
    measure = draw(st.sampled_from([*METRIC_MEASURES]))
    return Metric(
        event=draw(st.sampled_from([*EVENTS, "No such event", CUSTOM_EVENT, ODD_EVENT])),
        measure=measure,
        property=draw(st.sampled_from(["amount", "plan"])) if measure in OF_PROPERTY else "",
        filters=tuple(draw(st.lists(st.sampled_from(FILTERS), max_size=2, unique=True))),
    )


@st.composite
def several_metrics(draw: Any) -> WidgetSpec:
    today = datetime.now(ZONE).date()
    first = today - timedelta(days=draw(st.integers(1, 120)))
    found = draw(st.lists(metrics(), min_size=2, max_size=4))
    unit = draw(st.sampled_from(["day", "week", "month", "hour"]))
    return WidgetSpec(
        "insights",
        metrics=tuple(found),
        formulas=tuple(Formula(each) for each in draw(st.lists(st.sampled_from(FORMULAS), max_size=2, unique=True))),
        chart=draw(st.sampled_from(REPORT_TYPES["insights"].charts)) if unit != "hour" else "table",
        breakdown=draw(st.sampled_from(["", "", "plan", "$browser"])),
        analysis=draw(st.sampled_from(["linear", "linear", "linear", "rolling", "cumulative"])),
        window=3,
        unit=unit,
        range=draw(st.sampled_from([*RANGES])),
        last=draw(st.integers(1, 40)),
        include_today=draw(st.booleans()),
        from_date=first,
        to_date=first + timedelta(days=draw(st.integers(0, 90))),
        overlay_previous=draw(st.booleans()),
    )


@st.composite
def one_event(draw: Any) -> WidgetSpec:
    """Draws a widget with one event, because most widgets have one event. `boards` adds the breakdown."""
    return WidgetSpec(
        "segmentation",
        events=(draw(st.sampled_from(["Signed up", "Page viewed", "Order completed", ODD_EVENT])),),
        measure=draw(st.sampled_from(["total", "unique", "average"])),
        limit=draw(st.sampled_from([2, 3, 60])),
        last=draw(st.integers(1, 40)),
        include_today=draw(st.booleans()),
        filters=tuple(draw(st.lists(st.sampled_from(FILTERS), max_size=1))),
        chart=draw(st.sampled_from(["line", "pie"])),
    )


@st.composite
def boards(draw: Any) -> tuple[list[Query], Any]:
    """Draws queries that can often share calls, because most have the same unit and breakdown, and today's date."""
    today = datetime.now(ZONE).date()
    engine = draw(st.sampled_from([INSIGHTS, INSIGHTS, CLASSIC]))
    unit = draw(st.sampled_from(["day", "day", "week", "month"]))
    breakdown = draw(st.sampled_from(["", "plan", "$browser"]))
    queries = []
    for spec in draw(
        st.lists(st.one_of(specs(), one_event(), one_event(), several_metrics()), min_size=3, max_size=12)
    ):
        asked = replace(spec, unit=spec.unit if spec.unit == "hour" else unit)
        if "breakdown" in REPORT_TYPES[asked.report].fields:
            asked = replace(asked, breakdown=breakdown)
        if asked.report == "insights" and asked.chart not in ("number", "gauge", "table"):
            asked = replace(asked, chart="line")
        if not check(asked, today, engine):
            queries.append(REPORT_TYPES[asked.report].query(asked, engine))
    return queries, today


@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(boards())
def test_a_shared_call_gives_each_query_what_it_gets_alone(
    mixpanel: FakeMixpanel, board: tuple[list[Query], Any]
) -> None:
    queries, today = board
    for batch in batches(queries, today):
        if len(batch.queries) < 2:
            continue
        answer = asked(batch.request(), mixpanel)
        for query in batch.queries:
            try:
                shared = read(batch.part(answer, query), query, today)
            except Inexact as error:
                event(f"inexact: {error}")
                continue
            event(f"shared: {query['report']}")
            assert shared == read(asked(request_of(query, today), mixpanel), query, today)


@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(boards(), st.data())
def test_a_shared_answer_with_random_faults_becomes_reports_or_errors(
    mixpanel: FakeMixpanel, board: tuple[list[Query], Any], pick: st.DataObject
) -> None:
    queries, today = board
    for batch in batches(queries, today):
        answer = pick.draw(spoilt([asked(batch.request(), mixpanel)]))
        for query in batch.queries:
            try:
                read(batch.part(answer, query), query, today)
            except ReadError as error:
                event(str(error)[:40])


def batches(queries: list[Query], today: Any) -> list[Batch]:
    """Puts each query into the first batch that accepts it, and returns the batches."""
    found: dict[Any, list[Batch]] = {}
    for query in queries:
        batch_type = REPORT_TYPES[query["report"]].batch(query)
        key = batch_type.key(query) if batch_type else None
        if batch_type is None or key is None:
            continue
        if not any(batch.add(query) for batch in found.setdefault(key, [])):
            found[key].append(batch_type(today))
            assert found[key][-1].add(query)
    return [batch for some in found.values() for batch in some]


def request_of(query: Query, today: Any) -> Request:
    return REPORT_TYPES[query["report"]].request(query, today)


def read(answer: Any, query: Query, today: Any) -> Report:
    return REPORT_TYPES[query["report"]].read(answer, query, today)


def asked(request: Request, mixpanel: FakeMixpanel) -> Any:
    auth = ServiceAccount(DEMO_USERNAME, DEMO_SECRET)
    client = Client(auth, project_id=DEMO_PROJECT_ID, api_root=mixpanel.url, timeout=20)
    return client.query(request.endpoint, request.params, request.body)


TODAY = date(2026, 11, 18)


def days(*ago: int) -> dict[str, int]:
    return {str(TODAY - timedelta(days=each)): 1 for each in ago}


def shared(report: str, engine: str, **fields: Any) -> tuple[Batch, Query]:
    """Returns a batch of two queries (3 days and 10 days), and the query of 3 days."""
    asked = [REPORT_TYPES[report].query(WidgetSpec(report, **fields, last=last), engine) for last in (3, 10)]
    (batch,) = batches(asked, TODAY)
    assert len(batch.queries) == 2
    return batch, asked[0]


@pytest.mark.parametrize("engine", [INSIGHTS, CLASSIC])
def test_an_answer_with_other_dates_is_refused(engine: str) -> None:
    batch, query = shared("events", engine, events=("Signed up",))
    other = days(*range(100, 110))
    answer: Any = {"data": {"series": [], "values": {"Signed up": other}}}
    if engine == INSIGHTS:
        answer = {"series": {"S": other}, "meta": {"report_sections": {"show": [{"metric_key": "S"}]}}}
    with pytest.raises(ReadError, match="other dates"):
        batch.part(answer, query)


def test_a_value_is_listed_only_with_the_metrics_that_it_has_on_the_query_s_own_dates() -> None:
    batch, query = shared("insights", INSIGHTS, metrics=(Metric("A"), Metric("B")), breakdown="plan")
    meta = {"report_sections": {"show": [{"metric_key": "A"}, {"metric_key": "B"}]}}
    whole = {"series": {"A": {"Free": days(1, 8)}, "B": {"Free": days(8)}}, "meta": meta}
    alone = {"series": {"A": {"Free": days(1)}}, "meta": meta}
    assert read(batch.part(whole, query), query, TODAY) == read(alone, query, TODAY)


def test_values_whose_shortened_labels_are_equal_count_separately_for_the_limit() -> None:
    batch, query = shared("segmentation", INSIGHTS, events=("A",), breakdown="plan", limit=2)
    found = {f"{'x' * LONGEST_LABEL}1": days(1), f"{'x' * LONGEST_LABEL}2": days(1), "y": days(1)}
    with pytest.raises(Inexact):
        batch.part({"series": {"A": found}, "meta": {"report_sections": {"show": [{"metric_key": "A"}]}}}, query)


def test_a_single_metric_needs_no_name_in_a_shared_call_either() -> None:
    batch, query = shared("events", INSIGHTS, events=("A",))
    assert read(batch.part({"series": {"A": days(1, 8)}}, query), query, TODAY).series[0].values == (0, 0, 1)
    with pytest.raises(ReadError, match="does not name"):
        batch.part({"series": {"A": days(1), "B": days(1)}}, query)


def test_a_damaged_breakdown_in_one_bucket_is_refused() -> None:
    specs = [
        WidgetSpec("insights", metrics=(Metric(each, measure="unique"),), breakdown="plan", chart="pie")
        for each in "AB"
    ]
    queries = [REPORT_TYPES["insights"].query(each, INSIGHTS) for each in specs]
    (batch,) = batches(queries, TODAY)
    meta = {"report_sections": {"show": [{"metric_key": "A"}, {"metric_key": "B"}]}}
    answer = {"series": {"A": {"Free": 5}, "B": {"Free": {"all": 5}}}, "meta": meta}
    with pytest.raises(ReadError, match="a series of dates"):
        batch.part(answer, queries[0])


def test_a_value_with_only_zeros_of_a_sum_makes_the_answer_inexact() -> None:
    """A sum can be 0 although there are events, so the answer does not say whether Mixpanel would list the value."""
    metrics = tuple(Metric(each, measure="sum", property="amount") for each in "AB")
    batch, query = shared("insights", INSIGHTS, metrics=metrics, breakdown="plan")
    zero, some = dict.fromkeys(days(1, 2, 3), 0), days(1, 8)
    meta = {"report_sections": {"show": [{"metric_key": "A"}, {"metric_key": "B"}]}}
    batch.part({"series": {"A": {"Pro": some}, "B": {"Pro": some}}, "meta": meta}, query)
    with pytest.raises(Inexact, match="only zeros"):
        batch.part({"series": {"A": {"Free": zero, "Pro": some}, "B": {"Pro": some}}, "meta": meta}, query)
