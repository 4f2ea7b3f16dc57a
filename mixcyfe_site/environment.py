"""Reads settings from the environment. A bad setting stops the program with a message that names the setting.

The message never contains the setting's value, which can be a password. django-environ parses `.env`, database URLs and
mail URLs. Its type conversions are not used: they read "perhaps" as False, "1e3" as 13 and "$NAME" as the setting NAME.
"""

import os
import re
import sys
import tomllib
import warnings
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet

T = TypeVar("T")
Rule = tuple[Callable[[str], Any], str]
"""Two parts: a function that converts a setting's text, and advice to show if the function raises an exception."""

ENGINES = {"sqlite": "mixcyfe_site.sqlite"} | dict.fromkeys(("postgres", "postgresql"), "mixcyfe_site.postgresql")
NAMES: set[str] = set()
"""The names of all settings that `setting` has read."""
ON_OFF = dict.fromkeys(("on", "true", "yes", "1"), True) | dict.fromkeys(("off", "false", "no", "0"), False)


def read_file(file: Path) -> None:
    """Adds the settings in `.env` to the environment. Settings that are already there keep their values."""
    try:
        lines = [line.lstrip() for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"MixCyfe can't start: {file.name} can't be read ({type(error).__name__}).")
    for at, line in enumerate(lines, 1):
        # Without this check, django-environ would print the bad line, which can contain a secret.
        if not re.match("$|#|(export )?[A-Za-z_0-9]+=", line):
            sys.exit(f"MixCyfe can't start: line {at} of {file.name} is not a setting; write NAME=value.")
    environ.Env.read_env(StringIO("\n".join(lines)))


def version(project: Path) -> str:
    """Returns the version in `pyproject.toml`, or "unknown" if the file can't be read."""
    try:
        return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"


def stop(name: str, why: str) -> NoReturn:
    sys.exit(f"MixCyfe can't start: the setting {name} {why}.")


def setting(name: str, kind: Rule, default: Any = None) -> Any:
    """Reads a setting and converts its value. Returns the default if the value is empty.

    If the variable NAME_FILE is set, it names a file, and this file contains the value. Otherwise, the variable NAME
    contains the value. Stops the program if the value is bad, and if the value is empty and there is no default.
    """
    NAMES.add(name)
    value, file = os.environ.get(name, "").strip(), os.environ.get(f"{name}_FILE")
    try:
        # Each process reads the settings, but a pipe can be read only once, so only a regular file is allowed.
        if file:
            value = check(Path(file), Path(file).is_file()).read_text("utf-8-sig").strip()
    except (OSError, ValueError):
        stop(f"{name}_FILE", "names a file that can't be read")
    if not value and default is not None:
        return default
    try:
        return kind[0](value)
    except Exception:  # noqa: BLE001 - any exception of a parser means a bad value
        stop(name, f"can't be used; {kind[1]}" if value else f"is missing; {kind[1]}")


def check(value: T, good: object) -> T:
    if not good:
        raise ValueError
    return value


def all_or_none(**values: object) -> None:
    """Stops the program if some of these settings are set and others are empty."""
    missing = [name for name, value in values.items() if not value]
    if missing and len(missing) < len(values):
        stop(missing[0], f"is missing; set all of {', '.join(values)}, or none of them")


def words(value: str, cast: Callable[[str], str] = str) -> list[str]:
    found = [cast(word.strip()) for word in value.split(",") if word.strip()]
    return check(found, found)


def fernet_keys(value: str) -> list[str]:
    for place, key in enumerate(words(value), 1):
        try:
            Fernet(key)
        except ValueError:
            stop("FIELD_ENCRYPTION_KEYS", f"has no Fernet key at place {place}; python manage.py new_key prints a key")
    return words(value)


def url(value: str, *schemes: str) -> str:
    parts = urlsplit(value.partition(";")[0])  # Celery allows several brokers, separated by semicolons
    return check(value, parts.scheme in schemes and parts.hostname and parts.port != 0)


def site(value: str) -> str:
    """Returns the address with a lower-case host and without a trailing slash. Raises ValueError for a bad address.

    Refuses @ and backslashes, because programs disagree on which part of such an address is the host.
    """
    parts = urlsplit(check(url(value, "http", "https"), not re.search(r"[\\@?#\s]", value)))
    return parts._replace(netloc=parts.netloc.lower()).geturl().rstrip("/")


def protected(value: str) -> str:
    return check(site(value), re.match(r"https:|http://(localhost|127(\.\d+){3}|\[::1\])(:|/|$)", site(value)))


def host(value: str) -> str:
    return check(value, re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*\.?|\[[\da-fA-F:.]+\]", value, re.ASCII))


def database(value: str) -> dict[str, Any]:
    # django-environ only warns if SQLite's address contains a host. Here, this is an error.
    with warnings.catch_warnings(action="error"):
        config: dict[str, Any] = environ.Env.db_url_config(value, ENGINES[value.partition(":")[0]])
    return check(config, config["NAME"] and (config["NAME"] != ":memory:" or ":memory:" in value))


def one_of(*choices: str) -> Rule:
    return lambda value: {each.lower(): each for each in choices}[value.lower()], f"write one of {', '.join(choices)}"


def number(least: float, most: int, kind: type = int, noun: str = "a whole number") -> Rule:
    return lambda value: check(kind(value), least <= kind(value) <= most), f"write {noun} from {least} to {most}"


ADDRESS = "write an address such as https://mixcyfe.example.com"

FLAG: Rule = lambda value: ON_OFF[value.lower()], "write on or off"
SECRET_KEY: Rule = (
    lambda value: check(value, len(value) >= 50 and len(set(value)) >= 5),  # as Django's check security.W009
    "write a random text of 50 characters or more (make run writes such a text into .env)",
)
FERNET_KEYS: Rule = (
    fernet_keys,
    "python manage.py new_key prints a key (keep this key: without it, the stored secrets are lost)",
)
HOSTS: Rule = lambda value: words(value, host), "write host names such as mixcyfe.example.com, without https:// or port"
SITE: Rule = site, ADDRESS
SITES: Rule = lambda value: words(value, site), ADDRESS
API_ROOT: Rule = protected, f"{ADDRESS} (http: is allowed only on this machine, because credentials are sent)"
ISSUER: Rule = (
    lambda value: protected(value) + "/" * value.endswith("/"),
    "write the provider's issuer, such as https://login.example.com (http: is allowed only on this machine)",
)
BROKER: Rule = (
    lambda value: url(value, "redis", "rediss", "sentinel", "amqp", "amqps"),
    "TASKS=celery needs the address of a broker, for example redis://127.0.0.1:6379/0",
)
TOKEN: Rule = (
    lambda value: check(value, len(value) >= 20 and len(set(value)) >= 5 and re.fullmatch("[!-~]+", value)),
    "write a random text of 20 characters or more, without spaces (python manage.py new_key prints such a text)",
)
MAIL_SERVER: Rule = (
    lambda value: environ.Env.email_url_config(url(value, "smtp", "smtp+tls", "smtp+ssl")),
    "write smtp+tls://user:password@mail.example.com:587 (or smtp+ssl:// for port 465)",
)
DATABASE: Rule = database, "write sqlite:///db.sqlite3 or postgres://user:password@host:5432/name"
