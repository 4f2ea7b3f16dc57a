"""`import_widgets` and `export_widgets` with both engines, and with metrics, formulas and funnels of listed steps."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management.base import CommandError

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.commands.conftest import Printed
from widgets.models import Project, Snapshot, Widget

Run = Callable[..., Printed]
PROJECT = {
    "name": "Acme",
    "project_id": DEMO_PROJECT_ID,
    "region": "us",
    "timezone": "US/Pacific",
    "auth": "service_account",
    "username": DEMO_USERNAME,
    "secret": DEMO_SECRET,
}
CLASSIC = PROJECT | {"name": "Old", "project_id": DEMO_PROJECT_ID + 1, "engine": "classic"}
SIGNED_UP, PAID = {"event": "Signed up"}, {"event": "Order completed"}
METRICS = {"project": "Acme", "title": "Bad", "report": "insights", "chart": "line", "metrics": [SIGNED_UP]}
HOURS = METRICS | {"unit": "hour", "chart": "table"}
FUNNEL = {"project": "Acme", "title": "Bad", "report": "funnel", "chart": "funnel", "events": ["Page viewed"]}
WIDGETS: list[dict[str, Any]] = [
    {
        "project": "Acme",
        "title": "Conversion",
        "report": "insights",
        "chart": "spline",
        "metrics": [
            {"event": "Page viewed", "measure": "unique", "label": "Visitors"},
            {"event": "Signed up", "measure": "unique", "filters": [{"property": "plan", "op": "is", "value": "Team"}]},
        ],
        "formulas": [{"formula": "B / A * 100", "label": "Conversion"}, {"formula": "A-B"}],
        "breakdown": "$browser",
        "analysis": "rolling",
        "window": 7,
        "overlay_previous": True,
        "only": ["Conversion / Chrome", "A-B / Safari"],
    },
    {
        "project": "Acme",
        "title": "Hours",
        "report": "insights",
        "chart": "table",
        "metrics": [{"event": "Order completed", "measure": "p90", "property": "amount"}],
        "unit": "hour",
        "last": 48,
    },
    {
        "project": "Acme",
        "title": "Steps",
        "report": "funnel",
        "chart": "funnel",
        "events": ["Page viewed", "Signed up", "Order completed"],
        "conversion_days": 30,
        "filters": [{"property": "trial", "op": "is_not", "value": True}],
    },
    {"project": "Acme", "title": "Two months", "report": "events", "events": ["Signed up"], "chart": "line",
     "overlay_previous": True, "only": ["Signed up"]},
    {"project": "Old", "title": "Prices", "report": "segmentation", "events": ["Signed up"], "chart": "line",
     "breakdown": 'properties["plan"]', "where": 'properties["amount"] > 5'},
    {"project": "Old", "title": "Saved", "report": "funnel", "chart": "line", "funnel": 7509, "last": 12},
]  # fmt: skip


def without_addresses(widgets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in entry.items() if key != "slug"} for entry in widgets]


def test_everything_comes_back_from_an_export(
    manage: Run, load: Callable[..., Printed], mixpanel: FakeMixpanel
) -> None:
    load([PROJECT, CLASSIC], WIDGETS)
    asked = [each.query for each in Snapshot.objects.order_by("key")]
    exported = manage("export_widgets").out
    content = json.loads(exported)
    assert [project.get("engine", "the default") for project in content["projects"]] == ["the default", "classic"]
    assert without_addresses(content["widgets"]) == sorted(
        WIDGETS, key=lambda entry: (str(entry["project"]), str(entry["title"]))
    )
    for model in (Widget, Project, Snapshot):
        model.objects.all().delete()
    manage("import_widgets", "-", stdin=exported.encode())
    assert manage("export_widgets").out == exported
    assert [each.query for each in Snapshot.objects.order_by("key")] == asked
    assert not mixpanel.calls


def test_imported_widgets_answer_polls(
    load: Callable[..., Printed], poll: Callable[..., Any], mixpanel: FakeMixpanel
) -> None:
    load([PROJECT], [widget for widget in WIDGETS if widget["project"] == "Acme"])
    for widget in Widget.objects.all():
        answer = poll(widget)
        assert (answer.status_code, answer.content.count(b"\n") > 1) == (200, True), (widget, answer.content)
    assert {(call.method, call.endpoint) for call in mixpanel.calls} == {("POST", "insights")}


def test_an_import_without_an_engine_keeps_the_engine(load: Callable[..., Printed]) -> None:
    load([CLASSIC])
    load([{"name": "Old", "hourly_limit": 30}])
    assert Project.objects.get().engine == "classic"


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no event": (METRICS | {"metrics": [{"measure": "total"}]}, 'metrics: write a list such as [{"event": "Signed up"'),
    "an empty event": (METRICS | {"metrics": [{"event": " "}]}, "metrics: Metric A: choose an event."),
    "no metric": (METRICS | {"metrics": []}, "metrics: Enter at least one metric: choose an event"),
    "no list": (METRICS | {"metrics": {"event": "Signed up"}}, "metrics: write a list such as"),
    "another key": (METRICS | {"metrics": [SIGNED_UP | {"math": "dau"}]}, "key is one of: event, measure, property"),
    "no such measure": (METRICS | {"metrics": [SIGNED_UP | {"measure": "p50"}]}, "measure is one of: total, unique"),
    "a property for total": (
        METRICS | {"metrics": [SIGNED_UP, PAID | {"property": "amount"}]},
        "metrics: Metric B: “Total events” uses no property. Remove the property, or choose another measure.",
    ),
    "a percentile without a property": (
        METRICS | {"metrics": [PAID | {"measure": "p99"}]},
        "metrics: Metric A: “99th percentile of a property” needs a property. Enter the property's name, for example",
    ),
    "a bad filter": (
        METRICS | {"metrics": [SIGNED_UP | {"filters": [{"property": "plan", "op": "like"}]}]},
        "metrics: write a list of metrics, where filters is a list such as",
    ),
    "a filter of a property that is no text": (
        METRICS | {"metrics": [SIGNED_UP | {"filters": [{"property": 5, "op": "is"}]}]},
        '"op": "is", "value": "Team"}], where property is a text',
    ),
    "an expression in a metric": (
        METRICS | {"metrics": [PAID | {"measure": "sum", "property": 'properties["a"]'}]},
        "metrics: Metric A: Insights can't read expressions. Enter the property's plain name.",
    ),
    "41 metrics": (
        METRICS | {"metrics": [SIGNED_UP | {"label": str(number)} for number in range(41)]},
        "metrics: A widget has at most 40 metrics and formulas together. Remove some of them.",
    ),
    "no such letter": (METRICS | {"formulas": [{"formula": "B / A"}]}, "formulas: Formula 1: There is no metric B."),
    "open bracket": (METRICS | {"formulas": [{"formula": "(A + 1"}]}, "formulas: Formula 1: The formula has one “(”"),
    "no formula": (METRICS | {"formulas": [{"label": "A"}]}, 'formulas: write a list such as [{"formula"'),
    "metrics in events": (METRICS | {"report": "events", "events": ["Signed up"]}, "metrics: The report “Events”"),
    "an unknown analysis": (METRICS | {"analysis": "trend"}, "analysis: write one of linear, cumulative, rolling."),
    "rolling without a window": (METRICS | {"analysis": "rolling"}, "window: Enter how many hours, days"),
    "hours in a pie": (HOURS | {"chart": "pie"}, "unit: The chart “pie” shows no hours."),
    "hours compared": (HOURS | {"chart": "line", "options": {"comparison": True}}, "options: comparison: Numbers by"),
    "period before by hour": (HOURS | {"overlay_previous": True}, "overlay_previous: Numbers by hour can't show"),
    "32 days by hour": (HOURS | {"last": 32 * 24}, "last: Mixpanel gives numbers by hour for at most 31 days."),
    "a quarter by hour": (HOURS | {"range": "last_quarter"}, "range: Mixpanel gives numbers by hour for at most 31"),
    "an expression": (
        METRICS | {"report": "segmentation", "metrics": [], "events": ["Signed up"], "breakdown": 'properties["plan"]'},
        "breakdown: An expression works only in a project with the engine “Classic”.",
    ),
    "a condition as an expression": (
        METRICS | {"report": "sum", "metrics": [], "events": ["Paid"], "property": "amount", "where": "true"},
        "where: An expression works only in a project with the engine “Classic”.",
    ),
    "one step": (FUNNEL, "events: A funnel needs at least two steps. Add another event."),
    "101 steps": (FUNNEL | {"events": ["Page viewed"] * 101}, "events: A funnel has at most 100 steps."),
    "steps and a saved funnel": (FUNNEL | {"funnel": 7509}, "events: Choose a saved funnel or list the steps"),
    "367 days": (FUNNEL | {"events": ["A", "B"], "conversion_days": 367}, "conversion_days: Enter a number of"),
    "metrics in Classic": (METRICS | {"project": "Old"}, "report: The report “Several metrics and formulas” works"),
    "steps in Classic": (
        FUNNEL | {"project": "Old", "events": ["A", "B"]},
        "funnel: With the engine “Classic”, a funnel must be saved in Mixpanel.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("widget", "said"), BAD.values(), ids=BAD)
def test_an_error_names_the_entry_and_the_key_in_one_line(
    load: Callable[..., Printed], mixpanel: FakeMixpanel, widget: dict[str, Any], said: str
) -> None:
    load([PROJECT, CLASSIC])
    good = WIDGETS[3]
    with pytest.raises(CommandError, match=r"^Nothing was imported\. widgets\[1\] \(Bad\): [a-z_]+: ") as refused:
        load([], [good, widget])
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Widget.objects.exists()
    assert not Snapshot.objects.exists()
    assert not mixpanel.calls


def test_an_unknown_engine_is_refused(load: Callable[..., Printed]) -> None:
    with pytest.raises(CommandError, match=r"projects\[0\] \(Acme\): engine: write one of insights, classic\."):
        load([PROJECT | {"engine": "jql"}])
    assert not Project.objects.exists()


def test_an_engine_that_can_not_query_for_a_widget_is_refused(
    load: Callable[..., Printed], mixpanel: FakeMixpanel
) -> None:
    load([CLASSIC], [widget for widget in WIDGETS if widget["title"] == "Prices"])
    with pytest.raises(CommandError, match=r"projects\[0\] \(Old\): engine: This engine can't query the widget “P"):
        load([{"name": "Old", "engine": "insights"}])
    assert Project.objects.get().engine == "classic"
    assert not mixpanel.calls
