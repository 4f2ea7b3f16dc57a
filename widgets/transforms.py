"""Cleans the labels of a Report, as the widget's settings say: clean → exclude → only → rename → sort → top and other.

No function changes the Report that it receives.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from widgets.report import Report, ReportError, Series, Value
from widgets.spec import WidgetSpec

MEANINGLESS = frozenset({"", "undefined", "null", "(not set)"})
"""Labels that Mixpanel and its import tools write for events that lack the property."""

OTHER = "Other"


class Dropped(NamedTuple):
    """A label that was removed. `why`: the setting that removed it (`clean`, `exclude`, `only` or `top`)."""

    label: str
    why: str
    total: Value


def cleaned(report: Report, spec: WidgetSpec, default_sort: str) -> tuple[Report, list[Dropped]]:
    """The report with cleaned labels, and the labels that were removed.

    Raises ReportError if the widget's settings need a sum of values that can't be added up.
    """
    dropped: list[Dropped] = []
    if spec.clean_labels:
        report = without(report, lambda each: (each.step or each.label).strip() in MEANINGLESS, "clean", dropped)
    if spec.exclude:
        report = exclude(report, frozenset(spec.exclude), dropped)
    if spec.only:
        report = only(report, spec.only, dropped)
    if spec.rename:
        report = rename(report, spec.rename)
    report = sort(report, spec.sort or ("none" if spec.only else default_sort))
    if spec.top is not None:
        report = top(report, spec.top, dropped, other=spec.other)
    return report, dropped


def without(report: Report, unwanted: Callable[[Series], bool], why: str, dropped: list[Dropped]) -> Report:
    kept = []
    for series in report.series:
        if unwanted(series):
            dropped.append(Dropped(series.label, why, series.total))
        else:
            kept.append(series)
    return report.with_series(kept)


def with_steps(report: Report, keep: list[int]) -> Report:
    """The report with only these steps, in this order. `keep`: positions of steps."""
    return replace(
        report,
        rows=tuple(report.rows[i] for i in keep),
        series=tuple(replace(s, values=tuple(s.values[i] for i in keep)) for s in report.series),
    )


def exclude(report: Report, labels: Collection[str], dropped: list[Dropped]) -> Report:
    """Removes the labels and funnel steps with these names."""
    if report.row_kind == "steps":
        report = with_steps(report, [i for i, row in enumerate(report.rows) if row not in labels])
    return without(report, lambda series: series.label in labels, "exclude", dropped)


def only(report: Report, labels: Sequence[str], dropped: list[Dropped]) -> Report:
    """Keeps only the labels and funnel steps with these names, in this order.

    If only steps have these names, all labels stay. If only labels have them, all steps stay.
    """
    place = {label: i for i, label in reversed([*enumerate(labels)])}
    if report.row_kind == "steps" and (steps := [i for i, row in enumerate(report.rows) if row in place]):
        report = with_steps(report, sorted(steps, key=lambda i: place[str(report.rows[i])]))
        if not any(series.label in place for series in report.series):
            return report
    kept = without(report, lambda series: series.label not in place, "only", dropped)
    if report.series and not kept.series:
        # With a `values_name`, a line chart would draw a line at zero, as if the event did not happen.
        return replace(kept, values_name="")
    return kept.with_series(sorted(kept.series, key=lambda series: place[series.label]))


def rename(report: Report, names: Mapping[str, str]) -> Report:
    """Renames labels and steps. Labels that get the same new name are added up; other equal labels stay separate."""
    if report.row_kind == "steps":
        report = replace(report, rows=tuple(names.get(str(row), row) for row in report.rows))
    new_names = frozenset(names.values())
    merged: dict[tuple[str, int], Series] = {}
    for i, series in enumerate(report.series):
        name = names.get(series.label, series.label)
        key = (name, -1 if name in new_names else i)
        if key not in merged:
            merged[key] = replace(series, label=name)
            continue
        if not report.additive:
            raise ReportError(
                f"Two labels would both be called “{name}”, and their values can't be added up. "
                "Give each label its own name, or choose the measure total."
            )
        merged[key] = added(name, merged[key], series)
    return report.with_series(merged.values())


def sort(report: Report, by: str) -> Report:
    """`by`: `value` (largest total first, equal totals by label), `label`, or `none` (keep the order)."""
    if by == "value":
        return report.with_series(sorted(report.series, key=lambda s: (-s.total, s.label)))
    if by == "label":
        return report.with_series(sorted(report.series, key=lambda s: (s.label.casefold(), s.label)))
    return report


def top(report: Report, count: int, dropped: list[Dropped], *, other: bool) -> Report:
    """Keeps the `count` largest series, in their order. With `other`, a last series has the sum of the rest."""
    ranked = sorted(report.series, key=lambda s: (-s.total, s.label))
    largest = {id(series) for series in ranked[:count]}
    kept = [series for series in report.series if id(series) in largest]
    rest = [series for series in report.series if id(series) not in largest]
    if not rest:
        return report
    if not other:
        dropped.extend(Dropped(series.label, "top", series.total) for series in rest)
        return report.with_series(kept)
    if not report.additive:
        raise ReportError(
            "“Other” needs a sum, but these values can't be added up. Choose totals or sums, or switch “Other” off."
        )
    return report.with_series([*kept, added(OTHER, *rest)])


def added(name: str, *parts: Series) -> Series:
    values, before = (
        tuple(sum(v or 0 for v in row) for row in zip(*columns, strict=True))
        for columns in ([part.values for part in parts], [part.before for part in parts])
    )
    previous = [part.previous for part in parts if part.previous is not None]
    return Series(name, values, sum(previous) if previous else None, before=before)
