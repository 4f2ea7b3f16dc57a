"""A widget: what to ask Mixpanel, how to clean and draw it, and the address that Cyfe polls."""

import re
import secrets
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F
from django.utils import timezone

from widgets.cyfe import Drawing
from widgets.freshness import POLLED_WITHIN
from widgets.models.access import VisibleQuerySet
from widgets.models.project import Project
from widgets.models.snapshot import Snapshot
from widgets.reports import REPORT_TYPES
from widgets.reports.rules import check
from widgets.spec import CHARTS, MEASURES, RANGES, SORTS, UNITS, Filter, WidgetSpec

SLUG = re.compile(r"[A-Za-z0-9_-]{22,64}")
"""At least 22 characters of URL-safe base64: 128 bits and more."""

SPEC_FIELDS = tuple(WidgetSpec.__dataclass_fields__)


class WidgetQuerySet(VisibleQuerySet["Widget"]):
    def polled(self, project: Project, now: datetime) -> Self:
        """The widgets of a project that cost queries: active, and polled within the last day."""
        return self.filter(project=project, active=True, last_polled_at__gt=now - POLLED_WITHIN)


def new_slug() -> str:
    """144 random bits: the address is the only key to a widget's numbers."""
    return secrets.token_urlsafe(18)


class Widget(models.Model):
    project = models.ForeignKey(Project, models.PROTECT, related_name="widgets")
    title = models.CharField(max_length=200, help_text="What the widget is called here and in lists.")
    slug = models.CharField(
        max_length=64,
        unique=True,
        default=new_slug,
        editable=False,
        validators=[RegexValidator(rf"^{SLUG.pattern}$", "A slug has 22 to 64 letters, digits, - and _.")],
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="owned_widgets",
    )
    active = models.BooleanField(
        default=True, help_text="A paused widget answers as if it did not exist, and costs no queries."
    )

    report = models.CharField(max_length=20, choices=[(name, kind.title) for name, kind in REPORT_TYPES.items()])
    events = models.JSONField(default=list, blank=True)
    breakdown = models.CharField(
        max_length=1000,
        blank=True,
        help_text='A property\'s name, for example plan or mp_country_code; or an expression with properties["…"].',
    )
    property_name = models.CharField(
        "property",
        max_length=1000,
        blank=True,
        help_text="The numeric property to add up or average, for example amount; or an expression.",
    )
    filters = models.JSONField(default=list, blank=True)
    where = models.TextField(
        blank=True,
        max_length=5000,
        help_text='An expression that events must fulfil, for example properties["plan"] == "Team". '
        "It holds beside the filters.",
    )
    measure = models.CharField(max_length=10, choices=list(MEASURES.items()), default="total")
    unit = models.CharField("by", max_length=10, choices=list(UNITS.items()), default="day")
    range = models.CharField(max_length=20, choices=list(RANGES.items()), default="last")
    last = models.PositiveIntegerField(
        "how many", default=30, help_text="How many days, weeks or months the range “The last …” goes back."
    )
    include_today = models.BooleanField(
        "include today",
        default=False,
        help_text="Whether the running day, week or month counts. It makes the last point low, and costs more queries.",
    )
    from_date = models.DateField("from", null=True, blank=True)
    to_date = models.DateField("to", null=True, blank=True)
    limit = models.PositiveIntegerField(
        default=60, help_text="How many values of the breakdown, or events, are asked for: the largest first."
    )
    saved_report = models.PositiveBigIntegerField(
        "saved report", null=True, blank=True, help_text="The number after “report-” or “report/” in its address."
    )
    funnel = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The number after “view/” in the funnel's address."
    )
    born_event = models.CharField(
        "first event", max_length=1000, blank=True, help_text="The event that makes someone part of a cohort."
    )
    intervals = models.PositiveIntegerField(
        "columns", default=8, help_text="How many days, weeks or months a cohort is followed, the 0th among them."
    )

    chart = models.CharField(
        max_length=30,
        choices=list(CHARTS.items()),
        default="line",
        help_text="Choose the same chart type in Cyfe: the data's layout depends on it.",
    )
    clean_labels = models.BooleanField(
        "drop empty labels", default=True, help_text="Leaves out empty, undefined, null and (not set)."
    )
    exclude = models.JSONField("leave out", default=list, blank=True)
    rename = models.JSONField(default=dict, blank=True)
    sort = models.CharField(
        max_length=10,
        choices=[("", "Usual order"), *SORTS.items()],
        default="",
        blank=True,
        help_text="Usual: the largest first for a breakdown and top events, as listed for events.",
    )
    top = models.PositiveIntegerField(
        "only the largest", null=True, blank=True, help_text="How many of the largest to keep. Empty: all."
    )
    other = models.BooleanField(
        "sum the rest as “Other”", default=False, help_text="Only where values add up: totals and sums."
    )
    colors = models.JSONField("colours", default=list, blank=True)
    target = models.FloatField(null=True, blank=True, help_text="The number that fills a gauge.")
    options = models.JSONField(default=dict, blank=True)
    refresh_minutes = models.FloatField(
        "minutes between queries",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(10_080)],
        help_text="Empty: as the project says, and far less often for ranges that are over.",
    )

    snapshot = models.ForeignKey(
        Snapshot, models.SET_NULL, null=True, blank=True, editable=False, related_name="widgets"
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    last_polled_at = models.DateTimeField("last polled", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WidgetQuerySet.as_manager()

    class Meta:
        ordering = ("project__name", "title")
        constraints = [
            models.UniqueConstraint(
                fields=("project", "title"),
                name="one_title_a_project",
                violation_error_message="This project has a widget of that title already. Choose another title.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.project_id is None:
            return  # the field's own message says so
        problems = check(self.spec, self.project.today())
        if problems:
            errors: dict[str, Any] = {}
            for field, message in problems:
                errors.setdefault(field, []).append(message)
            raise ValidationError(errors)

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Saves, and ties the widget to the snapshot of what it now asks."""
        if update_fields is not None:
            return super().save(*args, update_fields=update_fields, **kwargs)
        self.changed_at = timezone.now()
        self.snapshot = Snapshot.objects.of(self.project, self.report_type.query(self.spec))
        self.snapshot.forgive()
        # Counted by the database: two who save at the same time must not share a version, by which layouts are kept.
        is_new = self._state.adding
        self.version = 1 if is_new else F("version") + 1
        super().save(*args, **kwargs)
        if not is_new:
            self.refresh_from_db(fields=["version"])
        Snapshot.objects.filter(pk=self.snapshot.pk).set_due(self.project)
        return None

    def replace_slug(self) -> None:
        """Gives the widget a new address; the old one answers 404 from now on."""
        self.slug = new_slug()
        self.save()

    @property
    def spec(self) -> WidgetSpec:
        values = {name: getattr(self, name) for name in SPEC_FIELDS}
        values["events"] = tuple(self.events or ())
        values["exclude"] = tuple(self.exclude or ())
        values["filters"] = tuple(
            Filter(f.get("property", ""), f.get("op", ""), f.get("value")) for f in self.filters or ()
        )
        return WidgetSpec(**values)

    @property
    def report_type(self) -> Any:
        return REPORT_TYPES[self.report]

    @property
    def drawing(self) -> Drawing:
        return Drawing(self.chart, self.title, self.colors, self.target, self.options)

    def url(self, format: str = "csv") -> str:
        return f"{settings.SITE_URL}/w/{self.slug}.{format}"
