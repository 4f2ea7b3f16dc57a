"""Learns of PostgreSQL's changes over one connection per process: triggers NOTIFY, and this process LISTENs.

Several times per second, the process checks that the connection works and that the triggers exist. Without a recent
proof, polls read the database: in a process that was paused, behind a pooler (which loses notifications), or before the
migrations ran.
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
"""Every host answers 404 this soon after an address is replaced or paused, even if a host's connection breaks."""

PROVE_EVERY = 0.25
RECONNECT_AFTER = 1

GIVEN_UP_AFTER = 5
"""Seconds. A new connection replaces one that is silent for longer. Otherwise a proxy could keep a dead connection open
forever, and acknowledge data that the proxy never passes on."""

CHANNEL = "widgets_polls"
TABLES = ("widgets_widget", "widgets_project", "widgets_snapshot", "widgets_rendering")
TRIGGERS = 2 * len(TABLES)
"""The migration `poll_triggers` makes one trigger per table for changed rows, and one for TRUNCATE."""

PROOF = f"""
SELECT pg_backend_pid(), array_agg(oid || ' ' || xmin ORDER BY oid) FROM pg_trigger
WHERE tgrelid IN ({", ".join(f"to_regclass('{table}')" for table in TABLES)})
AND tgname LIKE 'widgets\\_polls%' AND tgenabled IN ('O', 'A')
"""  # noqa: S608 - only constants


class NoProof(Exception):
    """PostgreSQL is behind a pooler, so this process would miss changes."""


class PostgresChanges(Changes):
    """Starts its thread on first use, which is after a server has forked."""

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
            # The process is stopping, or has too many threads. Polls then read the database.
            logger.warning("the thread that listens for changes could not start")

    def _run(self) -> None:
        while True:
            try:
                with connection.wrap_database_errors:
                    self._listen()
            except NoProof as reason:
                logger.warning("every poll reads the database: %s", reason)
                return
            except Exception:
                logger.exception("polls read the database until PostgreSQL tells this process of changes again")
            finally:
                self._proven_at = -math.inf
                connection.close()
            time.sleep(RECONNECT_AFTER)

    def _listen(self) -> None:
        """Records changes. Ends only with an exception."""
        connection.ensure_connection()
        link = connection.connection
        link.longest_silence = GIVEN_UP_AFTER
        link.execute(f"LISTEN {CHANNEL}")
        self.record()  # anything may have changed before LISTEN
        known: Any = None
        while True:
            began = time.monotonic()
            pid, triggers = link.execute(PROOF).fetchone()
            if pid != link.info.backend_pid:
                raise NoProof("PostgreSQL is behind a pooler, which does not pass on its notifications")
            if known != triggers:
                # pg_restore made the tables anew, or a trigger was switched off or on (then its xmin differs).
                known = triggers
                self.record()
            # The server sends its notifications before it answers a statement, so all changes up to `began` are here.
            for told in link.notifies(timeout=0):
                self.record(told.payload or None)
            if len(triggers or ()) == TRIGGERS:
                self._proven_at = began
            for told in link.notifies(timeout=PROVE_EVERY):
                self.record(told.payload or None)
