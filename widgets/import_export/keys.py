"""The keys of the import format: one for each editable model field, and one for each field in NOT_EDITABLE.

`importing` adds the key `notify`. The model field decides the JSON type of a value. If the model field is a JSONField,
the type in WidgetSpec decides.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias, get_type_hints

from django.db import models

from widgets.models import Project, Widget
from widgets.spec import FILTER_OPS, METRIC_MEASURES, OPTIONS, Filter, Formula, Metric, WidgetSpec

RENAMED = {"property_name": "property", "clean_labels": "clean"}
"""Model field → key, if the two names differ. In a Django model, `property` and `clean` already have a meaning."""

NOT_EDITABLE = ("slug", "secret")
"""Model fields that an import can set although they have `editable=False`."""

FILTERS = 'a list such as [{"property": "plan", "op": "is", "value": "Team"}]'
METRICS = 'a list such as [{"event": "Signed up", "measure": "unique"}]'
FORMULAS = 'a list such as [{"formula": "B / A * 100", "label": "Conversion"}]'

Field: TypeAlias = "models.Field[Any, Any]"
Check = Callable[[Any], str]
"""A function that checks a JSON value. Returns "" if the value is allowed, else a description of the allowed values."""


def keys_of(model: type[models.Model]) -> dict[str, Field]:
    """Returns key → model field."""
    fields = [field for field in model._meta.concrete_fields if field.editable or field.name in NOT_EDITABLE]
    return {key_of(field.name): field for field in fields if not field.primary_key}


def key_of(field: str) -> str:
    return RENAMED.get(field, field)


def must_be(allowed: str, is_right: Callable[[Any], bool]) -> Check:
    return lambda value: "" if is_right(value) else allowed


def one_of(allowed: Sequence[str]) -> Check:
    return must_be(f"one of {', '.join(allowed)}", lambda value: isinstance(value, str) and value in allowed)


def text(value: Any) -> str:
    if not isinstance(value, str):
        return "text in quotes"
    return (
        "text without NUL characters and without unpaired surrogates" if re.search("[\x00\ud800-\udfff]", value) else ""
    )


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**63


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def are_texts(values: Iterable[Any]) -> bool:
    return not any(map(text, values))


def filters(value: Any) -> str:
    if not isinstance(value, list):
        return FILTERS
    for entry in value:
        if not isinstance(entry, dict) or not {"property", "op"} <= set(entry) <= {"property", "op", "value"}:
            return FILTERS
        if text(entry["property"]):
            return f"{FILTERS}, where property is a text"
        if one_of(list(FILTER_OPS))(entry["op"]):
            return f"{FILTERS}, where op is one of: {', '.join(FILTER_OPS)}"
        if not isinstance(entry.get("value"), str | int | float | bool | None):
            return f"{FILTERS}, where value is a text, a number, true or false"
    return ""


def metrics(value: Any) -> str:
    if not isinstance(value, list):
        return METRICS
    for entry in value:
        if not isinstance(entry, dict) or not {"event"} <= set(entry) <= set(Metric._fields):
            return f"{METRICS}, where each key is one of: {', '.join(Metric._fields)}"
        if not are_texts([entry[key] for key in entry if key != "filters"]):
            return f"{METRICS}, where event, measure, property and label are texts"
        if "measure" in entry and entry["measure"] not in METRIC_MEASURES:
            return f"{METRICS}, where measure is one of: {', '.join(METRIC_MEASURES)}"
        if "filters" in entry and (instead := filters(entry["filters"])):
            return f"a list of metrics, where filters is {instead}"
    return ""


def formulas(value: Any) -> str:
    if not isinstance(value, list):
        return FORMULAS
    for entry in value:
        if not isinstance(entry, dict) or not {"formula"} <= set(entry) <= set(Formula._fields):
            return FORMULAS
        if not are_texts(entry.values()):
            return f"{FORMULAS}, where {' and '.join(Formula._fields)} are texts"
    return ""


def options(value: Any) -> str:
    if not isinstance(value, dict):
        return 'an object such as {"comparison": true}'
    unknown = ", ".join(repr(name) for name in value if name not in OPTIONS)
    return f"an object without {unknown}: the allowed keys are {', '.join(OPTIONS)}" if unknown else ""


WHOLE = must_be("a whole number, 1 or more", is_whole)
COUNT = must_be("a whole number, 0 or more", lambda value: (value == 0 and value is not False) or is_whole(value))
BY_FIELD: dict[type[Field], Check] = {
    models.BooleanField: must_be("true or false", lambda value: isinstance(value, bool)),
    models.PositiveIntegerField: WHOLE,
    models.PositiveBigIntegerField: WHOLE,
    models.FloatField: must_be("a number", is_number),
    models.DateField: must_be("a date as YYYY-MM-DD", is_day),
}
BY_TYPE: dict[Any, Check] = {
    tuple[str, ...]: must_be(
        'a list of texts, such as ["Signed up"]', lambda value: isinstance(value, list) and are_texts(value)
    ),
    Mapping[str, str]: must_be(
        'an object from label to new label, such as {"FR": "France"}',
        lambda value: isinstance(value, dict) and are_texts(value.values()),
    ),
    Sequence[str] | Mapping[str, str]: must_be(
        'a list such as ["#0072b2"], or an object from label to colour',
        lambda value: isinstance(value, list | dict) and are_texts(getattr(value, "values", lambda: value)()),
    ),
    tuple[Filter, ...]: filters,
    tuple[Metric, ...]: metrics,
    tuple[Formula, ...]: formulas,
    Mapping[str, Any]: options,
}


def check_of(field: Field) -> Check:
    if field.name == "notify_after_minutes":
        return COUNT
    if field.choices:
        return one_of([value for value, _ in field.flatchoices if value])
    if isinstance(field, models.JSONField):
        return BY_TYPE[get_type_hints(WidgetSpec).get(field.name, tuple[str, ...])]
    return BY_FIELD.get(type(field), text)


def instead_of(value: Any, field: Field) -> str:
    """Returns "" if the field accepts the value, else a description of the allowed values."""
    if value is None and field.null:
        return ""
    instead = check_of(field)(value)
    return f"{instead}, or null" if instead and field.null else instead


PROJECT_KEYS, WIDGET_KEYS = keys_of(Project), keys_of(Widget)
