"""The history of widgets and projects: old and new values, no secrets, and times in the reader's zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.models import LogEntry

from fake_mixpanel.fake import DEMO_SECRET
from tests.admin.filling_in import answers_of
from tests.admin.typed_project import WHOLE, change
from tests.conftest import new_project
from tests.web.people import boss, editor, viewer
from widgets.models import AuditEntry, Project, Widget

LOG = "/admin/widgets/auditentry/"
MakeWidget = Callable[..., Widget]


def said() -> list[str]:
    """Returns the lines of the newest entry in the history."""
    return LogEntry.objects.order_by("-pk")[0].get_change_message().splitlines()


def save(client: Any, widget: Widget, **fields: Any) -> None:
    answers = answers_of(widget.project, title=widget.title, events="Signed up", last="5") | fields
    response = client.post(f"/admin/widgets/widget/{widget.pk}/change/", answers)
    assert response.status_code == 302, response.context["adminform"].form.errors


def test_it_says_old_and_new_values_by_the_labels_of_the_form(make_widget: MakeWidget, project: Project) -> None:
    widget = make_widget(title="Signups", report="segmentation", chart="line", colors=["#ff0000"])
    new = {"title": "By plan\nColours: fake", "chart": "pie", "top": "3", "exclude": "Free\nTeam"}
    conditions = {"filters-property": "plan", "filters-op": "is", "filters-value": "Team"}
    save(editor(project), widget, report="segmentation", breakdown="plan", **new, **conditions)
    assert set(said()) == {
        "Title: “Signups” → “By plan Colours: fake”",
        "Breakdown: empty → “plan”",
        "Filters: empty → “plan is Team”",
        "Chart: “Line” → “Pie”",
        "Leave out: empty → “Free, Team”",
        "Only the largest: empty → “3”",
        "Colours: “#ff0000” → empty",
    }


def test_a_widget_that_moves_names_no_project(make_widget: MakeWidget, project: Project) -> None:
    save(boss(), make_widget(title="Signups"), project=str(new_project(name="Second", project_id=5).pk))
    assert said() == ["Project: replaced"]


def test_it_contains_no_credentials(project: Project) -> None:
    client = boss()
    typed = WHOLE | {"name": "Acme 2", "username": "another.account", "new_secret": "another secret"}
    client.post(change(project), typed | {"hourly_limit": "120"})
    assert said() == [
        "Name: “Acme” → “Acme 2”",
        "User name: replaced",
        "Secret: replaced",
        "Queries per hour: “60” → “120”",
    ]
    stored = " ".join(LogEntry.objects.values_list("change_message", flat=True))
    assert not any(secret in stored for secret in (DEMO_SECRET, "another.account", "another secret"))


def test_times_are_marked_for_the_script_that_shows_the_readers_zone(make_widget: MakeWidget, project: Project) -> None:
    widget = make_widget(title="<b>x</b>")
    save(boss(), widget, chart="area")
    client = viewer(project)
    for page in (LOG, f"/admin/widgets/widget/{widget.pk}/history/"):
        html = client.get(page).content.decode()
        assert "widgets/board/times" in html
        assert 'Z" data-local>' in html
        assert "Chart: “Line” → “Area”" in html
        assert "<b>x</b>" not in html


def test_days_are_counted_in_the_readers_time_zone(db: None) -> None:
    client, evening = boss(), datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    AuditEntry(at=evening, action="changed", subject="Signups").save()
    for zone, date in (("Asia/Kathmandu", 25), ("US/Pacific", 24), ("", 24), ("../secret", 24), ("x" * 3000, 24)):
        client.cookies["timezone"] = zone
        for asked in (24, 25):
            days = {"since": f"2026-11-{asked}", "until": f"2026-11-{asked}", "q": "Signups"}
            assert client.get(LOG, days).context["cl"].result_count == (asked == date), (zone, asked)


def test_it_names_only_the_metrics_that_changed(make_widget: MakeWidget, project: Project) -> None:
    metrics = [{"event": f"A page with a long name {i}", "label": f"Page {i}"} for i in range(9)]
    orders = {"event": "Order completed", "measure": "sum", "property": "amount"}
    widget = make_widget(report="insights", events=[], metrics=[*metrics, orders], chart="line", formulas=[])
    kept = {f"metrics-{i}-{key}": text for i, each in enumerate(metrics) for key, text in each.items()}
    last = {"metrics-9-event": "Order completed", "metrics-9-measure": "p90", "metrics-9-property": "amount"}
    save(editor(project), widget, report="insights", events="", **kept | last)
    metrics_line = next(line for line in said() if line.startswith("Metrics"))
    assert metrics_line == "Metrics: “Order completed: Sum of amount” → “Order completed: 90th percentile of amount”"
