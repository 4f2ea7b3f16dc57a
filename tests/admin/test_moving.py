"""Moving widgets to another project, and projects that can't be deleted while they have widgets."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from tests.conftest import new_project
from tests.web.people import boss, editor
from widgets.models import Project, Widget

LIST = "/admin/widgets/widget/"
MakeWidget = Callable[..., Widget]


@pytest.fixture
def second(project: Project) -> Project:
    return new_project(name="Second", project_id=5)


def move(client: Client, target: Project | str, *widgets: Widget) -> str:
    """The messages, or the page with its error."""
    data = {"action": "move", "_selected_action": [widget.pk for widget in widgets], "confirmed": "yes"}
    response = client.post(LIST, data | {"project": getattr(target, "pk", target)}, follow=True)
    assert response.status_code == 200
    return " ".join(map(str, response.context["messages"])) or response.content.decode()


def test_a_moved_widget_keeps_its_address_and_gets_the_other_numbers(
    make_widget: MakeWidget, project: Project, second: Project, poll: Any
) -> None:
    widget = make_widget(title="Signups")
    make_widget(title="Signups", project=second, last=9)
    poll(widget)
    said = move(editor(project, second), second, widget)
    moved = Widget.objects.get(pk=widget.pk)
    assert "Moved to “Second”" in said
    assert (moved.project, moved.title, moved.slug) == (second, "Signups (2)", widget.slug)
    assert moved.snapshot.project == second
    assert moved.snapshot.fetched_at is None
    assert LogEntry.objects.get().get_change_message() == "Moved to another project."


def test_the_page_offers_only_my_other_projects(make_widget: MakeWidget, project: Project, second: Project) -> None:
    third, widget = new_project(name="Third", project_id=6), make_widget()
    client = editor(project, third)
    page = client.post(LIST, {"action": "move", "_selected_action": [widget.pk]}).content.decode()
    assert re.findall("([^>]*)</option>", page.partition("id_project")[2].partition("</select>")[0]) == ["Third"]
    for target in (second, "x", ""):
        assert "errorlist" in move(client, target, widget)
    assert Widget.objects.get().project == project
    third.members.clear()
    assert move(client, third, widget) == "You see no other project to which the widgets could move."


def test_saved_reports_stay_with_their_project(make_widget: MakeWidget, second: Project) -> None:
    widget = make_widget(title="Saved", report="saved_report", saved_report=7, events=[])
    assert "Not moved: “Saved”. Their saved report or funnel is only" in move(boss(), second, widget)
    assert Widget.objects.get().project != second


def test_a_project_with_widgets_says_how_to_empty_it(
    make_widget: MakeWidget, project: Project, second: Project
) -> None:
    make_widget()
    client, projects = boss(), "/admin/widgets/project/"
    for page in (
        client.post(f"{projects}{project.pk}/delete/", {"post": "yes"}),
        client.post(
            projects, {"action": "delete_selected", "_selected_action": [project.pk, second.pk], "post": "yes"}
        ),
    ):
        html = page.content.decode()
        assert f'<a href="{LIST}?project={project.pk}">1 widget</a>' in html
        assert f"?project={second.pk}" not in html
        assert "Move to another project…" in html
    assert Project.objects.count() == 2
