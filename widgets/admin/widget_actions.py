"""What the list of widgets can do to those that are ticked. Each action says what became of every widget."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from widgets.admin.titles import LONGEST_TITLE
from widgets.models import Project, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.models.names import free_name
from widgets.models.snapshot import REFUSED
from widgets.models.widget import new_slug
from widgets.refresh.quota import Refusal
from widgets.refresh.run import Outcome, refresh
from widgets.refresh.usage import why_not

LONGEST_REFRESH = 20
"""Seconds that somebody waits in front of a page at most; the query that runs then is waited for."""

MOST_AT_ONCE = 100
"""Widgets that are copied, or get a new address, at a time."""

NAMED = 8
"""So many titles stand in a message, then only how many more."""

ENDS_FOR_ALL = (Refusal.HOUR, Refusal.HELD, Refusal.NO_CREDENTIALS)
"""What keeps all other widgets of the project from being refreshed too."""


@dataclass
class Refreshed:
    """What became of the widgets, by titles."""

    done: list[str] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[tuple[int, Refusal], list[str]] = field(default_factory=dict)


class WidgetActions:
    """A part of the widgets' ModelAdmin."""

    actions = ("refresh_now", "pause", "resume", "replace_address", "duplicate")

    @admin.action(description="Refresh now", permissions=["change"])
    def refresh_now(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        found = refresh_all(queryset, request.user.pk)
        if found.done:
            self.message_user(request, f"Refreshed: {named(found.done)}.", messages.SUCCESS)
        for why, titles in found.failed.items():
            self.message_user(request, f"Failed: {named(titles)}. {why}", messages.ERROR)
        for (project_id, refusal), titles in found.refused.items():
            project = Project.objects.get(pk=project_id)
            text = f"Not refreshed: {named(titles)}. {project.name}: {why_not(project, refusal)}"
            self.message_user(request, text, messages.WARNING)
        if found.paused:
            self.message_user(request, f"Not refreshed: {named(found.paused)}. Paused.", messages.WARNING)
        if found.later:
            text = f"Not asked for yet: {named(found.later)}. Mixpanel took its time; refresh these once more."
            self.message_user(request, text, messages.WARNING)

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        if count := self.switch(request, queryset, active=False):
            text = f"Paused {counted(count)}: they answer as if they did not exist, and cost no queries."
            self.message_user(request, text, messages.SUCCESS)
        else:
            self.message_user(request, "Nothing to pause there: all of these are paused.", messages.WARNING)

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        if count := self.switch(request, queryset, active=True):
            text = f"Resumed {counted(count)}: their addresses answer again."
            self.message_user(request, text, messages.SUCCESS)
        else:
            self.message_user(request, "Nothing to resume there: none of these is paused.", messages.WARNING)

    def switch(self, request: HttpRequest, queryset: QuerySet[Widget], *, active: bool) -> int:
        with transaction.atomic():
            mine = Widget.objects.filter(pk__in=queryset.order_by().values("pk"), active=not active)
            widgets = list(mine)
            self.log_changes(request, widgets, "Resumed." if active else "Paused.")
            if active:
                # Somebody tries: what Mixpanel refused is asked again at once (`Snapshot.forgive`).
                refused = Snapshot.objects.filter(error_kind__in=REFUSED, widgets__in=mine.values("pk"))
                refused.update(retry_at=None)
            mine.update(active=active, changed_at=timezone.now())
        return len(widgets)

    @admin.action(description="Replace the address…", permissions=["change"])
    def replace_address(self, request: HttpRequest, queryset: QuerySet[Widget]) -> TemplateResponse | None:
        """Asks first, because what stands in Cyfe shows nothing from then on."""
        if self.too_many(request, queryset):
            return None
        widgets = list(queryset)
        if request.POST.get("confirmed") != "yes":
            context = {
                **self.admin_site.each_context(request),
                "title": "Replace the address",
                "opts": self.opts,
                "widgets": widgets,
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "widgets/replace_address.html", context)
        with transaction.atomic():
            for widget in widgets:
                widget.replace_slug()
            self.log_changes(request, widgets, "Replaced the address.")
        text = "New addresses for {}. Paste each into its widget in Cyfe: the old ones answer nothing any more."
        self.message_user(request, format_html(text, links(widgets)), messages.SUCCESS)
        return None

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        if self.too_many(request, queryset):
            return
        copies = []
        with transaction.atomic():
            for widget in queryset:
                copy = copy_of(widget, request.user)
                self.log_addition(request, copy, f"Copied from “{widget.title}”.")
                copies.append(copy)
        text = "Copied: {}. Each has an address of its own."
        self.message_user(request, format_html(text, links(copies)), messages.SUCCESS)

    def too_many(self, request: HttpRequest, queryset: QuerySet[Widget]) -> bool:
        if queryset.count() <= MOST_AT_ONCE:
            return False
        self.message_user(request, f"Tick at most {MOST_AT_ONCE} widgets for this.", messages.ERROR)
        return True

    def log_changes(self, request: HttpRequest, widgets: list[Widget], what: str) -> None:
        """For the audit log: who did it and when."""
        LogEntry.objects.log_actions(request.user.pk, widgets, CHANGE, what)


def refresh_all(widgets: QuerySet[Widget], user_id: int) -> Refreshed:
    """Each query once, the oldest data first, as long as somebody may be kept waiting."""
    found = Refreshed()
    ended: dict[int, Refusal] = {}
    outcomes: dict[int, Outcome | Refusal] = {}
    deadline = time.monotonic() + LONGEST_REFRESH
    for widget in widgets.order_by(F("snapshot__fetched_at").asc(nulls_first=True), "pk"):
        pk, project_id = widget.snapshot_id, widget.project_id
        if not widget.active:
            found.paused.append(widget.title)
            continue
        if pk is None:
            continue
        if pk not in outcomes and project_id not in ended:
            if time.monotonic() > deadline:
                found.later.append(widget.title)
                continue
            outcomes[pk] = refresh(
                pk, expected_fetched_at=widget.snapshot.fetched_at, purpose=Purpose.PERSON, user_id=user_id
            )
            if outcomes[pk] in ENDS_FOR_ALL:
                ended[project_id] = outcomes[pk]
        outcome = outcomes.get(pk) or ended[project_id]
        if outcome in (Outcome.STORED, Outcome.LATE, Refusal.NEWER):
            found.done.append(widget.title)
        elif isinstance(outcome, Refusal):
            found.refused.setdefault((project_id, outcome), []).append(widget.title)
        else:
            why = Snapshot.objects.values_list("error", flat=True).get(pk=pk)
            found.failed.setdefault(why, []).append(widget.title)
    return found


def copy_of(widget: Widget, owner: Any) -> Widget:
    """A saved copy with an address of its own, which nobody has polled."""
    copy = Widget.objects.get(pk=widget.pk)
    copy.pk = None
    copy._state.adding = True
    copy.slug, copy.owner, copy.last_polled_at, copy.version = new_slug(), owner, None, 0
    taken = set(widget.project.widgets.values_list("title", flat=True))
    copy.title = free_name(widget.title, taken, LONGEST_TITLE, lambda n: f" (copy {n})" if n > 1 else " (copy)")
    copy.save()
    return copy


def named(titles: list[str]) -> str:
    """The titles, as many as a message holds."""
    shown = ", ".join(f"“{title}”" for title in titles[:NAMED])
    more = len(titles) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def links(widgets: Iterable[Widget]) -> SafeString:
    rows = ((reverse("admin:widgets_widget_change", args=[widget.pk]), widget.title) for widget in widgets)
    return format_html_join(", ", '<a href="{}">{}</a>', rows)


def counted(count: int) -> str:
    return f"{count} widget{'s' if count != 1 else ''}"
