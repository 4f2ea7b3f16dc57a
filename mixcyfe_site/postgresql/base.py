"""Django's PostgreSQL backend, with two additions.

Threads that answer requests wait at most 3 seconds for an unresponsive server. `prepared_cursor` makes frequent
statements faster.
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
    """If the server sends no data for this many seconds, a wait fails and the connection closes."""

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """psycopg calls this method whenever it must wait for the server."""
        if is_answering():
            server_check.check()
        elif self.longest_silence == math.inf:
            return super().wait(gen, *args, **kwargs)
        return super().wait(self.watched(gen), *args, **kwargs)

    def watched(self, gen: Any) -> Generator[Any, Any, Any]:
        """Runs psycopg's generator, and checks the server while the server is silent.

        psycopg resumes this generator at least every 0.1 seconds.
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
            # A statement might still run on this connection, so no other statement can use the connection.
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
        """Switches off prepared statements if the connection leads to a pooler such as PgBouncer.

        Behind a pooler, the next statement might run in a session that lacks the prepared statement. The connection
        leads to a pooler if the process id that it received at its start is not the server's process id.
        """
        if connection.prepare_threshold is not None:
            connection.autocommit = True
            answered = connection.execute("SELECT pg_backend_pid()").fetchone()
            if answered != (connection.info.backend_pid,):
                connection.prepare_threshold = None
        return connection

    def prepared_cursor(self) -> Any:
        """Returns a cursor with binary results. Without a pooler, the server parses a statement once per connection."""
        if self.queries_logged:
            return self.cursor()  # Django logs only the statements of its own cursors
        self.close_if_health_check_failed()
        self.ensure_connection()
        cursor: Any = psycopg.Cursor(self.connection)
        cursor.format = psycopg.pq.Format.BINARY
        return self.make_cursor(cursor)
