"""Deletes widgets, and shows the list from which people can bring deleted widgets back."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from widgets.accounts import audit_log
from widgets.admin.by_role import ByRole
from widgets.admin.strict_list import StrictList
from widgets.admin.widget_actions import MOST_TO_CONFIRM, links, too_many
from widgets.models import DeletedWidget, Role, Widget
from widgets.models.deleted_widget import KEPT_FOR
from widgets.times import time_tag


class WidgetDeleting(admin.ModelAdmin):
    """The part of WidgetAdmin that deletes widgets. MixCyfe keeps a deleted widget for KEPT_FOR."""

    delete_confirmation_template = delete_selected_confirmation_template = "widgets/delete_widgets.html"

    @admin.action(description="Delete…", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Widget]) -> HttpResponse | None:
        if too_many(self, request, queryset, MOST_TO_CONFIRM):
            return None
        with transaction.atomic():
            page: HttpResponse | None = delete_selected(self, request, queryset)
        if page is None:
            self.say_how_to_undo(request)
        return page

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        response = super().response_delete(request, obj_display, obj_id)
        self.say_how_to_undo(request)
        return response

    def delete_model(self, request: HttpRequest, obj: Widget) -> None:
        self.delete_queryset(request, Widget.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Widget]) -> None:
        DeletedWidget.objects.take(queryset, request.user)

    def say_how_to_undo(self, request: HttpRequest) -> None:
        address = reverse("admin:widgets_deletedwidget_changelist")
        text = (
            "You can bring deleted widgets back within {} days, and they keep their addresses. "
            'Open <a href="{}">Recently deleted</a>.'
        )
        self.message_user(request, format_html(text, KEPT_FOR.days, address), messages.INFO)


@admin.register(DeletedWidget)
class RecentlyDeletedAdmin(ByRole, StrictList):
    """Editors of a project can bring its deleted widgets back, or delete them for good."""

    to_view = Role.EDITOR
    list_display = ("title", "project", "at", "deleted_by", "until")
    list_display_links = None
    list_select_related = ("project", "deleted_by")
    search_fields = ("title", "project__name")
    show_full_result_count = False
    fields = ("title", "project", "deleted_at", "deleted_by")
    actions = ("bring_back", "delete_selected")

    class Media:
        js = ("widgets/board/times.js",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: DeletedWidget | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Recently deleted widgets"} | (extra_context or {}))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        super().response_delete(request, obj_display, obj_id)
        return HttpResponseRedirect(reverse("admin:widgets_deletedwidget_changelist"))

    @admin.display(description="Deleted", ordering="deleted_at")
    def at(self, deleted: DeletedWidget) -> SafeString:
        return time_tag(deleted.deleted_at)

    @admin.display(description="Kept until", ordering="deleted_at")
    def until(self, deleted: DeletedWidget) -> SafeString:
        return time_tag(deleted.deleted_at + KEPT_FOR)

    @admin.action(description="Bring back", permissions=["delete"])
    def bring_back(self, request: HttpRequest, queryset: QuerySet[DeletedWidget]) -> None:
        if too_many(self, request, queryset, MOST_TO_CONFIRM):
            return
        back: list[Widget] = []
        for deleted in queryset:
            try:
                widget = deleted.bring_back()
            except ObjectDoesNotExist:
                # Another request has already brought the widget back, or has deleted it for good.
                continue
            back.append(widget)
            audit_log.log_change(request.user, widget, "Brought back.")
            if widget.title != deleted.title:
                renamed = f"“{deleted.title}” is now called “{widget.title}”, because another widget has the old title."
                self.message_user(request, renamed, messages.WARNING)
            if widget.slug != deleted.slug:
                moved = (
                    f"“{widget.title}” has a new address, because another widget has the old address. Paste the new "
                    "address into Cyfe."
                )
                self.message_user(request, moved, messages.WARNING)
        if back:
            self.message_user(request, format_html("Brought back: {}.", links(back)), messages.SUCCESS)

    @admin.action(description="Delete for good…", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[DeletedWidget]) -> HttpResponse | None:
        if too_many(self, request, queryset, MOST_TO_CONFIRM):
            return None
        with transaction.atomic():
            page: HttpResponse | None = delete_selected(self, request, queryset)
        return page
