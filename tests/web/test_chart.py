"""`/charts/<id>.json`: the data from which the board draws a chart."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.web.people import boss, editor
from widgets.models import Project, Widget

MakeWidget = Callable[..., Widget]
Poll = Callable[..., Any]


def address(widget: Widget) -> str:
    return f"/charts/{widget.pk}.json"


def test_it_returns_the_chart_as_json_that_runs_no_script(make_widget: MakeWidget, poll: Poll) -> None:
    widget = make_widget(title='<script>alert("x")</script>')
    poll(widget)
    response = boss().get(address(widget))
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"].startswith("private")
    figure = json.loads(response.content)
    assert (figure["title"], len(figure["rows"])) == ('<script>alert("x")</script>', 5)


def test_browsers_keep_it_until_it_changes(make_widget: MakeWidget, poll: Poll) -> None:
    widget = make_widget()
    poll(widget)
    client = boss()
    current = client.get("/").context["sections"][0][0].cards[0].chart_url
    first = client.get(current)
    assert first["Cache-Control"] == "private, max-age=86400"
    again = client.get(current, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    widget.refresh_from_db()
    widget.title = "Another title"
    widget.save()
    assert client.get("/").context["sections"][0][0].cards[0].chart_url != current
    changed = client.get(current, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["Cache-Control"] == "private, no-cache"


def test_without_data_it_says_so(make_widget: MakeWidget) -> None:
    response = boss().get(address(make_widget()))
    assert response.json()["words"] == "There are no numbers yet."
    assert response["Cache-Control"] == "private, no-cache"


def test_a_paused_widget_shows_its_last_numbers(make_widget: MakeWidget, poll: Poll) -> None:
    widget = make_widget()
    poll(widget)
    client = boss()
    before = client.get(address(widget)).content
    Widget.objects.update(active=False)
    assert client.get(address(widget)).content == before


def test_strangers_and_other_teams_get_nothing(make_widget: MakeWidget, project: Project, client: Client) -> None:
    other = Project.objects.create(name="Other", project_id=9)
    theirs = Widget.objects.create(project=other, title="Secret", report="events", events=["x"])
    mine = editor(project)
    assert mine.get(address(theirs)).status_code == 404
    assert mine.get("/charts/99999999999999999999999.json").status_code == 404
    assert client.get(address(make_widget())).status_code == 302


def test_a_moved_or_edited_widget_never_shows_its_old_numbers(
    make_widget: MakeWidget, poll: Poll, project: Project
) -> None:
    widget = make_widget(title="Signups")
    poll(widget)
    assert boss().get(address(widget)).json()["rows"]
    other = Project.objects.create(name="Other", project_id=9)
    widget.refresh_from_db()
    widget.project = other
    widget.save()
    theirs = editor(other)
    assert theirs.get(address(widget)).json()["rows"] == []
    Widget.objects.update(active=False)
    assert theirs.get(address(widget)).json()["rows"] == []

    edited = make_widget(title="Edited")
    poll(edited)
    boss("second").get(address(edited))
    edited.refresh_from_db()
    edited.events = ["Purchase"]
    edited.save()
    assert boss("third").get(address(edited)).json()["rows"] == []
