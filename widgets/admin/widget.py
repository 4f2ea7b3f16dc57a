"""Widgets in the admin: make one, see its address, copy it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from widgets.models import Project, Widget
from widgets.models.widget import new_slug

from .widget_form import WidgetForm


@admin.register(Widget)
class WidgetAdmin(admin.ModelAdmin):
    form = WidgetForm
    save_as = True
    save_as_continue = True
    list_display = ("title", "project", "report", "chart", "health", "last_polled_at", "active")
    list_filter = ("project", "report", "chart", "active")
    list_select_related = ("project", "snapshot")
    search_fields = ("title", "project__name")
    list_per_page = 50
    readonly_fields = ("address",)
    fieldsets = (
        (None, {"fields": ("address", "project", "title")}),
        (
            "What to ask",
            {
                "fields": (
                    "report",
                    "events",
                    "born_event",
                    "breakdown",
                    "property_name",
                    "saved_report",
                    "funnel",
                    "measure",
                    "filters",
                    "where",
                    "limit",
                    "intervals",
                )
            },
        ),
        ("Which dates", {"fields": ("range", ("last", "unit"), "include_today", ("from_date", "to_date"))}),
        ("How to draw it", {"fields": ("chart", "target", "colors")}),
        (
            "Clean the labels",
            {"fields": ("clean_labels", "exclude", "rename", "sort", ("top", "other"))},
        ),
        (
            "More of Cyfe's options",
            {
                "classes": ("collapse",),
                "fields": (
                    "comparison",
                    ("total", "cumulative", "average"),
                    ("reverse", "reverse_graph"),
                    "shared_axis",
                    ("axis_min", "axis_max"),
                    ("show_axis", "show_labels"),
                    "types",
                    ("percent", "country_names"),
                ),
            },
        ),
        ("Running", {"classes": ("collapse",), "fields": ("active", "refresh_minutes")}),
    )

    class Media:
        css = {"all": ("widgets/admin.css",)}
        js = ("widgets/copy.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "project":
            kwargs["queryset"] = Project.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Widget, form: Any, change: bool) -> None:
        if not change:
            obj.slug = new_slug()
            obj.owner = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description="Address for Cyfe")
    def address(self, widget: Widget) -> SafeString | str:
        if widget.pk is None:
            return "You get it after saving."
        return render_to_string("widgets/address.html", {"widget": widget, "url": widget.url()})

    @admin.display(description="Data")
    def health(self, widget: Widget) -> SafeString | str:
        snapshot = widget.snapshot
        if not widget.active:
            return "paused"
        if snapshot is None or (snapshot.fetched_at is None and not snapshot.error):
            return "not asked yet"
        if snapshot.error:
            return format_html("failing: {}", snapshot.error)
        return format_html("{:%Y-%m-%d %H:%M} UTC", snapshot.fetched_at)
