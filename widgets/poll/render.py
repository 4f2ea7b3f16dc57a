"""Renders a widget's data in one format, and stores the bytes until the widget or its data changes."""

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, InternalError, OperationalError

from widgets import charts
from widgets.cyfe import Table, lay_out
from widgets.formats import FORMATS
from widgets.models import Rendering, Widget
from widgets.poll.row import PollRow
from widgets.refresh import answering
from widgets.report import Report, ReportError
from widgets.reports import REPORT_TYPES
from widgets.spec import WidgetSpec
from widgets.transforms import Dropped, cleaned

logger = logging.getLogger(__name__)

LOCKS = tuple(threading.Lock() for _ in range(64))
"""A widget's id selects a lock, so that one thread renders while the widget's other polls wait."""


def write_figure(table: Table) -> bytes:
    return json.dumps(charts.figure(table), ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()


FIGURE = "figure"
"""The format from which MixCyfe's pages draw a chart. No address has this format."""

WRITERS: dict[str, Callable[[Table], bytes]] = {name: format.write for name, format in FORMATS.items()} | {
    FIGURE: write_figure
}
"""Format → the function that writes a Table in this format."""


@dataclass(frozen=True, slots=True)
class View:
    """The data that a widget shows, and the labels that its cleaning settings removed."""

    report: Report
    dropped: list[Dropped]


def view(report: Report, spec: WidgetSpec) -> View:
    """Applies the widget's settings to the report. Raises ReportError if the settings don't fit the report."""
    report_type = REPORT_TYPES[spec.report]
    return View(*cleaned(report_type.view(report, spec), spec, report_type.default_sort(spec)))


def render(row: PollRow, format: str) -> None:
    """Updates `row` from an up-to-date rendering. If none is stored, renders the data.

    If the chart can't show the new data, `row.problem` is the reason. The last bytes stay, unless the widget changed.
    """
    with LOCKS[row.widget_id % len(LOCKS)]:
        found = Widget.objects.select_related("snapshot").defer("snapshot__report_json").filter(pk=row.widget_id)
        widget = found.order_by().first()
        snapshot = widget.snapshot if widget else None
        if widget is None or snapshot is None or snapshot.fetched_at is None:
            return
        row.widget_version, row.snapshot_id, row.snapshot_version = widget.version, snapshot.pk, snapshot.version
        kept = Rendering.objects.filter(widget=widget, format=format, source_version=row.current_source_version).first()
        if kept is None and (report := snapshot.report) is not None:
            kept = make_rendering(widget, report, row, format)
        if kept is None:
            return
    body = bytes(kept.body) if kept.body is not None else None
    row.source_version, row.etag, row.problem, row.body = kept.source_version, kept.etag, kept.problem, body


def make_rendering(widget: Widget, report: Report, row: PollRow, format: str) -> Rendering:
    """Renders the report and stores the result. `row`: the data's version, and the previous rendering."""
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
        with answering.short_write_timeout():
            # An old rendering almost always exists, and one UPDATE replaces it.
            if not Rendering.objects.filter(widget=widget, format=format).update(**values):
                Rendering.objects.update_or_create(widget=widget, format=format, defaults=values)
    except IntegrityError:
        pass  # The widget was deleted meanwhile. The next poll gets 404.
    except (OperationalError, InternalError):
        # The disk is full or read-only, or SQLite is locked for long. The poll still gets the new rendering.
        logger.exception("a rendering could not be stored")
    return Rendering(widget=widget, format=format, **values)
