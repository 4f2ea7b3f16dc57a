"""Prepares the settings for `manage.py demo`: its own database, its own keys, and a fake Mixpanel."""

import os
import secrets
import socket
import sys
from pathlib import Path

import environ
from cryptography.fernet import Fernet

from fake_mixpanel.fake import FakeMixpanel
from widgets.management.private_files import create_private

KEYS_FILE = Path("demo.env")
LATENCY = 0.15
"""Seconds per query of the fake Mixpanel: short, but long enough that people see the progress signs."""

fake: FakeMixpanel | None = None


def prepare() -> None:
    """Sets every setting that the demo depends on, so that a `.env` has no effect on the demo."""
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
    read_keys()
    fake = FakeMixpanel().start()
    fake.latency = LATENCY
    os.environ |= {
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


def read_keys() -> None:
    """Sets the demo's keys. The keys are stored, so that the next start can read the stored secrets."""
    if not KEYS_FILE.exists():
        with os.fdopen(create_private(KEYS_FILE), "w") as file:
            keys = secrets.token_urlsafe(48), Fernet.generate_key().decode()
            file.write("SECRET_KEY={}\nFIELD_ENCRYPTION_KEYS={}\n".format(*keys))
    environ.Env.read_env(KEYS_FILE, overwrite=True)
