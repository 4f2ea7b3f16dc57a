"""Deleting widgets in the admin, and bringing them back."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.filling_in import answers_of
from tests.admin.widget_list import BIN, LIST, MakeWidget, act
from tests.conftest import new_project
from tests.web.people import boss, editor, viewer
from widgets.import_export.exporting import export_all
from widgets.import_export.importing import import_all
from widgets.models import DeletedWidget, Project, Snapshot, Widget
from widgets.models.deleted_widget import KEPT_FOR
from widgets.refresh.clock import database_now
from widgets.refresh.pruning import prune

Poll = Callable[..., Any]


def delete(client: Client, *widgets: Widget) -> str:
    """Deletes the widgets with the list's action, already confirmed. Returns the messages that the admin shows then."""
    return " ".join(act(client, "delete_selected", *widgets, post="yes"))


def bring_back(client: Client, *widgets: Widget) -> str:
    return " ".join(act(client, "bring_back", *widgets, address=BIN))


@contextmanager
def deleted_before(statement: str, widget: Widget) -> Iterator[None]:
    """Deletes the widget, as another person could, just before the first SQL statement that contains this text."""
    waits = [True]

    def delete_first(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if waits and statement in sql % tuple(params or ()):
            waits.clear()
            Widget.objects.filter(pk=widget.pk).delete()
        return execute(sql, params, *rest)

    with connection.execute_wrapper(delete_first):
        yield
    assert not waits


def test_a_deleted_widget_answers_404_and_a_restored_one_the_old_bytes(
    make_widget: MakeWidget, project: Project, poll: Poll, mixpanel: FakeMixpanel
) -> None:
    client = editor(project)
    widget = make_widget(title="Signups", owner=client.person, top=3, colors=["#ff0000"])
    before = poll(widget)
    missing = poll(Widget(slug="x" * 24))
    assert "Recently deleted" in delete(client, widget)
    gone = poll(widget)
    assert (gone.status_code, gone.content, gone.headers) == (404, missing.content, missing.headers)
    assert "Signups" in client.get(BIN).content.decode()
    assert "Brought back" in bring_back(client, widget)
    after = poll(widget)
    assert (after.status_code, after.content, after["ETag"]) == (200, before.content, before["ETag"])
    back = Widget.objects.get()
    assert (back.pk, back.slug, back.spec, back.owner, back.active) == (
        *(widget.pk, widget.slug, widget.spec, client.person, True),
    )
    assert not DeletedWidget.objects.exists()
    assert len(mixpanel.calls) == 1


def test_the_page_says_what_happens_in_cyfe_and_offers_a_pause(make_widget: MakeWidget, poll: Poll) -> None:
    client, widget = boss(), make_widget(title="<i>Signups</i>")
    for page in (
        client.get(f"{LIST}{widget.pk}/delete/"),
        client.post(LIST, {"action": "delete_selected", "_selected_action": [widget.pk]}),
    ):
        html = page.content.decode()
        assert "In Cyfe, this widget will show nothing" in html
        assert "&lt;i&gt;Signups&lt;/i&gt;" in html
        assert '<button type="submit" name="action" value="pause"' in html
    assert "Paused 1 widget" in act(client, "pause", widget)[0]
    assert not Widget.objects.get().active


def test_the_page_of_one_widget_deletes_it_the_same_way(make_widget: MakeWidget) -> None:
    client, widget = boss(), make_widget(title="Signups")
    client.post(f"{LIST}{widget.pk}/delete/", {"post": "yes"})
    assert DeletedWidget.objects.get().pk == widget.pk


def test_viewers_delete_nothing_and_see_nothing_deleted(make_widget: MakeWidget, project: Project) -> None:
    widget, client = make_widget(), viewer(project)
    delete(client, widget)
    assert client.post(f"{LIST}{widget.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Widget.objects.exists()
    assert client.get(BIN).status_code == 403


def test_a_paused_widget_comes_back_paused(make_widget: MakeWidget, poll: Poll) -> None:
    client, widget = boss(), make_widget(active=False)
    delete(client, widget)
    bring_back(client, widget)
    assert poll(widget).status_code == 404


def test_a_deleted_widget_causes_no_queries_and_no_short_interval(
    make_widget: MakeWidget, project: Project, poll: Poll, mixpanel: FakeMixpanel
) -> None:
    client = boss()
    fast, slow, other = make_widget(refresh_minutes=1), make_widget(title="Slow"), make_widget(last=9)
    for widget in (fast, slow, other):
        poll(widget)
    assert fast.snapshot_id == slow.snapshot_id
    delete(client, fast, other)
    shared = Snapshot.objects.get(pk=slow.snapshot_id)
    assert shared.due_at - shared.fetched_at > timedelta(minutes=1)
    assert poll(slow).status_code == 200
    asked = len(mixpanel.calls)
    Snapshot.objects.update(due_at=timezone.now())
    call_command("refresh_widgets")
    assert len(mixpanel.calls) == asked + 1


def test_a_project_with_only_deleted_widgets_can_be_deleted(make_widget: MakeWidget, project: Project) -> None:
    delete(boss(), make_widget())
    project.delete()
    assert not DeletedWidget.objects.exists()


def test_exports_omit_it_and_imports_can_reuse_its_address(make_widget: MakeWidget) -> None:
    widget = make_widget(title="Signups")
    exported = export_all(Project.objects.all(), Widget.objects.all())
    client = boss()
    delete(client, widget)
    assert export_all(Project.objects.all(), Widget.objects.all())["widgets"] == []
    _, [imported] = import_all(exported)
    assert (imported.slug, imported.title) == (widget.slug, "Signups")
    said = bring_back(client, widget)
    back = Widget.objects.get(pk=widget.pk)
    assert back.title == "Signups (2)"
    assert back.slug not in (widget.slug, "")
    assert "“Signups” is now called “Signups (2)”" in said
    assert "has a new address" in said


def test_after_30_days_it_is_gone_for_good(make_widget: MakeWidget) -> None:
    client, widget = boss(), make_widget(title="Signups")
    delete(client, widget)
    prune(database_now() + KEPT_FOR - timedelta(minutes=1))
    assert DeletedWidget.objects.exists()
    assert prune(database_now() + KEPT_FOR + timedelta(minutes=1))["deleted widgets"] == 1
    assert bring_back(client, widget) == ""


def test_it_can_be_deleted_for_good_at_once(make_widget: MakeWidget) -> None:
    client, widget = boss(), make_widget(title="Signups")
    delete(client, widget)
    act(client, "delete_selected", widget, address=BIN, post="yes")
    assert not DeletedWidget.objects.exists()


def test_members_read_in_the_log_who_deleted_what(make_widget: MakeWidget, project: Project) -> None:
    client, widget = editor(project), make_widget(title="Signups")
    delete(client, widget)
    html = viewer(project).get("/admin/widgets/auditentry/").content.decode()
    row = next(row for row in html.split("<tr") if "Signups" in row)
    assert ">editor<" in row
    assert ">Deleted<" in row
    assert LogEntry.objects.get().is_deletion()


@pytest.mark.parametrize("is_active", [True, False])
def test_a_restored_widget_gets_its_owner_back_unless_they_left(
    make_widget: MakeWidget, project: Project, is_active: bool
) -> None:
    owner, client = editor(project).person, boss()
    widget = make_widget(owner=owner)
    delete(client, widget)
    type(owner).objects.filter(pk=owner.pk).update(is_active=is_active)
    bring_back(client, widget)
    assert Widget.objects.get().owner == (owner if is_active else None)


def test_a_form_of_a_widget_that_was_deleted_meanwhile_keeps_its_entries(
    make_widget: MakeWidget, project: Project
) -> None:
    client, widget = editor(project), make_widget()
    address = f"{LIST}{widget.pk}/change/"
    answers = answers_of(
        project, title="Typed by me", events="Logged in", stored_state=client.get(address).context["stored_state"]
    )
    delete(boss(), widget)
    answer = client.post(address, answers | {"_save": "Save"})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Not saved: while you had this form open, the widget was deleted" in html
    assert f'<a href="{BIN}" target="_blank">Recently deleted</a>' in html
    assert 'value="Typed by me"' in html
    assert not Widget.objects.exists()
    again = re.search(r'<form action="([^"]*)" method="post" id="widget_form"', html)[1]
    assert 'name="stored_state"' not in html
    assert client.post(again, answers_of(project, title="Typed by me", events="Logged in")).status_code == 302
    assert Widget.objects.get().slug != widget.slug


def test_moving_skips_a_widget_that_is_deleted_meanwhile(make_widget: MakeWidget, project: Project) -> None:
    gone, stays = make_widget(title="Gone"), make_widget(title="Stays", last=9)
    target = new_project(name="Second", project_id=5)
    with deleted_before(f'AND NOT ("widgets_widget"."id" = {gone.pk})', gone):
        [said] = act(boss(), "move", gone, stays, confirmed="yes", project=str(target.pk))
    assert "Moved to “Second”" in said
    assert "Stays" in said
    assert "Gone" not in said
    assert Widget.objects.get(pk=stays.pk).project == target
