"""Makes a Table of a widget and its snapshot, writes it in one format, and keeps the bytes until either changes."""

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InternalError, OperationalError

from widgets import charts
from widgets.cyfe import Table, lay_out, table_as_json, write_csv
from widgets.models import Rendering, Widget
from widgets.poll.row import PollRow
from widgets.refresh import answering
from widgets.report import Report, ReportError
from widgets.reports import REPORT_TYPES
from widgets.spec import WidgetSpec
from widgets.transforms import Dropped, cleaned

logger = logging.getLogger(__name__)

LOCKS = tuple(threading.Lock() for _ in range(64))
"""One per widget (some share one): one thread lays out new data, others that poll the same widget wait for it."""


def write_json(table: Table) -> bytes:
    """JSON without its closing brace: each answer adds the age of its data (see `response`)."""
    content = {"title": table.title, "chart": table.chart} | table_as_json(table)
    return json.dumps(content, ensure_ascii=True, allow_nan=False)[:-1].encode()


WRITERS: dict[str, Callable[[Table], bytes]] = {"csv": write_csv, "json": write_json, "svg": charts.draw}
"""Format → the function that writes a Table in it."""

FORMATS = tuple(WRITERS)


@dataclass(frozen=True, slots=True)
class View:
    """The part of a stored report that a widget shows, and the labels that cleaning removed."""

    report: Report
    dropped: list[Dropped]


def view(report: Report, spec: WidgetSpec) -> View:
    """Raises ReportError when the data can't be shown as the widget wants."""
    kind = REPORT_TYPES[spec.report]
    return View(*cleaned(kind.view(report, spec), spec, kind.sort))


def render(row: PollRow, format: str) -> None:
    """Makes the rendering that `row` lacks, stores it, and puts it into `row`; one thread per widget at a time.

    Where the new data can't be drawn, the widget's last good rendering stays, and `problem` says why.
    """
    with LOCKS[row.widget_id % len(LOCKS)]:
        widget = Widget.objects.select_related("snapshot").defer("snapshot__report_json").get(pk=row.widget_id)
        snapshot = widget.snapshot
        if snapshot is None or snapshot.fetched_at is None:
            return
        row.widget_version, row.snapshot_id, row.snapshot_version = widget.version, snapshot.pk, snapshot.version
        kept = Rendering.objects.filter(widget=widget, format=format, source_version=row.current_source_version).first()
        if kept is None and (report := snapshot.report) is not None:
            kept = made(widget, report, row, format)
        if kept is None:
            return
    body = bytes(kept.body) if kept.body is not None else None
    row.source_version, row.etag, row.problem, row.body = kept.source_version, kept.etag, kept.problem, body


def made(widget: Widget, report: Report, row: PollRow, format: str) -> Rendering:
    """The rendering of the stored data; `row` says its version, and which rendering there was before."""
    logger.debug("render widget=%s format=%s", widget.pk, format)
    problem, body, etag = "", None, ""
    try:
        body = WRITERS[format](lay_out(view(report, widget.spec).report, widget.drawing))
        etag = hashlib.sha256(body).hexdigest()[:32]
    except ReportError as error:
        problem = str(error)
        same_widget = (row.source_version or "").split(".")[:3] == row.current_source_version.split(".")[:3]
        if same_widget and row.body is not None:
            body, etag = row.body, row.etag
    source_version = row.current_source_version
    values = {"source_version": source_version, "etag": etag, "problem": problem, "body": body}
    try:
        with answering.brief_writes():
            return Rendering.objects.update_or_create(widget=widget, format=format, defaults=values)[0]
    except (OperationalError, InternalError):
        # A full or read-only disk, or SQLite's lock is held for long. What was made can be answered all the same.
        logger.exception("a rendering could not be kept")
        return Rendering(widget=widget, format=format, **values)
