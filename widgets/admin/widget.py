"""The admin's page for a widget: its form, preview and address. `widget_list` has the list of widgets."""

from typing import Any

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from widgets.accounts.audit_log import record
from widgets.admin.changes import LogsValues
from widgets.admin.edit_conflict import state_of
from widgets.admin.fields import focus_first_error
from widgets.admin.form_files import CHART_MODULES, MEDIA, MODULES
from widgets.admin.moving import MOVED
from widgets.admin.preview_json import as_json
from widgets.admin.preview_views import FormViews
from widgets.admin.summary import summary
from widgets.admin.which_fields import described
from widgets.admin.widget_form import WidgetForm
from widgets.admin.widget_list import WidgetListMixin
from widgets.editor.preview import Ask, preview
from widgets.editor.unknown_names import unknown_names
from widgets.formats import NOT_FOR_CYFE, formats_for
from widgets.models import Action, Project, Widget
from widgets.models.ids import is_id
from widgets.models.slug import new_slug
from widgets.refresh.costs import sharing_of
from widgets.web.site_address import out_of_reach


def part(heading: str | None, *fields: str | tuple[str, ...], is_folded: bool = False) -> Any:
    return heading, {"fields": fields, "classes": ("collapse",) if is_folded else ()}


@admin.register(Widget)
class WidgetAdmin(FormViews, LogsValues, WidgetListMixin):
    form = WidgetForm
    save_as = True
    save_as_continue = True
    not_logged = ("link",)
    fieldsets = (
        part(None, "link", "project"),
        part(
            "Data from Mixpanel",
            *("report", "saved_report", "funnel", "born_event", "events", "conversion_days", "metrics", "formulas"),
            *("property_name", "breakdown", "measure", ("analysis", "window")),
            *(("range", "last", "unit"), ("from_date", "to_date"), "include_today", "filters"),
        ),
        part("Appearance", "chart", "target", "percent", "country_names", "comparison", "overlay_previous", "title"),
        part(
            "Clean and rank the labels",
            *("clean_labels", "exclude", "only", "rename", ("top", "other"), "sort", "colors"),
            is_folded=True,
        ),
        part(
            "Axes and Cyfe's header",
            *("total", ("cumulative", "average"), ("reverse", "reverse_graph"), "shared_axis"),
            *(("show_axis", "show_labels"), ("axis_min", "axis_max"), "types"),
            is_folded=True,
        ),
        part("More", "tags", "where", "limit", "intervals", "active", "refresh_minutes", is_folded=True),
    )

    class Media:
        """For the list and its actions. `form_files` lists the form's files."""

        css = {"all": ("widgets/form/form.css",)}
        js = ("widgets/copy.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Widget | None = None) -> Any:
        (heading, first), *others = super().get_fieldsets(request, obj)
        return [(heading, first if obj is None else {"fields": ("project",)}), *others]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "project":
            kwargs["queryset"] = Project.objects.editable_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "project" and field:
            # Superusers can add a project from this form. A project is changed only on its own page.
            field.widget.can_change_related = field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A POST locks the project and the widget.

        If the widget was deleted meanwhile, the page shows the form of a new widget (see `edit_conflict`).
        """
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            project = request.POST.get("project", "")
            if is_id(project):
                # While the project is locked, no other request can take the title. The lock of the project comes first,
                # because another order can cause deadlocks (see `Widget.save`).
                Project.objects.editable_by(request.user).select_for_update().filter(pk=project).first()
            if object_id is not None and "stored_state" in request.POST and not self.lock(request, object_id):
                object_id, form_url = None, reverse("admin:widgets_widget_add")
            return super().changeform_view(request, object_id, form_url, extra_context)

    def lock(self, request: HttpRequest, object_id: str) -> bool:
        """Locks the widget's row. Returns False if the person can't see the widget any more or if it was deleted."""
        widgets = self.get_queryset(request).select_for_update()
        return is_id(object_id) and widgets.filter(pk=object_id).first() is not None

    def save_model(self, request: HttpRequest, obj: Widget, form: Any, change: bool) -> None:
        if not change:
            obj.slug = new_slug()
            obj.owner_id = request.user.pk
        elif "project" in form.changed_data:
            before = Widget.objects.select_related("project").get(pk=obj.pk)
            record(Action.MOVED, before, MOVED, by=request.user)
        super().save_model(request, obj, form, change)
        if change and obj.last_polled_at and obj.hours_on_axis and {"report", "chart", "unit"} & {*form.changed_data}:
            self.message_user(request, NOT_FOR_CYFE, messages.WARNING)
        elif change and "chart" in form.changed_data and obj.last_polled_at:
            chart = obj.get_chart_display()
            text = f"You changed the chart. Choose “{chart}” in Cyfe's widget too, or Cyfe draws nothing."
            self.message_user(request, text, messages.WARNING)
        for unknown in unknown_names(obj):
            text = f"{unknown} If the name is wrong, this widget shows zeros or nothing."
            self.message_user(request, text, messages.WARNING)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        widget: Any = kwargs.get("obj")
        saved = widget is not None and widget.pk is not None
        if not saved:
            # “Save” already opens the page of the new widget.
            context["show_save_and_continue"] = False
        urls = {name: reverse(f"admin:widgets_widget_{name}") for name in ("preview", "lists", "link")}
        context |= {
            "which_fields": {**described(), "urls": urls},
            "preview_url": f"{urls['preview']}?widget={widget.pk}" if saved else urls["preview"],
            "out_of_reach": out_of_reach(),
            "media": MEDIA,
            "modules": MODULES,
            "chart_modules": CHART_MODULES,
            "draft": self.draft_of(request, widget if saved else None),
        }
        if saved:
            # The widget is read again, because a form with errors has changed `widget`.
            stored = Widget.objects.get(pk=widget.pk)
            context |= {"widget": widget, "cyfe_chart": self.chart_name(widget), "stored_state": state_of(stored)}
            context |= {"sharing": sharing_of(stored) if stored.active else ""}
            context |= {"page_url": widget.page_url, "formats": other_formats(stored)}
            context["not_for_cyfe"] = NOT_FOR_CYFE if stored.hours_on_axis else ""
            # A POST runs in a transaction, but `preview` must not.
            if request.method == "GET":
                context["preview"] = as_json(preview(widget, Ask.NEVER, user_id=None), widget)
        focus_first_error(context["adminform"])
        if saved and not self.has_change_permission(request, widget):
            context["summary"] = summary(widget)
        return super().render_change_form(request, context, *args, **kwargs)

    def draft_of(self, request: HttpRequest, widget: Widget | None) -> dict[str, Any]:
        """Data for the script that keeps unsaved entries in the browser as a draft.

        `made` is the id of the person's newest widget. `version` is this widget's version, which each save raises.
        For a new widget, a changed `made` shows that the server has saved the sent entries. For a saved widget, a
        changed `version` shows this. The script then deletes the draft.
        """
        made = Widget.objects.filter(owner_id=request.user.pk).aggregate(last=Max("pk"))["last"] or 0
        key = f"mixcyfe-draft {request.user.pk}"
        return {
            "key": key,
            "widget": widget.pk if widget else None,
            "made": made,
            "version": widget.version if widget else 0,
        }

    def response_post_save_add(self, request: HttpRequest, obj: Widget) -> HttpResponseRedirect:
        """Redirects to the new widget's page, which has the address and the steps for Cyfe."""
        if not self.has_view_or_change_permission(request, obj):
            return super().response_post_save_add(request, obj)
        return HttpResponseRedirect(reverse("admin:widgets_widget_change", args=(obj.pk,)))


def other_formats(widget: Widget) -> list[dict[str, str]]:
    """The widget's addresses for programs other than Cyfe. `name` and `readers`: as in `Format`."""
    return [
        {"name": format.name, "readers": format.readers, "url": widget.url(format.extension)}
        for format in formats_for(widget)
        if format.readers
    ]
