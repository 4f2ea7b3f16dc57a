"""Rendering: a widget and its snapshot become bytes, and are kept until either changes."""

import hashlib
import json
import logging
import threading
from dataclasses import dataclass

from django.db import InternalError, OperationalError

from widgets import cyfe
from widgets.cyfe import Drawing
from widgets.models import Rendering, Widget
from widgets.poll.row import PollRow
from widgets.report import Report, ReportError
from widgets.reports import REPORT_TYPES
from widgets.spec import WidgetSpec
from widgets.transforms import Dropped, cleaned

logger = logging.getLogger(__name__)

FORMATS = ("csv", "json", "svg")

LOCKS = tuple(threading.Lock() for _ in range(64))
"""By widget: of the threads that poll one widget's new data, one lays it out and the others wait for it."""


@dataclass(frozen=True, slots=True)
class View:
    """What a widget shows of a stored report, and what cleaning left out."""

    report: Report
    dropped: list[Dropped]


def view(report: Report, spec: WidgetSpec) -> View:
    """Raises ReportError when the data can't be shown as the widget wants."""
    kind = REPORT_TYPES[spec.report]
    return View(*cleaned(kind.view(report, spec), spec, kind.sort))


def write(report: Report, drawing: Drawing, format: str) -> bytes:
    """The report of a View as the bytes of one format. JSON lacks its closing: see `answer`."""
    if format == "csv":
        return cyfe.write_csv(cyfe.lay_out(report, drawing))
    if format == "json":
        content = {"title": drawing.title, "chart": drawing.chart}
        content |= cyfe.table_as_json(cyfe.lay_out(report, drawing))
        return json.dumps(content, ensure_ascii=True, allow_nan=False)[:-1].encode()
    # pygal takes a while to import, and most processes serve CSV only.
    from widgets.charts import draw

    return draw(report, drawing)


def render(row: PollRow, format: str) -> None:
    """Makes the rendering that `found` lacks, keeps it, and puts it into `found`. Of many who need it, one makes it.

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
    """The rendering of what is stored now; `found` says what it is made from, and what there was before."""
    logger.debug("render widget=%s format=%s", widget.pk, format)
    problem, body, etag = "", None, ""
    try:
        body = write(view(report, widget.spec).report, widget.drawing, format)
        etag = hashlib.sha256(body).hexdigest()[:32]
    except ReportError as error:
        problem = str(error)
        same_widget = (row.source_version or "").split(".")[:3] == row.current_source_version.split(".")[:3]
        if same_widget and row.body is not None:
            body, etag = row.body, row.etag
    source_version = row.current_source_version
    values = {"source_version": source_version, "etag": etag, "problem": problem, "body": body}
    try:
        return Rendering.objects.update_or_create(widget=widget, format=format, defaults=values)[0]
    except (OperationalError, InternalError):
        # A full or read-only disk, say. What was made can be answered all the same.
        logger.exception("a rendering could not be kept")
        return Rendering(widget=widget, format=format, **values)
