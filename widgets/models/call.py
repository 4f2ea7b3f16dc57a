"""The ledger of calls to Mixpanel. The hourly and concurrent limits are counted from it."""

from django.conf import settings
from django.db import models

from widgets.mixpanel.error_kind import ErrorKind
from widgets.models.access import VisibleQuerySet
from widgets.models.project import Project


class Purpose(models.TextChoices):
    """The reason for a call. The label names the caller."""

    POLL = "poll", "Cyfe's polls"
    WORKER = "worker", "Cyfe's polls"
    COMMAND = "command", "refresh_widgets"
    PERSON = "person", "people"


class Outcome(models.TextChoices):
    """The state or result of a call. The members from CREDENTIALS on are error kinds."""

    RUNNING = "", "Running"
    OK = "ok", "OK"
    CREDENTIALS = ErrorKind.CREDENTIALS, "Credentials refused"
    PLAN = ErrorKind.PLAN, "Plan without API"
    LIMIT = ErrorKind.LIMIT, "Limit reached"
    QUERY = ErrorKind.QUERY, "Query refused"
    TIMEZONE = ErrorKind.TIMEZONE, "Time zone wrong"
    UNAVAILABLE = ErrorKind.UNAVAILABLE, "No good answer"
    UNREADABLE = ErrorKind.UNREADABLE, "Answer not understood"


class ApiCall(models.Model):
    """One call to Mixpanel. `parts`: the ids of the snapshots that it refreshes; empty for other calls.

    `gave_up`: we stopped waiting, but the query may still run at Mixpanel. `counts`: as far as we know, Mixpanel counts
    the call towards the project's hourly limit.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="calls")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    purpose = models.CharField(max_length=10)
    what = models.CharField(max_length=200)
    parts = models.JSONField(default=list)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    gave_up = models.BooleanField(default=False)
    counts = models.BooleanField(default=True)
    message = models.TextField(blank=True)

    objects = VisibleQuerySet["ApiCall"].as_manager()

    class Meta:
        indexes = [models.Index(fields=("project", "started_at"), name="calls_of_the_hour")]

    def __str__(self) -> str:
        return f"{self.what} {self.started_at:%Y-%m-%d %H:%M:%S} {self.outcome or 'running'}"
