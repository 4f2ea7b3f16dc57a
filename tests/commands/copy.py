"""A copy of the site in its own folder, without the developer's `.env`. Each test gives the settings."""

import atexit
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.preloaded import Popen, run

ROOT = Path(__file__).resolve().parents[2]
KEY = "0m7wvIeuYdVbHmJDtZcP3zQ0fBxB3LkFj3iTqKqZl1E="
SECRET_KEY = "only-for-tests-but-long-enough-for-djangos-own-checks-0123456789"
GIVEN = {"SECRET_KEY": SECRET_KEY, "FIELD_ENCRYPTION_KEYS": KEY}
SITE = ("manage.py", "mixcyfe_site", "widgets", "fake_mixpanel")


@cache
def compiled() -> Path:
    """A folder with the files that the site needs to run, and their bytecode. Each test process makes it once."""
    folder = Path(tempfile.mkdtemp(prefix="mixcyfe-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in SITE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy2(ROOT / name, folder / name)
    compileall.compile_dir(folder, quiet=2)
    return folder


@cache
def migrated() -> Path:
    """The file of an empty SQLite database with all tables."""
    done = Copy(compiled()).manage("migrate", "-v0", DATABASE_URL="sqlite:///migrated.sqlite3")
    assert done.returncode == 0, done.stderr
    return compiled() / "migrated.sqlite3"


class Copy:
    def __init__(self, folder: Path, *, with_database: bool = False) -> None:
        self.folder = folder
        if folder != compiled():
            shutil.copytree(compiled(), folder, ignore=shutil.ignore_patterns("*.sqlite3*"), dirs_exist_ok=True)
        if with_database:
            shutil.copy(migrated(), folder / "db.sqlite3")

    def environment(self, **settings: str) -> dict[str, str]:
        """Returns the environment for a process: these settings, and the variables that every program needs."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return kept | {"PYTHONIOENCODING": "utf-8"} | settings

    def run(self, *command: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs the command with exactly these settings."""
        return run(
            command,
            cwd=self.folder,
            env=self.environment(**settings),
            input=stdin,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def manage(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs `manage.py` with the required settings and with `settings`."""
        return self.run(sys.executable, "manage.py", *arguments, stdin=stdin, **{**GIVEN, **settings})

    def python(self, code: str, **settings: str) -> str:
        """Runs Python code with the site's settings, but without its models. Returns the printed text."""
        settings = {**GIVEN, "DJANGO_SETTINGS_MODULE": "mixcyfe_site.settings", **settings}
        done = self.run(sys.executable, "-c", code, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        """Starts `manage.py` and does not wait for its end. Standard output and standard error are one stream."""
        return self.start_program(sys.executable, "manage.py", *arguments, **{**GIVEN, **settings})

    def start_program(self, *command: str, **settings: Any) -> "subprocess.Popen[str]":
        return Popen(
            command,
            cwd=self.folder,
            env=self.environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
