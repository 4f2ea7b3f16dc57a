"""A site of 1,000 projects and 100,000 widgets on PostgreSQL: `python -m benchmarks.at_scale [projects]`.

Imports some, copies them until there are as many, gives all of them data, and times the pages, commands and polls.
Mixpanel is the fake.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.run import EVENLY, ROOT, wrk
from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.running.site import Site

WIDGETS = 100
"""Per project."""

IMPORTED = 20
"""Projects. The others are copies: an import takes as long for each."""

PASSWORD = "correct-horse-battery-staple"

PEOPLE = f"""
from django.contrib.auth.models import User
from widgets.models import Membership, Project
User.objects.create_superuser("boss", "boss@example.com", "{PASSWORD}")
lead = User.objects.create_user("lead", "lead@example.com", "{PASSWORD}", is_staff=True)
for project in Project.objects.order_by("pk")[:10]:
    Membership.objects.create(project=project, user=lead, role="lead")
"""

COPY = f"""
import secrets
from django.conf import settings
from django.db import transaction
from widgets.models import Project, Snapshot, Widget
from widgets.models.widget import new_slug
first = Project.objects.order_by("pk").first()
snapshots = {{s.pk: s for s in Snapshot.objects.filter(project=first)}}
widgets = list(Widget.objects.filter(project=first).order_by("pk"))
for number in range({IMPORTED}, %d):
    with transaction.atomic():
        project = Project.objects.get(pk=first.pk)
        project.pk, project.name, project.project_id = None, f"Project {{number}}", {DEMO_PROJECT_ID} + number
        project._state.adding = True
        project.save()
        pks, made = list(snapshots), list(snapshots.values())
        for snapshot in made:
            snapshot.pk, snapshot.project, snapshot.key = None, project, secrets.token_hex(32)
            snapshot._state.adding = True
        Snapshot.objects.bulk_create(made)
        new = dict(zip(pks, made))
        rows = []
        for i, widget in enumerate(widgets):
            old = widget.original_snapshot = getattr(widget, "original_snapshot", widget.snapshot_id)
            widget.pk, widget.project, widget.slug = None, project, new_slug()
            widget.title, widget.snapshot = f"Project {{number}} widget {{i}}", new[old]
            widget._state.adding = True
            rows.append(widget)
        Widget.objects.bulk_create(rows)
        print(*(f"/w/{{widget.slug}}.csv" for widget in rows), sep="\\n")
"""

FILL = """
UPDATE widgets_snapshot SET (report_json, fetched_at, due_at, interval_seconds, version) = (
    SELECT report_json, now(), now() + interval '20 hours', 72000, version FROM widgets_snapshot
    WHERE fetched_at IS NOT NULL LIMIT 1
) WHERE fetched_at IS NULL
"""

RENDER = """
INSERT INTO widgets_rendering (widget_id, format, source_version, etag, problem, body)
SELECT w.id, 'csv', concat_ws('.', split_part(r.source_version, '.', 1), w.version, s.id, s.version), r.etag, '', r.body
FROM widgets_widget w JOIN widgets_snapshot s ON s.id = w.snapshot_id,
(SELECT source_version, etag, body FROM widgets_rendering WHERE format = 'csv' LIMIT 1) r
ON CONFLICT DO NOTHING
"""

PAGES = (
    ("boss", "Board", "/"),
    ("boss", "Board, searched", "/?q=Widget+77"),
    ("boss", "List of widgets", "/admin/widgets/widget/"),
    ("boss", "… searched by title", "/admin/widgets/widget/?q=Project+7+widget+7"),
    ("boss", "… the last page", "/admin/widgets/widget/?p=LAST"),
    ("boss", "List of projects", "/admin/widgets/project/"),
    ("boss", "Audit log", "/admin/widgets/auditentry/"),
    ("boss", "Form of a widget", "/admin/widgets/widget/WIDGET/change/"),
    ("boss", "Form of a project", "/admin/widgets/project/PROJECT/change/"),
    ("lead", "Board of a lead of 10 projects", "/"),
    ("lead", "List of widgets of that lead", "/admin/widgets/widget/"),
)


def row(what: str, took: float, note: str = "") -> None:
    told(what, f"{took:,.1f} s" if took >= 1 else f"{took * 1000:,.0f} ms", note)


def told(what: str, measured: str, note: str = "") -> None:
    print(f"| {what} | {measured} | {note} |", flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def manage(site: Site, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=site.env, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{arguments[0]}: {done.stderr[-2000:]}")
    return done


def content(numbers: range) -> str:
    """The import file of these projects."""
    account = {"auth": "service_account", "username": DEMO_USERNAME, "secret": DEMO_SECRET}
    projects = [{"name": f"Project {n}", "project_id": DEMO_PROJECT_ID + n, **account} for n in numbers]
    widgets = [
        {"project": f"Project {n}", "title": f"Project {n} widget {i}", "report": "events", "events": ["Signed up"]}
        | {"last": i + 1, "chart": ("line", "column", "area")[i % 3]}
        for n in numbers
        for i in range(WIDGETS)
    ]
    return json.dumps({"projects": projects, "widgets": widgets})


def import_all(site: Site, projects: int) -> list[str]:
    """Paths of all widgets."""
    seconds, done = timed(lambda: manage(site, "import_widgets", "-", stdin=content(range(IMPORTED))))
    row(f"`import_widgets` of {IMPORTED * WIDGETS:,} widgets", seconds)
    paths = ["/w/" + line.rsplit("/", 1)[1] for line in done.stdout.splitlines()]
    return paths + manage(site, "shell", "-v0", "-c", COPY % projects).stdout.split()


def log_in(site: Site, base: str, name: str) -> Any:
    import requests

    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{base}/admin/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    login = {"csrfmiddlewaretoken": token[1], "username": name, "password": PASSWORD, "next": "/"}
    field = re.search(r'<input type="text" name="([a-z_]+)"', page)
    if field:
        login[field[1]] = login.pop("username")
    answer = session.post(f"{base}/admin/login/", data=login, headers={"Referer": base}, allow_redirects=False)
    assert answer.status_code == 302, answer.text[:500]
    return session


def pages(site: Site, base: str) -> None:
    people = {name: log_in(site, base, name) for name in ("boss", "lead")}
    ((widget, project),) = site.sql("SELECT id, project_id FROM widgets_widget ORDER BY id DESC LIMIT 1")
    ((count,),) = site.sql("SELECT count(*) FROM widgets_widget")
    for name, what, path in PAGES:
        address = (
            path.replace("WIDGET", str(widget)).replace("PROJECT", str(project)).replace("LAST", str(count // 100))
        )
        took = []
        for _ in range(5):
            seconds, answer = timed(lambda a=address, n=name: people[n].get(base + a, allow_redirects=False))
            assert answer.status_code == 200, (what, answer.status_code, answer.headers.get("Location"))
            took.append(seconds)
        row(what, median(took), f"{len(answer.content) / 1000:,.0f} kB; the slowest of five {max(took) * 1000:,.0f} ms")


def commands(site: Site, folder: Path) -> None:
    for what, arguments in (
        ("`refresh_widgets` with nothing stale", ["refresh_widgets"]),
        ("`clean_up`", ["clean_up"]),
        ("`export_widgets`", ["export_widgets"]),
        ("`rotate_encryption_keys`", ["rotate_encryption_keys"]),
        ("`backup`", ["backup", str(folder / "dump")]),
    ):
        seconds, _ = timed(lambda a=arguments: manage(site, *a))
        row(what, seconds)


def polls(site: Site, base: str, paths: list[str], folder: Path) -> None:
    (folder / "paths").write_text("\n".join(paths))
    script = folder / "evenly.lua"
    script.write_text(EVENLY % (folder / "paths"))
    first = wrk(base, script=script, seconds=10)
    told("First polls, each lays out a widget", f"{first.rate:,.0f} per second")
    site.sql(RENDER)
    site.sql("UPDATE widgets_widget SET last_polled_at = now()")
    site.sql("VACUUM ANALYZE")
    again = wrk(base, script=script, seconds=20)
    told("Polls, all widgets in turn", f"{again.rate:,.0f} per second")
    (folder / "paths").write_text("\n".join(paths[:5000]))
    wrk(base, script=script, seconds=10)
    few = wrk(base, script=script, seconds=10)
    told("Polls, 5,000 of them in turn", f"{few.rate:,.0f} per second")


def main() -> int:
    projects = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mixcyfe_site.settings")
    with tempfile.TemporaryDirectory() as name, FakeMixpanel(hourly_limit=10**9) as standin:
        folder = Path(name)
        with Site(folder, standin.url, "postgres") as site:
            print(f"| {projects:,} projects, {projects * WIDGETS:,} widgets | takes | |\n|---|---|---|")
            paths = import_all(site, projects)
            manage(site, "shell", "-v0", "-c", PEOPLE)
            base, _ = site.web(threads=4)
            assert site.session.get(base + paths[0]).status_code == 200
            site.sql(FILL)
            site.sql("VACUUM ANALYZE")
            pages(site, base)
            commands(site, folder)
            polls(site, base, paths, folder)
            ((size,),) = site.sql("SELECT pg_database_size(current_database())")
            print(f"Database: {size / 1e6:,.0f} MB, {size / len(paths) / 1000:.1f} kB per widget.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
