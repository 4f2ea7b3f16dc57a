"""Limits the query string of an admin list to the list's own filters, search, order and pages.

Django accepts lookups on all fields of the model, even hidden ones. With these lookups, people could guess secrets
letter by letter, learn about other teams, or block a process with a slow regular expression.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from widgets.admin.audited import Audited
from widgets.models.ids import is_id

LONGEST_VALUE = 200
"""The maximum number of characters in a parameter's value. A longer search can have thousands of terms,
which SQLite refuses.
"""

NO_SUCH_FILTER = "This list has no such filter, or the search was too long. The page shows the whole list."


class StrictChangeList(ChangeList):
    """Raises IncorrectLookupParameters for unknown, repeated or long parameters. Django then shows the whole list."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        if any(len(values) != 1 or len(values[0]) > LONGEST_VALUE for _, values in request.GET.lists()):
            raise IncorrectLookupParameters
        try:
            super().__init__(request, *args, **kwargs)
        except SuspiciousOperation as error:
            raise IncorrectLookupParameters from error


class StrictList(Audited):
    """A base class of every ModelAdmin on the site."""

    show_facets = admin.ShowFacets.NEVER

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return request is not None and lookup in self.own_parameters(request)

    def own_parameters(self, request: HttpRequest) -> set[str]:
        """The names of the parameters that the list's own filters use."""
        found: set[Any] = set()
        each: Any
        for each in self.get_list_filter(request):
            if isinstance(each, type) and issubclass(each, admin.SimpleListFilter):
                found.add(each.parameter_name)
                continue
            path, kind = each if isinstance(each, list | tuple) else (each, FieldListFilter.create)
            field = get_fields_from_path(self.model, path)[-1]
            found |= set(kind(field, request, {}, self.model, self, field_path=path).expected_parameters())
        return found

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StrictChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not all(map(is_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise BadRequest
        if set(request.GET) == {ERROR_FLAG}:
            self.message_user(request, NO_SUCH_FILTER, messages.WARNING)
        elif ERROR_FLAG in request.GET:
            # Django adds ERROR_FLAG after an error, and would report a broken database after a second error.
            asked: Any = request.GET.copy()
            del asked[ERROR_FLAG]
            request.GET = asked
        return super().changelist_view(request, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Empty, so that the query string can't fill in a form."""
        return {}

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """Adds `queryset`, because `delete_widgets.html` reads this variable, for one widget and for several."""
        return super().render_delete_form(request, context | {"queryset": [context["object"]]})
