"""A site of 1,000 or more projects of 100 widgets on PostgreSQL: `python -m benchmarks.at_scale [projects]`.

Imports 20 projects, copies the first one in the database until there are enough, gives data to all projects, and times
the pages, commands, polls and refreshes.
"""

import json
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
"""The number of widgets per project."""

IMPORTED = 20
"""The number of projects that are imported. The others are copies, because imports take long."""

PASSWORD = "correct-horse-battery-staple"

PEOPLE = f"""
from django.contrib.auth.models import User
from widgets.models import Membership, Project
User.objects.create_superuser("boss", "boss@example.com", "{PASSWORD}")
lead = User.objects.create_user("lead", "lead@example.com", "{PASSWORD}", is_staff=True)
for project in Project.objects.order_by("pk")[:10]:
    Membership.objects.create(project=project, user=lead, role="lead")
"""

COPIES = (
    # (table, columns that differ in copy `n`, the FROM clause that selects the rows to copy)
    (
        "widgets_project",
        {"name": "'Project ' || n", "project_id": f"{DEMO_PROJECT_ID} + n"},
        "widgets_project o WHERE o.name = 'Project 0'",
    ),
    (
        "widgets_snapshot",
        {"project_id": "p.id", "key": "md5(o.key || n) || md5(n || o.key)"},
        f"""widgets_snapshot o JOIN widgets_project first ON first.id = o.project_id
        JOIN widgets_project p ON p.project_id = {DEMO_PROJECT_ID} + n WHERE first.name = 'Project 0'""",
    ),
    (
        "widgets_widget",
        {
            "project_id": "p.id",
            "snapshot_id": "s.id",
            "slug": "replace(gen_random_uuid()::text, '-', '')",
            "title": "replace(o.title, 'Project 0', 'Project ' || n)",
        },
        f"""widgets_widget o JOIN widgets_project first ON first.id = o.project_id
        JOIN widgets_project p ON p.project_id = {DEMO_PROJECT_ID} + n
        JOIN widgets_snapshot asked ON asked.id = o.snapshot_id
        JOIN widgets_snapshot s ON s.key = md5(asked.key || n) || md5(n || asked.key) WHERE first.name = 'Project 0'""",
    ),
)

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

REFRESHED = 50
"""The number of projects whose data becomes stale at the same moment."""

STALE = f"""
UPDATE widgets_snapshot SET fetched_at = now() - interval '30 minutes', due_at = now() - interval '15 minutes',
    interval_seconds = 900, retry_at = NULL
WHERE project_id IN (SELECT id FROM widgets_project ORDER BY id LIMIT {REFRESHED})
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


def row(title: str, took: float, note: str = "") -> None:
    told(title, f"{took:,.1f} s" if took >= 1 else f"{took * 1000:,.0f} ms", note)


def told(title: str, measured: str, note: str = "") -> None:
    print(f"| {title} | {measured} | {note} |", flush=True)


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
    """Returns the JSON for `import_widgets`, with one project per number."""
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
    """Returns the paths of all widgets, in the order of their projects."""
    seconds, _ = timed(lambda: manage(site, "import_widgets", "-", stdin=content(range(IMPORTED))))
    row(f"`import_widgets` of {IMPORTED * WIDGETS:,} widgets", seconds)
    for table, differ, source in COPIES:
        found = site.sql("SELECT column_name FROM information_schema.columns WHERE table_name = ?", table)
        columns = {f'"{name}"': differ.get(name, f'o."{name}"') for (name,) in found if name != "id"}
        where = source.replace(" o ", f" o CROSS JOIN generate_series({IMPORTED}, {projects - 1}) n ", 1)
        site.sql(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {where} ORDER BY n"
        )
        site.sql(f"ANALYZE {table}")
    return [f"/w/{slug}.csv" for (slug,) in site.sql("SELECT slug FROM widgets_widget ORDER BY id")]


def log_in(site: Site, base: str, name: str) -> Any:
    import requests

    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{base}/admin/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    login = {"csrfmiddlewaretoken": token[1], "username": name, "password": PASSWORD, "next": "/"}
    answer = session.post(f"{base}/admin/login/", data=login, headers={"Referer": base}, allow_redirects=False)
    assert answer.status_code == 302, answer.text[:500]
    return session


def pages(site: Site, base: str) -> None:
    people = {name: log_in(site, base, name) for name in ("boss", "lead")}
    ((widget, project),) = site.sql("SELECT id, project_id FROM widgets_widget ORDER BY id DESC LIMIT 1")
    ((count,),) = site.sql("SELECT count(*) FROM widgets_widget")
    for name, title, path in PAGES:
        address = (
            path.replace("WIDGET", str(widget)).replace("PROJECT", str(project)).replace("LAST", str(count // 100))
        )
        took = []
        for _ in range(5):
            seconds, answer = timed(lambda a=address, n=name: people[n].get(base + a, allow_redirects=False))
            if answer.status_code != 200:
                raise SystemExit(f"{title}: {answer.status_code} {answer.headers.get('Location', '')}")
            took.append(seconds)
        row(
            title, median(took), f"{len(answer.content) / 1000:,.0f} kB; the slowest of five {max(took) * 1000:,.0f} ms"
        )


def commands(site: Site, folder: Path) -> None:
    for title, arguments in (
        ("`refresh_widgets` with nothing stale", ["refresh_widgets"]),
        ("`clean_up`", ["clean_up"]),
        ("`export_widgets`", ["export_widgets"]),
        ("`rotate_encryption_keys`", ["rotate_encryption_keys"]),
        ("`backup`", ["backup", str(folder / "dump")]),
    ):
        seconds, _ = timed(lambda a=arguments: manage(site, *a))
        row(title, seconds)


def polls(site: Site, base: str, paths: list[str], folder: Path) -> None:
    (folder / "paths").write_text("\n".join(paths))
    script = folder / "evenly.lua"
    script.write_text(EVENLY % (folder / "paths"))
    first = wrk(base, script=script, seconds=10)
    told("First poll of each widget, which lays the widget out", f"{first.rate:,.0f} per second")
    site.sql(RENDER)
    site.sql("UPDATE widgets_widget SET last_polled_at = now()")
    site.sql("VACUUM ANALYZE")
    again = wrk(base, script=script, seconds=20)
    told("Polls of all widgets, one after the other", f"{again.rate:,.0f} per second")
    (folder / "paths").write_text("\n".join(paths[:5000]))
    wrk(base, script=script, seconds=10)
    few = wrk(base, script=script, seconds=10)
    told("Polls of 5,000 widgets, one after the other", f"{few.rate:,.0f} per second")


def refreshes(site: Site, base: str, paths: list[str], folder: Path) -> None:
    """Makes all data of REFRESHED projects stale at once, and polls all their widgets for a minute."""
    (folder / "paths").write_text("\n".join(paths[: REFRESHED * WIDGETS]))
    site.sql(STALE)
    ((began,),) = site.sql("SELECT now()")
    busy = wrk(base, script=folder / "evenly.lua", seconds=60)
    ((left, took),) = site.sql(
        f"SELECT count(*) FILTER (WHERE s.fetched_at < ?), extract(epoch FROM max(s.fetched_at) - ?) "
        f"FROM widgets_snapshot s WHERE project_id IN (SELECT id FROM widgets_project ORDER BY id LIMIT {REFRESHED})",
        *(began, began),
    )
    ((queries,),) = site.sql("SELECT count(*) FROM widgets_apicall WHERE started_at >= ?", began)
    title = f"{REFRESHED * WIDGETS:,} widgets of {REFRESHED} projects, all data stale at once"
    told(title, f"{took:,.0f} s", f"{queries} queries, {left} still stale; meanwhile {busy.rate:,.0f} polls per second")


def main() -> int:
    projects = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    ids = tuple(DEMO_PROJECT_ID + n for n in range(projects))
    with tempfile.TemporaryDirectory() as name, FakeMixpanel(projects=ids, hourly_limit=10**9) as fake:
        folder = Path(name)
        with Site(folder, fake.url, "postgres") as site:
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
            refreshes(site, base, paths, folder)
            ((size,),) = site.sql("SELECT pg_database_size(current_database())")
            print(f"Database: {size / 1e6:,.0f} MB, {size / len(paths) / 1000:.1f} kB per widget.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
