"""The action that moves widgets to another project. A moved widget keeps its address, but not its numbers."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html

from widgets.accounts.audit_log import log_change, record
from widgets.admin.admin_page import admin_page
from widgets.admin.widget_actions import MOST_TO_CONFIRM, links, named, too_many
from widgets.models import Action, Project, Widget
from widgets.models.names import free_name

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
            text = "You can't move widgets, because you are not an editor of any other project."
            self.message_user(request, text, messages.WARNING)
            return None
        form = TargetForm(request.POST if request.POST.get("confirmed") == "yes" else None, targets)
        if not form.is_valid():
            title = "Move to another project"
            return admin_page(self, request, "widgets/move_widgets.html", title, form=form, widgets=queryset)
        target = form.cleaned_data["project"]
        moved, bound, refused = [], [], []
        for widget in queryset.exclude(project=target):
            # Another request can delete the widget before `move` locks it.
            with suppress(Widget.DoesNotExist):
                if widget.saved_report or widget.funnel:
                    bound.append(widget.title)
                elif move(widget, target, request.user):
                    moved.append(widget)
                else:
                    refused.append(widget.title)
        if bound:
            why = "A saved report or funnel exists only in its own project at Mixpanel."
            self.message_user(request, f"Not moved: {named(bound)}. {why}", messages.WARNING)
        if refused:
            text = (
                f"Not moved: {named(refused)}. Some settings of these widgets are invalid in the other project. To see "
                "the errors, open each widget, choose that project and save."
            )
            self.message_user(request, text, messages.WARNING)
        if moved:
            self.message_user(request, format_html("Moved to “{}”: {}.", target, links(moved)), messages.SUCCESS)
        return None


def move(widget: Widget, target: Project, by: Any) -> bool:
    """Moves the widget, with a new title if another widget in `target` has the same title.

    Returns False and saves nothing if the widget's settings are invalid in that project. Raises Widget.DoesNotExist if
    the widget was deleted meanwhile.
    """
    with transaction.atomic():
        # While the project is locked, no other request can give the same title to a widget.
        Project.objects.select_for_update().get(pk=target.pk)
        before = Widget.objects.select_related("project").get(pk=widget.pk)
        widget.project = target
        widget.title = free_name(widget.title, target.widgets.all())
        try:
            widget.full_clean()
        except ValidationError:
            return False
        widget.save()
        # MOVED names no project, because some readers of these entries are members of only one of the two projects.
        record(Action.MOVED, before, MOVED, by=by)
        log_change(by, widget, MOVED, Action.MOVED)
    return True
