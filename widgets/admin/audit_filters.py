"""The filters of the audit log's page. They offer only projects and people that the reader is allowed to see."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from widgets.models import AuditEntry, Project
from widgets.models.ids import is_id

SINCE, UNTIL = "since", "until"


class ByRow(admin.SimpleListFilter):
    """Filters the entries by a project or a person. The page hides the filter if there is nothing to choose."""

    field = ""

    def rows(self, user: Any) -> QuerySet[Any]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(row.pk, str(row)) for row in self.rows(request.user)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        pk = self.value()
        if pk is None:
            return queryset
        if not is_id(pk):
            raise IncorrectLookupParameters
        return queryset.filter(**{self.field: int(pk)})


class ByProject(ByRow):
    title = "project"
    parameter_name = "project"
    field = "project_id"

    def rows(self, user: Any) -> QuerySet[Any]:
        return Project.objects.visible_to(user).order_by("name")


class ByPerson(ByRow):
    """Superusers choose from all accounts, other readers from the members of their projects.

    To find the entries of other people, for example former members, readers search for the user name.
    """

    title = "person"
    parameter_name = "person"
    field = "actor_id"

    def rows(self, user: Any) -> QuerySet[Any]:
        people = get_user_model().objects.order_by("username")
        if user.is_superuser:
            return people
        return people.filter(mixpanel_projects__in=Project.objects.visible_to(user).values("pk")).distinct()


class Days(FieldListFilter):
    """Filters the entries by a first and a last day, both included, in the reader's time zone."""

    template = "widgets/audit_days.html"

    def __init__(self, field: Any, request: HttpRequest, params: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, params, *args, **kwargs)
        self.title = "day"
        self.asked = {name: request.GET.get(name, "") for name in (SINCE, UNTIL)}
        self.others = [item for item in request.GET.items() if item[0] not in (*self.asked, "p", "e")]

    def expected_parameters(self) -> list[str | None]:
        return [SINCE, UNTIL]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        try:
            if since := self.asked[SINCE]:
                queryset = queryset.filter(at__gte=start_of(date.fromisoformat(since)))
            if until := self.asked[UNTIL]:
                queryset = queryset.filter(at__lt=start_of(date.fromisoformat(until) + timedelta(days=1)))
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters from error
        return queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"asked": self.asked, "others": self.others}


def start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time())).astimezone(UTC)
