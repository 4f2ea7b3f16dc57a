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
from fake_mixpanel.cells import OVERALL, Column, Grid
from fake_mixpanel.formulas import Formula, letters
from fake_mixpanel.query import Query, unacceptable
from fake_mixpanel.unsaved_funnels import funnel


def insights(query: Query) -> dict[str, Any]:
    report = bookmark.read(query)
    kind = report.kind
    if kind not in ("event", "funnel"):
        raise unacceptable(f"this fake Mixpanel does not support the behavior type {kind!r}")
    found = funnel(query, report) if kind == "funnel" else _metrics(query, report)
    keys, is_cut = found.pop("keys"), found.pop("is_cut")
    return {
        **query.timing(report.days),
        "headers": ["$metric" if kind == "event" else f"${kind}", *filter(None, [report.group])],
        "meta": {
            "min_sampling_factor": 1.0,
            "is_segmentation_limit_hit": is_cut,
            "report_sections": {"show": [{"metric_key": key} for key in keys]},
        },
        **found,
    }


def _metrics(query: Query, report: Bookmark) -> dict[str, Any]:
    """Returns `series` of the answer (and `time_comparison`, if the report compares). For the caller, adds `keys`, the
    keys of the shown metrics and formulas, and `is_cut`, whether breakdown values were left out."""
    entries = {letters(i): entry for i, entry in enumerate(report.show)}
    known = {letter: metrics.read(entry) for letter, entry in entries.items() if entry["type"] == "metric"}
    formulas = {
        letter: Formula(entry.get("definition"), set(known))
        for letter, entry in entries.items()
        if entry["type"] == "formula"
    }
    names = {
        letter: known[letter].name if letter in known else str(entry.get("name") or entry["definition"])
        for letter, entry in entries.items()
    }
    times = Counter(names.values())
    keys = {
        letter: f"{letter}. {name}" if times[name] > 1 else name
        for letter, name in names.items()
        if entries[letter].get("isHidden") is not True
    }

    def columns(grid: Grid, kept: dict[str, Sequence[str]]) -> dict[str, Column]:
        """Returns the cells of each metric and formula, by letter."""
        found = {letter: grid.column(metric, kept.get(letter)) for letter, metric in known.items()}
        return found | {letter: grid.formula(formula, found) for letter, formula in formulas.items()}

    def series(found: dict[str, Column]) -> dict[str, Any]:
        cells = {key: found[letter].cells for letter, key in keys.items()}
        shown = {key: by_value if report.group else by_value.get(OVERALL) for key, by_value in cells.items()}
        return {key: shown[key] for key in sorted(shown) if shown[key]}

    found = columns(Grid(query, report, report.days), {})
    answer = {
        "series": series(found),
        "keys": list(keys.values()),
        "is_cut": any(column.is_cut for column in found.values()),
    }
    if report.before:
        days = [report.before + timedelta(days=number) for number in range(len(report.days))]
        kept = {letter: found[letter].kept for letter in known}
        before = columns(Grid(query, report, days), kept)
        answer["time_comparison"] = {"date_range": query.timing(days)["date_range"], "series": series(before)}
    return answer
