"""Computes the answers of `POST /insights`, which queries an unsaved report.

Mixpanel's public description lacks this request. The request bodies have the form that Mixpanel's own SDK sends
(tests/data/insights_bodies.json), and the answers have the form of recorded answers (tests/data/recorded).

The answer leaves out buckets without events, and buckets in which a formula divides by zero. A metric without events is
left out of `series`, but not of `report_sections`.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fake_mixpanel import bookmark, metrics
from fake_mixpanel.bookmark import Bookmark
from fake_mixpanel.cells import OVERALL, Cells, Column, Grid
from fake_mixpanel.formulas import Formula, letters
from fake_mixpanel.query import Query, unacceptable
from fake_mixpanel.unsaved_journeys import JOURNEYS


def insights(query: Query) -> dict[str, Any]:
    report = bookmark.read(query)
    kind = report.kind
    if kind not in ("event", *JOURNEYS):
        raise unacceptable(f"unknown behavior type {kind!r}")
    found = JOURNEYS[kind](query, report) if kind in JOURNEYS else _metrics(query, report)
    keys, is_cut = found.pop("keys"), found.pop("is_cut")
    return {
        **query.timing(report.days),
        "headers": ["$metric" if kind == "event" else f"${kind}", *filter(None, [report.group])],
        "meta": {
            "min_sampling_factor": 1.0,
            "is_segmentation_limit_hit": is_cut,
            "report_sections": {
                "show": [{"metric_key": key} for key in keys],
                "group": [_group(name) for name in filter(None, [report.group])],
            },
            "sub_query_count": sum(entry["type"] == "metric" for entry in report.show),
        },
        **found,
    }


def _metrics(query: Query, report: Bookmark) -> dict[str, Any]:
    """Returns the parts of the answer with numbers, and the keys of the metrics."""
    known = {letters(i): metrics.read(entry) for i, entry in enumerate(report.show) if entry["type"] == "metric"}
    formulas = {
        letters(i): Formula(entry.get("definition"), set(known))
        for i, entry in enumerate(report.show)
        if entry["type"] == "formula"
    }
    keys = _keys(
        [
            known[letters(i)].name if letters(i) in known else str(entry.get("name") or entry["definition"])
            for i, entry in enumerate(report.show)
        ]
    )
    hidden = {letter for letter, metric in known.items() if metric.is_hidden}
    hidden |= {letters(i) for i, entry in enumerate(report.show) if entry.get("isHidden") is True}

    def columns(grid: Grid, kept: dict[str, Sequence[str]]) -> dict[str, Column]:
        """Returns the cells of each metric and formula, by letter."""
        found = {letter: grid.column(metric, kept.get(letter)) for letter, metric in known.items()}
        return found | {letter: grid.formula(formula, found) for letter, formula in formulas.items()}

    def series(found: dict[str, Column]) -> dict[str, Any]:
        shown = {key: _nested(found[letters(i)], report) for i, key in enumerate(keys) if letters(i) not in hidden}
        return {key: shown[key] for key in sorted(shown) if shown[key]}

    found = columns(Grid(query, report, report.days), {})
    answer = {
        "series": series(found),
        "keys": [key for i, key in enumerate(keys) if letters(i) not in hidden],
        "is_cut": any(column.is_cut for column in found.values()),
    }
    if report.before:
        days = [report.before + timedelta(days=number) for number in range(len(report.days))]
        kept = {letter: found[letter].kept for letter in known}
        before = columns(Grid(query, report, days), kept)
        answer["time_comparison"] = {"date_range": query.timing(days)["date_range"], "series": series(before)}
    return answer


def _keys(names: list[str]) -> list[str]:
    """Returns the keys of the metrics and formulas. A key is the name, or `A. name` if several have the same name."""
    times = Counter(names)
    return [f"{letters(i)}. {name}" if times[name] > 1 else name for i, name in enumerate(names)]


def _nested(column: Column, report: Bookmark) -> dict[str, Cells] | Cells:
    return column.cells if report.group else column.cells.get(OVERALL, {})


def _group(name: str) -> dict[str, Any]:
    return {
        "bookmark": {
            "dataset": "$mixpanel",
            "propertyType": "string",
            "resourceType": "events",
            "search": "",
            "value": name,
        }
    }
