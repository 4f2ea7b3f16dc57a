"""Notices PostgreSQL's changes through one connection per process: triggers send NOTIFY, and this process LISTENs.

Several times per second, the process checks that the connection works and that the triggers exist. If the last
successful check is too old, polls read the database: for example, after the process was paused, behind a connection
pooler (which loses notifications), and before the migrations have run.
"""

import logging
import math
import threading
import time
from typing import Any

from django.db import connection

from widgets.poll.changes import Changes
from widgets.refresh import background

logger = logging.getLogger(__name__)

TRUSTED_SECONDS = 0.9
"""A successful check is valid for this long. So all hosts answer 404 for a paused widget or a replaced address within
this time, even if a host's connection is broken."""

PROVE_EVERY_SECONDS = 0.25
RECONNECT_AFTER_SECONDS = 1

GIVEN_UP_AFTER = 5
"""After this many seconds without an answer, the process opens a new connection, because a proxy could keep a dead
connection open and acknowledge data that never reaches PostgreSQL."""

CHANNEL = "widgets_polls"
TABLES = ("widgets_widget", "widgets_project", "widgets_snapshot", "widgets_rendering")
TRIGGERS = 2 * len(TABLES)
"""Each table has one trigger for changed rows and one for TRUNCATE."""

PROOF = f"""
SELECT pg_backend_pid(), array_agg(oid || ' ' || xmin ORDER BY oid) FROM pg_trigger
WHERE tgrelid IN ({", ".join(f"to_regclass('{table}')" for table in TABLES)})
AND tgname LIKE 'widgets\\_polls%' AND tgenabled IN ('O', 'A')
"""  # noqa: S608 - only constants


class PostgresChanges(Changes):
    """Receives changes in a thread, which starts at the first poll: by then, the server has forked its processes."""

    def __init__(self) -> None:
        super().__init__()
        self._proven_at = -math.inf
        self._thread: threading.Thread | None = None

    def latest(self) -> int | None:
        if time.monotonic() - self._proven_at < TRUSTED_SECONDS:
            return self._latest
        if self._thread is None and background.threads():
            self._start()
        return None

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="poll-changes", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            # The process is stopping, or has too many threads. Polls read the database.
            logger.warning("the thread that listens for changes could not start")

    def _run(self) -> None:
        while True:
            try:
                with connection.wrap_database_errors:
                    self._listen()
            except Exception:
                logger.exception("polls read the database until this process receives PostgreSQL's changes again")
            else:
                return
            finally:
                self._proven_at = -math.inf
                connection.close()
            time.sleep(RECONNECT_AFTER_SECONDS)

    def _listen(self) -> None:
        """Records changes until an exception is raised. Returns if a connection pooler would hide changes."""
        connection.ensure_connection()
        link = connection.connection
        link.longest_silence = GIVEN_UP_AFTER
        link.execute(f"LISTEN {CHANNEL}")
        self.record()  # every row might have changed before LISTEN
        known: Any = None
        while True:
            began = time.monotonic()
            pid, triggers = link.execute(PROOF).fetchone()
            if pid != link.info.backend_pid:
                logger.warning(
                    "every poll reads the database: "
                    "PostgreSQL is behind a pooler, which does not forward PostgreSQL's notifications"
                )
                return
            if known != triggers:
                # Some changes might have been missed: for example, pg_restore recreated the tables, or a trigger was
                # disabled for a while, which changes its `xmin`.
                known = triggers
                self.record()
            # PostgreSQL sends waiting notifications before the end of the answer to PROOF. So this process has now
            # received all changes that were made before `began`.
            for told in link.notifies(timeout=0):
                self.record(told.payload or None)
            if len(triggers or ()) == TRIGGERS:
                self._proven_at = began
            for told in link.notifies(timeout=PROVE_EVERY_SECONDS):
                self.record(told.payload or None)
