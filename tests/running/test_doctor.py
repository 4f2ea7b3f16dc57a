"""`manage.py doctor` on a whole site that is well, and on broken ones: it names what is wrong, and nothing else."""

import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from fake_mixpanel.fake import DEMO_SECRET, FakeMixpanel
from tests.commands.copy import KEY, SECRET_KEY
from tests.poll.pgbouncer import pooled
from tests.running.conftest import needs_cluster
from tests.running.disk import NO_DISK, SmallDisk
from tests.running.front import Headers, front, says, serving
from tests.running.site import REDIS, Site, eventually, free_port

pytestmark = pytest.mark.slow

OTHER_KEY = "xTtbw2bWc0pDvK6cIWw6lfUxGOFYZKhrVOr4uTKhJcM="
SIGNUPS = {"title": "Signups", "report": "events", "events": ["Signed up"]}
NEVER_SHOWN = (
    KEY,
    OTHER_KEY,
    SECRET_KEY,
    DEMO_SECRET,
    "pass-of-the-broker",
    "pass-of-the-mail",
    "secret-of-the-client",
)


class Said(NamedTuple):
    code: int
    lines: list[str]
    took: float

    @property
    def fixes(self) -> list[str]:
        return [line for line in self.lines if line.startswith("fix ")]

    def has(self, *parts: str) -> bool:
        return any(all(part in line for part in parts) for line in self.lines)


def doctor(site: Site, **settings: str) -> Said:
    """What the doctor says with these settings; the servers keep theirs."""
    before, site.env = site.env, site.env | settings
    began = time.monotonic()
    try:
        done = site.manage("doctor", check=False)
    finally:
        site.env = before
    print(done.stdout)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert all(line.startswith(("ok  ", "fix ")) for line in lines)
    assert not [secret for secret in NEVER_SHOWN if secret in done.stdout]
    said = Said(done.returncode, lines, time.monotonic() - began)
    assert said.code == bool(said.fixes)
    return said


@pytest.fixture(scope="module")
def asked() -> Iterator[FakeMixpanel]:
    with FakeMixpanel(hourly_limit=1000) as mixpanel:
        yield mixpanel


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, asked: FakeMixpanel) -> Iterator[Site]:
    """A site with a project, which answers at SITE_URL. Tests leave its data as it is."""
    address = f"http://127.0.0.1:{free_port()}"
    with Site(tmp_path_factory.mktemp("served"), asked.url, SITE_URL=address) as site:
        start(site)
        yield site


@pytest.fixture
def own(host: Callable[..., Site]) -> Site:
    """The same for one test, which may break it."""
    site = host(SITE_URL=f"http://127.0.0.1:{free_port()}")
    start(site)
    return site


def start(site: Site) -> None:
    site.add(SIGNUPS)
    serve(site, site.env["SITE_URL"])


def serve(site: Site, base: str) -> None:
    site.start([sys.executable, "manage.py", "serve", f"--port={base.rsplit(':', 1)[1]}"], "serve.log")
    eventually(lambda: site.answers(f"{base}/healthz"))


def only(said: Said, *parts: str) -> None:
    """There is one thing to fix, and the line about it has these words."""
    assert len(said.fixes) == 1, said.fixes
    assert all(part in said.fixes[0] for part in parts), said.fixes


def test_a_site_that_is_well(served: Site, asked: FakeMixpanel) -> None:
    said = doctor(served)
    assert said.fixes == []
    abouts = [line[4:].partition(":")[0] for line in said.lines]
    assert abouts == [
        *("database", "keys", "Mixpanel", "time zones", "timers", "freshness", "disk", "settings", "SITE_URL", "proxy")
    ]
    assert asked.calls == []  # no query of any project


def test_a_wrong_key(own: Site) -> None:
    own.manage(
        "import_widgets", "-", stdin='{"projects": [{"name": "Acme", "notify": ["json://hooks.example.com/x"]}]}'
    )
    said = doctor(own, FIELD_ENCRYPTION_KEYS=OTHER_KEY)
    only(
        said,
        "fix keys: no key opens 2 stored secrets of 2 (addresses of notices: 1, projects: 1): put the lost key back",
    )


def test_keys_that_are_no_longer_needed(served: Site) -> None:
    assert doctor(served, FIELD_ENCRYPTION_KEYS=f"{KEY},{OTHER_KEY}").has("ok  keys", "no secret needs key 2 any more")
    said = doctor(served, FIELD_ENCRYPTION_KEYS=f"{OTHER_KEY},{KEY}")
    assert said.fixes == []
    assert said.has("ok  keys", "1 secret still", "key 2", "rotate_encryption_keys first")


def test_a_missing_migration_and_a_missing_file(own: Site, tmp_path: Path) -> None:
    own.sql("DELETE FROM django_migrations WHERE app = 'widgets' AND name LIKE '0018%'")
    said = doctor(own)
    assert said.fixes[0] == "fix database: 1 migration missing: run manage.py migrate."
    assert said.has("fix SITE_URL", "503")
    assert not said.has("keys")
    away = tmp_path / "away.sqlite3"
    assert f"there is no file {away}" in doctor(own, DATABASE_URL=f"sqlite:///{away}").fixes[0]
    assert not away.exists()


def test_a_clock_that_is_ten_minutes_off(served: Site) -> None:
    with serving(says(status=401, ahead=600)) as mixpanel:
        only(
            doctor(served, MIXPANEL_API_ROOT=f"{mixpanel}/api"), "fix Mixpanel: this host's clock is", "seconds behind"
        )
    with serving(says(status=401, ahead=-600)) as mixpanel:
        only(doctor(served, MIXPANEL_API_ROOT=f"{mixpanel}/api"), "seconds ahead of that of", "NTP")


def test_no_way_to_mixpanel(served: Site) -> None:
    root = f"http://127.0.0.1:{free_port()}/api"
    only(
        doctor(served, MIXPANEL_API_ROOT=root),
        "fix Mixpanel: 127.0.0.1:",
        "can't be reached (the connection was refused)",
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": b"<html>Welcome to nginx!"}, "something else answers there"),
        ({"body": b'{"status": "ok"}'}, "something else answers there"),
        ({"status": 301, "headers_sent": [("Location", "https://elsewhere.example/x?y=secret")]},
         "it redirects to https://elsewhere.example: write"),
        ({"status": 502}, "the proxy answers 502"),
        ({"status": 400}, "add its host to ALLOWED_HOSTS"),
    ],
)  # fmt: skip
def test_another_answer_at_the_sites_address(served: Site, answer: dict[str, object], words: str) -> None:
    with serving(says(**answer)) as other:
        only(doctor(served, SITE_URL=other), "fix SITE_URL: ", words)


def test_nothing_at_the_sites_address(served: Site) -> None:
    only(doctor(served, SITE_URL=f"http://127.0.0.1:{free_port()}"), "nothing answers at", "manage.py serve")


def test_a_server_that_accepts_and_is_silent_holds_nothing_up(served: Site) -> None:
    with silent() as address:
        said = doctor(served, SITE_URL=f"http://{address}", MIXPANEL_API_ROOT=f"http://{address}/api")
    assert said.took < 2 * 5.5 + 5
    assert len(said.fixes) == 2
    assert said.has("fix SITE_URL", "no answer in time")


@contextmanager
def silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def as_deployed(headers: Headers) -> Headers:
    """As the files in deploy/ have it."""
    kept = {name: value for name, value in headers.items() if "_" not in name and not name.startswith("X-Forwarded")}
    return kept | {"X-Forwarded-For": "198.51.100.4", "X-Forwarded-Proto": "http"}


def appended(headers: Headers) -> Headers:
    seen = ", ".join([*([headers["X-Forwarded-For"]] if "X-Forwarded-For" in headers else []), "198.51.100.4"])
    return {**headers, "X-Forwarded-For": seen}


def passed_on(headers: Headers) -> Headers:
    return {"X-Forwarded-For": "198.51.100.4", **headers}


def underscores_too(headers: Headers) -> Headers:
    return {**as_deployed(headers), **{name: value for name, value in headers.items() if "_" in name}}


@pytest.mark.parametrize(
    ("passed", "trust", "found"),
    [
        (as_deployed, "on", []),
        (as_deployed, "off", ["there is one, and TRUST_PROXY is off"]),
        (
            passed_on,
            "on",
            ["the X-Forwarded-Proto of strangers", "the X-Forwarded-For of strangers", "underscore"],
        ),
        (appended, "on", ["the X-Forwarded-Proto of strangers", "underscore"]),
        (
            dict,
            "on",
            ["no X-Forwarded-For arrives", "X-Forwarded-Proto of", "X-Forwarded-For of", "underscore"],
        ),
        (underscores_too, "on", ["underscore"]),
        (dict, "off", []),
    ],
)
def test_a_proxy_and_what_strangers_claim(
    host: Callable[..., Site], passed: Callable[[Headers], Headers], trust: str, found: list[str]
) -> None:
    base = f"http://127.0.0.1:{free_port()}"
    with serving(front(base, passed)) as address:
        site = host(TRUST_PROXY=trust, SITE_URL=address)
        serve(site, base)
        said = doctor(site)
    assert len(said.fixes) == len(found), said.fixes
    for line, words in zip(said.fixes, found, strict=True):
        assert line.startswith("fix proxy: ")
        assert words in line


def test_https_that_arrives_as_http_and_another_secret_key(served: Site) -> None:
    said = doctor(served, SECRET_KEY=f"another {SECRET_KEY}")
    only(said, "fix SITE_URL: something else answers there, or a MixCyfe with another SECRET_KEY")
    assert doctor(served, TRUST_PROXY="on").has("ok  proxy", "another TRUST_PROXY or SITE_URL")


@pytest.mark.skipif(bool(NO_DISK), reason=NO_DISK)
def test_a_database_that_can_not_be_written(tmp_path: Path, standin: FakeMixpanel) -> None:
    with SmallDisk(tmp_path / "disk") as disk:
        url = f"sqlite:///{disk.folder}/site.sqlite3"
        with Site(tmp_path, standin.url, DATABASE_URL=url, SITE_URL=f"http://127.0.0.1:{free_port()}") as site:
            site.add(SIGNUPS)
            disk.make_read_only()
            said = doctor(site)
            disk.make_writable()
    assert said.has("fix database", "nothing can be written")
    assert said.has("fix disk", " MB left")


def test_a_database_that_another_process_has_locked(served: Site) -> None:
    file = served.env["DATABASE_URL"].partition(":///")[2]
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = doctor(served)
    only(said, "fix database: nothing can be written (database is locked)")


def test_settings_that_are_weak(served: Site) -> None:
    said = doctor(
        served,
        DEBUG="on",
        ALLOWED_HOSTS="*",
        SECRET_KEY=f"{KEY}{KEY}",
        FIELD_ENCRYPTION_KEYS=f"{KEY},{KEY}",
        SITE_URL="http://mixcyfe-of-nobody",
        EMAIL_URL="smtp://ada:pass-of-the-mail@mail.invalid:25",
    )
    for words in ("security.W018", "ALLOWED_HOSTS has *", "SECRET_KEY contains a key", "has a key twice"):
        assert said.has("fix settings", words), words
    assert said.has("fix settings", "SITE_URL starts with http:")
    assert said.has("fix settings", "SITE_URL leads into a private network")
    assert said.has("fix settings", "EMAIL_URL sends the mail server's password in the clear")
    assert said.has("fix SITE_URL", "can't be reached from here (its name was not found)")
    assert said.has("fix mail", "mail.invalid:25 can't be used (its name was not found)")


def test_a_broker_that_is_down(served: Site) -> None:
    pytest.importorskip("celery", reason="left out: Celery is not installed")
    settings = {"TASKS": "celery", "BROKER_URL": f"redis://:pass-of-the-broker@127.0.0.1:{free_port()}/0"}
    said = doctor(served, **settings)
    only(said, "fix broker: BROKER_URL's server can't be used (", "start it")


def test_single_sign_on_without_its_provider(served: Site) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    settings = {"OIDC_CLIENT_ID": "mixcyfe", "OIDC_CLIENT_SECRET": "secret-of-the-client"}
    only(doctor(served, OIDC_ISSUER=issuer, **settings), "fix single sign-on: the provider can't be reached")
    with serving(says(body=b'{"issuer": "https://somebody.else"}')) as other:
        only(doctor(served, OIDC_ISSUER=other, **settings), "the provider's issuer is not OIDC_ISSUER")


@pytest.mark.parametrize(("answer", "is_ok"), [(b"235 welcome", True), (b"535 no: pass-of-the-mail", False)])
def test_a_mail_server_gets_a_login_and_no_mail(served: Site, answer: bytes, is_ok: bool) -> None:
    heard: list[bytes] = []
    with mail_server(answer, heard) as address:
        said = doctor(served, EMAIL_URL=f"smtp://ada:pass-of-the-mail@{address}")
    if is_ok:
        assert said.fixes == []
        assert said.has("ok  mail", "Nothing was sent")
    else:
        only(said, "fix mail", "refuses the user name or password")
    assert not [line for line in heard if line.upper().startswith((b"MAIL", b"DATA"))]


@contextmanager
def mail_server(answer: bytes, heard: list[bytes]) -> Iterator[str]:
    """An SMTP server that answers a login so."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as file:
            file.write(b"220 mail\r\n")
            file.flush()
            for line in file:
                heard.append(line)
                verb = line.split()[0].upper()
                said = {b"EHLO": b"250-mail\r\n250 AUTH PLAIN", b"AUTH": answer, b"QUIT": b"221 bye"}.get(
                    verb, b"250 ok"
                )
                file.write(said + b"\r\n")
                file.flush()

    thread = Thread(target=talk, daemon=True)
    thread.start()
    with listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    thread.join(10)


def test_timers_that_do_not_run(own: Site) -> None:
    old = datetime.now(UTC) - timedelta(days=3)
    own.sql("INSERT INTO widgets_session (session_key, session_data, expire_date) VALUES ('x', 'y', ?)", old)
    only(doctor(own), "fix timers: 1 row is older than clean_up leaves them", "run manage.py clean_up daily")
    own.manage("clean_up")
    assert doctor(own).fixes == []
    own.sql("UPDATE widgets_snapshot SET fetched_at = ?, due_at = ?", old, datetime.now(UTC) - timedelta(hours=4))
    own.sql("UPDATE widgets_widget SET last_polled_at = ?", datetime.now(UTC))
    only(doctor(own), "fix freshness: 1 query that Cyfe polls")


def test_a_zone_that_this_machine_does_not_know(own: Site) -> None:
    own.sql("UPDATE widgets_project SET timezone = 'Mars/Olympus'")
    only(doctor(own), "fix time zones: Mars/Olympus of a project is not known")


class TestCluster:
    pytestmark = needs_cluster

    def test_a_cluster_with_and_without_its_worker(self, host: Callable[..., Site]) -> None:
        broker = f"{REDIS}/11"
        site = host("postgres", TASKS="celery", BROKER_URL=broker, SITE_URL=f"http://127.0.0.1:{free_port()}")
        start(site)
        only(doctor(site), "fix workers: no worker answers")
        site.worker()
        said = doctor(site)
        assert said.fixes == []
        assert said.has("ok  PostgreSQL", "tell web processes of changes")
        assert said.has("ok  clock", "agree")
        assert said.has("ok  workers: at least one answers.")
        site.sql("ALTER TABLE widgets_widget DISABLE TRIGGER widgets_polls")
        only(doctor(site), "fix PostgreSQL: 1 of 8 triggers of polls are missing or off")
        site.sql("ALTER TABLE widgets_widget ENABLE ALWAYS TRIGGER widgets_polls")
        now = datetime.now(UTC)
        site.sql("INSERT INTO widgets_hostclock (host, ahead, noticed_at) VALUES ('web-2', -33, ?)", now)
        only(doctor(site), "fix clock: that of host web-2 was 33 seconds behind the database's")

    @pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="left out: PgBouncer is not installed")
    def test_a_pooler_is_named(self, host: Callable[..., Site], tmp_path: Path) -> None:
        site = host("postgres")
        with pooled(tmp_path, site.env["DATABASE_URL"]) as address:
            said = doctor(site, DATABASE_URL=address)
        only(said, "fix SITE_URL: nothing answers")
        assert said.has("ok  PostgreSQL: it is behind a pooler")

    def test_a_database_that_is_away(self, host: Callable[..., Site]) -> None:
        said = doctor(host(), DATABASE_URL="postgres://mixcyfe:pass-of-the-broker@127.0.0.1:1/mixcyfe")
        assert said.has("fix database: it can't be reached")
