"""Django's PostgreSQL, but a thread that is making an answer gives up on a mute server within three seconds."""

import time
from collections.abc import Generator
from functools import partial
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from mixcyfe_site.postgresql.silence import LOOK_SECONDS, PATIENCE, Mute, Silence
from widgets.refresh.answering import is_answering

silence = Silence()


class Connection(psycopg.Connection[Any]):
    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """All that the connection waits for goes through here."""
        if not is_answering():
            return super().wait(gen, *args, **kwargs)
        silence.check()
        return super().wait(self.watched(gen), *args, **kwargs)

    def watched(self, gen: Any) -> Generator[Any, Any, Any]:
        """psycopg's generator `gen`, which hears every tenth of a second that nothing came, until that is too often."""
        heard_at = time.monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > PATIENCE:
                    silence.check_again()
                state = gen.send(ready)
        except StopIteration as end:
            return end.value
        except Mute:
            # In the middle of an exchange: no other may begin on this connection.
            self.close()
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    Database: Any = SimpleNamespace(**vars(psycopg) | {"connect": Connection.connect})

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        silence.connect = partial(psycopg.connect, **conn_params | {"connect_timeout": LOOK_SECONDS})
        if not is_answering():
            return super().get_new_connection(conn_params)
        silence.check()
        try:
            return super().get_new_connection(conn_params)
        except psycopg.errors.ConnectionTimeout:
            silence.note(mute=True)
            raise
