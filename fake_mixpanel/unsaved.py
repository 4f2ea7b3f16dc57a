"""Unsaved reports of Insights: `POST /insights`.

Bodies: tests/data/insights_bodies.json, made by Mixpanel's own SDK. Answers: tests/data/recorded. A bucket or metric
without events is absent, and so is a formula where it divides by zero.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from fake_mixpanel import counts, dataset, formulas, measures
from fake_mixpanel.buckets import buckets, days_between
from fake_mixpanel.conditions import of_filters, refused
from fake_mixpanel.query import LONGEST_RANGE, Query, Refused
from fake_mixpanel.segments import largest
from fake_mixpanel.unsaved_journeys import funnel, retention

UNITS = ("hour", "day", "week", "month", "quarter", "year")
CHARTS = ("line", "bar", "table", "pie", "funnel-steps", "retention-curve")
ANALYSES = ("linear", "rolling", "cumulative")
HEADERS = {"funnel": "$funnel", "retention": "$retention"}
MOST_METRICS = 40
OVERALL, REMAINING = "$overall", "$remaining_values"

Cells = dict[str, measures.Number]
ByValue = dict[str, Cells]


class Report:
    """One body, checked. Raises Refused for what Mixpanel would refuse."""

    def __init__(self, query: Query) -> None:
        self.query = query
        bookmark = part(query.body, "bookmark", dict)
        sections, display = part(bookmark, "sections", dict), part(bookmark, "displayOptions", dict)
        self.show = part(sections, "show", list)
        self.display = display
        self.limit = part(query.body.get("queryLimits", {"limit": 3000}), "limit", int)
        self.where = sections.get("filter", [])
        groups = sections.get("group", [])
        self.unit, self.days = self.dates(part(sections, "time", list))
        if not 1 <= len(self.show) <= MOST_METRICS:
            raise refused(f"a report has 1 to {MOST_METRICS} metrics, not {len(self.show)}")
        if not 1 <= self.limit <= 50_000:
            raise refused("limit must be between 1 and 50000")
        if display.get("chartType") not in CHARTS or display.get("analysis", "linear") not in ANALYSES:
            raise refused("unknown chartType or analysis")
        if len(groups) > 1:
            raise refused("this fake knows one breakdown")
        self.group = str(part(groups[0], "propertyName", str)) if groups else ""
        self.metrics = [entry for entry in self.show if entry.get("type") == "metric"]
        of_filters(self.where)
        for entry in self.metrics:
            if part(entry, "behavior", dict).get("type") == "event":
                measures.check(part(entry, "measurement", dict))
                part(entry["behavior"], "name", str)
                of_filters(entry["behavior"].get("filters", []))
        self.formulas = [
            (entry, formulas.parsed(entry.get("definition"), len(self.metrics)))
            for entry in self.show
            if entry.get("type") == "formula"
        ]
        if len(self.metrics) + len(self.formulas) < len(self.show):
            raise refused("show holds something that is neither a metric nor a formula")

    def dates(self, times: list[Any]) -> tuple[str, list[date]]:
        [entry] = times if len(times) == 1 else [{}]
        unit, today = entry.get("unit"), self.query.today
        if unit not in UNITS:
            raise refused(f"unknown unit {unit!r}")
        try:
            if entry.get("dateRangeType") == "in the last":
                first, last = today - timedelta(days=int(entry["window"]["value"]) - 1), today
            else:
                first, last = map(date.fromisoformat, entry["value"])
        except (KeyError, TypeError, ValueError):
            raise refused("time must have two dates, or a window") from None
        if last > today:
            raise Refused(400, "to_date cannot be later than today")
        if first > last or last - first > LONGEST_RANGE:
            raise refused("the first date must be before the last")
        if unit == "hour" and (last - first).days > 31:
            raise refused("hourly data is limited to 31 days")
        return str(unit), days_between(first, last)

    def cells(self, entry: Mapping[str, Any], days: list[date]) -> tuple[ByValue, bool]:
        """The numbers of a metric by breakdown value and bucket, and whether values were left out."""
        behavior = entry["behavior"]
        event = dataset.EVENTS.get(behavior["name"])
        if event is None:
            return {}, False
        where = of_filters([*self.where, *behavior.get("filters", [])])
        whole = self.query.daily(event, days, where)
        found = {"": whole}
        is_cut = False
        if self.group:
            parts = counts.by_value(event, self.group, dataset.shares(event, self.group), whole)
            kept = largest(parts, self.limit)
            is_cut = len(kept) < len(parts)
            found = {OVERALL: whole, **kept}
            if is_cut:
                rest = [parts[value] for value in parts if value not in kept]
                found[REMAINING] = {day: n for day in whole if (n := sum(each.get(day, 0) for each in rest))}
        named = {value: "" if value in (OVERALL, REMAINING) else value for value in found}
        by_value = {
            value: self.by_bucket(entry["measurement"], event, daily, named[value], days)
            for value, daily in found.items()
        }
        return {value: self.analysed(each, days) for value, each in by_value.items() if each}, is_cut

    def by_bucket(
        self, measurement: Mapping[str, Any], event: dataset.Event, daily: counts.Daily, value: str, days: list[date]
    ) -> Cells:
        found: dict[str, measures.Number | None] = {}
        if self.display["chartType"] != "line":
            found["all"] = measures.measured(measurement, event, daily, value)
        elif self.unit == "hour":
            for day, number in daily.items():
                for hour, some in enumerate(counts.by_hour(number, event.name, day)):
                    if day < self.query.today or hour <= self.query.now.hour:
                        found[self.stamp(day, hour)] = measures.measured(measurement, event, {day: some}, value)
        else:
            for first, bucket in buckets(days, self.unit).items():
                these = {day: daily[day] for day in bucket if day in daily}
                found[self.stamp(first)] = measures.measured(measurement, event, these, value)
        return {key: number for key, number in found.items() if number is not None}

    def analysed(self, cells: Cells, days: list[date]) -> Cells:
        analysis = self.display.get("analysis", "linear")
        if analysis == "linear" or self.display["chartType"] != "line":
            return cells
        keys = [self.stamp(first) for first in buckets(days, self.unit)]
        values = [cells.get(key, 0) for key in keys]
        width = len(keys) if analysis == "cumulative" else int(self.display.get("rollingWindowSize", 7))
        found = {}
        for place, key in enumerate(keys):
            some = values[max(0, place + 1 - width) : place + 1]
            found[key] = sum(some) if analysis == "cumulative" else sum(some) / len(some)
        return found

    def series(self, days: list[date]) -> tuple[dict[str, Any], bool]:
        """Metric key → its numbers, in the report's order."""
        computed = [self.cells(entry, days) for entry in self.metrics]
        names = [measure_name(entry) for entry in self.metrics]
        keys = prefixed(names)
        found: dict[str, Any] = {}
        for key, entry, (by_value, _) in zip(keys, self.metrics, computed, strict=True):
            if not entry.get("isHidden") and by_value:
                found[key] = by_value if self.group else by_value[""]
        for entry, tree in self.formulas:
            values = dict.fromkeys(value for by_value, _ in computed for value in by_value)
            of_value = {value: self.formula(tree, [each.get(value, {}) for each, _ in computed]) for value in values}
            if any(of_value.values()):
                found[entry["name"]] = of_value if self.group else of_value[""]
        return found, any(is_cut for _, is_cut in computed)

    def formula(self, tree: Any, given: list[Cells]) -> Cells:
        found = {}
        for key in dict.fromkeys(key for cells in given for key in cells):
            known = {formulas.letters(place): cells[key] for place, cells in enumerate(given) if key in cells}
            if (value := formulas.value_of(tree, known)) is not None:
                found[key] = value
        return found

    def shown_keys(self) -> list[str]:
        keys = prefixed([measure_name(entry) for entry in self.metrics])
        shown = [key for key, entry in zip(keys, self.metrics, strict=True) if not entry.get("isHidden")]
        return shown + [str(entry["name"]) for entry, _ in self.formulas]

    def stamp(self, day: date, hour: int = 0) -> str:
        return datetime.combine(day, time(hour), self.query.now.tzinfo).isoformat()

    def date_range(self, days: list[date]) -> dict[str, str]:
        end = datetime.combine(days[-1], time(23, 59, 59, 999_000), self.query.now.tzinfo)
        return {"from_date": self.stamp(days[0]), "to_date": end.isoformat()}

    def compared(self) -> list[date]:
        """The days of the period that the report is compared with; empty without a comparison."""
        asked = self.display.get("timeComparison")
        if asked is None:
            return []
        if not isinstance(asked, dict) or asked.get("type") != "absolute-start":
            raise refused("this fake compares with a period that begins on a date")
        try:
            first = date.fromisoformat(asked["value"])
        except (KeyError, TypeError, ValueError):
            raise refused("timeComparison must have a date") from None
        return [first + timedelta(days=number) for number in range(len(self.days))]


def insights(query: Query) -> dict[str, Any]:
    report = Report(query)
    kind = report.show[0].get("behavior", {}).get("type")
    if kind in ("funnel", "retention"):
        found = (funnel if kind == "funnel" else retention)(report)
        series, keys, is_cut = found.pop("series"), list(found.pop("keys")), False
    else:
        series, is_cut = report.series(report.days)
        keys, found = report.shown_keys(), {}
    answer = {
        "computed_at": query.now.isoformat(),
        "date_range": report.date_range(report.days),
        "headers": [HEADERS.get(kind, "$metric"), *filter(None, [report.group])],
        "series": dict(sorted(series.items())),
        "meta": {
            "min_sampling_factor": 1.0,
            "is_segmentation_limit_hit": is_cut,
            "report_sections": {"group": [], "show": [{"metric_key": key} for key in keys]},
            "sub_query_count": len(report.show),
        },
        **found,
    }
    if before := report.compared():
        earlier, _ = report.series(before)
        answer["time_comparison"] = {"date_range": report.date_range(before), "series": earlier}
    return answer


def measure_name(entry: Mapping[str, Any]) -> str:
    measurement = entry["measurement"]
    named = measurement.get("property")
    title = measures.TITLES.get(measurement["math"], "")
    if named:
        title = f"{'Sum' if measurement['math'] == 'total' else title} of {named['name']}"
    return f"{entry['behavior'].get('name', '')} [{title}]"


def prefixed(names: list[str]) -> list[str]:
    """Metrics of the same name get their letters: `A. `, `B. `, …"""
    alike = Counter(names)
    return [f"{formulas.letters(i)}. {name}" if alike[name] > 1 else name for i, name in enumerate(names)]


def part(node: Any, name: str, kind: type) -> Any:
    found = node.get(name) if isinstance(node, Mapping) else None
    if not isinstance(found, kind):
        raise refused(f"{name} is missing")
    return found
