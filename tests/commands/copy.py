"""A copy of the site in a folder of its own: no developer's `.env`, no settings but those that a test gives."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEY = "0m7wvIeuYdVbHmJDtZcP3zQ0fBxB3LkFj3iTqKqZl1E="
SECRET_KEY = "only-for-tests-but-long-enough-for-djangos-own-checks-0123456789"
GIVEN = {"SECRET_KEY": SECRET_KEY, "FIELD_ENCRYPTION_KEYS": KEY}
SITE = ("manage.py", "mixcyfe_site", "widgets")


class Copy:
    """Of the files that running needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in SITE:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, folder / name)

    def environment(self, **settings: str) -> dict[str, str]:
        """Nothing of the test's own environment but what any program needs."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"} | settings

    def run(self, *command: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """The command with exactly these settings."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(**settings),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def manage(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """`manage.py` with the required settings and these."""
        return self.run(sys.executable, "manage.py", *arguments, stdin=stdin, **{**GIVEN, **settings})

    def python(self, code: str, **settings: str) -> str:
        """What Python code prints that runs in the site, with its settings but without its models."""
        settings = {**GIVEN, "DJANGO_SETTINGS_MODULE": "mixcyfe_site.settings", **settings}
        done = self.run(sys.executable, "-c", code, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        """A `manage.py` that goes on running; its output is one stream."""
        return self.start_program(sys.executable, "manage.py", *arguments, **{**GIVEN, **settings})

    def start_program(self, *command: str, **settings: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
