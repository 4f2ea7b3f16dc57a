"""Prepares `manage.py demo`: starts the fake Mixpanel, and sets a separate database and separate keys."""

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
"""Seconds that the fake Mixpanel takes per query, so that the demo shows how pages wait for queries."""

fake: FakeMixpanel | None = None


def prepare() -> None:
    """Starts the fake Mixpanel, and sets the settings that the demo depends on, so that `.env` can't change these."""
    global fake  # noqa: PLW0603 - one process, one demo
    port = os.environ.get("PORT", "8000")
    if not port.isdigit() or not 0 < int(port) < 65536:
        sys.exit(f"MixCyfe's demo can't start: PORT is {port!r}. Write a number from 1 to 65535, such as PORT=8000.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError:
            sys.exit(f"MixCyfe's demo can't start: port {port} is in use. Choose another port: make demo PORT=8001")
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
    """Only the first start creates keys, so that the next start can decrypt the secrets in the demo's database."""
    if not KEYS_FILE.exists():
        with os.fdopen(create_private(KEYS_FILE), "w") as file:
            keys = secrets.token_urlsafe(48), Fernet.generate_key().decode()
            file.write("SECRET_KEY={}\nFIELD_ENCRYPTION_KEYS={}\n".format(*keys))
    environ.Env.read_env(KEYS_FILE, overwrite=True)
