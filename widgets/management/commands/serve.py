"""`manage.py serve` applies missing migrations, then starts the web server granian."""

import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from widgets.web.healthz import missing_migrations, write_problem


class Command(BaseCommand):
    help = (
        "Applies missing migrations, then starts the web server granian. After a signal to stop, the server completes "
        "the running requests first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="number of server processes")
        parser.add_argument("--threads", type=int, default=8, help="number of requests per process at the same time")

    def handle(self, *args: Any, **options: Any) -> None:
        check_free(options["host"], options["port"])
        self.migrate()
        command = granian(options["host"], options["port"], options["workers"], options["threads"])
        # Polls are allowed to wait for Mixpanel in at most half of the threads. With one or two threads, no poll waits.
        may_wait = options["threads"] // 2 if options["threads"] > 2 else 0
        os.environ["WAITING_POLLS"] = str(min(settings.WAITING_POLLS, may_wait))
        os.execv(command[0], command)  # noqa: S606 - granian replaces this process, so that granian gets the signals

    def migrate(self) -> None:
        """Changes data only if migrations are missing. So MixCyfe also starts with a full or read-only disk."""
        try:
            if missing_migrations():
                call_command("migrate", interactive=False, verbosity=0)
            elif problem := write_problem():
                self.stderr.write(f"MixCyfe serves only the stored data; {problem}.")
        except DatabaseError as error:
            said = " ".join(str(error).split())
            raise CommandError(
                f"Can't serve: the database can't be reached, or can't be written. The database's error: {said}"
            ) from None


def check_free(host: str, port: int) -> None:
    """Raises CommandError if the server can't listen here, for example because another program uses the port.

    Without this check, two granians could share a port (SO_REUSEPORT), and each would get some of the polls.
    """
    if not 0 < port < 65536:
        raise CommandError(f"Can't serve on {host}:{port}: ports go from 1 to 65535. Choose another port with --port.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        said = f"Can't serve on {host}:{port}: {error.strerror}. Choose another address with --host and --port."
        raise CommandError(said) from None


def granian(host: str, port: int, workers: int, threads: int) -> list[str]:
    """The command line that starts the web server granian."""
    log_config = f"--log-config={settings.BASE_DIR / 'mixcyfe_site/granian_logs.json'}"
    return [
        sys.executable,
        "-m",
        "granian",
        "--interface=wsgi",
        f"--host={host}",
        f"--port={port}",
        f"--workers={workers}",
        f"--blocking-threads={threads}",
        "--respawn-failed-workers",
        "--no-ws",
        "--log-level=error",
        *([log_config] if settings.LOG_FORMAT == "json" else []),
        "mixcyfe_site.wsgi:application",
    ]
