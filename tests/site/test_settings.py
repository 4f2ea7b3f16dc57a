"""Settings: a wrong one stops the start with one line that names it; a right one does what it says."""

import json
import sys

import pytest

from tests.commands.copy import GIVEN, KEY, SECRET_KEY, Copy

PASSWORD = "pa55word-in-an-address"
BAD: list[tuple[str, dict[str, str], str]] = [
    # the setting that is named, what is set, and what the line says one can do
    ("SECRET_KEY", {"SECRET_KEY": ""}, "make run writes one"),
    ("SECRET_KEY", {"SECRET_KEY": "   "}, "make run writes one"),
    ("SECRET_KEY", {"SECRET_KEY": "x"}, "make run writes one"),
    ("SECRET_KEY", {"SECRET_KEY": PASSWORD + "-" * (49 - len(PASSWORD))}, "50 characters"),
    ("SECRET_KEY", {"SECRET_KEY": "x" * 60}, "make run writes one"),
    ("SECRET_KEY", {"SECRET_KEY": "x" * 60, "DEBUG": "on"}, "make run writes one"),
    ("FIELD_ENCRYPTION_KEYS", {"FIELD_ENCRYPTION_KEYS": ""}, "new_key prints one"),
    ("FIELD_ENCRYPTION_KEYS", {"FIELD_ENCRYPTION_KEYS": ","}, "new_key prints one"),
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
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": "a.example:8000"}, "without https:// and port"),
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
    ("LOG_LEVEL", {"LOG_LEVEL": "loud"}, "DEBUG, INFO, WARNING, ERROR"),
]
RESULT = """
import json
from django.conf import settings
print(json.dumps({name: getattr(settings, name, None) for name in %r}))
"""
STARTS = """
# What every start loads is loaded once; then each start is a process of its own, by manage.py itself.
import json, os, runpy, sys, tempfile
import cryptography.fernet, environ, django.core.management
for settings in json.load(sys.stdin):
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.environ.update(settings)
            sys.argv = ["manage.py", "check"]
            runpy.run_path("manage.py", run_name="__main__")
            sys.exit()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0), err.seek(0)
        print(json.dumps([code, out.read(), err.read()]), flush=True)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def stopped(site: Copy) -> list[tuple[int, str, str]]:
    """How each start with one of BAD went: exit code, output, errors."""
    starts = json.dumps([GIVEN | settings for _, settings, _ in BAD])
    done = site.run(sys.executable, "-c", STARTS, stdin=starts)
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ended) == len(BAD), done.stderr
    return ended


@pytest.mark.parametrize("at", range(len(BAD)), ids=[f"{name} {i}" for i, (name, _, _) in enumerate(BAD)])
def test_it_names_a_wrong_setting_in_one_line(stopped: list[tuple[int, str, str]], at: int) -> None:
    name, _, advice = BAD[at]
    code, out, err = stopped[at]
    assert (code, out) == (1, ""), out + err
    assert err.count("\n") == 1, err
    assert err.startswith(f"MixCyfe can't start: the setting {name} ")
    assert advice in err
    assert PASSWORD not in err


@pytest.mark.parametrize(
    "program",
    [
        ("-c", "import mixcyfe_site.wsgi"),
        ("-m", "gunicorn", "--check-config", "mixcyfe_site.wsgi"),
        ("-m", "celery", "-A", "mixcyfe_site", "report"),
    ],
    ids=["wsgi", "gunicorn", "celery"],
)
def test_it_names_it_in_every_program(site: Copy, program: tuple[str, ...]) -> None:
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


def test_it_stops_where_the_file_can_not_be_opened(site: Copy) -> None:
    (site.folder / ".env").mkdir()
    try:
        result = site.manage("check")
    finally:
        (site.folder / ".env").rmdir()
    assert (result.returncode, result.stderr) == (1, "MixCyfe can't start: .env can't be read (IsADirectoryError).\n")
