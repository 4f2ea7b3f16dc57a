"""Django's PostgreSQL backend, with two additions.

Threads that answer requests stop waiting for an unresponsive server after 3 seconds. `prepared_cursor` makes
frequent statements several times faster.
"""

import math
import time
from collections.abc import Generator
from functools import partial
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from mixcyfe_site.postgresql.unresponsive import CONNECT_SECONDS, PATIENCE, ServerCheck, Unresponsive
from widgets.refresh.answering import is_answering

server_check = ServerCheck()


class Connection(psycopg.Connection[Any]):
    longest_silence = math.inf
    """After this many seconds without data, a wait fails and closes the connection. `changes_postgres` sets a limit."""

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """psycopg calls this for every wait of the connection."""
        if is_answering():
            server_check.check()
        elif self.longest_silence == math.inf:
            return super().wait(gen, *args, **kwargs)
        return super().wait(self.watched(gen), *args, **kwargs)

    def watched(self, gen: Any) -> Generator[Any, Any, Any]:
        """Runs psycopg's generator, which wakes every 0.1 s.

        After PATIENCE without data, a thread that answers requests checks the server.
        """
        heard_at = time.monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard_at = time.monotonic()
                else:
                    self.check(silence=time.monotonic() - heard_at)
                state = gen.send(ready)
        except StopIteration as end:
            return end.value
        except Unresponsive:
            # A statement is still running on this connection, so no other statement may use the connection.
            self.close()
            raise

    def check(self, *, silence: float) -> None:
        if silence > self.longest_silence:
            raise Unresponsive
        if silence > PATIENCE and is_answering():
            server_check.check_again()


class DatabaseWrapper(base.DatabaseWrapper):
    Database: Any = SimpleNamespace(**vars(psycopg) | {"connect": Connection.connect})

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        server_check.connect = partial(psycopg.connect, **conn_params | {"connect_timeout": CONNECT_SECONDS})
        if not is_answering():
            return self.without_prepared_at_pooler(super().get_new_connection(conn_params))
        server_check.check()
        try:
            return self.without_prepared_at_pooler(super().get_new_connection(conn_params))
        except psycopg.errors.ConnectionTimeout:
            server_check.record(unresponsive=True)
            raise

    @staticmethod
    def without_prepared_at_pooler(connection: "psycopg.Connection[Any]") -> "psycopg.Connection[Any]":
        """Prepares no statements behind a pooler such as PgBouncer: the next statement may run in another session.

        A pooler is recognized by its greeting: the process id there is not the server's.
        """
        if connection.prepare_threshold is not None:
            connection.autocommit = True
            answered = connection.execute("SELECT pg_backend_pid()").fetchone()
            if answered != (connection.info.backend_pid,):
                connection.prepare_threshold = None
        return connection

    def prepared_cursor(self) -> Any:
        """A cursor whose statements the server parses and plans once per connection. Its results are binary."""
        if self.queries_logged:
            return self.cursor()  # Django's log shows only the statements of Django's cursors
        self.close_if_health_check_failed()
        self.ensure_connection()
        cursor: Any = psycopg.Cursor(self.connection)
        cursor.format = psycopg.pq.Format.BINARY
        return self.make_cursor(cursor)
