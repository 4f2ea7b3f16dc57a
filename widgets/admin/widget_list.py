"""The list of widgets: its columns, filters and search.

The list's actions are in `widget_actions`, `moving` and `deleted_widgets`.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from widgets.admin.by_role import ByRole
from widgets.admin.deleted_widgets import WidgetDeleting
from widgets.admin.moving import WidgetMoving
from widgets.admin.strict_list import StrictChangeList, StrictList
from widgets.admin.widget_actions import WidgetActions
from widgets.models import Widget
from widgets.models.slug import SLUG
from widgets.times import from_now, time_tag
from widgets.web.health import STATES, for_lists, health_of

ADDRESS = re.compile(rf"/w/({SLUG.pattern})(?:\.[\w.]+)?/?(?:[?#].*)?\s*$")
Choices = Iterable[tuple[Any, str]]


class WidgetChangeList(StrictChangeList):
    """Adds each widget's health to the list, without loading the stored answers of Mixpanel."""

    now: datetime | None = None

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Widget]:
        if self.now is None:
            self.now = timezone.now()
            self.root_queryset = for_lists(self.root_queryset, self.now)
        return super().get_queryset(request, exclude_parameters)


class HealthFilter(admin.SimpleListFilter):
    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return STATES.items()

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(health_state=self.value()) if self.value() in STATES else queryset


class InUse(admin.SimpleListFilter):
    """A filter by one field. It offers the values that this field has in the widgets that the reader can see.

    The page hides a filter with only one value, unless the filter is in use.
    """

    template = "widgets/closed_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        field: Any = Widget._meta.get_field(str(self.parameter_name))
        used = Widget.objects.visible_to(request.user).order_by().values_list(field.name, flat=True).distinct()
        if field.is_relation:
            choices: Any = field.get_choices(include_blank=False, limit_choices_to={"pk__in": used})
        else:
            names = set(used)
            choices = [choice for choice in field.flatchoices if choice[0] in names]
        return choices if len(choices) > 1 or self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Widget]) -> QuerySet[Widget]:
        if not self.value():
            return queryset
        known = {str(value) for value, _ in self.lookup_choices}
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() in known else queryset.none()


class ProjectFilter(InUse):
    template = "admin/filter.html"
    title = parameter_name = "project"


class OwnerFilter(InUse):
    template = "admin/filter.html"
    title = parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        choices = [(pk, "me" if pk == request.user.pk else name) for pk, name in super().lookups(request, model_admin)]
        return sorted(choices, key=lambda choice: (choice[1] != "me", choice[1]))


class ChartFilter(InUse):
    title = parameter_name = "chart"


class ReportFilter(InUse):
    title = parameter_name = "report"


class WidgetListMixin(ByRole, WidgetActions, WidgetMoving, WidgetDeleting, StrictList):
    list_display = ("title", "health", "polled", "project", "chart_name", "owner")
    list_filter = (HealthFilter, ProjectFilter, OwnerFilter, ReportFilter, ChartFilter)
    search_fields = ("title", "project__name", "owner__username", "breakdown", "slug__exact")
    search_help_text = "Search for a title, project, owner or breakdown, or for the whole address of a widget"
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False

    class Media:
        css = {"all": ("widgets/board/health.css", "widgets/board/list.css")}
        js = ("widgets/board/times.js",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[WidgetChangeList]:
        return WidgetChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, extra_context={"title": "Widgets"} | (extra_context or {}))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Accepts a text, or the whole address of a widget."""
        if address := ADDRESS.search(search_term):
            search_term = address[1]
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Chart", ordering="chart")
    def chart_name(self, widget: Widget) -> str:
        """The chart's name in Cyfe, without the explanation in brackets."""
        return widget.get_chart_display().partition(" (")[0]

    @admin.display(description="Health", ordering="health_state")
    def health(self, widget: Any) -> SafeString:
        return render_to_string("widgets/health_cell.html", {"health": health_of(widget, timezone.now())})

    @admin.display(description="Last read", ordering="last_polled_at")
    def polled(self, widget: Widget) -> SafeString | str:
        at = widget.last_polled_at
        return time_tag(at, from_now(at, timezone.now())) if at else "never"
