"""Which threads are making an answer: somebody waits for them, so they wait for a mute database but briefly.

Work behind answers, workers and commands wait as long as the database needs.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
thread = threading.local()


def is_answering() -> bool:
    return getattr(thread, "answering", False)


class Answering:
    """Wraps a WSGI application. What runs once the answer has left (`close()`) is outside of it."""

    def __init__(self, application: WSGI) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        thread.answering = True
        try:
            return self.application(environ, start_response)
        finally:
            thread.answering = False
