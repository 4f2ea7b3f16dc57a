"""The action that moves widgets to another project.

Moved widgets keep their addresses and show the numbers of the new project.
"""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html

from widgets.accounts.audit_log import log_change, record
from widgets.admin.widget_actions import MOST_TO_CONFIRM, links, named, too_many
from widgets.models import Action, Project, Widget
from widgets.models.names import free_name
from widgets.models.widget import LONGEST_TITLE

MOVED = "Moved to another project."


class TargetForm(forms.Form):
    project = forms.ModelChoiceField(queryset=Project.objects.none(), label="Move to", empty_label=None)

    def __init__(self, data: Any, targets: QuerySet[Project]) -> None:
        super().__init__(data)
        field: Any = self.fields["project"]
        field.queryset = targets


class WidgetMoving(admin.ModelAdmin):
    """The part of WidgetAdmin that moves widgets."""

    @admin.action(description="Move to another project…", permissions=["change"])
    def move(self, request: HttpRequest, queryset: QuerySet[Widget]) -> TemplateResponse | None:
        if too_many(self, request, queryset, MOST_TO_CONFIRM):
            return None
        targets = Project.objects.editable_by(request.user)
        sources: set[Any] = set(queryset.order_by().values_list("project", flat=True))
        if len(sources) == 1:
            targets = targets.exclude(pk__in=sources)
        if not targets.exists():
            text = "You are an editor of no other project to which the widgets could move."
            self.message_user(request, text, messages.WARNING)
            return None
        form = TargetForm(request.POST if request.POST.get("confirmed") == "yes" else None, targets)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": "Move to another project",
                "opts": self.opts,
                "form": form,
                "widgets": queryset,
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "widgets/move_widgets.html", context)
        target = form.cleaned_data["project"]
        moved, bound, refused = [], [], []
        for widget in queryset.exclude(project=target):
            with suppress(Widget.DoesNotExist):  # deleted meanwhile
                if widget.saved_report or widget.funnel:
                    bound.append(widget.title)
                elif move(widget, target, request.user):
                    moved.append(widget)
                else:
                    refused.append(widget.title)
        if bound:
            why = "Their saved report or funnel is only in their own Mixpanel project."
            self.message_user(request, f"Not moved: {named(bound)}. {why}", messages.WARNING)
        if refused:
            text = f"Not moved: {named(refused)}. Open each one, choose the project there, and read what is wrong."
            self.message_user(request, text, messages.WARNING)
        if moved:
            self.message_user(request, format_html("Moved to “{}”: {}.", target, links(moved)), messages.SUCCESS)
        return None


def move(widget: Widget, target: Project, by: Any) -> bool:
    """Moves the widget to the project `target`, under a title that is free there, and saves it.

    Returns False, and saves nothing, if the widget's fields are invalid in that project.
    """
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=target.pk)  # the lock keeps other requests from using the title
        before = Widget.objects.select_related("project").get(pk=widget.pk)
        widget.project = target
        widget.title = free_name(widget.title, set(target.widgets.values_list("title", flat=True)), LONGEST_TITLE)
        try:
            widget.full_clean()
        except ValidationError:
            return False
        widget.save()
        # The message names no project. Members of one project might not be allowed to know the other project.
        record(Action.MOVED, before, MOVED, by=by)
        log_change(by, widget, MOVED, Action.MOVED)
    return True
