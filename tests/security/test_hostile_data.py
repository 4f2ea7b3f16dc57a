"""Hostile labels and messages from Mixpanel, and hostile names from people, stay plain text on pages and in files."""

import csv
import io
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import responses

from mixcyfe_site.logs import OneLine
from tests.admin.filling_in import answers_of
from tests.security.conftest import Team
from widgets.models import Project, Widget

ROOT = "http://mixpanel.test/api"
LABELS = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x="',
    "svg": "</text><script>alert(1)</script></svg><svg onload=alert(1)>",
    "entity": "&lt;b&gt; &#x41; ]]> <!--",
    "formula": '=cmd|" /C calc"!A0',
    "formula2": "@SUM(1+1)*cmd",
    "escape": "\x1b[31mred\x1b[0m\x07",
    "lines": "one\r\ntwo\nthree\u2028four",
    "bidi": "\u202eevil\u2066",
    "huge": "x" * 20_000,
    "template": "{{ 7 * 7 }}{% debug %}",
    "nul": "a\0b",
}


class Page(HTMLParser):
    """A parsed page. `run` lists its inline scripts, handlers and styles, and links with code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.run: list[Any] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_file = (given.get("src") or "").startswith("/") or given.get("type") == "application/json"
        handlers = [name for name in given if name.startswith("on") or name == "style"]
        code = [value for value in given.values() if (value or "").strip().lower().startswith("javascript:")]
        if handlers or code or (tag == "script" and not is_file):
            self.run.append((tag, attrs))


def runs(response: Any) -> list[Any]:
    return Page(response.content.decode()).run


TOGETHER = (
    ("html", "formula", "escape", "huge"),
    ("attribute", "entity", "formula2", "bidi", "nul"),
    ("svg", "lines", "template"),
)
"""Groups of labels. Each group is tested in one answer of Mixpanel."""
assert sorted(sum(TOGETHER, ())) == sorted(LABELS)


@pytest.fixture
def widget(acme: Team, settings: Any) -> Widget:
    """A widget with a breakdown by a property that has hostile values."""
    settings.MIXPANEL_API_ROOT = ROOT
    widget = acme.widget
    widget.report, widget.breakdown, widget.last = "segmentation", "plan", 3
    widget.save()
    return widget


def answer_with(*labels: str, error: bool = False) -> responses.RequestsMock:
    mixpanel = responses.RequestsMock(assert_all_requests_are_fired=False)
    day = f"{Project(timezone='US/Pacific').today() - timedelta(days=2)}"
    values = {label: {f"{day}T00:00:00-08:00": 5} for label in (*labels, "Team")}
    meta = {"report_sections": {"show": [{"metric_key": "Signed up"}]}}
    good = {"headers": ["$metric", "plan"], "series": {"Signed up": values}, "meta": meta}
    body = {"error": labels[0]} if error else good
    for method in ("GET", "POST"):
        mixpanel.add(method, re.compile(f"{ROOT}/.*"), json=body, status=400 if error else 200)
    return mixpanel


@pytest.mark.parametrize("names", TOGETHER)
def test_hostile_labels_stay_plain_text(names: tuple[str, ...], widget: Widget, acme: Team, log_in: Any) -> None:
    client = log_in(acme.editor)
    with answer_with(*(LABELS[name] for name in names)):
        table = client.get(f"/w/{widget.slug}.csv")
        as_json = client.get(f"/w/{widget.slug}.json")
        figure = client.get(f"/charts/{widget.pk}.json")
        form = answers_of(acme.project, report="segmentation", events="Signed up", breakdown="plan", last="3")
        pages = [
            client.get(f"/w/{widget.slug}"),
            client.get("/"),
            client.get(f"/admin/widgets/widget/{widget.pk}/change/"),
            client.post("/admin/widgets/widget/preview/", form, headers={"Accept": "text/html"}),
            log_in(acme.viewer).get(f"/admin/widgets/widget/{widget.pk}/change/"),
        ]
        preview = client.post("/admin/widgets/widget/preview/", form, headers={"Accept": "application/json"})
    assert {each.status_code for each in (table, as_json, figure, preview, *pages)} == {200}
    rows = list(csv.reader(io.StringIO(table.content.decode())))
    assert {len(row) for row in rows if not row[0].startswith(("Color", "Axis", "YAxis"))} == {len(names) + 2}
    for line in table.content.decode().split("\n"):
        assert line.isprintable() or "\ufeff" in line
    for cell in rows[0]:
        assert not cell.startswith(("=", "@", "+")), cell
    assert "application/json" in as_json["Content-Type"]
    assert "application/json" in figure["Content-Type"]
    for page in pages:
        assert not runs(page)
    assert "application/json" in preview["Content-Type"]


@pytest.mark.parametrize("name", LABELS)
def test_hostile_messages_of_mixpanel_stay_plain_text(
    name: str, widget: Widget, acme: Team, log_in: Any, caplog: Any
) -> None:
    client = log_in(acme.editor)
    with answer_with(LABELS[name], error=True):
        refused = client.get(f"/w/{widget.slug}.csv")
        again = client.get(f"/w/{widget.slug}.csv")
        pages = [
            client.get(f"/w/{widget.slug}"),
            client.get("/"),
            client.get("/admin/widgets/widget/"),
            client.get(f"/admin/widgets/widget/{widget.pk}/change/"),
            client.get(f"/admin/widgets/project/{acme.project.pk}/change/"),
        ]
    for response in (refused, again):
        assert response.status_code == 503
        assert response.content.count(b"\n") == 1
        assert response.content.decode().strip().isprintable()
        assert len(response.content) < 2000
    for page in pages:
        assert page.status_code == (503 if page is pages[0] else 200)
        assert not runs(page)
    for record in caplog.records:
        assert OneLine("%(message)s").format(record).isprintable()


def test_hostile_names_from_people_stay_plain_text(acme: Team, superuser: Any, log_in: Any, client: Any) -> None:
    for name in ("html", "attribute", "template"):
        label = LABELS[name]
        Project.objects.filter(pk=acme.project.pk).update(name=label[:100])
        Widget.objects.filter(pk=acme.widget.pk).update(title=label[:200])
        boss = log_in(superuser)
        for path in (
            "/",
            "/?wall",
            "/admin/widgets/widget/",
            "/admin/widgets/project/",
            "/admin/widgets/widget/add/",
            f"/admin/widgets/widget/{acme.widget.pk}/change/",
            f"/admin/widgets/widget/{acme.widget.pk}/delete/",
            f"/admin/widgets/project/{acme.project.pk}/change/",
            f"/admin/widgets/project/{acme.project.pk}/delete/",
            f"/admin/widgets/project/{acme.project.pk}/members/",
            f"/admin/widgets/project/{acme.project.pk}/members/{acme.editor.pk}/remove/",
            f"/admin/auth/user/{acme.editor.pk}/leave/",
            "/admin/auth/user/",
        ):
            page = boss.get(path)
            assert page.status_code == 200
            assert not runs(page), (name, path)
