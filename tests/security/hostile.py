"""Query strings and form data for the admin with which a logged-in attacker could break something or learn secrets."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model

HUGE = "9" * 5000
BEYOND = str(2**70)
"""A number that is too large for a column of the database."""

SLOW = "^(([a-zA-Z0-9 ])+)+!$"
"""A regular expression that takes Python longer than anybody waits. On SQLite, Django's REGEXP uses Python's `re`."""

LOOKUPS = {
    "": "1",
    "exact": "x",
    "regex": SLOW,
    "iregex": "(",
    "startswith": "H",
    "icontains": "o",
    "gt": "A",
    "in": "1,2,x",
    "isnull": "False",
    "isnull__exact": "1",
    "year": HUGE,
    "date__lt": "9999-99-99",
    "nonsense": "1",
}
RELATED_FIELDS = ("password", "name", "secret", "username", "title", "mixpanel_projects__name", "widgets__title")
KEYS = ("x", "-1", "0", "1.5", "٣", "", "\0", BEYOND, HUGE, "1,2", "1" + ",1" * 2_000)
MOMENTS = (
    "x",
    "",
    "2026-11-24",
    "9999-12-31 23:59:59-14:00",
    "0001-01-01 00:00:00+14:00",
    "2026-11-24T00:00:00Z",
    HUGE,
)
EVERYWHERE = [
    {"e": "1"},
    {"e": "1", "id__regex": "("},
    {"q": "\0"},
    {"q": "a" * 100_000},
    {"q": "a " * 50_000},
    {"q": "'\"\\%_" * 30},
    {"q": "=^@ \u202e💥"},
    *({"p": page, "all": "x"} for page in KEYS),
    *({"o": order} for order in ("99", "-", "-1.2.3", BEYOND, HUGE, "1." * 50_000, "x.y", "1..1")),
    {"_facets": "1"},
    {"_popup": "1"},
    *({"_to_field": field} for field in ("id", "pk", "name", "secret", "password", "x", HUGE)),
    {"_changelist_filters": "q=%00&" * 5_000},
    {"_source_model": "x", "_popup": "1"},
    {"\0": "\0"},
    {"a" * 10_000: ""},
    {"__": "1", "pk__": "1", "__in": "1"},
]


def written(query: dict[str, Any]) -> str:
    return urlencode(query, doseq=True)


def queries(model: type[Model] | None) -> Iterator[str]:
    """Hostile query strings. With a `model`, some are about the fields and filters of this model's list."""
    yield from map(written, EVERYWHERE)
    yield "%FF%FE=%FF&q=%C3%28"
    if model is None:
        return
    for field in model._meta.get_fields():
        for lookup, value in LOOKUPS.items():
            yield written({f"{field.name}__{lookup}".removesuffix("__"): value})
        if field.is_relation:
            yield from (written({f"{field.name}__{inner}__startswith": "H"}) for inner in RELATED_FIELDS)
            yield from (written({f"{field.name}__id__exact": key}) for key in KEYS)
        if field.get_internal_type() == "DateTimeField":
            yield from (written({f"{field.name}__{end}": at}) for at in MOMENTS for end in ("gte", "lt"))
    yield written({"id__in": ",".join(map(str, range(100_000)))})
    yield from (written({f"{name}__exact": ["1"] * 1500}) for name in ("id", "action_flag", "is_active"))
    for name in ("health", "project", "owner", "chart", "report", "locked_out", "path_info"):
        yield from (written({name: key}) for key in KEYS)


def forms(key: str) -> Iterator[dict[str, Any]]:
    """Hostile bodies for all forms of the admin, with impossible ids and numbers. `key` is the id of an object."""
    for value in (*KEYS, key):
        yield {
            **dict.fromkeys(("project", "widget", "owner", "role", "object_id"), value),
            **dict.fromkeys(("project_id", "workspace_id", "funnel", "saved_report", "last", "limit", "top"), value),
            **dict.fromkeys(("hourly_limit", "refresh_minutes", "intervals", "from_date", "to_date", "target"), value),
            "report": "events",
            "events": "Signed up",
            "chart": "line",
            "list": "events",
            "range": "last",
            "measure": "total",
            "unit": "day",
            "region": "us",
            "auth": "service_account",
            "timezone": "UTC",
            "index": value,
            "select_across": value,
            "action": "pause",
            "_selected_action": [key, value],
        }
    for action in ("pause", "duplicate", "refresh_now", "replace_address", "delete_selected", "x"):
        yield {"action": action, "_selected_action": ["x", "-1", HUGE, BEYOND]}
        yield {"action": action, "_selected_action": [key] * 1000}
    for field in ("id", "secret", "x"):
        yield {"_to_field": field, "_popup": "1", "_source_model": "x"}
    yield {"post": "yes", "confirmed": "yes", "action": ["x", "y"], "index": BEYOND}
    yield {"link": "https://mixpanel.com/project/" + HUGE + "/view/1/app/boards#report-id=" + HUGE}
    yield {"ask": HUGE, "again": "", "of": ["x"] * 1000}
