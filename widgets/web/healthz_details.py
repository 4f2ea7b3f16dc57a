"""The details that `/healthz` adds for callers with METRICS_TOKEN."""

import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import Error, connection

from widgets.refresh import background
from widgets.refresh.clock import database_now


def details(missing: Collection[tuple[str, str]] | None) -> dict[str, Any]:
    """`missing`: the missing migrations, or None if the database does not answer. `refresh` is about this process."""
    return {
        "version": settings.VERSION,
        "migrations_missing": None if missing is None else [f"{app}.{name}" for app, name in sorted(missing)],
        **of_database(),
        "broker": broker() if settings.TASKS == "celery" else None,
        "refresh": background.refresher.state(),
    }


def of_database() -> dict[str, Any]:
    from widgets.web.site_metrics import oldest_overdue

    found: dict[str, Any] = {"database": {"ok": False}, "oldest_overdue_seconds": None}
    with suppress(Error):
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        took = (time.perf_counter() - began) * 1000
        found["database"] = {"ok": True, "milliseconds": round(took, 2), "kind": connection.vendor}
        found["oldest_overdue_seconds"] = round(oldest_overdue(database_now()))
    return found


def broker() -> dict[str, Any]:
    from widgets.refresh.worker import queued

    began = time.perf_counter()
    try:
        waiting = queued()
    except ConnectionError:
        return {"ok": False}
    return {"ok": True, "milliseconds": round((time.perf_counter() - began) * 1000, 2), "queued": waiting}
