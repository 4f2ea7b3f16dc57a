"""A Mixpanel project: its credentials, its limits, and its backoff (how long queries wait after an error)."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone

from widgets.mixpanel.regions import REGIONS
from widgets.models.access import VisibleQuerySet
from widgets.models.encrypted import EncryptedField, encrypt, problem_with
from widgets.models.engine_change import engine_problem, keep_answers
from widgets.models.membership import Membership
from widgets.models.zones import validate_timezone
from widgets.spec import ENGINES, INSIGHTS

PROJECT_SECRET_ENDS = date(2027, 3, 3)
"""On this day, Mixpanel stops accepting project secrets: https://developer.mixpanel.com/reference/project-secret."""

LEARNED_FOR = timedelta(days=7)
"""How long MixCyfe uses a limit that Mixpanel named when it refused a call. Mixpanel may raise limits later."""

BACKOFF_FIELDS = ("backoff_until", "backoff_kind", "backoff_message", "backoff_count", "full_until")
"""The fields that `Project.clear_backoff` changes."""


class Auth(models.TextChoices):
    SERVICE_ACCOUNT = "service_account", "Service account"
    PROJECT_SECRET = "project_secret", "Project secret (works until 3 March 2027)"


class VisibleProjects(VisibleQuerySet["Project"]):
    project_lookup = "pk"


class Project(models.Model):
    name = models.CharField(max_length=100, unique=True, help_text="The name that your team uses for this project.")
    region = models.CharField(
        "data residency",
        max_length=2,
        choices=list(REGIONS.items()),
        default="us",
        help_text="The region where Mixpanel stores the project's data. A project with an address at eu.mixpanel.com "
        "is in the European Union.",
    )
    project_id = models.PositiveBigIntegerField(
        "project id",
        null=True,
        blank=True,
        help_text="The number after /project/ in the project's address at Mixpanel.",
    )
    workspace_id = models.PositiveBigIntegerField(
        "workspace id",
        null=True,
        blank=True,
        help_text="Only for projects with Data Views: the number after /view/ in the project's address at Mixpanel.",
    )
    timezone = models.CharField(
        "time zone",
        max_length=64,
        default="US/Pacific",
        validators=[validate_timezone],
        help_text="The time zone in Mixpanel's project settings. Each day ends at midnight in this time zone.",
    )
    auth = models.CharField(
        "sign in with",
        max_length=20,
        choices=Auth.choices,
        default=Auth.SERVICE_ACCOUNT,
        help_text="Create a service account in Mixpanel under Organization settings → Service accounts. "
        "The role Consumer is enough.",
    )
    username = models.CharField(
        "user name",
        max_length=255,
        blank=True,
        help_text="The service account's user name. Leave this field empty if you sign in with a project secret.",
    )
    secret = EncryptedField(editable=False, blank=True)
    secret_version = models.PositiveIntegerField(default=0, editable=False)
    expires_on = models.DateField(
        "expires on",
        null=True,
        blank=True,
        help_text="The day on which the service account expires at Mixpanel. Notices remind you before this day. Leave "
        "this field empty if the account does not expire.",
    )

    engine = models.CharField(
        max_length=10,
        choices=list(ENGINES.items()),
        default=INSIGHTS,
        help_text="Insights is Mixpanel's current engine. Choose Classic only if your widgets need something that "
        "Insights can't do: expressions, saved funnels with the dates of the widget, more than 40 events, or more than "
        "12 months by day. Classic can't do formulas, several metrics or funnels of listed steps. Classic uses older "
        "endpoints, which Mixpanel put into maintenance on 1 July 2026 and might switch off.",
    )
    hourly_limit = models.PositiveIntegerField(
        "queries per hour",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="The most queries per hour that Mixpanel allows for this project: 60 on most plans.",
    )
    concurrent_limit = models.PositiveIntegerField(
        "queries at once",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="The most queries that Mixpanel runs at the same time for this project: 5 on most plans.",
    )
    refresh_minutes = models.FloatField(
        "minutes between queries",
        default=15,
        validators=[MinValueValidator(0.1), MaxValueValidator(10_080)],
        help_text="MixCyfe refreshes today's numbers after this many minutes, and numbers of past days less often.",
    )
    notify_after_minutes = models.PositiveIntegerField(
        "minutes until a notice",
        default=60,
        validators=[MaxValueValidator(10_080)],
        help_text="MixCyfe sends a notice when queries have failed, or numbers have been out of date, for this many "
        "minutes. Enter 0 to get notices at once.",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through=Membership, blank=True, related_name="mixpanel_projects"
    )

    learned_hourly = models.PositiveIntegerField(null=True, editable=False)
    learned_concurrent = models.PositiveIntegerField(null=True, editable=False)
    learned_at = models.DateTimeField(null=True, editable=False)
    backoff_until = models.DateTimeField(null=True, editable=False)
    backoff_kind = models.CharField(max_length=20, blank=True, editable=False)
    backoff_message = models.TextField(blank=True, editable=False)
    backoff_count = models.PositiveIntegerField(default=0, editable=False)
    full_until = models.DateTimeField(null=True, editable=False)
    interval_factor = models.FloatField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = VisibleProjects.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=("region", "project_id"),
                name="one_project_a_mixpanel_project",
                violation_error_message="MixCyfe already has a project with this region and project id. "
                "Add your widgets to that project.",
            ),
            models.CheckConstraint(
                condition=models.Q(project_id__isnull=False) | models.Q(auth=Auth.PROJECT_SECRET),
                name="service_account_needs_project_id",
                violation_error_message="A service account needs the project id.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.auth == Auth.SERVICE_ACCOUNT and not self.username:
            errors["username"] = "Enter the service account's user name, or sign in with the project secret."
        if self.auth == Auth.SERVICE_ACCOUNT and not self.project_id:
            errors["project_id"] = (
                "A service account needs the project id: the number after /project/ in the project's address."
            )
        if self.auth == Auth.PROJECT_SECRET and self.username:
            errors["username"] = "A project secret has no user name. Leave this field empty."
        has_new_engine = Project.objects.filter(pk=self.pk).exclude(engine=self.engine).exists()
        if not errors and has_new_engine and (problem := engine_problem(self)):
            errors["engine"] = problem
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Ends the backoff, and gives the widgets new snapshots if the project's identity or engine has changed.

        With `update_fields`, only saves these fields.
        """
        if update_fields is not None:
            return super().save(*args, update_fields=update_fields, **kwargs)
        with transaction.atomic():
            before = Project.objects.filter(pk=self.pk).first() if self.pk else None
            if before and (before.hourly_limit, before.concurrent_limit) != (self.hourly_limit, self.concurrent_limit):
                self.learned_hourly = self.learned_concurrent = self.learned_at = None
                self.interval_factor = 1  # the next refresh computes interval_factor again
            self.clear_backoff()
            super().save(*args, **kwargs)
            old_snapshots: dict[int, int | None] = {}
            if before and (before.identity != self.identity or before.engine != self.engine):
                old_snapshots = self.widgets.connect_snapshots(self)
            if before and before.identity != self.identity:
                # Delete the old data: another project could get the old identity later, and must not show this data.
                self.snapshots.filter(widgets=None).delete()
                self.option_caches.all().delete()
            self.snapshots.clear_project_errors()
            self.snapshots.set_due(self)
            if before and before.engine != self.engine and before.identity == self.identity:
                keep_answers(self, old_snapshots)
        return None

    def set_secret(self, secret: str) -> None:
        self.secret = encrypt(secret)
        self.secret_version += 1

    @property
    def credentials_end_on(self) -> date | None:
        """The day on which Mixpanel stops accepting the credentials; None if nobody has entered it."""
        return PROJECT_SECRET_ENDS if self.auth == Auth.PROJECT_SECRET else self.expires_on

    @property
    def in_backoff(self) -> bool:
        return self.backoff_until is not None and self.backoff_until > timezone.now()

    @property
    def has_secret(self) -> bool:
        return bool(self.secret)

    @property
    def secret_problem(self) -> str:
        return problem_with(self.secret.token)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def today(self, now: datetime | None = None) -> date:
        """The current date in the project's time zone, in which Mixpanel counts days."""
        return (now or timezone.now()).astimezone(self.zone).date()

    @property
    def identity(self) -> list[Any]:
        """The settings that decide which data Mixpanel returns. The key of every snapshot contains them.

        Without a project id, the secret alone selects the project at Mixpanel, so a new secret is a new identity.
        """
        project_id: Any = self.project_id
        if project_id is None:
            project_id = f"secret {self.pk}.{self.secret_version}"
        return [self.region, project_id, self.workspace_id, self.timezone]

    @property
    def learned(self) -> tuple[int | None, int | None]:
        """The hourly and the concurrent limit that Mixpanel named when it refused calls.

        A limit is None if Mixpanel did not name it, or named it more than LEARNED_FOR ago.
        """
        if self.learned_at is None or timezone.now() - self.learned_at > LEARNED_FOR:
            return None, None
        return self.learned_hourly, self.learned_concurrent

    @property
    def effective_hourly(self) -> int:
        """The configured limit, or a lower limit that Mixpanel has named (`learned`)."""
        return min(self.hourly_limit, self.learned[0] or self.hourly_limit)

    @property
    def effective_concurrent(self) -> int:
        return min(self.concurrent_limit, self.learned[1] or self.concurrent_limit)

    def clear_backoff(self) -> None:
        """Ends the backoff. The caller saves BACKOFF_FIELDS."""
        self.backoff_until = self.full_until = None
        self.backoff_kind = self.backoff_message = ""
        self.backoff_count = 0
