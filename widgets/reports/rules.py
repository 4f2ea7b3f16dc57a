"""Checks a widget's settings, for forms, imports and a switch of the engine. The messages say what to do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields as dataclass_fields
from datetime import date
from typing import Any, TypeGuard

from widgets.report import UNSTORABLE, Number, number
from widgets.reports import REPORT_TYPES
from widgets.reports.insights.formulas import letters
from widgets.reports.ranges import DAY, Range, next_bucket
from widgets.reports.report_type import ReportType
from widgets.spec import (
    ANALYSES,
    CHARTS,
    FILTER_OPS,
    MEASURES,
    OPTIONS,
    RANGES,
    SORTS,
    TIME_SERIES_CHARTS,
    UNITS,
    Filter,
    Problem,
    WidgetSpec,
)

MOST_BUCKETS = 1000
HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
MISLEADING_WHEN_UNUSED = (
    *("events", "metrics", "formulas", "breakdown", "property_name", "filters", "where", "measure", "born_event"),
    *("analysis", "overlay_previous"),
)
"""Fields that must keep their defaults in a widget whose report type does not use them."""

SEVERAL_EVENTS = ("events", "funnel")
OVERLAID = ("line", "spline", "area", "areaspline", "column", "bar", "table")
"""Charts that can show two periods: the range, and the period before it. Stacked charts would add the two up."""
NEEDED = {
    "property_name": "Enter the numeric property, for example amount.",
    "saved_report": "Choose a saved report, or enter its number: the number after “report/” or “report-” in its "
    "address at Mixpanel.",
    "born_event": "Enter the event with which people become part of a cohort, for example Signed up.",
}
EVENTS_MAY_BE_EMPTY = ("retention", "frequency", "funnel")


def check(spec: WidgetSpec, today: date, engine: str) -> list[Problem]:
    """The mistakes in a widget. The dates are checked only if all other settings are right. The report type's own rules
    come last, and only if there is no mistake yet.

    `today`: the date in the project's time zone. `engine`: the project's engine.
    """
    report_type = REPORT_TYPES.get(spec.report)
    if report_type is None:
        return [Problem("report", f"There is no report “{spec.report}”. Choose one of: {', '.join(REPORT_TYPES)}.")]
    problems = [
        *choices(spec, report_type),
        *storable(spec),
        *query_fields(spec, report_type),
        *filters(spec),
        *overlay(spec, report_type),
        *cleaning(spec, report_type),
        *drawing(spec, report_type),
    ]
    if "range" in report_type.fields and not problems:
        problems += dates(spec, today)
    if not problems:
        problems += report_type.validate(spec, engine)
    return problems


def choices(spec: WidgetSpec, report_type: ReportType) -> Iterator[Problem]:
    allowed: tuple[tuple[str, Any, Mapping[str, str]], ...] = (
        ("measure", spec.measure, MEASURES),
        ("unit", spec.unit, UNITS),
        ("analysis", spec.analysis, ANALYSES),
        ("range", spec.range, RANGES),
        ("sort", spec.sort or "value", SORTS),
        ("chart", spec.chart, CHARTS),
    )
    for field, value, values in allowed:
        if value not in values:
            yield Problem(field, f"“{value}” is not possible here. Choose one of: {', '.join(values)}.")
    if spec.unit == "hour" and "range" in report_type.fields:  # a report without a range ignores the unit
        if spec.report != "insights":
            yield Problem(
                "unit",
                "This report has no numbers by hour. Choose the report “Several metrics and formulas”, or choose "
                "numbers by day, week or month.",
            )
        elif spec.one_total:
            chart = CHARTS[spec.chart].lower()
            yield Problem(
                "unit",
                f"The chart “{chart}” shows no hours. Choose the chart table or line, or choose numbers by day, week "
                "or month.",
            )
    if spec.chart in CHARTS and spec.chart not in report_type.charts:
        fitting = ", ".join(report_type.charts)
        chart = CHARTS[spec.chart].lower()
        yield Problem(
            "chart", f"The chart “{chart}” can't show the report “{report_type.title}”. Choose one of: {fitting}."
        )


def storable(spec: WidgetSpec) -> Iterator[Problem]:
    for field in dataclass_fields(spec):
        if any(UNSTORABLE.search(text) for text in texts(getattr(spec, field.name))):
            yield Problem(
                field.name, "The text has a character that can't be stored, such as NUL. Type the text again."
            )


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from texts([*value.items()])
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from texts(entry)


def is_number(value: Any) -> TypeGuard[Number]:
    """Whether the value is a finite number. Python's JSON reader also accepts infinity and NaN."""
    return isinstance(value, int | float) and number(value) is not None


def query_fields(spec: WidgetSpec, report_type: ReportType) -> Iterator[Problem]:
    if "events" in report_type.fields:
        if any(not event.strip() for event in spec.events):
            yield Problem(
                "events", "An event's name is empty. Remove the empty entry, or enter a name as Mixpanel shows it."
            )
        elif not spec.events and spec.report not in EVENTS_MAY_BE_EMPTY:
            yield Problem("events", "Enter an event's name as Mixpanel shows it, for example Signed up.")
        elif len(spec.events) > 1 and spec.report not in SEVERAL_EVENTS:
            yield Problem("events", "This report takes one event. For several events, choose the report “Events”.")
    for field, message in NEEDED.items():
        if field in report_type.fields and not getattr(spec, field):
            yield Problem(field, message)
    default = {field.name: field.default for field in dataclass_fields(WidgetSpec)}
    for field in MISLEADING_WHEN_UNUSED:
        if field not in report_type.fields and getattr(spec, field) != default[field]:
            fitting = ", ".join(name for name, other in REPORT_TYPES.items() if field in other.fields)
            yield Problem(
                field,
                f"The report “{report_type.title}” can't use this field. Leave the field out, or choose another "
                f"report: {fitting}.",
            )
    if "limit" in report_type.fields and not 1 <= spec.limit <= 10_000:
        yield Problem("limit", "Enter a number from 1 to 10000. Mixpanel allows no more.")


def filters(spec: WidgetSpec) -> Iterator[Problem]:
    for i, each in enumerate(spec.filters, 1):
        yield from (Problem("filters", f"Filter {i}: {message}") for message in filter_problems(each))
    for place, metric in enumerate(spec.metrics):
        for i, each in enumerate(metric.filters, 1):
            for message in filter_problems(each):
                yield Problem("metrics", f"Metric {letters(place)}, filter {i}: {message}")


def filter_problems(asked: Filter) -> Iterator[str]:
    name, op, value = asked
    if not name.strip():
        yield "enter the property's name."
    elif op not in FILTER_OPS:
        yield f"“{op}” is not a condition. Choose one of: {', '.join(FILTER_OPS)}."
    elif op in ("gt", "lt") and not is_number(value):
        yield f"The condition “{FILTER_OPS[op]}” compares numbers. Enter a number."
    elif op not in ("set", "not_set") and (value is None or value == ""):
        yield "enter the value to compare with, or choose the condition “is set”."
    elif op not in ("set", "not_set") and not (isinstance(value, str | bool) or is_number(value)):
        yield "the value must be a text, a finite number, true or false."


def overlay(spec: WidgetSpec, report_type: ReportType) -> Iterator[Problem]:
    if not spec.overlay_previous or not report_type.overlays:
        return  # if the report type has no overlays, `query_fields` refuses the option
    if spec.chart not in OVERLAID:
        yield Problem(
            "overlay_previous",
            f"The chart “{CHARTS[spec.chart].lower()}” can't show the range and the period before it. Choose the "
            "chart line.",
        )
    elif spec.unit == "hour":
        yield Problem("overlay_previous", "Numbers by hour can't show the period before. Choose day, week or month.")


def dates(spec: WidgetSpec, today: date) -> Iterator[Problem]:
    if spec.range == "last" and not 1 <= spec.last <= MOST_BUCKETS:
        yield Problem("last", f"Enter a number from 1 to {MOST_BUCKETS}.")
    if spec.unit == "month" and spec.range in ("week_to_date", "last_week") and not spec.hides_dates:
        yield Problem("unit", "A week contains no whole month. Choose day or week.")
    if spec.range != "fixed":
        return
    if not spec.from_date or not spec.to_date:
        missing = "to_date" if spec.from_date else "from_date"
        yield Problem(missing, "A range from one date to another needs both dates. Enter them as YYYY-MM-DD.")
    elif spec.from_date > spec.to_date:
        yield Problem("to_date", "The last date is before the first date. Swap the two dates.")
    elif spec.from_date > today:
        yield Problem("from_date", "The range begins in the future. Choose an earlier date.")
    elif (spec.to_date - spec.from_date).days >= MOST_BUCKETS * 4:
        yield Problem("from_date", "The range is longer than ten years. Choose a later first date.")
    elif not spec.hides_dates:
        # `resolve` leaves out an incomplete last bucket only after the range has ended.
        over = Range.of(spec).resolve(max(today, spec.to_date + DAY))
        whole = over.last == next_bucket(over.buckets[-1], spec.unit) - DAY
        if over.first < spec.from_date or not whole:
            yield Problem("unit", f"These dates contain no whole {spec.unit}. Choose day, or a longer range.")


def cleaning(spec: WidgetSpec, report_type: ReportType) -> Iterator[Problem]:
    if spec.top is not None and spec.top < 1:
        yield Problem("top", "Enter how many of the largest labels to keep: 1 or more.")
    if spec.other and spec.top is None:
        yield Problem("top", "Enter how many of the largest labels to keep. MixCyfe sums the other labels as “Other”.")
    elif spec.other and not report_type.adds_up(spec):
        yield Problem(
            "other",
            "“Other” needs a sum, but these values can't be added up. Choose totals or sums, or switch “Other” off.",
        )
    names = list(spec.rename.values())
    if any(not name.strip() for name in (*names, *spec.rename)):
        yield Problem("rename", "A label's old or new name is empty. Enter both names, as old = new.")
    elif len(set(names)) < len(names) and not report_type.adds_up(spec):
        yield Problem(
            "rename",
            "Two labels get the same name. MixCyfe would sum their values, but these values can't be added up. "
            "Give each label its own name, or choose totals or sums.",
        )


def drawing(spec: WidgetSpec, report_type: ReportType) -> Iterator[Problem]:
    colors = spec.colors.values() if isinstance(spec.colors, Mapping) else spec.colors
    for color in colors:
        if not isinstance(color, str) or not HEX_COLOR.fullmatch(color):
            yield Problem("colors", f"“{color}” is not a colour. Enter # and six hex digits, for example #0072b2.")
    if spec.chart == "gauge" and spec.target is None:
        yield Problem("target", "A gauge needs a target: enter the number at which the gauge is full.")
    if spec.target is not None and not is_number(spec.target):
        yield Problem("target", "The target must be a finite number.")
    yield from options(spec)
    if spec.compares:
        yield from comparison(spec, report_type)
    if spec.options.get("total") and spec.chart in TIME_SERIES_CHARTS and not report_type.adds_up(spec):
        yield Problem(
            "options",
            "total: these values can't be added up, so the header can't show a total. Choose totals or sums, or switch "
            "the total off.",
        )


def options(spec: WidgetSpec) -> Iterator[Problem]:
    for name, value in spec.options.items():
        type_ = OPTIONS.get(name)
        if type_ is None:
            yield Problem("options", f"{name}: there is no such option. Choose among: {', '.join(OPTIONS)}.")
        elif type_ is bool and not isinstance(value, bool):
            yield Problem("options", f"{name}: choose true or false.")
        elif name.startswith("axis_") and value is not None and not is_number(value):
            yield Problem("options", f"{name}: enter a number.")
        elif name == "types":
            charts = value.values() if isinstance(value, Mapping) else value
            if not isinstance(value, list | tuple | Mapping) or any(
                chart not in TIME_SERIES_CHARTS for chart in charts
            ):
                yield Problem("options", f"types: enter only these chart types: {', '.join(TIME_SERIES_CHARTS)}.")
    low, high = spec.options.get("axis_min"), spec.options.get("axis_max")
    if is_number(low) and is_number(high) and low >= high:
        yield Problem("options", "axis_max: enter a number above the lower end of the axis.")


def comparison(spec: WidgetSpec, report_type: ReportType) -> Iterator[Problem]:
    if spec.unit == "hour" and spec.report == "insights":
        why = "Numbers by hour can't be compared with the period before. Choose day, week or month."
    elif not report_type.compares:
        why = f"The report “{report_type.title}” can't be compared with the period before. Switch this option off."
    elif spec.chart != "number" and spec.chart not in TIME_SERIES_CHARTS:
        chart = CHARTS[spec.chart].lower()
        why = f"The chart “{chart}” can't show the period before. Choose the chart “number” or “line”."
    elif spec.chart != "number" and not (report_type.compares_dates or report_type.adds_up(spec)):
        why = "These values can't be added up to one number per period. Choose totals or sums, or the chart “number”."
    else:
        return
    yield Problem("options", f"comparison: {why}")
