"""A project's secret goes through the code that handles it. Afterwards, no page, log, export or stored text has it."""

import contextlib
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import responses
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter, get_exception_reporter_filter

from mixcyfe_site.logs import JsonLine
from tests.admin.filling_in import answers_of
from tests.admin.typed_project import ADD, WHOLE
from tests.conftest import CLUSTER
from tests.security.marker import BY_METHOD, SECRET, USERNAME, found_in, pair
from widgets.formats import FORMATS
from widgets.models import Project, Snapshot, Widget
from widgets.models.encrypted import keyring
from widgets.refresh.gateway import client_of

ROOT = "http://mixpanel.test/api"
Reply = tuple[int, dict[str, str], bytes] | Exception


class Kept(logging.Handler):
    """Keeps each log record with all its attributes, like a service that collects logs."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self.seen += [self.format(record), repr(vars(record)), JsonLine().format(record)]


@pytest.fixture
def everything(capfd: Any) -> Iterator[list[str]]:
    """A list for texts that somebody could see. The list and all logs are searched for the secret after the test."""
    seen: list[str] = []
    handler = Kept(seen)
    loggers = [logging.getLogger(name) for name in ("", "urllib3", "requests", "django", "widgets", "axes")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(handler)
    yield seen
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    seen += capfd.readouterr()
    found = [
        (spelling, text[max(0, text.find(spelling) - 200) :][:300]) for text in seen for spelling in found_in(text)
    ]
    assert not found, found[:3]


@pytest.fixture(params=sorted(BY_METHOD))
def marked(request: Any, db: None, settings: Any) -> Project:
    settings.MIXPANEL_API_ROOT = ROOT
    project = Project(name="Marked", **BY_METHOD[request.param])
    project.set_secret(SECRET)
    project.full_clean()
    project.save()
    return project


def look(client: Client, method: str, path: str, seen: list[str], data: Any = None) -> None:
    response = getattr(client, method)(path, data or {})
    assert response.status_code < 500 or path.startswith("/w/"), (path, response.status_code)
    seen += [response.content.decode(), repr(response.headers), repr(response.cookies)]


def look_everywhere(client: Client, widget: Widget, seen: list[str]) -> None:
    project = widget.project
    for extension in (*(f".{format}" for format in FORMATS), ""):
        look(client, "get", f"/w/{widget.slug}{extension}", seen)
    look(client, "get", "/", seen)
    look(client, "get", f"/charts/{widget.pk}.json", seen)
    for kind, row in (("widget", widget), ("project", project)):
        look(client, "get", f"/admin/widgets/{kind}/", seen)
        look(client, "get", f"/admin/widgets/{kind}/{row.pk}/change/", seen)
    form = answers_of(project, events="Signed up")
    look(client, "post", "/admin/widgets/widget/preview/", seen, {**form, "ask": "now"})
    look(client, "post", "/admin/widgets/widget/lists/", seen, {**form, "list": "events", "again": "1"})


def free(project: Project) -> None:
    """Ends all backoff, so that the next query is sent to Mixpanel at once."""
    project.refresh_from_db()
    project.clear_backoff()
    project.save(update_fields=["backoff_until", "full_until", "backoff_kind", "backoff_message", "backoff_count"])
    Snapshot.objects.update(retry_at=None, error="", error_kind="")


def replies(header: str, auth: str) -> dict[str, Reply]:
    """Responses that repeat the credentials, as Mixpanel or a proxy in front of it might send them."""
    said = f"cannot use {pair(auth)} or {header} or {SECRET} here"
    error = json.dumps({"error": said, "request": f"/api/query?secret={SECRET}"}).encode()
    return {
        "credentials": (401, {}, error),
        "plan": (402, {}, error),
        "access": (403, {}, error),
        "query": (400, {}, error),
        "time zone": (400, {}, json.dumps({"error": f"to_date cannot be later than today {said}"}).encode()),
        "limit": (429, {"Retry-After": SECRET}, error),
        "server": (500, {"X-Echo": "x"}, f"<html><pre>Authorization: {header}\n{said}</pre>".encode()),
        "plain": (502, {}, said.encode()),
        "redirect": (302, {"Location": f"http://elsewhere.test/?{said.replace(' ', '+')}"}, error),
        "no JSON": (200, {}, f'{{"data": "{said}'.encode()),
        "an error with 200": (200, {}, error),
        "another shape": (200, {}, json.dumps({"data": said}).encode()),
        "packed": (200, {"Content-Encoding": "gzip"}, said.encode()),
        "no connection": requests.ConnectionError(f"failed to reach {said}"),
        "a bug": RuntimeError(said),
    }


def test_no_answer_shows_the_secret_whatever_mixpanel_says(
    marked: Project, superuser: Any, log_in: Any, everything: list[str]
) -> None:
    widget = Widget(project=marked, title="Signups", report="events", events=["Signed up"], last=5, owner=superuser)
    widget.save()
    client, headers = log_in(superuser), []

    def answer(reply: Reply) -> Callable[[Any], Any]:
        def give(request: Any) -> Any:
            headers.append(request.headers["Authorization"])
            if isinstance(reply, Exception):
                raise reply
            return reply

        return give

    header = requests.Request("GET", ROOT, auth=client_of(marked)._auth).prepare().headers["Authorization"]
    told = replies(header, marked.auth)
    # To save time, only four replies are tested. With CLUSTER=1, the service account is tested with all replies.
    if marked.auth != "service_account" or not CLUSTER:
        told = {name: told[name] for name in ("credentials", "server", "no JSON", "a bug")}
    for name, reply in told.items():
        free(marked)
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mixpanel:
            for method in ("GET", "POST"):
                mixpanel.add_callback(method, re.compile(f"{ROOT}/.*"), callback=answer(reply))
            before = len(headers)
            look_everywhere(client, widget, everything)
            # The command fails if a query failed.
            with contextlib.suppress(CommandError, SystemExit):
                call_command("refresh_widgets", "--all", stdout=(out := io.StringIO()), stderr=out)
            everything.append(out.getvalue())
            assert len(headers) > before, name
    assert set(headers) == {header}, "Mixpanel got the secret in this header"


def test_no_page_of_the_admin_and_no_export_shows_the_secret(
    superuser: Any, log_in: Any, settings: Any, everything: list[str]
) -> None:
    settings.MIXPANEL_API_ROOT = ROOT
    client = log_in(superuser)
    form = WHOLE | {"name": "Marked", "username": USERNAME, "new_secret": SECRET}
    look(client, "post", ADD, everything, {**form, "timezone": "Mars"})
    look(client, "post", ADD, everything, form)
    project = Project.objects.get(name="Marked")
    assert project.secret.reveal() == SECRET
    here = f"/admin/widgets/project/{project.pk}"
    other = {**form, "name": "Twice"}
    look(client, "post", ADD, everything, other)
    look(client, "post", f"{here}/change/", everything, {**form, "hourly_limit": "no"})
    look(client, "post", f"{here}/change/", everything, {**form, "_continue": "1"})
    with responses.RequestsMock() as mixpanel:
        for method, engine in (("POST", "insights"), ("GET", "classic")):
            mixpanel.add(method, re.compile(f"{ROOT}/.*"), status=401, json={"error": f"no {SECRET}"})
            typed = {**form, "project": project.pk, "engine": engine}
            look(client, "post", "/admin/widgets/project/connection/", everything, typed)
    for path in (
        f"{here}/change/",
        f"{here}/history/",
        f"{here}/delete/",
        "/admin/widgets/auditentry/",
        "/admin/",
        "/",
    ):
        look(client, "get", path, everything)
    for command in (["export_widgets"], ["dumpdata"], ["rotate_encryption_keys"]):
        call_command(*command, stdout=(out := io.StringIO()))
        everything.append(out.getvalue())
    everything += [repr(project), repr(vars(project)), repr(client_of(project)), str(project.secret)]
    logged = client.get("/admin/widgets/auditentry/").content.decode()
    assert "Secret" in logged, "the audit log says that the secret changed"


def test_no_message_of_an_import_shows_the_secret(db: None, everything: list[str]) -> None:
    project = {"name": "Marked", "project_id": 1, "username": USERNAME, "secret": SECRET}
    bad = [
        {"projects": [{**project, "region": "moon"}]},
        {"projects": [{**project, "secret": [SECRET]}]},
        {"projects": [project | {"timezone": SECRET}]},
        {"projects": [project, project | {"name": "Twice"}]},
    ]
    cut = json.dumps({"projects": [{"secret": SECRET}]}).removesuffix('"}]}')
    for content in [*map(json.dumps, bad), cut]:
        try:
            call_import(content)
        except Exception as error:
            # The message quotes a wrong time zone, so only the rest of this message is searched.
            everything.append(str(error).replace(repr(SECRET), "") if "zone" in str(error) else str(error))
        else:
            raise AssertionError(content)
    everything.append(call_import(json.dumps({"projects": [project]})))
    assert Project.objects.get().secret.reveal() == SECRET


def call_import(content: str) -> str:
    out, stdin = io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(content.encode()))
    try:
        call_command("import_widgets", "-", stdout=out, stderr=out)
    finally:
        sys.stdin = stdin
    return out.getvalue()


class Killed(BaseException):
    """Like the exception with which a server ends a slow thread: no `except Exception` catches it."""


def reports(request: Any) -> list[str]:
    """Django's reports of the current exception, as mailed to ADMINS and as shown with DEBUG."""
    made = []
    for is_email in (True, False):
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=is_email)
        made += [reporter.get_traceback_html(), reporter.get_traceback_text()]
    return made


@pytest.mark.parametrize("debug", [False, True])
def test_no_report_of_an_exception_in_the_client_shows_the_secret(
    marked: Project, settings: Any, debug: bool, everything: list[str]
) -> None:
    settings.DEBUG = debug
    get_exception_reporter_filter.__globals__["get_default_exception_reporter_filter"].cache_clear()

    def die(request: Any) -> Any:
        password = request.headers["Authorization"]
        raise Killed(f"while sending {len(password)} characters")

    with responses.RequestsMock() as mixpanel:
        mixpanel.add_callback("GET", re.compile(f"{ROOT}/.*"), callback=die)
        try:
            client_of(marked).query("events", {})
        except Killed:
            found = reports(RequestFactory().get("/", headers={"Cookie": f"sessionid={SECRET}"}))
    assert "Killed" in found[0]
    everything += found


@pytest.mark.parametrize("debug", [False, True])
def test_no_report_of_an_exception_in_the_form_shows_the_secret(
    superuser: Any, log_in: Any, settings: Any, debug: bool, everything: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = debug
    client = log_in(superuser)
    monkeypatch.setattr("widgets.models.project.encrypt", lambda secret: keyring(("no key at all",)).encrypt(secret))
    form = WHOLE | {"name": "Marked", "username": USERNAME, "new_secret": SECRET}
    request = RequestFactory().post(ADD, form)
    try:
        client.post(ADD, form)
    except ValueError:
        everything += reports(request)
    else:
        raise AssertionError("nothing went wrong")
    client.raise_request_exception = False
    everything.append(client.post(ADD, form).content.decode())


def test_the_secret_is_not_in_the_database(marked: Project, everything: list[str]) -> None:
    """Searches the bytes of the whole SQLite database. `test_at_rest` searches the database file of a running site."""
    if connection.vendor != "sqlite":
        pytest.skip("test_at_rest searches PostgreSQL's dump")
    everything.append(connection.connection.serialize().decode("latin-1"))
    assert marked.name in everything[-1]
