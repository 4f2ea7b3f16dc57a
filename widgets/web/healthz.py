"""`/healthz` checks that the database answers, has all migrations, and can be written.

Callers with METRICS_TOKEN get the problem in words and the details of `healthz_details`; others get "ok" or "not ok".
Strangers can call this page very often, so the page never writes to the database and never takes the write lock.
"""

import errno
import logging
import math
import os
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse

from widgets.web.healthz_details import details
from widgets.web.metrics_page import has_token

logger = logging.getLogger(__name__)

FULL = "nothing can be written: the disk is full"
READ_ONLY = "nothing can be written: the database is read-only"
TRIED_AGAIN = 5
"""A result of `disk_problem` is used for this many seconds."""

TRIED_BYTES = 256 * 1024
tried: tuple[float, str] = (-math.inf, "")
"""When `disk_problem` last ran, and its result."""


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """All migrations of the installed apps. Each process reads them from the disk only once."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def missing_migrations() -> frozenset[tuple[str, str]]:
    """The migrations that the database does not have yet. Raises django.db.Error."""
    return known_migrations() - set(MigrationRecorder(connection).applied_migrations())


def unknown_migrations() -> list[str]:
    """The migrations of `widgets` that the database has, but this version does not have. Raises django.db.Error."""
    applied = set(MigrationRecorder(connection).applied_migrations()) - known_migrations()
    return sorted(name for app, name in applied if app == "widgets")


def write_problem() -> str:
    """The reason why MixCyfe can't write to the database; empty if none is known. Raises django.db.Error."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            return READ_ONLY if cursor.fetchone()[0] == "on" else ""
    database = Path(connection.settings_dict["NAME"])
    if not database.exists():  # in memory
        return ""
    global tried  # noqa: PLW0603 - one result per process
    if time.monotonic() - tried[0] >= TRIED_AGAIN:
        tried = time.monotonic(), disk_problem(database)
    return tried[1]


def disk_problem(database: Path) -> str:
    """Writes a temporary file beside the database, because a test in the database would need SQLite's lock."""
    try:
        if not os.access(database, os.W_OK):
            return READ_ONLY
        with TemporaryFile(dir=database.parent) as file:
            file.write(bytes(TRIED_BYTES))
    except OSError as error:
        return FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else READ_ONLY
    return ""


def healthz(request: HttpRequest) -> JsonResponse:
    """Answers 200, or logs the problem and answers 503."""
    missing = None
    try:
        missing = missing_migrations()
        problem = "migrations missing: run manage.py migrate" if missing else write_problem()
    except Error:
        problem = "no database"
        logger.exception("/healthz: %s", problem)
    else:
        if problem:
            logger.error("/healthz: %s", problem)
    if has_token(request):
        said = {"status": problem or "ok"} | details(missing)
    else:
        said = {"status": "not ok" if problem else "ok"}
    return JsonResponse(said, status=503 if problem else 200)
