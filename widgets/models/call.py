"""The ledger of calls to Mixpanel. The hourly and concurrent limits are counted from it."""

from django.conf import settings
from django.db import models

from widgets.models.access import VisibleQuerySet
from widgets.models.project import Project


class Purpose(models.TextChoices):
    """The reason for a call. The label names the caller."""

    POLL = "poll", "Cyfe's polls"
    WORKER = "worker", "Cyfe's polls"
    COMMAND = "command", "refresh_widgets"
    PERSON = "person", "people"


class Outcome(models.TextChoices):
    """The state or result of a call. From CREDENTIALS on: error kinds (`MixpanelError.kind`, `gateway.UNREADABLE`)."""

    RUNNING = "", "Running"
    OK = "ok", "OK"
    CREDENTIALS = "credentials", "Credentials refused"
    PLAN = "plan", "Plan without API"
    LIMIT = "limit", "Limit reached"
    QUERY = "query", "Query refused"
    TIMEZONE = "timezone", "Time zone wrong"
    UNAVAILABLE = "unavailable", "No good answer"
    UNREADABLE = "unreadable", "Answer not understood"


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
