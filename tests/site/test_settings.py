"""A wrong setting stops the start with one line that names the setting. A right setting takes effect."""

import json
import os
import sys

import pytest

from tests.commands.copy import GIVEN, KEY, SECRET_KEY, Copy

PASSWORD = "pa55word-in-an-address"
BAD: list[tuple[str, dict[str, str], str]] = [
    # Each entry: the setting that the message names, the given settings, a part of the message.
    ("SECRET_KEY", {"SECRET_KEY": ""}, "make run writes such a text"),
    ("SECRET_KEY", {"SECRET_KEY": "   "}, "make run writes such a text"),
    ("SECRET_KEY", {"SECRET_KEY": "x"}, "make run writes such a text"),
    ("SECRET_KEY_FILE", {"SECRET_KEY_FILE": f"/no/such/{PASSWORD}"}, "a file that can't be read"),
    ("SECRET_KEY", {"SECRET_KEY": PASSWORD + "-" * (49 - len(PASSWORD))}, "50 characters"),
    ("SECRET_KEY", {"SECRET_KEY": "x" * 60}, "make run writes such a text"),
    ("SECRET_KEY", {"SECRET_KEY": "x" * 60, "DEBUG": "on"}, "make run writes such a text"),
    ("FIELD_ENCRYPTION_KEYS", {"FIELD_ENCRYPTION_KEYS": ""}, "new_key prints a key"),
    ("FIELD_ENCRYPTION_KEYS", {"FIELD_ENCRYPTION_KEYS": ","}, "new_key prints a key"),
    ("FIELD_ENCRYPTION_KEYS", {"FIELD_ENCRYPTION_KEYS": f"{KEY},{PASSWORD}"}, "at place 2"),
    ("FIELD_ENCRYPTION_KEYS", {"FIELD_ENCRYPTION_KEYS": KEY[:-5]}, "at place 1"),
    ("DEBUG", {"DEBUG": "perhaps"}, "on or off"),
    ("TRUST_PROXY", {"TRUST_PROXY": "nginx"}, "on or off"),
    ("SITE_URL", {"SITE_URL": "mixcyfe.example.com"}, "https://"),
    ("SITE_URL", {"SITE_URL": "ftp://mixcyfe.example.com"}, "https://"),
    ("SITE_URL", {"SITE_URL": "https://"}, "https://"),
    ("SITE_URL", {"SITE_URL": "https://mixcyfe example.com"}, "https://"),
    ("SITE_URL", {"SITE_URL": "http://[::1"}, "https://"),
    ("SITE_URL", {"SITE_URL": "http://host:port"}, "https://"),
    ("SITE_URL", {"SITE_URL": f"https://u:{PASSWORD}@mixcyfe.example.com"}, "https://"),
    ("SITE_URL", {"SITE_URL": "https://mixcyfe.example.com/?a=b"}, "https://"),
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": "https://mixcyfe.example.com"}, "without https://"),
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": "a.example:8000"}, "without https:// or port"),
    ("CSRF_TRUSTED_ORIGINS", {"CSRF_TRUSTED_ORIGINS": "mixcyfe.example.com"}, "https://"),
    ("DATABASE_URL", {"DATABASE_URL": "db.sqlite3"}, "sqlite:///db.sqlite3"),
    ("DATABASE_URL", {"DATABASE_URL": f"mysql://u:{PASSWORD}@host/name"}, "postgres://"),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite://db.sqlite3"}, "sqlite:///db.sqlite3"),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite://data/db.sqlite3"}, "sqlite:///db.sqlite3"),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite:///"}, "sqlite:///db.sqlite3"),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite:///no/such/folder/db.sqlite3"}, "folder that does not exist"),
    ("DATABASE_URL", {"DATABASE_URL": f"postgres://u:{PASSWORD}@host"}, "postgres://"),
    ("DATABASE_URL", {"DATABASE_URL": f"postgres://u:{PASSWORD}@host:port/name"}, "postgres://"),
    ("SQLITE_JOURNAL", {"SQLITE_JOURNAL": "memory"}, "wal, delete"),
    ("TASKS", {"TASKS": "threads"}, "inline, celery"),
    ("BROKER_URL", {"TASKS": "celery"}, "redis://"),
    ("BROKER_URL", {"TASKS": "celery", "BROKER_URL": f"http://:{PASSWORD}@host"}, "redis://"),
    ("BROKER_URL", {"TASKS": "celery", "BROKER_URL": f"redis://:{PASSWORD}@host:port/0"}, "redis://"),
    ("POLL_WAIT", {"POLL_WAIT": "eight"}, "a number of seconds"),
    ("POLL_WAIT", {"POLL_WAIT": "-1"}, "from 0 to 3600"),
    ("POLL_WAIT", {"POLL_WAIT": "nan"}, "from 0 to 3600"),
    ("MIXPANEL_TIMEOUT", {"MIXPANEL_TIMEOUT": "0"}, "from 0.1 to 3600"),
    ("MIXPANEL_API_ROOT", {"MIXPANEL_API_ROOT": "localhost:4711"}, "https://"),
    ("MIXPANEL_API_ROOT", {"MIXPANEL_API_ROOT": "http://proxy.example.com/api"}, "https:"),
    ("MIXPANEL_API_ROOT", {"MIXPANEL_API_ROOT": f"http://u:{PASSWORD}@10.0.0.1/api"}, "https:"),
    ("MIXPANEL_API_ROOT", {"MIXPANEL_API_ROOT": "http://127.0.0.1.example.com/api"}, "https:"),
    ("MIXPANEL_API_ROOT", {"MIXPANEL_API_ROOT": "http://example.com\\@127.0.0.1/api"}, "https:"),
    ("REFRESH_THREADS", {"REFRESH_THREADS": "-1"}, "from 0 to 100"),
    ("WAITING_POLLS", {"WAITING_POLLS": "2.5"}, "from 0 to 1000"),
    ("HSTS_SECONDS", {"HSTS_SECONDS": "0.5"}, "a whole number"),
    ("HSTS_SECONDS", {"HSTS_SECONDS": "-1"}, "from 0 to"),
    ("HSTS_SECONDS", {"HSTS_SECONDS": "1e3"}, "a whole number"),
    ("EMAIL_URL", {"EMAIL_URL": f"smtp://u:{PASSWORD}@mail.example.com:port"}, "smtp+tls://"),
    ("EMAIL_URL", {"EMAIL_URL": f"mail.example.com:{PASSWORD}"}, "smtp+tls://"),
    ("REQUIRE_SECOND_FACTOR", {"REQUIRE_SECOND_FACTOR": "leads"}, "on or off"),
    ("OIDC_ISSUER", {"OIDC_ISSUER": "login.example.com"}, "https://login.example.com"),
    ("OIDC_ISSUER", {"OIDC_ISSUER": "http://login.example.com"}, "https://login.example.com"),
    ("OIDC_ISSUER", {"OIDC_CLIENT_ID": "mixcyfe", "OIDC_CLIENT_SECRET": PASSWORD}, "or none of them"),
    ("OIDC_CLIENT_ID", {"OIDC_ISSUER": "https://login.example.com"}, "or none of them"),
    ("OIDC_CLIENT_SECRET", {"OIDC_ISSUER": "https://a.example", "OIDC_CLIENT_ID": PASSWORD}, "or none of them"),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "0123456789abcdefghi"}, "20 characters or more"),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "x" * 40}, "20 characters or more"),
    ("METRICS_TOKEN", {"METRICS_TOKEN": f"{PASSWORD} and other words"}, "without spaces"),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "zwölf-und-zwanzig-buchstaben"}, "20 characters or more"),
    ("LOG_LEVEL", {"LOG_LEVEL": "loud"}, "DEBUG, INFO, WARNING, ERROR"),
    ("LOG_FORMAT", {"LOG_FORMAT": "xml"}, "write one of plain, json"),
]
RESULT = """
import json
from django.conf import settings
print(json.dumps({name: getattr(settings, name, None) for name in %r}))
"""
READ = """
# One process reads its settings as often as a start each would.
import json, os, runpy, sys
before = dict(os.environ)
for settings in json.load(sys.stdin):
    os.environ.update(settings)
    try:
        runpy.run_module("mixcyfe_site.settings")
        said = "nothing"
    except SystemExit as stopped:
        said = stopped.code
    os.environ.clear()
    os.environ.update(before)
    print(json.dumps(said), flush=True)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def said(site: Copy) -> list[str]:
    """The line with which MixCyfe refuses to start, per entry of BAD."""
    done = site.run(sys.executable, "-c", READ, stdin=json.dumps([GIVEN | settings for _, settings, _ in BAD]))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (len(lines), done.stderr) == (len(BAD), "")
    return lines


@pytest.mark.parametrize("at", range(len(BAD)), ids=[f"{name} {i}" for i, (name, _, _) in enumerate(BAD)])
def test_it_names_a_wrong_setting_in_one_line(said: list[str], at: int) -> None:
    name, _, advice = BAD[at]
    assert said[at].startswith(f"MixCyfe can't start: the setting {name} ")
    assert "\n" not in said[at]
    assert advice in said[at]
    assert PASSWORD not in said[at]


def test_a_start_stops_with_one_line_alone(site: Copy) -> None:
    result = site.manage("check", POLL_WAIT="eight")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
    assert result.stderr.startswith(
        "MixCyfe can't start: the setting POLL_WAIT can't be used; write a number of seconds"
    )


@pytest.mark.parametrize(
    "program",
    [
        ("-c", "import mixcyfe_site.wsgi"),
        ("-m", "gunicorn", "--check-config", "mixcyfe_site.wsgi"),
        ("-m", "celery", "-A", "mixcyfe_site", "report"),
    ],
    ids=["wsgi", "gunicorn", "celery"],
)
def test_every_program_names_the_wrong_setting(site: Copy, program: tuple[str, ...]) -> None:
    result = site.run(sys.executable, *program, **{**GIVEN, "FIELD_ENCRYPTION_KEYS": ""})
    assert result.returncode != 0
    assert "MixCyfe can't start: the setting FIELD_ENCRYPTION_KEYS is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_it_needs_no_secret_key_while_debugging(site: Copy) -> None:
    assert site.manage("check", SECRET_KEY="", DEBUG="on").returncode == 0


def test_it_takes_settings_from_the_file_and_lets_the_environment_win(site: Copy) -> None:
    file = site.folder / ".env"
    file.write_text(
        f'# comment\n  # indented: {PASSWORD}\n \nSECRET_KEY="{SECRET_KEY}"\n'
        f"export FIELD_ENCRYPTION_KEYS={KEY}\nPOLL_WAIT=3\nLOG_LEVEL=ERROR\n"
    )
    code = RESULT % (["POLL_WAIT", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"],)
    program = (sys.executable, "-c", code)
    try:
        result = site.run(*program, DJANGO_SETTINGS_MODULE="mixcyfe_site.settings", POLL_WAIT="4")
        assert not result.stderr
        assert json.loads(result.stdout) == {
            "POLL_WAIT": 4,
            "SECRET_KEY": SECRET_KEY,
            "FIELD_ENCRYPTION_KEYS": [KEY],
        }
    finally:
        file.unlink()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"SECRET_KEY=\xff\xfe\n", ".env can't be read (UnicodeDecodeError)"),
        (f"# comment\n\nSECRET_KEY: {PASSWORD}\n".encode(), "line 3 of .env is not a setting; write NAME=value"),
        (f"SECRET_KEY = {PASSWORD}\n".encode(), "line 1 of .env is not a setting; write NAME=value"),
    ],
)
def test_it_names_a_wrong_line_of_the_file_and_does_not_repeat_it(site: Copy, content: bytes, why: str) -> None:
    file = site.folder / ".env"
    file.write_bytes(content)
    try:
        result = site.manage("check")
    finally:
        file.unlink()
    assert (result.returncode, result.stderr) == (1, f"MixCyfe can't start: {why}.\n")


@pytest.mark.parametrize("content", ["{}", "{}\n", "{}\r\n", "\ufeff{}"], ids=["plain", "line", "crlf", "bom"])
def test_any_setting_can_come_from_a_file_of_its_own_which_wins(site: Copy, content: str) -> None:
    (site.folder / "key").write_text(content.format(SECRET_KEY), "utf-8", newline="")
    code = RESULT % (["SECRET_KEY"],)
    settings = {**GIVEN, "SECRET_KEY": "another", "SECRET_KEY_FILE": str(site.folder / "key")}
    result = site.run(sys.executable, "-c", code, DJANGO_SETTINGS_MODULE="mixcyfe_site.settings", **settings)
    assert json.loads(result.stdout) == {"SECRET_KEY": SECRET_KEY}


@pytest.mark.parametrize("odd", ["pipe", "folder", "not-utf-8", "/dev/zero", "x" * 5000])
def test_a_setting_file_that_can_not_be_read_stops_the_start_with_one_line(site: Copy, odd: str) -> None:
    """A pipe, for example, would block the start."""
    if odd == "pipe":
        os.mkfifo(site.folder / odd)
    elif odd == "folder":
        (site.folder / odd).mkdir()
    elif odd == "not-utf-8":
        (site.folder / odd).write_bytes(b"\xff" + SECRET_KEY.encode())
    result = site.manage("check", SECRET_KEY_FILE=str(site.folder / odd))
    said = "MixCyfe can't start: the setting SECRET_KEY_FILE names a file that can't be read.\n"
    assert (result.returncode, result.stderr) == (1, said)


def test_it_stops_where_the_file_can_not_be_opened(site: Copy) -> None:
    (site.folder / ".env").mkdir()
    try:
        result = site.manage("check")
    finally:
        (site.folder / ".env").rmdir()
    assert (result.returncode, result.stderr) == (1, "MixCyfe can't start: .env can't be read (IsADirectoryError).\n")
