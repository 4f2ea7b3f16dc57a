"""Runs a check and collects its findings. A run ends within seconds, and printed findings contain no secrets."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connection

from widgets.accounts.client import harmless

PATIENCE = 5.0
"""The time limit of one check in seconds."""

SHORTEST_SECRET = 4
"""`without_secrets` does not replace shorter secrets, because they also occur in ordinary words."""


class Finding(NamedTuple):
    is_ok: bool
    about: str
    text: str

    def __str__(self) -> str:
        return without_secrets(harmless(f"{'ok ' if self.is_ok else 'fix'} {self.about}: {self.text}"))


Check = Callable[[], Iterator[Finding]]


def ok(about: str, text: str) -> Finding:
    return Finding(True, about, text)


def fix(about: str, text: str) -> Finding:
    """A fault that a person must repair. `text` names the fault and, after a colon, the repair."""
    return Finding(False, about, text)


def run(check: Check) -> list[Finding]:
    """Runs the check in a thread. If the thread takes longer than PATIENCE, one more finding reports the delay."""
    about = check.__name__.replace("_", " ")
    found: list[Finding] = []

    def collect() -> None:
        try:
            found.extend(check())
        except Exception as error:  # noqa: BLE001 - no check ends the others; the message could contain a secret
            found.append(fix(about, f"the check failed ({type(error).__name__}): please report this error."))
        finally:
            connection.close()

    thread = Thread(target=collect, name=f"doctor: {about}", daemon=True)
    thread.start()
    thread.join(PATIENCE + 0.5)
    if thread.is_alive():
        return [
            *found,
            fix(
                about,
                f"the check took longer than {PATIENCE:g} seconds: find out which server answers slowly.",
            ),
        ]
    return found


def without_secrets(text: str) -> str:
    """Replaces the settings' secrets with “…”, because error messages of a database or a mail server can quote them."""
    for secret in secrets():
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "…")
    return text


def secrets() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.FIELD_ENCRYPTION_KEYS
    for value in (settings.DATABASES["default"].get("PASSWORD"), settings.MAIL_SERVER.get("EMAIL_HOST_PASSWORD")):
        yield str(value or "")
    yield settings.OIDC_CLIENT_SECRET
    yield settings.METRICS_TOKEN
    for address in settings.BROKER_URL.split(";"):
        password = urlsplit(address).password or ""
        yield from (password, unquote(password))


def count(number: int, noun: str, many: str = "") -> str:
    """For example “1 widget” or “2 widgets”. `many`: an irregular plural."""
    return f"{number} {noun if number == 1 else many or noun + 's'}"
