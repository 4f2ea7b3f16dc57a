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
from widgets.poll.row import Found
from widgets.report import Report, ReportError
from widgets.reports import KINDS
from widgets.spec import WidgetSpec
from widgets.transforms import Dropped, cleaned

logger = logging.getLogger(__name__)

ENDINGS = ("csv", "json", "svg")

LOCKS = tuple(threading.Lock() for _ in range(64))
"""By widget: of the threads that poll one widget's new data, one lays it out and the others wait for it."""


@dataclass(frozen=True, slots=True)
class View:
    """What a widget shows of a stored report, and what cleaning left out."""

    report: Report
    dropped: list[Dropped]


def view(report: Report, spec: WidgetSpec) -> View:
    """Raises ReportError when the data can't be shown as the widget wants."""
    kind = KINDS[spec.report]
    return View(*cleaned(kind.view(report, spec), spec, kind.sort))


def write(report: Report, drawing: Drawing, ending: str) -> bytes:
    """The report of a View as the bytes of one ending. JSON lacks its closing: see `answer`."""
    if ending == "csv":
        return cyfe.write_csv(cyfe.lay_out(report, drawing))
    if ending == "json":
        content = {"title": drawing.title, "chart": drawing.chart}
        content |= cyfe.table_as_json(cyfe.lay_out(report, drawing))
        return json.dumps(content, ensure_ascii=True, allow_nan=False)[:-1].encode()
    # pygal takes a while to import, and most processes serve CSV only.
    from widgets.charts import draw

    return draw(report, drawing)


def render(found: Found, ending: str) -> None:
    """Makes the rendering that `found` lacks, keeps it, and puts it into `found`. Of many who need it, one makes it.

    Where the new data can't be drawn, the widget's last good rendering stays, and `problem` says why.
    """
    with LOCKS[found.widget_id % len(LOCKS)]:
        widget = Widget.objects.select_related("snapshot").defer("snapshot__report_json").get(pk=found.widget_id)
        snapshot = widget.snapshot
        if snapshot is None or snapshot.fetched_at is None:
            return
        found.widget_version, found.snapshot_id, found.snapshot_version = widget.version, snapshot.pk, snapshot.version
        kept = Rendering.objects.filter(widget=widget, ending=ending, made_from=found.should_be_made_from).first()
        if kept is None and (report := snapshot.report) is not None:
            kept = made(widget, report, found, ending)
        if kept is None:
            return
    body = bytes(kept.body) if kept.body is not None else None
    found.made_from, found.etag, found.problem, found.body = kept.made_from, kept.etag, kept.problem, body


def made(widget: Widget, report: Report, found: Found, ending: str) -> Rendering:
    """The rendering of what is stored now; `found` says what it is made from, and what there was before."""
    logger.debug("render widget=%s ending=%s", widget.pk, ending)
    problem, body, etag = "", None, ""
    try:
        body = write(view(report, widget.spec).report, widget.drawing, ending)
        etag = hashlib.sha256(body).hexdigest()[:32]
    except ReportError as error:
        problem = str(error)
        same_widget = (found.made_from or "").split(".")[:3] == found.should_be_made_from.split(".")[:3]
        if same_widget and found.body is not None:
            body, etag = found.body, found.etag
    made_from = found.should_be_made_from
    values = {"made_from": made_from, "etag": etag, "problem": problem, "body": body}
    try:
        return Rendering.objects.update_or_create(widget=widget, ending=ending, defaults=values)[0]
    except (OperationalError, InternalError):
        # A full or read-only disk, say. What was made can be answered all the same.
        logger.exception("a rendering could not be kept")
        return Rendering(widget=widget, ending=ending, **values)
