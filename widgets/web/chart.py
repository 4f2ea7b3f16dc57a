"""The data of a widget's chart, for people who are logged in. A request is not a poll, and sends no query."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from widgets import charts
from widgets.models import Rendering, Widget
from widgets.poll import render
from widgets.poll.response import matches
from widgets.poll.row import RENDERING_VERSION, find
from widgets.web.health import HEAVY


def version_of(widget: Widget) -> str:
    """The same text as `PollRow.current_source_version`. Chart URLs contain this text, so browsers can cache charts."""
    snapshot = widget.snapshot
    return f"{RENDERING_VERSION}.{widget.version}.{widget.snapshot_id}.{snapshot.version if snapshot else 0}"


def chart_url(widget: Widget) -> str:
    return f"{reverse('chart', args=[widget.pk])}?v={version_of(widget)}"


@require_safe
@login_required
def chart(request: HttpRequest, pk: int) -> HttpResponse:
    """Answers `/charts/<id>.json` with the widget's last good numbers, as a Figure (see `charts.figure`)."""
    mine = Widget.objects.visible_to(request.user).select_related("snapshot", "project").defer(*HEAVY)
    widget = get_object_or_404(mine, pk=pk)
    body, etag = figure_of(widget)
    response = HttpResponse(body, content_type="application/json")
    if matches(request.headers.get("If-None-Match", ""), f'"{etag}"'):
        response = HttpResponse(status=304)
    response["ETag"] = f'"{etag}"'
    # The chart of one version never changes, so browsers are allowed to cache the chart.
    current = request.GET.get("v") == version_of(widget) and etag != "none"
    response["Cache-Control"] = "private, max-age=86400" if current else "private, no-cache"
    return response


def figure_of(widget: Widget) -> tuple[bytes, str]:
    """The Figure in JSON, and its ETag (“none” if there are no numbers to show).

    An outdated Figure is rendered again, but a paused widget keeps its last one. `widget` can come without the columns
    in HEAVY.
    """
    if widget.active and widget.snapshot and widget.snapshot.fetched_at:
        row = find(widget.slug, render.FIGURE)
        if row is not None and row.source_version != row.current_source_version:
            render.render(row, render.FIGURE)
        if row is not None and row.body is not None:
            return row.body, row.etag
        words = row.problem if row else ""
    else:
        # After an edit or a move, the last Figure might show another query or project, so it is not used.
        same = f"{RENDERING_VERSION}.{widget.version}.{widget.snapshot_id}."
        figures = Rendering.objects.filter(widget=widget, format=render.FIGURE, source_version__startswith=same)
        stored: Any = figures.values_list("body", "etag", named=True).first()
        if stored and stored.body is not None:
            return bytes(stored.body), stored.etag
        words = ""
    nothing = charts.without_numbers(widget.chart, widget.title, words or "There are no numbers yet.")
    return json.dumps(nothing).encode(), "none"
