"""The rows for metrics and formulas in the widget's form: saved widgets, and errors about single rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.filling_in import answers_of
from widgets.models import Project, Widget

ADD = "/admin/widgets/widget/add/"
CONVERSION = {
    "report": "insights",
    "metrics-0-event": "Signed up",
    "metrics-0-measure": "unique",
    "metrics-3-event": " Order completed ",
    "metrics-3-measure": "sum",
    "metrics-3-property": "amount",
    "metrics-3-label": "Sales",
    "metrics-3-filters-property": ["plan", ""],
    "metrics-3-filters-op": ["is", "is"],
    "metrics-3-filters-value": ["Team", ""],
    "metrics-4-event": "",
    "metrics-4-measure": "total",
    "formulas-formula": ["B / A", ""],
    "formulas-label": ["Sales per person", ""],
}


@pytest.fixture
def boss(client: Client, admin_user: AbstractUser) -> Client:
    client.force_login(admin_user)
    return client


@pytest.fixture
def errors(boss: Client, project: Project, mixpanel: FakeMixpanel) -> Callable[..., dict[str, list[str]]]:
    """A function that posts the form, checks that nothing is saved or queried, and returns the form's errors."""

    def post(**fields: Any) -> dict[str, list[str]]:
        response = boss.post(ADD, answers_of(project, **CONVERSION | fields))
        assert response.status_code == 200
        assert not Widget.objects.exists()
        assert not mixpanel.calls
        found = response.context["adminform"].form.errors
        return {name: list(map(str, texts)) for name, texts in found.items()}

    return post


def test_rows_become_metrics_and_formulas(boss: Client, project: Project, poll: Callable[..., Any]) -> None:
    assert boss.post(ADD, answers_of(project, **CONVERSION)).status_code == 302
    widget = Widget.objects.get()
    assert widget.metrics == [
        {"event": "Signed up", "measure": "unique"},
        {
            "event": "Order completed",
            "measure": "sum",
            "property": "amount",
            "filters": [{"property": "plan", "op": "is", "value": "Team"}],
            "label": "Sales",
        },
    ]
    assert widget.formulas == [{"formula": "B / A", "label": "Sales per person"}]
    assert widget.title == "Sales per person"
    assert poll(widget).content.startswith(b"Date,Sales per person\n")


def test_the_form_shows_stored_rows_again(boss: Client, project: Project) -> None:
    boss.post(ADD, answers_of(project, **CONVERSION))
    page = boss.get(f"/admin/widgets/widget/{Widget.objects.get().pk}/change/").content.decode()
    assert 'name="metrics-1-filters-value" value="Team"' in page
    assert 'value="B / A"' in page
    assert page.count("data-metric-row") == 3, "two metrics, and an empty row"


def test_a_property_left_over_from_another_measure_is_dropped(boss: Client, project: Project) -> None:
    left_over = {"metrics-3-measure": "total", "metrics-3-property": "amount"}
    assert boss.post(ADD, answers_of(project, **CONVERSION | left_over)).status_code == 302
    assert "property" not in Widget.objects.get().metrics[1]


def test_a_form_with_an_error_keeps_its_entries(boss: Client, project: Project) -> None:
    page = boss.post(ADD, answers_of(project, **CONVERSION | {"formulas-formula": ["B / C", ""]})).content.decode()
    assert "Formula 1: There is no metric C. This widget has the metrics A to B." in page
    assert 'value="B / C"' in page
    assert 'name="metrics-1-property" value="amount"' in page


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"metrics-0-event": "", "metrics-0-label": "x"}, "metrics", "Metric A: choose an event."),
        ({"metrics-5-event": "Logged in"}, "metrics", "Metric C: choose an event."),  # the row before is empty
        ({"metrics-3-property": ""}, "metrics", "Metric B: “Sum of a property” needs a property."),
        ({"metrics-3-measure": "nonsense"}, "metrics", "Metric B: “nonsense” is not a measure."),
        ({"metrics-3-filters-value": ["", ""]}, "metrics", "Metric B, filter 1: enter the value to compare with"),
        ({"formulas-formula": ["(B / A", ""]}, "formulas", "Formula 1: The formula has one “(” too many."),
        ({"breakdown": 'properties["plan"]'}, "breakdown", "An expression works only in a project with the engine"),
        ({"unit": "hour", "chart": "pie"}, "unit", "The chart “pie” shows no hours."),
        ({"analysis": "rolling"}, "window", "Enter how many hours, days, weeks or months the average spans"),
        ({f"metrics-{i}-event": "Signed up" for i in range(41)}, "metrics", "A widget has at most 40 metrics"),
    ],
)
def test_it_says_what_is_wrong(errors: Any, fields: dict[str, Any], field: str, words: str) -> None:
    found = errors(**fields)
    assert any(text.startswith(words) for text in found[field]), found


def test_the_classic_engine_has_no_metrics(boss: Client, project: Project) -> None:
    project.engine = "classic"
    project.save()
    page = boss.post(ADD, answers_of(project, **CONVERSION)).content.decode()
    assert "works only in a project with the engine “Insights”." in page
