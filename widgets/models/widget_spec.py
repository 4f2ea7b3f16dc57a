"""Makes a WidgetSpec from a row of the widgets' table."""

from typing import Any

from widgets.spec import Filter, Formula, Metric, WidgetSpec

SPEC_FIELDS = tuple(WidgetSpec.__dataclass_fields__)


def spec_of(row: Any) -> WidgetSpec:
    """The settings in a row. In a migration, the row may lack fields that later migrations add."""
    values = {name: getattr(row, name) for name in SPEC_FIELDS if hasattr(row, name)}
    for name in ("events", "exclude", "only"):
        values[name] = tuple(values[name] or ())
    values["filters"] = filters_in(values["filters"])
    values["metrics"] = tuple(map(metric_in, values["metrics"] or ()))
    values["formulas"] = tuple(
        Formula(each.get("formula", ""), each.get("label", "")) for each in values["formulas"] or ()
    )
    return WidgetSpec(**values)


def filters_in(stored: Any) -> tuple[Filter, ...]:
    return tuple(Filter(each.get("property", ""), each.get("op", ""), each.get("value")) for each in stored or ())


def metric_in(stored: dict[str, Any]) -> Metric:
    """Makes a Metric from its stored form, in which keys may be missing."""
    texts = {key: stored[key] for key in ("measure", "property", "label") if key in stored}
    return Metric(stored.get("event", ""), filters=filters_in(stored.get("filters")), **texts)
