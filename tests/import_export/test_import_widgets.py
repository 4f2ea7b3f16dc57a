"""`import_widgets` and `export_widgets`: a file is imported completely or not at all, and no secret is exported."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from tests.commands.conftest import Printed
from tests.commands.copy import Copy
from widgets.models import Project, Snapshot, Widget

Run = Callable[..., Printed]
SECRET = "s3cret-of-a-service-account"
PROJECT = {
    "name": "Acme",
    "project_id": 2526451,
    "region": "eu",
    "timezone": "Europe/Paris",
    "auth": "service_account",
    "username": "acme.mp-service-account",
    "secret": SECRET,
    "hourly_limit": 400,
}
WIDGET = {
    "project": "Acme",
    "title": "Signups by country",
    "report": "segmentation",
    "events": ["Signed up"],
    "breakdown": "mp_country_code",
    "chart": "pie",
    "top": 5,
    "colors": {"FR": "#0072b2"},
}


def test_it_prints_one_line_for_each_widget(load: Callable[..., Printed]) -> None:
    printed = load([PROJECT], [WIDGET | {"title": "Two\nlines\tand a tab"}])
    assert printed.out == f"Two lines and a tab\t{Widget.objects.get().url()}\n"


def test_it_makes_what_the_file_lists_and_prints_addresses(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "widgets.json"
    file.write_text(json.dumps({"projects": [PROJECT], "widgets": [WIDGET, WIDGET | {"title": "Zweites Ä"}]}))
    printed = manage("import_widgets", str(file))
    first, second = Widget.objects.order_by("pk")
    assert printed.out == f"Signups by country\t{first.url()}\nZweites Ä\t{second.url()}\n"
    assert printed.err == ""
    assert (first.breakdown, first.chart, first.top, first.colors) == ("mp_country_code", "pie", 5, {"FR": "#0072b2"})
    project = first.project
    assert (project.region, project.hourly_limit, project.secret.reveal()) == ("eu", 400, SECRET)


def test_missing_keys_keep_a_projects_values_and_give_a_widget_its_defaults(load: Callable[..., Printed]) -> None:
    load([PROJECT], [WIDGET])
    before = Widget.objects.get()
    load([{"name": "Acme", "hourly_limit": 60}], [{k: v for k, v in WIDGET.items() if k not in ("top", "colors")}])
    after = Widget.objects.get()
    assert (after.slug, after.top, after.colors) == (before.slug, None, [])
    project = Project.objects.get()
    assert (project.hourly_limit, project.region, project.secret.reveal()) == (60, "eu", SECRET)


def test_it_says_which_projects_need_credentials(load: Callable[..., Printed]) -> None:
    printed = load([{k: v for k, v in PROJECT.items() if k != "secret"}], [WIDGET])
    assert printed.err == "Acme: the project needs credentials. Enter a secret in the admin, or import a secret.\n"
    assert len(printed.lines) == 1


BAD_FILES = {
    "empty": (b"", "not JSON"),
    "half": (b'{"widgets": [', "line 1"),
    "Latin-1": ('{"projects": [{"name": "Gr\xfc\xdfe"}]}'.encode("latin-1"), "UTF-8"),
    "a list": (b"[]", '{"projects": […], "widgets": […]}'),
    "NaN": (b'{"widgets": [NaN]}', "NaN"),
    "deep": (b'{"widgets": ' + b"[" * 100_000, "can't be read"),
    "unknown at the top": (b'{"widget": []}', "'widget' at the top level. The allowed keys are projects and widgets"),
    "no list": (b'{"widgets": {}}', "widgets: write a list"),
    "no object": (b'{"widgets": [7]}', "widgets[0]: write an object"),
}
BAD_ENTRIES: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown key": (
        "widgets",
        {"colour": "x"},
        "widgets[1] (Bad): unknown key 'colour'. The allowed keys are project, title,",
    ),
    "unknown report": ("widgets", {"report": "pie"}, "report: write one of events, segmentation"),
    "unknown chart": ("widgets", {"chart": "piechart"}, "chart: write one of line"),
    "text for a number": ("widgets", {"last": "30"}, "last: write a whole number, 1 or more"),
    "true for a number": ("widgets", {"top": True}, "top: write a whole number"),
    "null": ("widgets", {"events": None}, 'events: write a list of texts, such as ["Signed up"]'),
    "bad colour": ("widgets", {"colors": ["red"]}, "colors: “red” is not a colour"),
    "bad date": ("widgets", {"range": "fixed", "from_date": "1/1/26"}, "from_date: write a date as YYYY-MM-DD"),
    "no such project": ("widgets", {"project": "Nobody"}, "project: there is no project with this name"),
    "no project": ("widgets", {"project": ""}, "project: write the widget's project"),
    "bad slug": ("widgets", {"slug": "short"}, "slug: A slug has 22 to 64"),
    "chart that does not fit": ("widgets", {"report": "funnel", "funnel": 1, "breakdown": "", "chart": "map"}, "chart"),
    "unknown option": (
        "widgets",
        {"options": {"bold": True}},
        "options: write an object without 'bold': the allowed keys are types",
    ),
    "bad region": ("projects", {"region": "uk"}, "region: write one of us, eu, in"),
    "the machine's zone": ("projects", {"timezone": "localtime"}, "timezone: There is no time zone with this name"),
    "bad zone": ("projects", {"timezone": "Paris"}, "timezone: There is no time zone with this name"),
    "secret that is no text": ("projects", {"secret": [SECRET]}, "secret: write text in quotes"),
    "no user name": ("projects", {"username": ""}, "username: Enter the service account's user name"),
    "same Mixpanel project": (
        "projects",
        {"project_id": 2526451, "region": "us"},
        "MixCyfe already has a project with this region and project id",
    ),
    "NUL": ("widgets", {"title": "a\x00b"}, "title: write text without NUL"),
    "half a character": ("widgets", {"title": "a\ud800b"}, "title: write text without NUL"),
}


@pytest.mark.parametrize(("content", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_it_refuses_a_bad_file(manage: Run, content: bytes, said: str) -> None:
    with pytest.raises(CommandError, match=r"^Nothing was imported\. ") as refused:
        manage("import_widgets", "-", stdin=content)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("where", "changes", "said"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_it_changes_nothing_for_one_bad_entry(
    load: Callable[..., Printed], where: str, changes: dict[str, Any], said: str
) -> None:
    load([PROJECT], [WIDGET])
    before = list(Widget.objects.values()), list(Project.objects.values("name", "region", "hourly_limit"))
    good = WIDGET | {"title": "Signups by country", "chart": "line"}
    entries: dict[str, list[dict[str, Any]]] = {"projects": [{"name": "Acme", "region": "us"}], "widgets": [good]}
    bad = {"widgets": WIDGET | {"title": "Bad"}, "projects": PROJECT | {"name": "Bad", "project_id": 8}}[where]
    entries[where].append(bad | changes)
    with pytest.raises(CommandError) as refused:
        load(**entries)
    assert said in str(refused.value)
    assert SECRET not in str(refused.value)
    assert before == (list(Widget.objects.values()), list(Project.objects.values("name", "region", "hourly_limit")))


def test_every_field_is_a_key_and_its_error_says_what_to_write(manage: Run, load: Callable[..., Printed]) -> None:
    load([PROJECT], [WIDGET])
    for where, model, entry in (("widgets", Widget, WIDGET), ("projects", Project, PROJECT)):
        filled_in = {field.name for field in model._meta.fields if field.editable and not field.primary_key}
        with pytest.raises(CommandError, match="unknown key 'x'") as refused:
            load(**{where: [{"x": 1}]})
        keys = str(refused.value).rstrip(".").partition("allowed keys are ")[2].split(", ")
        named = {"property": "property_name", "clean": "clean_labels"} if model is Widget else {}
        others = {"slug"} if model is Widget else {"secret", "notify"}
        assert {named.get(key, key) for key in keys} == filled_in | others
        for key in keys:
            with pytest.raises(CommandError, match=rf"{where}\[0\].*: {key}: write (a|an|one|text|true) .*") as refused:
                load(**{where: [entry | {key: [[SECRET]]}]})
            assert SECRET not in str(refused.value)


@pytest.mark.slow
def test_an_error_ends_it_with_exit_code_1_and_no_traceback(site: Copy) -> None:
    result = site.manage("import_widgets", "-", stdin="{")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr


@pytest.mark.parametrize("name", ["no-such-file.json", "."])
def test_it_says_which_file_can_not_be_read(manage: Run, tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=re.escape(str(tmp_path / name))):
        manage("import_widgets", str(tmp_path / name))


def test_it_moves_addresses_to_another_host(manage: Run, load: Callable[..., Printed]) -> None:
    line = {"title": "A line", "chart": "line", "range": "fixed", "from_date": "2026-01-01", "to_date": "2026-02-01"}
    more = {"sort": "label", "active": False, "refresh_minutes": 2.5}
    load([PROJECT], [WIDGET, WIDGET | line | more])
    addresses = set(Widget.objects.values_list("title", "slug"))
    exported = manage("export_widgets").out
    assert SECRET not in exported
    assert "secret" not in json.loads(exported)["projects"][0]
    Widget.objects.all().delete()
    Project.objects.all().delete()
    Snapshot.objects.all().delete()
    manage("import_widgets", "-", stdin=exported.encode())
    assert set(Widget.objects.values_list("title", "slug")) == addresses
    assert manage("export_widgets").out == exported
    paused = Widget.objects.get(title="A line")
    assert (paused.active, paused.refresh_minutes, paused.range, paused.sort) == (False, 2.5, "fixed", "label")


def test_it_exports_in_a_stable_order(manage: Run, load: Callable[..., Printed]) -> None:
    other = {"name": "Äpfel", "auth": "project_secret", "secret": "x"}
    load([other, PROJECT], [WIDGET | {"title": "b"}, WIDGET | {"title": "a"}, WIDGET | {"project": "Äpfel"}])
    exported = json.loads(manage("export_widgets").out)
    assert [project["name"] for project in exported["projects"]] == ["Acme", "Äpfel"]
    assert [widget["title"] for widget in exported["widgets"]] == ["a", "b", "Signups by country"]
    assert exported["projects"][1] == {
        "name": "Äpfel",
        "project_id": None,
        "region": "us",
        "timezone": "US/Pacific",
        "auth": "project_secret",
    }


def test_it_exports_an_empty_site(manage: Run) -> None:
    assert json.loads(manage("export_widgets").out) == {"projects": [], "widgets": []}
