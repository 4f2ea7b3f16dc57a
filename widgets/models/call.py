"""The ledger of calls to Mixpanel, from which MixCyfe counts the calls of the last hour."""

from django.conf import settings
from django.db import models

from widgets.mixpanel.error_kind import ErrorKind
from widgets.models.access import VisibleQuerySet
from widgets.models.project import Project


class Purpose(models.TextChoices):
    """What caused the call. POLL: the web process refreshed data for a poll. WORKER: a Celery worker did so."""

    POLL = "poll", "Cyfe's polls"
    WORKER = "worker", "Cyfe's polls"
    COMMAND = "command", "refresh_widgets"
    PERSON = "person", "people"


class Outcome(models.TextChoices):
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
    """`parts`: the ids of the snapshots that the call refreshes, if any.

    `gave_up`: MixCyfe stopped waiting for the answer, but Mixpanel may still be running the query. `counts`: Mixpanel
    counts the call towards the hourly limit, as far as MixCyfe knows.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="calls")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    purpose = models.CharField(max_length=10)
    summary = models.CharField(max_length=200, db_column="what")
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
        return f"{self.summary} {self.started_at:%Y-%m-%d %H:%M:%S} {self.outcome or 'running'}"
