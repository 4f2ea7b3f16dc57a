"""The connection test: a small query with the values in the project's form, saved or not, and its result in words.

It asks by the project's engine, and by the other engine only when Mixpanel refuses that query: at most two queries.
Nobody can choose the host. A stored secret is sent only for the project that it was stored for.
"""

import contextlib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from widgets.mixpanel.client import Client
from widgets.mixpanel.error_kind import ErrorKind
from widgets.mixpanel.errors import MixpanelError
from widgets.mixpanel.regions import REGIONS
from widgets.models import Project
from widgets.models.encrypted import encrypt
from widgets.models.project import Auth
from widgets.refresh import gateway
from widgets.refresh.gateway import Failure, sentences
from widgets.refresh.quota import Refusal, Reservation, reserve, unrecorded
from widgets.refresh.usage import why_not
from widgets.reports import REPORT_TYPES
from widgets.reports.report_type import Request
from widgets.spec import CLASSIC, INSIGHTS, WidgetSpec
from widgets.times import known_zones

RECEIVER = ("region", "project_id", "username", "auth")
"""The receiver of the secret. When one of these fields changes, the secret must be entered again."""

FIELDS = (*RECEIVER, "workspace_id", "timezone", "engine")
SUBJECT = "connection test"
EVENT = "MixCyfe connection test"
"""No project has this event, so Mixpanel's answer is very small."""

LAST_ZONE = "Etc/GMT+12"
"""The time zone in which each day begins last.

If the form has no time zone, the test asks for today's date in this zone, because Mixpanel refuses a future date.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a test: `title` is one line, `text` is the advice, `errors` are the form's errors by field.

    `outcomes` has `ok` or the kind of the error for each query, as in the ledger.
    `timezone` is the project's time zone at Mixpanel, if Mixpanel told it.
    """

    ok: bool
    title: str
    text: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)
    outcomes: tuple[str, ...] = ()
    timezone: str = ""


class ConnectionForm(forms.Form):
    """The project's fields that the connection depends on. The form fills `project` with them and never saves it."""

    def __init__(self, data: Any, stored: Project | None) -> None:
        super().__init__(data)
        self.fields |= forms.fields_for_model(Project, FIELDS)
        self.fields["timezone"].required = self.fields["engine"].required = False
        self.fields["new_secret"] = forms.CharField(label="Secret", required=False, strip=True, max_length=1000)
        self.stored = stored
        self.project = Project()

    @sensitive_variables("cleaned", "typed")
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed = cleaned.get("new_secret", "")
        for name in FIELDS:
            setattr(self.project, name, cleaned.get(name))
        self.project.timezone = self.project.timezone or LAST_ZONE
        self.project.engine = self.project.engine or (self.stored.engine if self.stored else INSIGHTS)
        others = {each.name for each in Project._meta.get_fields()} - set(FIELDS) | set(self.errors)
        try:
            # Uniqueness matters when a project is saved, not when it is tested.
            self.project.full_clean(exclude=others, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            self.add_error(None, error)
        if typed:
            self.project.secret = encrypt(typed)
        elif self.stored is None or not self.stored.has_secret:
            self.add_error("new_secret", "Enter the secret of the service account or the project.")
        elif moved := [str(self.fields[name].label).lower() for name in RECEIVER if self.changes(name)]:
            self.add_error("new_secret", f"Enter the secret again, because you changed: {', '.join(moved)}.")
        else:
            self.project.secret = self.stored.secret
        return cleaned

    def changes(self, name: str) -> bool:
        return bool(getattr(self.stored, name) != getattr(self.project, name))

    @property
    def as_stored(self) -> bool:
        """True if the form holds exactly the saved values."""
        return self.stored is not None and not self.data.get("new_secret") and not any(map(self.changes, FIELDS))

    def counted_on(self, user: Any) -> Project | None:
        """The saved project whose hourly limit counts this query. None if `user` sees no such project."""
        if self.as_stored:
            return self.stored
        if self.project.project_id is None:
            return None
        same = {"region": self.project.region, "project_id": self.project.project_id}
        return Project.objects.visible_to(user).filter(**same).first()


def check_form(form: ConnectionForm, user: Any) -> Verdict:
    if not form.is_valid():
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        errors |= {"": errors.pop(NON_FIELD_ERRORS)} if NON_FIELD_ERRORS in errors else {}
        return Verdict(False, "There is not enough to test yet.", errors=errors)
    return check(form.project, counted_on=form.counted_on(user), saved=form.as_stored, user=user)


def check_saved(project: Project, user: Any) -> Verdict:
    return check(project, counted_on=project, saved=True, user=user)


def check(project: Project, *, counted_on: Project | None, saved: bool, user: Any) -> Verdict:
    """Asks as `project`, which may be unsaved. `counted_on`: the project whose ledger records the queries.

    `saved`: the tested values are the stored ones, so the result may begin or end the project's backoff.
    """

    def reserved() -> Reservation | Refusal:
        if counted_on is None:
            return unrecorded()
        let_through = (ErrorKind.CREDENTIALS, ErrorKind.PLAN)
        return reserve(counted_on, what=SUBJECT, user_id=user.pk, ignored_backoff=let_through, speaks_for_project=saved)

    def ask(engine: str) -> str | Failure | Refusal:
        def fetch(client: Client, today: date) -> str:
            return zone_after_query(client, smallest(engine, today), may_ask_zone=project.auth == Auth.SERVICE_ACCOUNT)

        return gateway.call(project, reserved, fetch, subject=SUBJECT, for_person=True)

    answered = ask(project.engine)
    if answered is Refusal.NO_CREDENTIALS:
        return Verdict(False, "The secret can't be read.", project.secret_problem)
    if isinstance(answered, Refusal):
        return Verdict(False, "Not tested: Mixpanel can't be asked now.", why_not(counted_on or project, answered))
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
    """The smallest query: its answer is one number. It has the form of a widget's query with this engine."""
    kind = REPORT_TYPES["segmentation"]
    spec = WidgetSpec(
        kind.name, (EVENT,), measure="unique", chart="number", range="fixed", from_date=today, to_date=today
    )
    return kind.request(kind.query(spec, engine), today)


def may_be_the_engine(failure: Failure) -> bool:
    """Whether Mixpanel may have refused the engine's endpoint. A 403 may be about the endpoint or the project."""
    return failure.kind == ErrorKind.QUERY or failure.status == 403


def zone_after_query(client: Client, request: Request, *, may_ask_zone: bool) -> str:
    """Sends one query. If `may_ask_zone`, then asks for the project's time zone, which costs no query of the hour.

    Returns the name of the time zone, or "" if Mixpanel does not tell it. Raises MixpanelError if the query fails. If
    Mixpanel refuses the query because of the time zone, but then tells the project's time zone, nothing is raised.
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
    """The result if only the other engine works. `found`: the result of the test with that engine."""
    refused, works = project.engine.capitalize(), other.capitalize()
    title = f"Mixpanel accepted the credentials, but refused the engine {refused}. Choose the engine {works}."
    text = sentences(failure.said, f"Mixpanel answered the same question with the engine {works}", found.text)
    zone_is_news = not found.ok or project.timezone == LAST_ZONE
    timezone = found.timezone if zone_is_news else ""
    return Verdict(False, title, text, outcomes=(failure.kind, *found.outcomes), timezone=timezone)


def connected(project: Project, zone: str) -> Verdict:
    """`zone`: the project's time zone at Mixpanel, or "" if Mixpanel does not tell it to this account."""
    which = f" for project {project.project_id}" if project.project_id else ""
    title = f"Connected: Mixpanel answers{which}."
    if project.timezone == LAST_ZONE:
        text = (
            f"Mixpanel says that the project's time zone is {zone}."
            if zone
            else "Mixpanel does not tell the time zone to this account. Copy it from Mixpanel's project settings."
        )
    elif not zone:
        text = (
            "Mixpanel does not tell the time zone to this account, so compare the clocks: the time in "
            f"{project.timezone} is {clock(project.timezone)}. If the project's clock at Mixpanel shows another time, "
            "change the time zone."
        )
    elif same_clock(project.timezone, zone):
        text = f"The time zone is right: it is {clock(zone)} there."
    else:
        wrong = f"The time zone is wrong: at Mixpanel, the project is in {zone}."
        text = (
            f"Mixpanel answers. But it is {clock(zone)} in the project's zone, and {clock(project.timezone)} in "
            f"{project.timezone}."
        )
        return Verdict(False, wrong, text, outcomes=("ok",), timezone=zone)
    if project.auth == Auth.PROJECT_SECRET:
        text += " Mixpanel ends project secrets on 3 March 2027. Change to a service account before that day."
    return Verdict(True, title, text, outcomes=("ok",), timezone=zone)


def clock(zone: str) -> str:
    return f"{timezone.now().astimezone(ZoneInfo(zone)):%A, %-d %B, %H:%M}"


def same_clock(zone: str, other: str) -> bool:
    """Whether both clocks agree in the next 12 months, as in US/Pacific and America/Los_Angeles."""
    months = [timezone.now() + timedelta(days=30 * month) for month in range(13)]
    return all(
        month.astimezone(ZoneInfo(zone)).utcoffset() == month.astimezone(ZoneInfo(other)).utcoffset()
        for month in months
    )


def explained(failure: Failure, project: Project) -> Verdict:
    """Translates the failure of the test's query into words and advice."""
    match failure.kind:
        case ErrorKind.CREDENTIALS:
            title, text = credentials_wrong(failure, project)
            text += f" ({failure.said})"
        case ErrorKind.PLAN:
            title = "This project's plan at Mixpanel has no API."
            text = "The credentials are right, but Mixpanel answers queries only on paid plans. Change the plan there."
        case ErrorKind.TIMEZONE:
            title = f"The time zone is wrong: at Mixpanel, {project.today():%-d %B} has not begun in this project."
            text = f"{project.timezone} is ahead of the project's zone. Copy the zone from Mixpanel's project settings."
        case ErrorKind.LIMIT:
            title = "Mixpanel accepted the credentials, but the project has no queries left for now."
            text = sentences(failure.said, "All programs that query this project share one limit.")
        case ErrorKind.QUERY:
            title = "Mixpanel accepted the credentials, but refused the test's query."
            text = sentences(failure.said, "Check the project id, and the workspace id if there is one.")
        case _:
            title = "Mixpanel could not be asked."
            text = sentences(
                failure.said,
                "Try again in a moment. If the test fails again, ask your administrator whether this server can "
                "reach Mixpanel.",
            )
    return Verdict(False, title, text, outcomes=(failure.kind,))


def credentials_wrong(failure: Failure, project: Project) -> tuple[str, str]:
    others = " or ".join(name for code, name in REGIONS.items() if code != project.region)
    region = f"If that is right, check the data residency. The project may be in another region ({others})."
    if failure.status == 403:
        which = f"project {project.project_id}" if project.project_id else "this project"
        return (
            f"These credentials may not see {which}.",
            "Check the project id: the number after /project/ in the address. Then check in Mixpanel that the "
            f"service account was added to the project. {region}",
        )
    if project.auth == Auth.PROJECT_SECRET:
        return (
            "Mixpanel does not accept this project secret.",
            f"Copy the secret again from Mixpanel's project settings, and check the project id. {region}",
        )
    return (
        "Mixpanel does not accept this user name and secret.",
        f"Copy both again from Organization settings → Service accounts. The account may also have expired. {region}",
    )
