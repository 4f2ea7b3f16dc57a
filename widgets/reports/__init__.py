"""Kinds of report: what a widget asks Mixpanel, and how the answer becomes a Report."""

from .events import Events
from .funnel import Funnel
from .kind import Kind, Question, Request
from .numeric import Average, Sum
from .reading import ReadError
from .retention import Frequency, Retention
from .saved_report import SavedReport
from .segmentation import Segmentation
from .top_events import TopEvents

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
