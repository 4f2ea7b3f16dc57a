"""The list chart: two columns, with a label and its number. Without labels, the list has only the headings."""

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Cell, Layout, Table, is_empty, rows_of, values_of_totals
from widgets.cyfe.options import color_row
from widgets.report import Report


class ListLayout(Layout):
    charts = ("list",)
    row_kinds = ("total", "steps")

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """One row per series or, for a funnel, one row per step with the number of the first series."""
        if report.row_kind == "steps":
            report = report.with_series(report.series[:1])
            columns, rows = _steps_headings(report), rows_of(report, missing=0)
        else:
            columns, rows = totals_headings(report), labelled_totals(report)
        if is_empty(report):
            return Table(columns, rows=(), labels_first=True)
        # Cyfe uses one colour for the whole list.
        colors = drawing.colors_for([str(row[0]) for row in rows])[:1]
        return Table(columns, rows, color_row(drawing, colors), labels_first=True, colors=colors)


def _steps_headings(report: Report) -> tuple[str, str]:
    counts = report.series[0].label if report.series else ""
    return report.labels_name or "Step", report.values_name or counts or "Value"


def totals_headings(report: Report) -> tuple[str, str]:
    return report.labels_name or "Label", report.values_name or "Value"


def labelled_totals(report: Report) -> tuple[tuple[Cell, ...], ...]:
    """The label and the value of each series in a report of totals."""
    labels = (series.label for series in report.series)
    return tuple(zip(labels, values_of_totals(report), strict=True))
