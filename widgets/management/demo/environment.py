"""Prepares the settings for `manage.py demo`: its own database, its own keys, and a fake Mixpanel."""

import os
import secrets
import socket
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from fake_mixpanel.fake import FakeMixpanel
from widgets.management.private_files import create_private

KEYS_FILE = Path("demo.env")
LATENCY = 0.15
"""Seconds per query of the fake Mixpanel: short, but long enough to see the waiting."""

fake: FakeMixpanel | None = None


def prepare() -> None:
    """Sets every setting that the demo depends on, so that a `.env` has no effect on it."""
    global fake  # noqa: PLW0603 - one process, one demo
    port = os.environ.get("PORT", "8000")
    if not port.isdigit() or not 0 < int(port) < 65536:
        sys.exit(f"MixCyfe's demo can't start: PORT is {port!r}. Write a number, for example PORT=8000.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError:
            sys.exit(f"MixCyfe's demo can't start: port {port} is taken. Choose another: make demo PORT=8001")
    secret_key, field_key = stored_keys()
    fake = FakeMixpanel().start()
    fake.latency = LATENCY
    os.environ |= {
        "SECRET_KEY": secret_key,
        "FIELD_ENCRYPTION_KEYS": field_key,
        "DATABASE_URL": "sqlite:///demo.sqlite3",
        "SQLITE_JOURNAL": "wal",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "",
        "CSRF_TRUSTED_ORIGINS": "",
        "DEBUG": "off",
        "TASKS": "inline",
        "LOG_LEVEL": "WARNING",
        "TRUST_PROXY": "off",
        "MIXPANEL_API_ROOT": fake.url,
        "PORT": port,
    }


def stored_keys() -> tuple[str, str]:
    """The demo's keys. They are stored, so that a second start can read the secrets of the first."""
    if KEYS_FILE.exists():
        lines = dict(line.split("=", 1) for line in KEYS_FILE.read_text().splitlines() if "=" in line)
        if {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS"} <= set(lines):
            return lines["SECRET_KEY"], lines["FIELD_ENCRYPTION_KEYS"]
    keys = secrets.token_urlsafe(48), urlsafe_b64encode(secrets.token_bytes(32)).decode()
    KEYS_FILE.unlink(missing_ok=True)
    with os.fdopen(create_private(KEYS_FILE), "w") as file:
        file.write(f"SECRET_KEY={keys[0]}\nFIELD_ENCRYPTION_KEYS={keys[1]}\n")
    return keys
