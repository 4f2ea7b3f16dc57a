"""WSGI applications to compare MixCyfe with: bare bytes, a plain Django view, a connector without a cache."""

import os
from collections.abc import Callable, Iterable
from typing import Any

BODY = b"Date,Free,Team,Business\n" + b"20261101,174,116,35\n" * 30


def bare(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Shows the server's maximum rate: sends as many bytes as an answer to a poll, and does nothing else."""
    start_response("200 OK", [("Content-Type", "text/csv"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def django_view() -> Any:
    """A plain Django view, which reads its answer with one ORM query.

    It runs behind all of MixCyfe's middleware except MachineMiddleware, which would answer the polls itself.
    """
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "MachineMiddleware" not in name]
    settings.ROOT_URLCONF = "benchmarks.urls"
    return get_wsgi_application()


def asking(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Works like the connector of 2015: sends a query to Mixpanel on every poll."""
    from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME
    from widgets.mixpanel.auth import ServiceAccount
    from widgets.mixpanel.client import Client

    client = Client(
        ServiceAccount(DEMO_USERNAME, DEMO_SECRET),
        project_id=DEMO_PROJECT_ID,
        api_root=os.environ["MIXPANEL_API_ROOT"],
    )
    params = {"event": "Signed up", "on": 'properties["plan"]', "unit": "day", "type": "general"}
    answer = client.query("segmentation", params | {"from_date": "2026-10-01", "to_date": "2026-10-30"})
    body = repr(answer).encode()
    start_response("200 OK", [("Content-Type", "text/csv"), ("Content-Length", str(len(body)))])
    return [body]


def limited_pages() -> Any:
    """The site with a page cache of BENCH_PAGES bytes. With 0, every poll reads the database."""
    from mixcyfe_site.wsgi import application
    from widgets.poll import fast_path, page_cache
    from widgets.poll.changes import Changes

    page_cache.MAX_BYTES = int(os.environ["BENCH_PAGES"])
    if not page_cache.MAX_BYTES:
        fast_path.new_cache = lambda: page_cache.PageCache(Changes())
    return application


limited = limited_pages() if os.environ.get("BENCH_PAGES") else None
django = django_view() if os.environ.get("BENCH_DJANGO") else None
