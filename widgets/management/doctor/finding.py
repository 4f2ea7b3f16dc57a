"""Findings, and the run of a check: a run ends within seconds, raises nothing, and prints no secrets."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connection

from widgets.accounts.client import harmless

PATIENCE = 5.0
"""Seconds for one check."""

SHORTEST_SECRET = 4


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
    """`text` names the fault and, after a colon, the repair."""
    return Finding(False, about, text)


def run(check: Check) -> list[Finding]:
    """Runs a check in a thread. Returns its findings, or one finding that the check took longer than PATIENCE."""
    about = check.__name__.replace("_", " ")
    found: list[Finding] = []

    def collect() -> None:
        try:
            found.extend(check())
        except Exception as error:  # noqa: BLE001 - no check may end the others; the words may hold a secret
            found.append(fix(about, f"the check failed ({type(error).__name__}): read the log, or report the error."))
        finally:
            connection.close()

    thread = Thread(target=collect, name=f"doctor: {about}", daemon=True)
    thread.start()
    thread.join(PATIENCE + 0.5)
    if thread.is_alive():
        return [
            *found,
            fix(
                about, f"no answer within {PATIENCE:g} seconds: find out whether the server that it asks is overloaded."
            ),
        ]
    return found


def without_secrets(text: str) -> str:
    """The text with its secrets hidden. A message of a database, a mail server or a provider may quote secrets."""
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


def count(number: int, what: str, many: str = "") -> str:
    """A number with its noun: “1 widget”, “2 widgets”. `many`: the plural, if it does not end in s."""
    return f"{number} {what if number == 1 else many or what + 's'}"
