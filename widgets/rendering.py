"""Rendering: a widget and its snapshot become bytes, and are kept until either changes."""

import hashlib
import json
from dataclasses import dataclass

from . import cyfe
from .cleaning import Dropped, cleaned
from .cyfe import Drawing
from .lookup import Found
from .models import Rendering, Widget
from .report import Report, ReportError
from .reports import KINDS
from .spec import WidgetSpec

ENDINGS = ("csv", "json", "svg")


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
    from .pictures import draw

    return draw(report, drawing)


def render(found: Found, ending: str) -> None:
    """Makes the rendering that `found` lacks, keeps it, and puts it into `found`.

    Where the new data can't be drawn, the widget's last good rendering stays, and `problem` says why.
    """
    widget = Widget.objects.select_related("snapshot").get(pk=found.widget_id)
    snapshot = widget.snapshot
    report = snapshot.report if snapshot else None
    if snapshot is None or report is None:
        return
    problem, body, etag = "", None, ""
    try:
        body = write(view(report, widget.spec).report, widget.drawing, ending)
        etag = hashlib.sha256(body).hexdigest()[:32]
    except ReportError as error:
        problem = str(error)
        same_widget = (found.made_from or "").split(".")[:3] == found.should_be_made_from.split(".")[:3]
        if same_widget and found.body is not None:
            body, etag = found.body, found.etag
    found.widget_version, found.snapshot_id, found.snapshot_version = widget.version, snapshot.pk, snapshot.version
    found.made_from, found.etag, found.problem, found.body = found.should_be_made_from, etag, problem, body
    Rendering.objects.update_or_create(
        widget=widget,
        ending=ending,
        defaults={"made_from": found.made_from, "etag": etag, "problem": problem, "body": body},
    )
