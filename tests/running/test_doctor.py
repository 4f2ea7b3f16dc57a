"""`manage.py doctor` on a healthy site and on broken sites: it names every fault, and no fault that is not there."""

import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.commands.copy import KEY
from tests.poll.pgbouncer import pooled
from tests.running.conftest import needs_cluster
from tests.running.disk import NO_DISK, SmallDisk
from tests.running.doctor import OTHER_KEY, SIGNUPS, asked, doctor, only, own, served, start
from tests.running.front import says, serving
from tests.running.site import REDIS, Site, free_port

__all__ = ["asked", "own", "served"]
pytestmark = pytest.mark.slow


def test_a_site_that_is_well(served: Site, asked: FakeMixpanel) -> None:
    said = doctor(served)
    assert said.fixes == []
    abouts = [line[4:].partition(":")[0] for line in said.lines]
    assert abouts == [
        *("database", "keys", "Mixpanel", "time zones", "timers", "freshness", "disk", "settings", "SITE_URL", "proxy")
    ]
    assert asked.calls == []


def test_a_wrong_key(own: Site) -> None:
    own.manage(
        "import_widgets", "-", stdin='{"projects": [{"name": "Acme", "notify": ["json://hooks.example.com/x"]}]}'
    )
    said = doctor(own, FIELD_ENCRYPTION_KEYS=OTHER_KEY)
    only(
        said,
        "fix keys: no key decrypts 2 of 2 stored secrets (addresses of notices: 1, projects: 1): put the lost key back",
    )


def test_keys_that_are_no_longer_needed(served: Site) -> None:
    assert doctor(served, FIELD_ENCRYPTION_KEYS=f"{KEY},{OTHER_KEY}").has("ok  keys", "no secret needs key 2 any more")
    said = doctor(served, FIELD_ENCRYPTION_KEYS=f"{OTHER_KEY},{KEY}")
    assert said.fixes == []
    assert said.has("ok  keys", "key 2 is still needed for 1 secret", "rotate_encryption_keys")


def test_a_missing_migration_and_a_missing_file(own: Site, tmp_path: Path) -> None:
    own.sql("DELETE FROM django_migrations WHERE app = 'widgets' AND name LIKE '0019%'")
    said = doctor(own)
    assert said.fixes[0] == "fix database: 1 migration missing: run manage.py migrate."
    assert said.has("fix SITE_URL", "503")
    assert not said.has("keys")
    away = tmp_path / "away.sqlite3"
    assert f"the file {away} does not exist" in doctor(own, DATABASE_URL=f"sqlite:///{away}").fixes[0]
    assert not away.exists()
    away.write_text("no database " * 1000)
    said = doctor(own, DATABASE_URL=f"sqlite:///{away}").fixes[0]
    assert said == (
        "fix database: the database can't be reached (file is not a database): check DATABASE_URL, and that the file "
        "is a database."
    )


def test_a_database_of_a_newer_version(own: Site) -> None:
    at = datetime.now(UTC)
    own.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('widgets', '9999_from_the_future', ?)", at)
    only(doctor(own), "fix database: a newer version of MixCyfe has migrated the database (9999_from_the_future)")


def test_a_setting_with_a_misspelt_name(served: Site) -> None:
    said = doctor(served, REFRESH_TREADS="3", METRIC_TOKEN_FILE="/run/token", POSTGRES_PASSWORD="x", LANGUAGE="de")
    assert said.fixes == [
        "fix settings: METRIC_TOKEN_FILE is not a setting, but METRICS_TOKEN is: correct or remove METRIC_TOKEN_FILE.",
        "fix settings: REFRESH_TREADS is not a setting, but REFRESH_THREADS is: correct or remove REFRESH_TREADS.",
    ]


def test_a_clock_that_is_ten_minutes_off(served: Site) -> None:
    with serving(says(status=401, ahead=600)) as mixpanel:
        only(
            doctor(served, MIXPANEL_API_ROOT=f"{mixpanel}/api"), "fix Mixpanel: this host's clock is", "seconds behind"
        )
    with serving(says(status=401, ahead=-600)) as mixpanel:
        only(doctor(served, MIXPANEL_API_ROOT=f"{mixpanel}/api"), "seconds ahead of the clock of", "NTP")


def test_a_mixpanel_that_can_not_be_reached(served: Site) -> None:
    root = f"http://127.0.0.1:{free_port()}/api"
    only(
        doctor(served, MIXPANEL_API_ROOT=root),
        "fix Mixpanel: 127.0.0.1:",
        "can't be reached (the connection was refused)",
    )


@pytest.mark.skipif(bool(NO_DISK), reason=NO_DISK)
def test_a_database_that_can_not_be_written(tmp_path: Path, fake: FakeMixpanel) -> None:
    with SmallDisk(tmp_path / "disk") as disk:
        url = f"sqlite:///{disk.folder}/site.sqlite3"
        with Site(tmp_path, fake.url, DATABASE_URL=url, SITE_URL=f"http://127.0.0.1:{free_port()}") as site:
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
    assert said.has("fix settings", "EMAIL_URL sends the mail server's password unencrypted")
    assert said.has("fix SITE_URL", "can't be reached from here (the host name was not found)")
    assert said.has("fix mail", "mail.invalid:25 can't be used (the host name was not found)")


def test_a_broker_that_is_down(served: Site) -> None:
    pytest.importorskip("celery", reason="left out: Celery is not installed")
    settings = {"TASKS": "celery", "BROKER_URL": f"redis://:pass-of-the-broker@127.0.0.1:{free_port()}/0"}
    said = doctor(served, **settings)
    only(said, "fix broker: the server in BROKER_URL can't be used (", "start the server")


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
        assert said.has("ok  mail", "No mail was sent")
    else:
        only(said, "fix mail", "refuses the user name or password")
    assert not [line for line in heard if line.upper().startswith((b"MAIL", b"DATA"))]


@contextmanager
def mail_server(answer: bytes, heard: list[bytes]) -> Iterator[str]:
    """An SMTP server that gives this answer to a login. `heard` collects the received lines."""
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
    failed = "INSERT INTO widgets_auditentry (at, action, actor, address, project, subject, subject_kind, details) "
    own.sql(f"{failed} VALUES (?, 'sign_in_failed', '', '', '', '', '', '')", old - timedelta(days=90))
    only(doctor(own), "fix timers: 2 rows should have been removed by clean_up", "run manage.py clean_up daily")
    own.manage("clean_up")
    assert doctor(own).fixes == []
    own.sql("UPDATE widgets_snapshot SET fetched_at = ?, due_at = ?", old, datetime.now(UTC) - timedelta(hours=4))
    own.sql("UPDATE widgets_widget SET last_polled_at = ?", datetime.now(UTC))
    only(doctor(own), "fix freshness: 1 query of polled widgets")


def test_a_zone_that_this_machine_does_not_know(own: Site) -> None:
    own.sql("UPDATE widgets_project SET timezone = 'Mars/Olympus'")
    only(doctor(own), "fix time zones: this machine does not know Mars/Olympus")


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
        assert said.has("ok  PostgreSQL", "notify web processes of changes")
        assert said.has("ok  clock", "agree")
        assert said.has("ok  workers: at least one worker answers.")
        site.sql("ALTER TABLE widgets_widget DISABLE TRIGGER widgets_polls")
        only(doctor(site), "fix PostgreSQL: 1 of 8 triggers that report changes are missing or disabled")
        site.sql("ALTER TABLE widgets_widget ENABLE ALWAYS TRIGGER widgets_polls")
        now = datetime.now(UTC)
        site.sql("INSERT INTO widgets_hostclock (host, ahead, noticed_at) VALUES ('web-2', -33, ?)", now)
        only(doctor(site), "fix clock: the clock of host web-2 was 33 seconds behind the database's")

    @pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="left out: PgBouncer is not installed")
    def test_a_pooler_is_named(self, host: Callable[..., Site], tmp_path: Path) -> None:
        site = host("postgres")
        with pooled(tmp_path, site.env["DATABASE_URL"]) as address:
            said = doctor(site, DATABASE_URL=address)
        only(said, "fix SITE_URL: nothing answers")
        assert said.has("ok  PostgreSQL: DATABASE_URL leads to a pooler")

    def test_a_database_that_is_down(self, host: Callable[..., Site]) -> None:
        said = doctor(host(), DATABASE_URL="postgres://mixcyfe:pass-of-the-broker@127.0.0.1:1/mixcyfe")
        assert said.has("fix database: the database can't be reached")
