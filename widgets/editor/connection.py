"""The connection test: sends a small query with a project's values (saved or unsaved), and describes the result.

If an error might be due to the project's engine (Insights or Classic), the test tries the other engine.
"""

import contextlib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from widgets.mixpanel.client import Client
from widgets.mixpanel.error_kind import ErrorKind
from widgets.mixpanel.errors import MixpanelError
from widgets.mixpanel.regions import REGIONS
from widgets.models import Project
from widgets.models.project import Auth
from widgets.models.zones import known_zones
from widgets.refresh import gateway
from widgets.refresh.gateway import Failure, sentences
from widgets.refresh.quota import Refusal, Reservation, reserve, unrecorded
from widgets.refresh.usage import why_not
from widgets.reports import REPORT_TYPES
from widgets.reports.report_type import Request
from widgets.spec import CLASSIC, INSIGHTS, WidgetSpec

SUMMARY = "connection test"
EVENT = "MixCyfe connection test"
"""No project has an event with this name, so Mixpanel's response is very small."""

LAST_ZONE = "Etc/GMT+12"
"""The time zone in which each day begins last. A project without a time zone gets this time zone for the test, because
Mixpanel refuses future dates."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a test: `title` is one line, `text` has details and advice.

    `errors`: the form's errors by field. `outcomes`: per query, `ok` or the error's kind. `timezone`: the time zone at
    Mixpanel, which the form can suggest; "" for none.
    """

    ok: bool
    title: str
    text: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)
    outcomes: tuple[str, ...] = ()
    timezone: str = ""


def check_saved(project: Project, user: Any) -> Verdict:
    return check(project, counted_on=project, saved=True, user=user)


def check(project: Project, *, counted_on: Project | None, saved: bool, user: Any) -> Verdict:
    """`project` can be unsaved. `counted_on`: the saved project, if any, whose hourly limit counts the queries.

    `saved`: the tested values are the stored values, so the result can begin or end the project's backoff (the wait
    after errors).
    """

    def reserved() -> Reservation | Refusal:
        if counted_on is None:
            return unrecorded()
        let_through = (ErrorKind.CREDENTIALS, ErrorKind.PLAN)
        return reserve(
            counted_on, summary=SUMMARY, user_id=user.pk, ignored_backoff=let_through, speaks_for_project=saved
        )

    def ask(engine: str) -> str | Failure | Refusal:
        def fetch(client: Client, today: date) -> str:
            return zone_after_query(client, smallest(engine, today), may_ask_zone=project.auth == Auth.SERVICE_ACCOUNT)

        return gateway.call(project, reserved, fetch, subject=SUMMARY, for_person=True)

    answered = ask(project.engine)
    if answered is Refusal.NO_CREDENTIALS:
        return Verdict(False, "The secret can't be read.", project.secret_problem)
    if isinstance(answered, Refusal):
        return Verdict(False, "Not tested: MixCyfe can't query Mixpanel now.", why_not(counted_on or project, answered))
    if not isinstance(answered, Failure):
        return connected(project, answered)
    verdict = explained(answered, project)
    if not may_be_the_engine(answered):
        return verdict
    other = CLASSIC if project.engine == INSIGHTS else INSIGHTS
    instead = ask(other)
    if isinstance(instead, Refusal):
        return verdict
    if isinstance(instead, Failure):
        return replace(verdict, outcomes=(answered.kind, instead.kind))
    return only_the_other(answered, project, other, connected(project, instead))


def smallest(engine: str, today: date) -> Request:
    """Returns a request for one number, to the same endpoint as widgets with this engine."""
    report_type = REPORT_TYPES["segmentation"]
    spec = WidgetSpec(
        report_type.name, (EVENT,), measure="unique", chart="number", range="fixed", from_date=today, to_date=today
    )
    return report_type.request(report_type.query(spec, engine), today)


def may_be_the_engine(failure: Failure) -> bool:
    """Whether the failure might be due to the engine's endpoint. A 403 can also be due to the project."""
    return failure.kind == ErrorKind.QUERY or failure.status == 403


def zone_after_query(client: Client, request: Request, *, may_ask_zone: bool) -> str:
    """Sends one query, and returns the project's time zone at Mixpanel, or "" if it is unknown.

    If `may_ask_zone` is true, a second request asks for the time zone. It does not count towards the hourly limit.
    Raises MixpanelError if the query fails. If it fails because of a wrong time zone, and Mixpanel shows the right time
    zone, returns the right time zone instead.
    """
    refused = None
    try:
        client.query(request.endpoint, request.params, request.body)
    except MixpanelError as error:
        if error.kind != ErrorKind.TIMEZONE:
            raise
        refused = error
    zone = ""
    if may_ask_zone:
        with contextlib.suppress(MixpanelError):
            zone = client.time_zone()
    if zone in known_zones():
        return zone
    if refused:
        raise refused
    return ""


def only_the_other(failure: Failure, project: Project, other: str, found: Verdict) -> Verdict:
    """The verdict if Mixpanel refused the project's engine but accepted `other`. `found`: the verdict for `other`."""
    refused, works = project.engine.capitalize(), other.capitalize()
    title = f"Mixpanel accepted the credentials, but refused the engine {refused}. Choose the engine {works}."
    text = sentences(failure.said, f"Mixpanel answered the same query with the engine {works}", found.text)
    zone_is_news = not found.ok or project.timezone == LAST_ZONE
    timezone = found.timezone if zone_is_news else ""
    return Verdict(False, title, text, outcomes=(failure.kind, *found.outcomes), timezone=timezone)


def connected(project: Project, zone: str) -> Verdict:
    """The verdict if Mixpanel answered the query. `zone`: the project's time zone at Mixpanel, or "" if unknown."""
    which = f" for project {project.project_id}" if project.project_id else ""
    title = f"Connected: Mixpanel answers{which}."
    if project.timezone == LAST_ZONE:
        text = (
            f"Mixpanel says that the project's time zone is {zone}."
            if zone
            else "Mixpanel does not show the time zone to this account. Copy it from Mixpanel's project settings."
        )
    elif not zone:
        text = (
            "Mixpanel does not show the time zone to this account, so compare the clocks: the time in "
            f"{project.timezone} is {clock(project.timezone)}. If the project's clock at Mixpanel shows another time, "
            "change the time zone."
        )
    elif same_clock(project.timezone, zone):
        text = f"The time zone is right: it is {clock(zone)} there."
    else:
        wrong = f"The time zone is wrong: at Mixpanel, the project is in {zone}."
        text = (
            f"Mixpanel answers. But it is {clock(zone)} in {zone}, and {clock(project.timezone)} in {project.timezone}."
        )
        return Verdict(False, wrong, text, outcomes=("ok",), timezone=zone)
    if project.auth == Auth.PROJECT_SECRET:
        text += " Mixpanel ends project secrets on 3 March 2027. Change to a service account before that day."
    return Verdict(True, title, text, outcomes=("ok",), timezone=zone)


def clock(zone: str) -> str:
    return f"{timezone.now().astimezone(ZoneInfo(zone)):%A, %-d %B, %H:%M}"


def same_clock(zone: str, other: str) -> bool:
    """Whether both time zones have the same time in the next 12 months, as US/Pacific and America/Los_Angeles do."""
    months = [timezone.now() + timedelta(days=30 * month) for month in range(13)]
    return all(
        month.astimezone(ZoneInfo(zone)).utcoffset() == month.astimezone(ZoneInfo(other)).utcoffset()
        for month in months
    )


def explained(failure: Failure, project: Project) -> Verdict:
    """The verdict, with advice, if the query failed."""
    match failure.kind:
        case ErrorKind.CREDENTIALS:
            title, text = credentials_wrong(failure, project)
            text += f" ({failure.said})"
        case ErrorKind.PLAN:
            title = "This project's plan at Mixpanel does not include the API."
            text = "The credentials are right, but Mixpanel answers queries only on paid plans. Change the plan there."
        case ErrorKind.TIMEZONE:
            title = f"The time zone is wrong: at Mixpanel, {project.today():%-d %B} has not begun in this project."
            text = (
                f"{project.timezone} is ahead of the project's time zone at Mixpanel. Copy the time zone from "
                "Mixpanel's project settings."
            )
        case ErrorKind.LIMIT:
            title = "Mixpanel accepted the credentials, but the project has no queries left for now."
            text = sentences(failure.said, "All programs that query this project share one limit.")
        case ErrorKind.QUERY:
            title = "Mixpanel accepted the credentials, but refused the test's query."
            text = sentences(failure.said, "Check the project id, and the workspace id if there is one.")
        case _:
            title = "MixCyfe could not query Mixpanel."
            text = sentences(
                failure.said,
                "Try again in a moment. If the test fails again, ask your administrator whether this server can "
                "reach Mixpanel.",
            )
    return Verdict(False, title, text, outcomes=(failure.kind,))


def credentials_wrong(failure: Failure, project: Project) -> tuple[str, str]:
    others = " or ".join(name for code, name in REGIONS.items() if code != project.region)
    region = f"If all of this is right, check the data residency. The project might be in another region ({others})."
    if failure.status == 403:
        which = f"project {project.project_id}" if project.project_id else "this project"
        return (
            f"These credentials have no access to {which}.",
            "Check the project id: the number after /project/ in the project's address at Mixpanel. Then check in "
            f"Mixpanel that the service account was added to the project. {region}",
        )
    if project.auth == Auth.PROJECT_SECRET:
        return (
            "Mixpanel does not accept this project secret.",
            f"Copy the secret again from Mixpanel's project settings, and check the project id. {region}",
        )
    return (
        "Mixpanel does not accept this user name and secret.",
        "Copy both again from Organization settings → Service accounts. Check there that the account has not expired. "
        f"{region}",
    )
