"""The actions of the list of widgets, except moving (`moving`) and deleting (`deleted_widgets`)."""

import time
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from widgets.accounts import reauthentication
from widgets.accounts.audit_log import log_changes
from widgets.admin.admin_page import admin_page
from widgets.admin.titles import title_of_copy
from widgets.models import Action, Project, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.models.slug import new_slug
from widgets.models.snapshot import REFUSED
from widgets.refresh.quota import Refusal
from widgets.refresh.run import RefreshOutcome, refresh
from widgets.refresh.usage import why_not

LONGEST_REFRESH = 20
"""After this many seconds, “Refresh now” starts no more queries. A running query still finishes."""

MOST_AT_ONCE = 100
"""The maximum number of widgets for the actions that copy widgets or replace addresses."""

MOST_TO_CONFIRM = 1000
"""The maximum number of widgets for the actions that delete, move or bring back widgets.

A form sends the id of each widget, and DATA_UPLOAD_MAX_NUMBER_FIELDS limits the number of fields.
"""

STUB = 6
"""The page of new addresses shows this many characters of each old address: enough to find it, but not to use it."""

NAMED = 8
"""A message lists at most this many titles, and then says how many more there are."""

ENDS_FOR_ALL = (Refusal.HOURLY_LIMIT, Refusal.BACKOFF, Refusal.NO_CREDENTIALS)
"""Refusals that apply to all queries of a project, so `refresh_all` stops querying the project."""

PAUSED = messages.WARNING, "Not refreshed: …. MixCyfe does not refresh paused widgets."
LATER = messages.WARNING, "Not refreshed: …. The queries of other widgets took too long. Refresh these widgets again."


class WidgetActions(admin.ModelAdmin):
    """The part of WidgetAdmin that runs the list's actions."""

    actions = ("refresh_now", "pause", "resume", "replace_address", "duplicate", "move", "delete_selected")

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """Runs the action on the selected widgets that the person can edit. A message names the other widgets."""
        selected = queryset.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
        if request.POST.get("select_across", "0") != "0":
            selected = queryset
        editable = Widget.objects.editable_by(request.user).order_by()
        if refused := list(selected.exclude(pk__in=editable.values("pk")).values_list("title", flat=True)):
            text = f"Not changed: {named(refused)}. You can only view these widgets."
            self.message_user(request, text, messages.WARNING)
            if not selected.filter(pk__in=editable.values("pk")).exists():
                return None
        return super().response_action(request, queryset.filter(pk__in=editable.values("pk")), *args, **kwargs)

    @admin.action(description="Refresh now", permissions=["change"])
    def refresh_now(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        for (level, said), titles in refresh_all(queryset, request.user.pk).items():
            self.message_user(request, said.replace("…", named(titles), 1), level)

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        done = "Paused {}. A paused widget shows nothing in Cyfe and costs no queries."
        self.switch(request, queryset, False, done, "Nothing to pause: all selected widgets are paused already.")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        done = "Resumed {}. A resumed widget shows its numbers in Cyfe again."
        self.switch(request, queryset, True, done, "Nothing to resume: none of the selected widgets is paused.")

    def switch(self, request: HttpRequest, queryset: QuerySet[Widget], active: bool, done: str, nothing: str) -> None:
        with transaction.atomic():
            mine = Widget.objects.filter(pk__in=queryset.order_by().values("pk"), active=not active)
            projects = lock_projects(mine)
            widgets = list(mine)
            log_changes(request.user, widgets, "Resumed." if active else "Paused.")
            if active:
                # A query that Mixpanel has refused can be sent again at once (`Snapshot.allow_retry`).
                refused = Snapshot.objects.filter(error_kind__in=REFUSED, widgets__in=mine.values("pk"))
                refused.update(retry_at=None)
            mine.update(active=active, changed_at=timezone.now())
            for project in projects:
                project.snapshots.filter(pk__in={widget.snapshot_id for widget in widgets}).set_due(project)
        count = f"{len(widgets)} widget{'s' if len(widgets) != 1 else ''}"
        self.message_user(
            request, done.format(count) if widgets else nothing, messages.SUCCESS if widgets else messages.WARNING
        )

    @admin.action(description="Replace the address…", permissions=["change"])
    def replace_address(self, request: HttpRequest, queryset: QuerySet[Widget]) -> HttpResponse | None:
        """Replaces addresses after a confirmation, because Cyfe's widgets with the old addresses will show nothing.

        A reload of the page with the new addresses sends the same POST again. So the POST has each widget's version
        before the replacement, and a widget with a different version keeps its address.
        """
        if too_many(self, request, queryset):
            return None
        if asked := reauthentication.ask(request):
            return asked
        if request.POST.get("confirmed") != "yes":
            return admin_page(self, request, "widgets/replace_address.html", "Replace the address", widgets=queryset)
        asked_about = set(request.POST.getlist("version"))
        with transaction.atomic():
            lock_projects(queryset)
            widgets = list(queryset)
            replaced = [widget for widget in widgets if not asked_about or version_of(widget) in asked_about]
            old = {widget.pk: widget.slug[:STUB] for widget in replaced}
            for widget in replaced:
                widget.replace_slug()
            log_changes(request.user, replaced, "Replaced the address.", Action.ADDRESS_REPLACED)
        rows = [(widget, old.get(widget.pk)) for widget in widgets]
        template = "widgets/replaced_addresses.html"
        return admin_page(self, request, template, "New addresses", rows=rows, media=self.media)

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        if too_many(self, request, queryset):
            return
        copies = []
        with transaction.atomic():
            lock_projects(queryset)
            for widget in queryset:
                copy = copy_of(widget, request.user)
                self.log_addition(request, copy, f"Duplicated from “{widget.title}”.")
                copies.append(copy)
        text = "Duplicated: {}. Each duplicate has its own address."
        self.message_user(request, format_html(text, links(copies)), messages.SUCCESS)


def lock_projects(widgets: QuerySet[Widget]) -> list[Project]:
    """Locks and returns the widgets' projects.

    Until the transaction ends, no other request can give titles to widgets of these projects, or delete such widgets.

    Call this function before you read the widgets, and before any other lock, because refreshes lock the project first
    and its snapshots second.
    """
    pks: set[Any] = set(widgets.order_by().values_list("project", flat=True))
    return list(Project.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def too_many(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Any], most: int = MOST_AT_ONCE
) -> bool:
    if queryset.count() <= most:
        return False
    model_admin.message_user(request, f"Select at most {most:,} widgets for this action.", messages.ERROR)
    return True


def version_of(widget: Widget) -> str:
    return f"{widget.pk}.{widget.version}"


def refresh_all(widgets: QuerySet[Widget], user_id: int | None) -> dict[tuple[int, str], list[str]]:
    """Refreshes the widgets, those with the oldest data first. One call to Mixpanel can refresh several widgets.

    Returns message → titles of the widgets. A message is a level and a text, in which “…” stands for the titles.
    """
    found: dict[tuple[int, str], list[str]] = {}
    words: dict[int, tuple[int, str]] = {}
    ended: dict[int, tuple[int, str]] = {}
    deadline = time.monotonic() + LONGEST_REFRESH
    known = dict(widgets.filter(active=True).values_list("snapshot_id", "snapshot__fetched_at"))
    for widget in widgets.order_by(F("snapshot__fetched_at").asc(nulls_first=True), "pk"):
        pk, project_id = widget.snapshot_id, widget.project_id
        if not widget.active:
            found.setdefault(PAUSED, []).append(widget.title)
            continue
        if pk is None:
            continue
        if pk not in words and project_id not in ended:
            if time.monotonic() > deadline:
                found.setdefault(LATER, []).append(widget.title)
                continue
            outcome = refresh(
                pk, expected_fetched_at=known[pk], purpose=Purpose.PERSON, user_id=user_id, also=known.keys()
            )
            words[pk] = in_words(outcome, pk, project_id)
            if outcome in ENDS_FOR_ALL:
                ended[project_id] = words[pk]
        found.setdefault(words.get(pk) or ended[project_id], []).append(widget.title)
    return found


def in_words(outcome: RefreshOutcome | Refusal, snapshot_id: int, project_id: int) -> tuple[int, str]:
    if outcome in (RefreshOutcome.STORED, RefreshOutcome.LATE, Refusal.NEWER):
        return messages.SUCCESS, "Refreshed: …."
    if isinstance(outcome, Refusal):
        project = Project.objects.get(pk=project_id)
        return messages.WARNING, f"Not refreshed: …. {project.name}: {why_not(project, outcome)}"
    return messages.ERROR, f"Failed: …. {Snapshot.objects.values_list('error', flat=True).get(pk=snapshot_id)}"


def copy_of(widget: Widget, owner: Any) -> Widget:
    """Saves and returns a copy with a new address, a new title and this owner. The copy was never polled."""
    copy = Widget.objects.get(pk=widget.pk)
    copy.pk = None
    copy._state.adding = True
    copy.slug, copy.owner, copy.last_polled_at, copy.version = new_slug(), owner, None, 0
    copy.title = title_of_copy(widget.title, widget.project)
    copy.save()
    return copy


def named(titles: list[str]) -> str:
    shown = ", ".join(f"“{title}”" for title in titles[:NAMED])
    more = len(titles) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def links(widgets: Iterable[Widget]) -> SafeString:
    rows = ((reverse("admin:widgets_widget_change", args=[widget.pk]), widget.title) for widget in widgets)
    return format_html_join(", ", '<a href="{}">{}</a>', rows)
