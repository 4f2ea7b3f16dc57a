"""The endpoints of the widget's form: the preview, the lists for pickers, and the pasted link.

All endpoints accept only POST, because previews and lists can cost a query to Mixpanel. People who are not allowed to
edit a project or widget get the same answer as if the project or widget did not exist.
"""

from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from widgets.admin.admin_page import admin_page
from widgets.admin.form_files import MEDIA
from widgets.admin.pasted_link import fields_of
from widgets.admin.preview_json import as_json
from widgets.admin.titles import free_title
from widgets.editor.options import LISTS, Options, options
from widgets.editor.preview import Ask, Preview, preview
from widgets.editor.unknown_names import unknown_names
from widgets.mixpanel.links import BadLink
from widgets.models import Project, Role, Widget
from widgets.models.access import has_role
from widgets.models.ids import is_id
from widgets.times import from_now
from widgets.web.health import NEEDS_SOMEBODY

HARMLESS = {"title", "active", "refresh_minutes", "link"}
"""Fields that the preview does not need, so it ignores their errors."""

LONGEST_NAME = 1000


class FormViews(admin.ModelAdmin):
    """The part of WidgetAdmin that answers requests of the form's script."""

    def get_urls(self) -> list[URLPattern]:
        views = {"preview": self.preview_view, "lists": self.lists_view, "link": self.link_view}
        mine = [
            path(f"{name}/", self.admin_site.admin_view(require_POST(view)), name=f"widgets_widget_{name}")
            for name, view in views.items()
        ]
        return [*mine, *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """A preview of the submitted form: JSON for the script, or a page for a browser without scripts."""
        widget = self.editable_widget(request)
        self.project_asked_for(request)  # raises Http404 if the person can't edit the project
        form = self.bound_form(request, widget)
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        content: dict[str, Any] = {
            "errors": errors,
            "missing": missing(form),
            "unknown": [],
            "preview": None,
        }
        if set(errors) <= HARMLESS:
            shown = preview(form.instance, asked(request), user_id=request.user.pk)
            content["unknown"] = [asdict(name) | {"text": str(name)} for name in unknown_names(form.instance)]
            content["preview"] = as_json(shown, form.instance) | {"repair": self.repair(request, form.instance, shown)}
        if request.accepts("text/html"):
            template = "admin/widgets/widget/preview.html"
            return admin_page(self, request, template, "Preview", media=MEDIA, **content)
        return JsonResponse(content | {"title": free_title(form.cleaned_data, form.instance.pk)})

    def lists_view(self, request: HttpRequest) -> HttpResponse:
        """A list for a picker, as JSON.

        The POST has `project` (an id), `list` (a key of LISTS), and `of`: the names on which the list depends, for
        example an event.

        If the POST has `again`, MixCyfe asks Mixpanel for a new list, even if the stored list is fresh.
        """
        self.must_edit(request)
        project = self.project_asked_for(request)
        list_name, of = request.POST.get("list", ""), request.POST.getlist("of")
        if project is None or list_name not in LISTS or len(of) != LISTS[list_name].of:
            raise Http404
        if any(not name.strip() or len(name) > LONGEST_NAME for name in of):
            raise Http404
        found = options(project, list_name, of, user_id=request.user.pk, again="again" in request.POST)
        return JsonResponse(
            {"values": found.values, "problem": found.problem, "loading": found.loading, "note": age_of(found)}
        )

    def link_view(self, request: HttpRequest) -> HttpResponse:
        self.must_edit(request)
        try:
            return JsonResponse(
                {"fields": fields_of(request.POST.get("link", ""), Project.objects.editable_by(request.user))}
            )
        except BadLink as problem:
            return JsonResponse({"problem": str(problem)})

    def repair(self, request: HttpRequest, widget: Widget, shown: Preview) -> str:
        """The address of the project's page, or "".

        Only leads get the address, and only if the preview has a problem and a lead must repair the project.
        """
        project = widget.project
        stuck = project.secret_problem or (project.in_backoff and project.backoff_kind in NEEDS_SOMEBODY)
        may = has_role(request.user, Role.LEAD, project.pk)
        return reverse("admin:widgets_project_change", args=(project.pk,)) if shown.problem and stuck and may else ""

    def must_edit(self, request: HttpRequest) -> None:
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise Http404

    def editable_widget(self, request: HttpRequest) -> Widget | None:
        """The widget that the form changes; None for a new one. Raises Http404 if the person can't edit it."""
        pk = request.GET.get("widget")
        if pk is None:
            if not self.has_add_permission(request):
                raise Http404
            return None
        widget: Widget | None = self.get_object(request, pk)
        if widget is None or not self.has_change_permission(request, widget):
            raise Http404
        return widget

    def project_asked_for(self, request: HttpRequest) -> Project | None:
        pk = request.POST.get("project", "")
        if not pk:
            return None
        project = Project.objects.editable_by(request.user).filter(pk=pk).first() if is_id(pk) else None
        if project is None:
            raise Http404
        return project

    def bound_form(self, request: HttpRequest, widget: Widget | None) -> Any:
        fields = flatten_fieldsets(self.get_fieldsets(request, widget))
        form_class = self.get_form(request, widget, change=widget is not None, fields=fields)
        form = form_class(request.POST, instance=widget)
        form.is_valid()
        return form


def asked(request: HttpRequest) -> Ask:
    try:
        return Ask(request.POST.get("ask", ""))
    except ValueError:
        return Ask.NEVER


def missing(form: Any) -> list[list[str]]:
    """For each field that prevents a preview, its first error: [field, label of the field, message]."""
    return [
        [name, "" if name == NON_FIELD_ERRORS else str(form[name].label), str(texts[0])]
        for name, texts in form.errors.items()
        if name not in HARMLESS
    ]


def age_of(found: Options) -> str:
    return f"Mixpanel's list, fetched {from_now(found.fetched_at, timezone.now())}" if found.fetched_at else ""
