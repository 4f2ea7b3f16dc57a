"""Reads answers of funnels and saved retention, which have tables below each metric instead of plain numbers."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from widgets.report import Report, Series, Value, label
from widgets.reports.reading import check_dates, check_size, count, day, mapping, unreadable
from widgets.reports.retention import USERS, cohort_row, columns

OVERALL = "$overall"
UNDATED = "all"
AVERAGE = "$average"
MOST_COLUMNS = 366

_NUMBER = re.compile(r"([0-9]{1,4})\. ")

Path = tuple[str, ...]


def funnel_report(metric: Any) -> Report | None:
    """The Report of a saved funnel; None if `metric` is not a funnel.

    The answer is `{"count": {"1. App Open": {"all": n}, …}, "step_conv_ratio": …}`. With a breakdown, the answer has
    one such table per value, and one table `$overall`.
    """
    tables = tables_in(metric, is_funnel)
    if not tables:
        return None
    steps = in_order(tables[0][1]["count"])
    check_size(len(tables), len(steps))
    series = []
    for path, table in tables:
        if in_order(table["count"]) != steps:
            raise unreadable("the steps are not the same for all breakdown values")
        if (value := value_of(path)) is not None:
            values = tuple(step_count(table["count"][step]) for step in steps)
            series.append(Series(value or (OVERALL if path else "Count"), values))
    return Report("steps", tuple(map(label, steps)), tuple(series), labels_name="Step", values_name="Count")


def is_funnel(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("count"), dict) and "step_conv_ratio" in node


def in_order(steps: Iterable[str]) -> list[str]:
    """Sorts steps by their leading number. Alphabetical order would put `10. Paid` before `2. Logged in`."""
    return sorted(steps, key=step_number)


def step_number(step: str) -> int:
    """The leading number of a step such as `2. Logged in`; 0 if there is none."""
    found = _NUMBER.match(step)
    return int(found[1]) if found else 0


def without_number(step: str) -> str:
    return _NUMBER.sub("", step, count=1)


def step_count(step: Any) -> Value:
    """The count of a step. Raises ReadError if the step has dates or a breakdown instead of one count."""
    if UNDATED not in mapping(step, "a step"):
        raise unreadable("a step of the funnel has no total")
    return count(step[UNDATED])


def retention_report(metric: Any, today: date, date_range: Any) -> Report | None:
    """The Report of saved retention; None if `metric` is not a retention table.

    The answer is `{date: {"first", "counts", "rates"}, "$average": …}`. With a breakdown, the breakdown values are a
    further level of keys, outside or inside the dates. In the report, a series of all users has the column (`Users`,
    `0`, `1`, …) as `label`. A series of a breakdown value has that value as `label` and the column as `step`.
    """
    found = [(path, cohort) for path, cohort in tables_in(metric, is_cohort) if AVERAGE not in path]
    if not found:
        return None
    level = level_of_dates([path for path, _ in found])
    days = check_dates((path[level] for path, _ in found), date_range)
    by_path: dict[Path, dict[date, Mapping[str, Any]]] = {}
    for path, cohort in found:
        if by_path.setdefault((*path[:level], *path[level + 1 :]), {}).setdefault(days[path[level]], cohort) != cohort:
            raise unreadable("the answer has two cohorts of one date")
    shown = [(value, table) for path, table in by_path.items() if (value := value_of(path)) is not None]
    tables = dict(shown)
    if len(tables) < len(shown):
        raise unreadable("two values of the breakdown have the same name")
    dates = tuple(sorted({at for table in tables.values() for at in table}))
    gap = min(((b - a).days for a, b in pairwise(dates)), default=1)
    unit = "day" if gap < 7 else "week" if gap < 28 else "month"
    series: list[Series] = []
    for value, table in tables.items():
        width = max(len(cohort["counts"][:MOST_COLUMNS]) for cohort in table.values())
        check_size(len(series) + width + 1, len(dates))
        no_values: list[Value] = [None] * (width + 1)
        # A count is missing if its interval had not begun when Mixpanel computed the report.
        rows = [cohort_row(table[at], at, unit, width, today) if at in table else no_values for at in dates]
        for name, values in zip((USERS, *map(str, range(width))), columns(rows, width + 1), strict=True):
            series.append(Series(value, values, step=name) if value else Series(name, values))
    return Report("dates", dates, tuple(series))


def is_cohort(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("counts"), list)


def level_of_dates(paths: list[Path]) -> int:
    """The first level of nesting on which all keys are dates."""
    for level in range(min(map(len, paths))):
        if all(day(path[level]) for path in paths):
            return level
    raise unreadable("the saved report has no dates")


def value_of(path: Path) -> str | None:
    """The breakdown values of a path, as one label: "" for all users, None for a partial sum (such as all browsers of
    one plan)."""
    values = [label(value) for value in path if value != OVERALL]
    return " / ".join(values) if len(values) in (0, len(path)) else None


def tables_in(metric: Any, is_table: Callable[[Mapping[str, Any]], bool]) -> list[tuple[Path, Mapping[str, Any]]]:
    """All tables below a metric, each with its path.

    Raises ReadError if the metric has tables and other values, because the other values could be a damaged table.
    """
    found: list[tuple[Path, Mapping[str, Any]]] = []
    others = 0

    def walk(node: Any, path: Path) -> None:
        nonlocal others
        if isinstance(node, dict) and is_table(node):
            found.append((path, node))
        elif isinstance(node, dict) and node:
            for name, inner in node.items():
                walk(inner, (*path, name))
        else:
            others += 1

    walk(metric, ())
    if found and others:
        raise unreadable("a part of a table is missing")
    return found
