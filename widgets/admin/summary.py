"""Describes a widget's settings in words, for people who can view the widget but not change it."""

from collections.abc import Iterator
from typing import Any

from django.utils.text import capfirst

from widgets.admin.fields import typed
from widgets.admin.titles import saved_name
from widgets.admin.which_fields import is_used
from widgets.models import Widget
from widgets.spec import FILTER_OPS, METRIC_MEASURES, RANGES, UNITS

ASKED = (
    *(
        "events",
        "conversion_days",
        "born_event",
        "property_name",
        "breakdown",
        "measure",
        "analysis",
        "window",
        "where",
    ),
    *("limit", "intervals", "overlay_previous"),
)
USUAL = ("limit", "intervals", "conversion_days", "analysis")
CLEANED = ("exclude", "only", "rename", "sort", "top", "other", "target")


def summary(widget: Widget) -> list[tuple[str, str]]:
    """The label and the text of the main settings that the report and the chart use.

    Leaves out empty settings and usual values, such as the default limit.
    """
    chosen = {name: getattr(widget, name) for name in ("report", "chart", "range", "analysis", "funnel")}
    lines = [("Project", widget.project.name), ("Report", widget.report_type.title)]
    for name in ("saved_report", "funnel"):
        if is_used(name, chosen):
            lines.append((label_of(name), saved_name({"project": widget.project, name: getattr(widget, name)}, name)))
    if is_used("metrics", chosen):
        lines.append(("Metrics", "; ".join(map(metric, widget.metrics))))
        lines += [("Formulas", "; ".join(map(formula, widget.formulas)))] if widget.formulas else []
    lines += texts(widget, [name for name in ASKED if is_used(name, chosen)])
    if is_used("filters", chosen) and widget.filters:
        lines.append(("Filters", "; ".join(map(condition, widget.filters))))
    if is_used("range", chosen):
        lines.append(("Dates", dates(widget)))
    lines.append(("Chart", widget.get_chart_display()))
    return lines + list(texts(widget, [name for name in CLEANED if is_used(name, chosen)]))


def texts(widget: Widget, names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        field: Any = Widget._meta.get_field(name)
        value = getattr(widget, name)
        if value in (None, "", [], {}, False) or (name in USUAL and value == field.default):
            continue
        text = getattr(widget, f"get_{name}_display")() if field.choices else written(value)
        yield label_of(name), text


def label_of(name: str) -> str:
    field: Any = Widget._meta.get_field(name)
    return str(capfirst(field.verbose_name))


def written(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return ", ".join(f"{a} = {b}" for a, b in value.items())
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def condition(asked: dict[str, Any]) -> str:
    op = asked.get("op", "")
    return " ".join(filter(None, (asked.get("property"), FILTER_OPS.get(op, op), typed(asked.get("value")))))


def metric(asked: dict[str, Any]) -> str:
    measure = METRIC_MEASURES.get(asked.get("measure", "total"), "")
    if name := asked.get("property"):
        measure = measure.replace("a property", name)
    filters = " and ".join(map(condition, asked.get("filters", ())))
    words = f"{asked.get('event', '')}: {measure}{f', where {filters}' if filters else ''}"
    return f"{asked['label']} ({words})" if asked.get("label") else words


def formula(asked: dict[str, Any]) -> str:
    return f"{asked['label']} = {asked['formula']}" if asked.get("label") else str(asked.get("formula", ""))


def dates(widget: Widget) -> str:
    if widget.range == "fixed":
        return f"{widget.from_date} to {widget.to_date}"
    if widget.range != "last":
        return f"{RANGES[widget.range]}, by {UNITS[widget.unit].lower()}"
    unit = UNITS[widget.unit].lower()
    until = f"with this {unit}" if widget.include_today else f"up to the last full {unit}"
    return f"The last {widget.last} {unit}{'s' if widget.last != 1 else ''}, {until}"
