"""A widget: its query, how its data is cleaned and drawn, and the address that Cyfe polls."""

import operator
from functools import reduce
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from widgets.cyfe import Drawing
from widgets.models.access import VisibleQuerySet, hide_people
from widgets.models.board import MOST_TAGS, validate_tags
from widgets.models.project import Project
from widgets.models.slug import SLUG, new_slug
from widgets.models.snapshot import Snapshot
from widgets.models.widget_spec import spec_of
from widgets.reports import REPORT_TYPES, Query, ReportType
from widgets.reports.rules import check
from widgets.spec import ANALYSES, CHARTS, MEASURES, RANGES, SORTS, UNITS, WidgetSpec, hours_on_axis

LONGEST_TITLE = 200


class WidgetQuerySet(VisibleQuerySet["Widget"]):
    def tagged(self, tag: str) -> Self:
        return self.filter(reduce(operator.or_, (models.Q(**{f"tags__{place}": tag}) for place in range(MOST_TAGS))))

    def connect_snapshots(self, project: Project) -> dict[int, int | None]:
        """Connects the project's widgets with the snapshots of their current queries.

        Returns widget id → id of its old snapshot.
        """
        old_snapshots = {}
        widgets = list(self.filter(project=project))
        for widget in widgets:
            old_snapshots[widget.pk] = widget.snapshot_id
            widget.project = project
            widget.snapshot = Snapshot.objects.defer("report_json").of(project, widget.query)
            widget.snapshot.allow_retry()
        self.bulk_update(widgets, ["snapshot"], batch_size=200)
        self.filter(project=project).update(version=F("version") + 1, changed_at=timezone.now())
        return old_snapshots

    def in_order(self) -> Self:
        """By project, position on the board (widgets without a position come last), and title."""
        place = F("position").asc(nulls_last=True)
        return self.order_by("project__name", "project_id", place, "title")


class Widget(models.Model):
    project = models.ForeignKey(Project, models.PROTECT, related_name="widgets")
    title = models.CharField(max_length=LONGEST_TITLE, help_text="The widget's name in lists and in the chart.")
    slug = models.CharField(
        max_length=64,
        unique=True,
        default=new_slug,
        editable=False,
        validators=[
            RegexValidator(
                rf"^{SLUG.pattern}$", "A slug has 22 to 64 letters, digits, hyphens (-) and underscores (_)."
            )
        ],
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="owned_widgets"
    )
    active = models.BooleanField(default=True, help_text="A paused widget shows nothing in Cyfe and costs no queries.")
    tags = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_tags],
        help_text="People can filter the board by tags. Write one tag per line.",
    )
    position = models.PositiveIntegerField(null=True, editable=False)

    report = models.CharField(
        max_length=20,
        choices=[(name, report_type.title) for name, report_type in REPORT_TYPES.items()],
        help_text="The report decides which fields appear below.",
    )
    events = models.JSONField(default=list, blank=True)
    metrics = models.JSONField(default=list, blank=True)
    formulas = models.JSONField(default=list, blank=True)
    breakdown = models.CharField(
        max_length=1000,
        blank=True,
        help_text="The name of a property, for example plan or mp_country_code. With the engine Classic, you can also "
        'write an expression such as properties["plan"].',
    )
    property_name = models.CharField(
        "property",
        max_length=1000,
        blank=True,
        help_text="The numeric property to add up or average, for example amount.",
    )
    filters = models.JSONField(default=list, blank=True)
    where = models.TextField(
        blank=True,
        max_length=5000,
        help_text='An expression, for example properties["plan"] == "Team". The widget then uses only events that '
        "match this expression and all filters. With the engine Insights, only retention and frequency can have an "
        "expression.",
    )
    measure = models.CharField(max_length=10, choices=list(MEASURES.items()), default="total")
    unit = models.CharField("by", max_length=10, choices=list(UNITS.items()), default="day")
    analysis = models.CharField("values", max_length=10, choices=list(ANALYSES.items()), default="linear")
    window = models.PositiveIntegerField(
        "average over",
        null=True,
        blank=True,
        help_text="The number of hours, days, weeks or months in the rolling average.",
    )
    overlay_previous = models.BooleanField(
        "show the period before",
        default=False,
        help_text="Also draws the period before, as dashed lines or paler columns. Uses no additional queries.",
    )
    range = models.CharField(max_length=20, choices=list(RANGES.items()), default="last")
    last = models.PositiveIntegerField("how many", default=30)
    include_today = models.BooleanField(
        "include today",
        default=False,
        help_text="Adds the current, unfinished period, so the last point looks low. Uses more queries.",
    )
    from_date = models.DateField("from", null=True, blank=True)
    to_date = models.DateField("to", null=True, blank=True)
    limit = models.PositiveIntegerField(
        default=60, help_text="The report has at most this many breakdown values or events, the largest first."
    )
    saved_report = models.PositiveBigIntegerField(
        "saved report",
        null=True,
        blank=True,
        help_text="The number after “report-” or “report/” in the report's address at Mixpanel.",
    )
    funnel = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The number after “view/” in the funnel's address at Mixpanel."
    )
    conversion_days = models.PositiveIntegerField(
        "days to convert",
        default=14,
        help_text="The funnel counts people who reach the last step within this many days.",
    )
    born_event = models.CharField(
        "first event", max_length=1000, blank=True, help_text="People join a cohort when they do this event."
    )
    intervals = models.PositiveIntegerField(
        "columns",
        default=8,
        help_text="The number of days, weeks or months for which the report follows each cohort. The first of them is "
        "the one in which people join.",
    )

    chart = models.CharField(
        max_length=30,
        choices=list(CHARTS.items()),
        default="line",
        help_text="Choose the same chart type in Cyfe, because the layout of the data depends on it.",
    )
    clean_labels = models.BooleanField(
        "drop empty labels",
        default=True,
        help_text="Leaves out empty labels, and the labels “undefined”, “null” and “(not set)”.",
    )
    exclude = models.JSONField("leave out", default=list, blank=True)
    only = models.JSONField("show only", default=list, blank=True)
    rename = models.JSONField(default=dict, blank=True)
    sort = models.CharField(
        max_length=10,
        choices=[("", "Usual order"), *SORTS.items()],
        default="",
        blank=True,
        help_text="In the usual order, breakdown values and top events begin with the largest. Listed events keep the "
        "order of the list.",
    )
    top = models.PositiveIntegerField(
        "only the largest",
        null=True,
        blank=True,
        help_text="How many of the largest values the widget shows. Leave this field empty to show all values.",
    )
    other = models.BooleanField(
        "sum the rest as “Other”",
        default=False,
        help_text="Adds up the values that are not shown, and shows the sum as “Other”. This works only for totals and "
        "sums.",
    )
    colors = models.JSONField("colours", default=list, blank=True)
    target = models.FloatField(null=True, blank=True, help_text="The number at which the gauge is full.")
    options = models.JSONField(default=dict, blank=True)
    refresh_minutes = models.FloatField(
        "minutes between queries",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(10_080)],
        help_text="Leave this field empty to use the project's setting. MixCyfe then refreshes numbers of past days "
        "less often than today's.",
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
                violation_error_message="This project already has a widget with this title. Choose another title.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.project_id is None:
            return  # Django reports the missing project
        problems = check(self.spec, self.project.today(), self.project.engine)
        if problems:
            errors: dict[str, Any] = {}
            for field, message in problems:
                errors.setdefault(field, []).append(message)
            raise ValidationError(errors)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Connects the widget with the snapshot of its current query.

        Raises Widget.DoesNotExist if the widget was deleted meanwhile.
        """
        with transaction.atomic():
            # Lock the project before its snapshots, as refreshes do, so that no deadlock can happen. The project is
            # read again, because its engine may have changed.
            project = Project.objects.select_for_update().get(pk=self.project_id)
            is_new = self._state.adding
            if not is_new:
                stored = Widget.objects.select_for_update().filter(pk=self.pk)
                if (came_from := stored.values_list("project_id", flat=True).get()) != self.project_id:
                    hide_people(self, came_from)
            self.changed_at = timezone.now()
            self.snapshot = Snapshot.objects.of(project, self.report_type.query(self.spec, project.engine))
            self.snapshot.allow_retry()
            # The database adds the 1, because simultaneous saves must not get the same version.
            self.version = self.version + 1 if is_new else F("version") + 1
            super().save(*args, **kwargs)
            if not is_new:
                self.refresh_from_db(fields=["version"])
            Snapshot.objects.filter(pk=self.snapshot.pk).set_due(project)

    def replace_slug(self) -> None:
        """Gives the widget a new address. The old one then answers 404."""
        self.slug = new_slug()
        self.save()

    @property
    def spec(self) -> WidgetSpec:
        return spec_of(self)

    @property
    def query(self) -> Query:
        """The query to Mixpanel, in the form for the project's engine."""
        return self.report_type.query(self.spec, self.project.engine)

    @property
    def report_type(self) -> ReportType:
        return REPORT_TYPES[self.report]

    @property
    def drawing(self) -> Drawing:
        return Drawing(self.chart, self.title, self.colors, self.target, self.options)

    @property
    def hours_on_axis(self) -> bool:
        return hours_on_axis(self)

    def url(self, format: str = "") -> str:
        """The address of the data in this format. The default is Cyfe's CSV; with hours on the axis, the plain CSV."""
        format = format or ("plain.csv" if self.hours_on_axis else "csv")
        return f"{settings.SITE_URL}/w/{self.slug}.{format}"

    @property
    def page_url(self) -> str:
        """The address of the page with the chart, which everybody who has the address can open."""
        return f"{settings.SITE_URL}/w/{self.slug}"
