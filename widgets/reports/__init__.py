"""Kinds of report: what a widget asks Mixpanel, and how the answer becomes a Report."""

from widgets.reports.events import Events
from widgets.reports.funnel import Funnel
from widgets.reports.numeric import Average, Sum
from widgets.reports.reading import ReadError
from widgets.reports.report_type import Kind, Question, Request
from widgets.reports.retention import Frequency, Retention
from widgets.reports.saved_report import SavedReport
from widgets.reports.segmentation import Segmentation
from widgets.reports.top_events import TopEvents

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Events(),
        Segmentation(),
        Sum(),
        Average(),
        SavedReport(),
        Funnel(),
        Retention(),
        Frequency(),
        TopEvents(),
    )
}

__all__ = ["KINDS", "Kind", "Question", "ReadError", "Request"]
