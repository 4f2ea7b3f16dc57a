"""A Mixpanel link that somebody pastes into the widget's form, with and without JavaScript."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fake_mixpanel.fake import DEMO_PROJECT_ID
from tests.admin.filling_in import answers_of
from tests.admin.test_widget_form import ADD, boss, errors_of, make
from tests.conftest import new_project
from tests.web.people import editor
from widgets.models import Project

__all__ = ["boss", "make"]

LINK = f"https://mixpanel.com/project/{DEMO_PROJECT_ID}/view/12/app"


@pytest.mark.parametrize(
    ("link", "report", "number", "chart"),
    [
        (f"{LINK}/insights#report/41003", "saved_report", 41003, "line"),
        (f"{LINK}/retention#report/41007", "saved_report", 41007, "cohort"),
        (f"{LINK}/funnels#view/7509", "funnel", 7509, "funnel"),
        (f"{LINK}/boards#id=5&editor-card-id=%22report-41003%22", "saved_report", 41003, "line"),
    ],
)
def test_a_pasted_link_fills_the_empty_fields(
    make: Any, boss: Client, link: str, report: str, number: int, chart: str
) -> None:
    widget = make(project="", link=link)
    assert (widget.report, getattr(widget, report), widget.chart) == (report, number, chart)
    filled = boss.post(reverse("admin:widgets_widget_link"), {"link": link}).json()["fields"]
    assert filled == {"project": str(widget.project_id), "report": report, report: str(number), "chart": chart}


def test_a_link_changes_no_field_that_was_filled_in(make: Any) -> None:
    widget = make(link=f"{LINK}/insights#report/41003", report="funnel", funnel="7509", chart="table")
    assert (widget.report, widget.funnel, widget.chart) == ("funnel", 7509, "table")


def test_a_link_to_a_project_of_another_team_reveals_nothing(boss: Client, project: Project) -> None:
    new_project(name="Their secret plans", region="eu", project_id=77)
    boss.force_login(editor(project).person)
    said = []
    for region, number in (("eu.", 77), ("eu.", 78), ("", 77)):
        link = f"https://{region}mixpanel.com/project/{number}/view/1/app/insights#report/5"
        problem = boss.post(reverse("admin:widgets_widget_link"), {"link": link}).json()["problem"]
        said.append(problem.replace("78", "77").replace("United States", "European Union"))
        assert errors_of(boss.post(ADD, answers_of(project, link=link, events="Signed up")))["link"] == [problem]
    assert len(set(said)) == 1, "other teams' projects and missing projects get the same message"
    assert "project 77 (European Union), and you can't edit this project in MixCyfe" in said[0]
    assert "plans" not in said[0]


def test_a_text_that_is_no_link_says_what_to_paste(boss: Client, project: Project) -> None:
    response = boss.post(reverse("admin:widgets_widget_link"), {"link": "<script>"})
    assert "not an address of Mixpanel" in response.json()["problem"]
