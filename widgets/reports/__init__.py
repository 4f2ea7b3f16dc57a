"""The report types. Each report type writes a request to Mixpanel and turns the answer into a Report."""

from widgets.reports.events import Events
from widgets.reports.funnel import Funnel
from widgets.reports.metrics import Metrics
from widgets.reports.numeric import Average, Sum
from widgets.reports.reading import ReadError
from widgets.reports.report_type import Query, ReportType, Request
from widgets.reports.retention import Frequency, Retention
from widgets.reports.saved_report import SavedReport
from widgets.reports.segmentation import Segmentation
from widgets.reports.top_events import TopEvents

REPORT_TYPES: dict[str, ReportType] = {
    report_type.name: report_type
    for report_type in (
        Events(),
        Segmentation(),
        Sum(),
        Average(),
        Metrics(),
        SavedReport(),
        Funnel(),
        Retention(),
        Frequency(),
        TopEvents(),
    )
}

__all__ = ["REPORT_TYPES", "Query", "ReadError", "ReportType", "Request"]
