"""Reads one setting of each kind from the environment; a bad one ends the program with one plain line.

`ImproperlyConfigured` would print a traceback, in which the line that helps is the last of sixty.
"""

import sys
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet

NEW_KEY = "python manage.py new_key prints one"


def stop(name: str, why: str) -> NoReturn:
    sys.exit(f"MixCyfe can't start: the setting {name} {why}.")


class Environment:
    """Named by what a value is; all take `default`, and where it is None the setting is required."""

    def __init__(self) -> None:
        self.env = environ.Env()

    def text(self, name: str, *, default: str | None, how: str) -> str:
        value: str = self.env.str(name, default=default or "").strip()
        if not value and default is None:
            stop(name, f"is missing ({how})")
        return value or default or ""

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.env.str(name, default="").strip().lower()
        if value in ("", "on", "true", "yes", "1"):
            return bool(value) or default
        if value in ("off", "false", "no", "0"):
            return False
        return stop(name, f"is {value!r}; write on or off")

    def one_of(self, name: str, allowed: tuple[str, ...], *, default: str) -> str:
        value = self.env.str(name, default="").strip() or default
        for choice in allowed:
            if value.lower() == choice.lower():
                return choice
        return stop(name, f"is {value!r}; write one of {', '.join(allowed)}")

    def words(self, name: str, *, default: list[str]) -> list[str]:
        value = self.env.str(name, default="")
        return [word.strip() for word in value.split(",") if word.strip()] or default

    def seconds(self, name: str, *, default: float, least: float) -> float:
        value = self.env.str(name, default="").strip() or str(default)
        try:
            seconds = float(value)
        except ValueError:
            stop(name, f"is {value!r}; write a number of seconds, for example {default}")
        if not least <= seconds <= 3600:
            stop(name, f"is {value}; write a number of seconds from {least} to 3600")
        return seconds

    def url(self, name: str, *, default: str) -> str:
        """An http or https address without a trailing slash."""
        value = (self.env.str(name, default="").strip() or default).rstrip("/")
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.query
        except ValueError:
            good = False
        if value and (not good or any(c.isspace() for c in value)):
            stop(name, f"is {value!r}; write an address such as https://mixcyfe.example.com")
        return value

    def fernet_keys(self, name: str) -> list[str]:
        keys = self.words(name, default=[])
        if not keys:
            stop(name, f"is missing ({NEW_KEY}; keep it safe: without it the stored secrets are lost)")
        for i, key in enumerate(keys, 1):
            try:
                Fernet(key)
            except ValueError:
                stop(name, f"holds no Fernet key at place {i} ({NEW_KEY})")
        return keys

    def database(self, name: str, *, default: str, base: Path) -> dict[str, Any]:
        value = self.env.str(name, default="").strip() or default
        example = "write sqlite:///db.sqlite3 or postgres://user:password@host:5432/name"
        if value.split(":", 1)[0] not in ("sqlite", "postgres", "postgresql"):
            stop(name, f"names no database that MixCyfe runs on; {example}")
        try:
            config: dict[str, Any] = environ.Env.db_url_config(value)
        except Exception:  # noqa: BLE001 - whatever the parser stumbles over, the value is at fault
            config = {}
        if not config.get("NAME"):
            stop(name, f"can't be read; {example}")
        if value.startswith("sqlite") and config["NAME"] != ":memory:":
            config["NAME"] = str(base / config["NAME"])
        return config
