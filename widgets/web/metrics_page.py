"""`/metrics` gives numbers to Prometheus, or to other callers with METRICS_TOKEN.

At most once per FRESH_SECONDS, one thread of this host computes the numbers that come from the database. Meanwhile,
other threads return the previous numbers, or wait for new numbers if the previous ones are older than USABLE_SECONDS.
"""

import hmac
import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse

from widgets.counting import polls

logger = logging.getLogger(__name__)

METRICS = "/metrics"
FRESH_SECONDS = 10
USABLE_SECONDS = 60
PLAIN = "text/plain; charset=utf-8"


def has_token(request: HttpRequest) -> bool:
    """Whether the request has the header `Authorization: Bearer METRICS_TOKEN`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    return bool(
        expected and scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), expected.encode())
    )


def metrics(request: HttpRequest) -> HttpResponse:
    response = answer(request)
    response.headers["Content-Length"] = str(len(response.content))
    if request.method == "HEAD":
        response.content = b""
    return response


def answer(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        return HttpResponse("Not found\n", PLAIN, 404)
    if request.method not in ("GET", "HEAD"):
        return HttpResponse("Only GET and HEAD are answered here.\n", PLAIN, 405, headers={"Allow": "GET, HEAD"})
    if not has_token(request):
        said = "Send the header Authorization: Bearer TOKEN, where TOKEN is the setting METRICS_TOKEN.\n"
        return HttpResponse(said, PLAIN, 401, headers={"WWW-Authenticate": "Bearer"})
    try:
        return HttpResponse(of_host() + of_site(), "text/plain; version=0.0.4; charset=utf-8")
    except OSError as error:
        logger.exception("/metrics: the folder for temporary files can't be used")
        said = f"The folder for temporary files (TMPDIR) can't be used: {error.strerror or error}.\n"
        return HttpResponse(said, PLAIN, 503)


class Given:
    """A Prometheus collector of metrics that are already computed."""

    def __init__(self, metrics: Iterable[Any]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterable[Any]:
        return self.metrics


def text(metrics: Iterable[Any]) -> bytes:
    from prometheus_client import generate_latest

    return generate_latest(Given(metrics))


def of_host() -> bytes:
    """The metrics of this host: the polls that it has answered, and MixCyfe's version."""
    from prometheus_client.core import CounterMetricFamily, InfoMetricFamily

    total = CounterMetricFamily("mixcyfe_polls", "Polls that this host has answered, by outcome.", labels=("outcome",))
    for outcome, number in polls.counted().items():
        total.add_metric((outcome,), number)
    return text([total, InfoMetricFamily("mixcyfe", "The version of MixCyfe.", value={"version": settings.VERSION})])


def of_site() -> bytes:
    """The metrics that come from the database."""
    from widgets.counting.folder import folder, locked, write

    path = folder()
    page = path / "site.txt"
    if known := read(page, FRESH_SECONDS):
        return known
    last = read(page, USABLE_SECONDS)
    with locked(path / "site.lock", wait=not last) as is_ours:
        if last and not is_ours:
            return last
        # While this thread waited for the lock, another thread might have computed the metrics.
        found = read(page, FRESH_SECONDS) or compute(path / "calls.json")
        write(page, found)
        return found


def compute(totals: Path) -> bytes:
    """`totals`: the file that keeps the totals of calls between two runs (see `site_metrics.collect`)."""
    from widgets.counting.folder import store, stored
    from widgets.web.site_metrics import collect

    try:
        found, kept = collect(stored(totals))
    except Error:
        logger.exception("/metrics: no database")
        return database_is(well=False)
    store(totals, kept)
    return text(found) + database_is(well=True)


def read(file: Path, seconds: float) -> bytes:
    """The content of the file if it was written less than `seconds` ago, else empty."""
    try:
        age = time.time() - file.stat().st_mtime
        return file.read_bytes() if -1 < age < seconds else b""
    except FileNotFoundError:
        return b""


def database_is(*, well: bool) -> bytes:
    from prometheus_client.core import GaugeMetricFamily

    return text([GaugeMetricFamily("mixcyfe_database_up", "1 if the database answered, else 0.", value=well)])
