"""Converts a preview to JSON for pages and scripts, with texts that are ready to show, and without secrets."""

import json
from typing import Any

from django.utils import timezone

from widgets.editor.preview import Preview, State
from widgets.models import Widget
from widgets.refresh.usage import Usage
from widgets.report import Value
from widgets.reports import Request
from widgets.times import from_now
from widgets.transforms import Dropped

MOST_DROPPED = 100
WHY = {
    "clean": "empty",
    "exclude": "left out",
    "only": "not in the list of labels to show",
    "top": "not among the largest labels",
    "country": "no country code",
}


def as_json(shown: Preview, widget: Widget) -> dict[str, Any]:
    return {
        "state": shown.state.value,
        "scarce": shown.usage.is_scarce,
        "problem": shown.problem,
        "note": note(shown),
        "data_note": shown.data_note,
        "left": left(shown.usage),
        "spent": shown.spent,
        "figure": shown.figure,
        "csv": shown.csv,
        "age": f"Mixpanel answered {from_now(shown.fetched_at, timezone.now())}." if shown.fetched_at else "",
        "fetched_at": shown.fetched_at.isoformat() if shown.fetched_at else "",
        "endpoint": f"{'GET' if shown.request.body is None else 'POST'} /query/{shown.request.endpoint}",
        "params": params(shown.request),
        "dropped": [dropped(one, adds_up=shown.adds_up) for one in shown.dropped[:MOST_DROPPED]],
        "dropped_count": len(shown.dropped),
        "labels": shown.labels,
        "colors": shown.colors,
    }


def note(shown: Preview) -> str:
    """The text in place of the chart if MixCyfe is asking Mixpanel or has not asked yet, else ""."""
    if shown.state is State.ASKING:
        return "MixCyfe is asking Mixpanel…"
    if shown.state is not State.UNASKED:
        return ""
    if shown.usage.is_scarce:
        return "Few queries are left this hour. MixCyfe asks Mixpanel only when you press “Ask Mixpanel now”."
    return "MixCyfe has not asked Mixpanel for these numbers yet."


def left(usage: Usage) -> str:
    return f"{usage.left} of {usage.limit} queries left this hour"


def dropped(one: Dropped, *, adds_up: bool) -> list[str]:
    return [one.label or "(empty)", WHY[one.why], count(one.total) if adds_up else ""]


def count(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def params(request: Request) -> list[list[str]]:
    """The request's parameters, each as [name, text]. If the request has a body, also the body's sections as JSON."""
    found = [[name, sent(value)] for name, value in request.params.items()]
    if request.body is not None:
        sections = request.body["bookmark"]["sections"]
        found += [[name, json.dumps(each, ensure_ascii=False)] for name, part in sections.items() for each in part]
    return found


def sent(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
