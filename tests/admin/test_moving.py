"""Moving widgets to another project, and projects that can't be deleted while they have widgets."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from tests.admin.filling_in import answers_of
from tests.admin.widget_list import LIST, MakeWidget
from tests.conftest import new_project
from tests.web.people import boss, editor
from widgets.accounts import audit_log
from widgets.import_export.importing import import_all
from widgets.models import Project, Widget

LOG = "/admin/widgets/auditentry/"


@pytest.fixture
def second(project: Project) -> Project:
    return new_project(name="Second", project_id=5)


def move(client: Client, target: Project | str, *widgets: Widget) -> str:
    """Moves the widgets with the list's action. Returns the messages, or the page if it shows an error."""
    data = {"action": "move", "_selected_action": [widget.pk for widget in widgets], "confirmed": "yes"}
    response = client.post(LIST, data | {"project": getattr(target, "pk", target)}, follow=True)
    assert response.status_code == 200
    return " ".join(map(str, response.context["messages"])) or response.content.decode()


def test_a_moved_widget_keeps_its_address_and_not_its_numbers(
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


def test_the_page_offers_only_other_projects_of_the_person(
    make_widget: MakeWidget, project: Project, second: Project
) -> None:
    third, widget = new_project(name="Third", project_id=6), make_widget()
    client = editor(project, third)
    page = client.post(LIST, {"action": "move", "_selected_action": [widget.pk]}).content.decode()
    assert re.findall("([^>]*)</option>", page.partition("id_project")[2].partition("</select>")[0]) == ["Third"]
    for target in (second, "x", ""):
        assert "errorlist" in move(client, target, widget)
    assert Widget.objects.get().project == project
    third.members.clear()
    assert move(client, third, widget) == "You can't move widgets, because you are not an editor of any other project."


def by_the_action(widget: Widget, target: Project) -> None:
    move(boss("mover"), target, widget)


def by_the_form(widget: Widget, target: Project) -> None:
    answers = answers_of(target, title=widget.title, events="Signed up", last="5")
    assert boss("mover").post(f"{LIST}{widget.pk}/change/", answers).status_code == 302


def by_an_import(widget: Widget, target: Project) -> None:
    entry = {"project": target.name, "title": widget.title, "slug": widget.slug, "report": "events", "events": ["X"]}
    import_all({"widgets": [entry]})


@pytest.mark.parametrize("how", [by_the_action, by_the_form, by_an_import])
def test_a_moved_widget_does_not_show_people_of_its_old_project(
    make_widget: MakeWidget, project: Project, second: Project, how: Callable[[Widget, Project], None]
) -> None:
    maker, reader = editor(project, name="wanda"), editor(second, name="reader")
    widget = make_widget(title="Signups", owner=maker.person)
    audit_log.log_change(maker.person, widget, "Made with care.")
    how(widget, second)
    for page in (f"{LIST}{widget.pk}/history/", f"{LIST}{widget.pk}/change/", LIST, LOG):
        html = reader.get(page).content.decode()
        assert "wanda" not in html, page
        assert "Made with care." not in html, page
    assert reader.get(f"{LIST}?q=wanda").context["cl"].result_count == 0
    assert Widget.objects.get().owner is None
    assert "Made with care." in boss("root").get(LOG).content.decode()


def test_the_owner_stays_if_they_see_the_new_project(
    make_widget: MakeWidget, project: Project, second: Project
) -> None:
    both, root = editor(project, second), boss()
    widgets = [make_widget(title=client.person.username, owner=client.person) for client in (both, root)]
    move(boss("mover"), second, *widgets)
    assert list(Widget.objects.order_by("pk").values_list("owner__username", flat=True)) == ["editor", "boss"]
    page = both.get(f"{LIST}{widgets[0].pk}/history/").content.decode()
    assert "Moved to another project." in page


def test_saved_reports_stay_with_their_project(make_widget: MakeWidget, second: Project) -> None:
    widget = make_widget(title="Saved", report="saved_report", saved_report=7, events=[])
    assert "Not moved: “Saved”. A saved report or funnel exists only" in move(boss(), second, widget)
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
