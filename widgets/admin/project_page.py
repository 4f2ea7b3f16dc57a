"""The page of a project: the connection test, the usage of the last hour, the last queries, and warnings."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from widgets.accounts import reauthentication
from widgets.admin.connection import ConnectionForm, check_form
from widgets.admin.fields import focus_first_error
from widgets.editor.connection import SUMMARY, check_saved
from widgets.models import ApiCall, Project
from widgets.models.call import Outcome, Purpose
from widgets.models.project import PROJECT_SECRET_ENDS, Auth
from widgets.refresh.clock import clock_warnings
from widgets.refresh.costs import costs_of
from widgets.refresh.usage import caller, spent_by, usage_of
from widgets.reports.freshness import for_polls
from widgets.times import time_tag

hide_secret = method_decorator(sensitive_post_parameters("new_secret", "username"))

CALLS_SHOWN = 15
KINDS_OF_CALLERS = {str(Purpose.POLL.label): "polls", str(Purpose.COMMAND.label): "command", "you": "you"}
"""Sender of queries → CSS class in the usage bar, in the order of the bar."""

TESTS = "connection_tests"
MOST_TESTS = 20
"""The maximum number of connection tests of unsaved projects that a session stores."""


class ProjectPage(admin.ModelAdmin):
    """The part of ProjectAdmin that shows a project's page and tests its connection."""

    change_form_template = "widgets/project_form.html"

    class Media:
        css = {"all": ("widgets/board/health.css", "widgets/project/project.css")}
        js = ("widgets/board/times.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.connection_view))
        return [path("connection/", view, name="widgets_project_connection"), *super().get_urls()]

    @hide_secret
    def connection_view(self, request: HttpRequest) -> HttpResponse:
        """Tests the connection with the values in a project's form."""
        stored = None
        if pk := request.POST.get("project"):
            stored = self.get_object(request, pk)
            if stored is None or not self.has_change_permission(request, stored):
                raise Http404
        elif not self.has_add_permission(request):
            raise Http404
        form = ConnectionForm(request.POST, stored)
        asked_at = timezone.now()
        verdict = check_form(form, request.user)
        if form.counted_on(request.user) is None:
            for outcome in verdict.outcomes:
                remember(request, form.project, asked_at, outcome)
        return JsonResponse(asdict(verdict))

    @hide_secret
    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
        """Asks people to sign in again before they change credentials.

        If a browser without scripts sends `_test`, saves the project and tests its connection.
        """
        if self.changes_credentials(request, object_id) and (asked := reauthentication.ask(request)):
            return asked
        wanted = request.method == "POST" and "_test" in request.POST
        if wanted:
            posted = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted  # type: ignore[assignment] # as Django does itself
        response = super().changeform_view(request, object_id, *args, **kwargs)
        saved: Project | None = getattr(request, "saved_project", None)
        if wanted and saved and isinstance(response, HttpResponseRedirect):
            # The test is not in `save_model`, because MixCyfe sends no query to Mixpanel during a transaction.
            verdict = check_saved(saved, request.user)
            level = messages.SUCCESS if verdict.ok else messages.ERROR
            self.message_user(request, f"{verdict.title} {verdict.text}".strip(), level)
        return response

    def changes_credentials(self, request: HttpRequest, object_id: Any) -> bool:
        """True if a POST has a new secret, or a user name or kind of credentials that differs from the stored value."""
        if request.method != "POST":
            return False
        stored = self.get_object(request, object_id) if object_id else None
        known = {name: getattr(stored, name, "") for name in ("auth", "username")} | {"new_secret": ""}
        return any(request.POST.get(name, value).strip() != value for name, value in known.items())

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request.saved_project = obj  # type: ignore[attr-defined] # `changeform_view` tests it
        if not change:
            count_tests(request, obj)

    @admin.display(description="Connection")
    def connection(self, project: Project) -> SafeString:
        """The button that tests the connection, as a read-only field of the form."""
        return render_to_string(
            "widgets/connection.html", {"url": reverse("admin:widgets_project_connection"), "project": project}
        )

    @admin.display(description="Limits reported by Mixpanel")
    def learned_limits(self, project: Project) -> SafeString | str:
        hourly, concurrent = project.learned
        if not hourly and not concurrent:
            return "None in the last week. Mixpanel reports a limit only when the project reaches this limit."
        return render_to_string(
            "widgets/learned_limits.html", {"project": project, "hourly": hourly, "concurrent": concurrent}
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shown: Project | None = kwargs.get("obj")
        focus_first_error(context["adminform"])
        # The project is read again, because a form with errors has changed `shown`.
        project = self.get_object(request, str(shown.pk)) if shown is not None and shown.pk else None
        if project is not None:
            usage = usage_of(project)
            calls = ApiCall.objects.filter(project=project).select_related("user").order_by("-started_at", "-pk")
            context |= {
                "project": project,
                "warnings": [
                    *warnings(project, may_change=self.has_change_permission(request, project)),
                    *(clock_warnings() if request.user.is_superuser else ()),
                ],
                "usage": usage,
                "costs": costs_of(project),
                "segments": segments(spent_by(project, request.user)),
                "scale": max(usage.limit, usage.used),
                "calls": [described(call, request.user) for call in calls[:CALLS_SHOWN]],
            }
        return super().render_change_form(request, context, *args, **kwargs)


def remember(request: HttpRequest, project: Project, asked_at: datetime, outcome: str) -> None:
    """Stores a test of an unsaved project in the session. After the project is saved, its usage includes this test."""
    test = [project.region, project.project_id, asked_at.isoformat(), timezone.now().isoformat(), outcome]
    request.session[TESTS] = [*request.session.get(TESTS, []), test][-MOST_TESTS:]


def count_tests(request: HttpRequest, project: Project) -> None:
    for region, project_id, started_at, ended_at, outcome in request.session.pop(TESTS, []):
        if (region, project_id) == (project.region, project.project_id):
            ApiCall.objects.create(
                project=project,
                user_id=request.user.pk,
                purpose=Purpose.PERSON,
                summary=SUMMARY,
                started_at=started_at,
                ended_at=ended_at,
                outcome=outcome,
            )


def warnings(project: Project, *, may_change: bool) -> list[SafeString | str]:
    """The warnings for the top of the project's page, the most urgent first."""
    found: list[SafeString | str] = []
    if not project.has_secret:
        todo = "Enter the secret below." if may_change else "A lead of the project can enter them."
        found.append(f"This project needs credentials. {todo}")
    elif problem := project.secret_problem:
        found.append(problem)
    if project.in_backoff and project.backoff_until:
        found.append(format_html("{} The next try is at {}.", project.backoff_message, time_tag(project.backoff_until)))
    if project.auth == Auth.PROJECT_SECRET and may_change:
        over = timezone.now().date() >= PROJECT_SECRET_ENDS
        found.append(
            f"Mixpanel {'ended' if over else 'ends'} project secrets on 3 March 2027. Make a service account in "
            "Mixpanel under Organization settings → Service accounts, and enter its user name and secret here."
        )
    if project.interval_factor > 1:
        found.append(less_often(project))
    return found


def less_often(project: Project) -> str:
    planned = for_polls(project.effective_hourly) * 0.95  # as in `freshness.interval_factor_for`
    return (
        f"The widgets on dashboards need {planned * project.interval_factor:.0f} queries per hour. Of the "
        f"{project.effective_hourly} queries that Mixpanel allows per hour, MixCyfe plans {planned:.0f} for dashboards "
        "and keeps the others for people and retries. So MixCyfe refreshes all widgets less often: for example every "
        f"{minutes(project.refresh_minutes * project.interval_factor)} instead of every "
        f"{minutes(project.refresh_minutes)}. "
        "Pause some widgets, refresh some of them less often, or ask Mixpanel for a higher limit."
    )


def minutes(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0") if number < 20 else f"{number:.0f}"
    return f"{text} minute{'' if text == '1' else 's'}"


def segments(spent: dict[str, int]) -> list[dict[str, Any]]:
    """The parts of the usage bar, from left to right. `spent`: sender of queries → number in the last hour.

    `width`: the number of a part's queries. `start`: the number of queries in the parts before it.
    """
    order = {who: place for place, who in enumerate(KINDS_OF_CALLERS)}
    found: list[dict[str, Any]] = []
    start = 0
    for who, count in sorted(spent.items(), key=lambda each: order.get(each[0], len(order))):
        found.append({"start": start, "width": count, "kind": KINDS_OF_CALLERS.get(who, "others"), "who": who})
        start += count
    return found


def described(call: ApiCall, reader: Any) -> dict[str, Any]:
    """A recorded query as a row of the table on the project's page."""
    took = call.ended_at - call.started_at if call.ended_at else None
    username = call.user.username if call.user else None
    return {
        "at": call.started_at,
        "summary": call.summary,
        "who": caller(call.purpose, is_reader=call.user_id == reader.pk, username=username),
        "ms": round(took.total_seconds() * 1000) if took is not None else None,
        "ok": call.outcome in ("ok", ""),
        "outcome": Outcome(call.outcome).label,
        "message": call.message,
    }
