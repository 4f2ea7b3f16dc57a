"""Reads one setting of each kind from the environment; a bad one ends the program with one plain line.

`ImproperlyConfigured` would print a traceback, in which the line that helps is the last of sixty.
"""

import os
import re
import sys
import warnings
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet

NEW_KEY = "python manage.py new_key prints one"
HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
MAILERS = ("smtp", "smtp+tls", "smtp+ssl")
POSTGRESQL = {
    "connect_timeout": 2,
    # A host that is gone, not only silent: what we sent is not acknowledged, or a long wait is not.
    "tcp_user_timeout": 5000,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
STATEMENT_TIMEOUT = "-c statement_timeout=30s"
KEY_LENGTH = 50
KEY_CHARACTERS = 5
"""What Django's own check (security.W009) asks of a SECRET_KEY: its length, and how many of its characters differ."""
BROKERS = ("redis", "rediss", "sentinel", "amqp", "amqps", "memory")


def stop(name: str, why: str) -> NoReturn:
    sys.exit(f"MixCyfe can't start: the setting {name} {why}.")


def is_broker(value: str) -> bool:
    scheme, separator, rest = value.partition("://")
    if scheme not in BROKERS or not separator:
        return False
    try:
        return ";" in rest or urlsplit(value).port != 0
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether what is sent to this host stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Environment:
    """Named by what a value is; all take `default`, and where it is None the setting is required."""

    def __init__(self, file: Path | None = None) -> None:
        """`file` is read first; what the environment says wins."""
        if file is None or not file.exists():
            return
        try:
            environ.Env.read_env(file)
        except (OSError, UnicodeDecodeError) as error:
            sys.exit(f"MixCyfe can't start: {file.name} can't be read ({type(error).__name__}).")

    def raw(self, name: str) -> str:
        # Not environ.Env.str, which takes a value that begins with $ for the name of another variable.
        return os.environ.get(name, "").strip()

    def text(self, name: str, *, default: str | None, how: str) -> str:
        value = self.raw(name)
        if not value and default is None:
            stop(name, f"is missing ({how})")
        return value or default or ""

    def secret_key(self, name: str, *, default: str | None) -> str:
        """A value that nobody guesses. It stays unsaid."""
        value = self.text(name, default=default, how="make run writes one into .env")
        if value != default and (len(value) < KEY_LENGTH or len(set(value)) < KEY_CHARACTERS):
            stop(name, f"can be guessed; write {KEY_LENGTH} characters or more (make run writes one into .env)")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.raw(name).lower()
        if value in ("", "on", "true", "yes", "1"):
            return bool(value) or default
        if value in ("off", "false", "no", "0"):
            return False
        return stop(name, f"is {value!r}; write on or off")

    def one_of(self, name: str, allowed: tuple[str, ...], *, default: str) -> str:
        value = self.raw(name) or default
        for choice in allowed:
            if value.lower() == choice.lower():
                return choice
        return stop(name, f"is {value!r}; write one of {', '.join(allowed)}")

    def words(self, name: str, *, default: list[str]) -> list[str]:
        value = self.raw(name)
        return [word.strip() for word in value.split(",") if word.strip()] or default

    def hosts(self, name: str, *, default: list[str]) -> list[str]:
        hosts = self.words(name, default=default)
        for host in hosts:
            if not HOST.fullmatch(host):
                stop(name, f"holds {host!r}; write names such as mixcyfe.example.com, without https:// and port")
        return hosts

    def origins(self, name: str, *, default: list[str]) -> list[str]:
        origins = self.words(name, default=default)
        for origin in origins:
            if not re.match(r"https?://[^/\s]", origin):
                stop(name, f"holds {origin!r}; write addresses such as https://mixcyfe.example.com")
        return origins

    def broker(self, name: str, *, required: bool) -> str:
        """Celery's broker. The value stays unsaid: it may hold a password."""
        example = "TASKS=celery needs a Redis, for example redis://127.0.0.1:6379/0"
        value = self.text(name, default=None if required else "", how=example)
        if value and not is_broker(value):
            stop(name, f"is no broker's address; {example}")
        if required and not (find_spec("celery") and find_spec("redis")):
            stop("TASKS", "is celery, which is not installed; pip install -r requirements-cluster.lock")
        return value

    def seconds(self, name: str, *, default: float, least: float) -> float:
        value = self.raw(name) or str(default)
        try:
            seconds = float(value)
        except ValueError:
            stop(name, f"is {value!r}; write a number of seconds, for example {default}")
        if not least <= seconds <= 3600:
            stop(name, f"is {value}; write a number of seconds from {least} to 3600")
        return seconds

    def number(self, name: str, *, default: int, most: int) -> int:
        """A whole number from 0."""
        value = self.raw(name) or str(default)
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) <= most):
            stop(name, f"is {value!r}; write a whole number from 0 to {most}, for example {default}")
        return int(value)

    def url(self, name: str, *, default: str) -> str:
        """An http or https address without a trailing slash."""
        value = (self.raw(name) or default).rstrip("/")
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.query
        except ValueError:
            good = False
        if "\\" in value or "@" in value:
            # Programs disagree on what the host is then. The value stays unsaid: it may hold a password.
            stop(name, "holds a user name or a backslash; write an address such as https://mixcyfe.example.com")
        if value and (not good or any(c.isspace() for c in value)):
            stop(name, f"is {value!r}; write an address such as https://mixcyfe.example.com")
        return value

    def api_root(self, name: str) -> str:
        """Where credentials are sent to: over TLS, or to this machine."""
        value = self.url(name, default="")
        parts = urlsplit(value)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            stop(name, "would send credentials in clear; write an https: address (http: to 127.0.0.1 alone)")
        return value

    def email(self, name: str) -> dict[str, Any]:
        """Django's settings for a mail server, if there is one. The value stays unsaid: it holds a password."""
        value = self.raw(name)
        if not value:
            return {}
        example = "write smtp+tls://user:password@mail.example.com:587 (smtp+ssl:// for port 465)"
        try:
            good = value.partition("://")[0] in MAILERS and urlsplit(value).hostname and urlsplit(value).port != 0
            config: dict[str, Any] = environ.Env.email_url_config(value) if good else {}
        except Exception:  # noqa: BLE001 - whatever the parser stumbles over, the value is at fault
            config = {}
        if not config:
            stop(name, f"is no mail server's address; {example}")
        return {key: setting for key, setting in config.items() if key.startswith("EMAIL_") and key.isupper()}

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
        value = self.raw(name) or default
        example = "write sqlite:///db.sqlite3 or postgres://user:password@host:5432/name"
        if value.split(":", 1)[0] not in ("sqlite", "postgres", "postgresql"):
            stop(name, f"names no database that MixCyfe runs on; {example}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what is wrong is said below, in one line
                config: dict[str, Any] = environ.Env.db_url_config(value)
        except Exception:  # noqa: BLE001 - whatever the parser stumbles over, the value is at fault
            config = {}
        if not config.get("NAME") or (config["NAME"] == ":memory:" and ":memory:" not in value):
            stop(name, f"can't be read; {example}")
        if value.startswith("postgres"):
            if not find_spec("psycopg"):
                stop(name, "needs PostgreSQL's driver; pip install -r requirements-cluster.lock")
            config["ENGINE"] = "mixcyfe_site.postgresql"
            given = config.get("OPTIONS", {})
            # Of two in `options` PostgreSQL takes the last.
            statements = f"{STATEMENT_TIMEOUT} {given.get('options', '')}".strip()
            config["OPTIONS"] = POSTGRESQL | given | {"options": statements}
        if value.startswith("sqlite"):
            config["ENGINE"] = "mixcyfe_site.sqlite"
        if value.startswith("sqlite") and config["NAME"] != ":memory:":
            file = base / config["NAME"]
            if not file.parent.is_dir():
                stop(name, f"names a folder that is not there: {file.parent}")
            config["NAME"] = str(file)
        return config
