"""The metrics of `/metrics` that come from the database. They are about the whole site, not about one host."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Coalesce
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from widgets.models import ApiCall, Notice, NoticeMessage, Project, Snapshot, Widget
from widgets.refresh.clock import database_now
from widgets.refresh.queue import QUEUE_TIMEOUT
from widgets.refresh.quota import COUNTED_FOR, LONGEST_RUN, lease
from widgets.reports.freshness import POLLED_WITHIN
from widgets.web.health import STATES, with_health

SECONDS = (0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)
"""Upper bounds of the buckets of the histogram `mixcyfe_query_seconds`."""


class Calls:
    """Totals of ended calls to Mixpanel, counted since an hour before the first run of `collect`.

    The totals are stored between two runs, because ApiCall keeps calls only for a week, and Prometheus expects totals
    that never fall. `until`: the stored totals contain only calls that started before this time.
    """

    def __init__(self, stored: dict[str, Any], now: datetime) -> None:
        self.until = datetime.fromisoformat(stored["until"]) if stored else now - COUNTED_FOR
        self.outcomes = Counter[tuple[int, str]]({(pk, outcome): n for pk, outcome, n in stored.get("outcomes", ())})
        self.buckets: list[int] = stored.get("buckets", [0] * (len(SECONDS) + 1))
        self.seconds: float = stored.get("seconds", 0)

    def add(self, calls: Iterable[tuple[int, str, datetime, datetime | None]]) -> None:
        for project, outcome, started_at, ended_at in calls:
            seconds = seconds_since(started_at, ended_at or started_at)
            self.outcomes[project, outcome] += 1
            self.buckets[bisect_left(SECONDS, seconds)] += 1
            self.seconds += seconds

    def stored(self) -> dict[str, Any]:
        outcomes = [[pk, outcome, number] for (pk, outcome), number in self.outcomes.items()]
        return {
            "until": self.until.isoformat(),
            "outcomes": outcomes,
            "buckets": self.buckets[:],
            "seconds": self.seconds,
        }


def collect(stored: dict[str, Any]) -> tuple[list[Metric], dict[str, Any]]:
    """Returns the metrics, and the totals to store for the next run. Raises django.db.Error."""
    now = database_now()
    projects = list(Project.objects.defer("backoff_message"))
    names = {project.pk: project.name for project in projects}
    calls, kept = count_calls(stored, now)
    return [
        *queries(projects, names, calls, now),
        *ages(names, now),
        health(projects, now),
        refreshes(now),
        *notices(),
    ], kept


def count_calls(stored: dict[str, Any], now: datetime) -> tuple[Calls, dict[str, Any]]:
    """Returns the totals to show, and the totals to store for the next run.

    The totals to store leave out recent calls, because other calls that started at the same time might still run.
    """
    calls = Calls(stored, now)
    unsettled = max(lease(), LONGEST_RUN)
    settled = max(calls.until, now - unsettled)
    # After a long time without a scrape, there might be too many new calls for the memory. So only two kinds of calls
    # are added: calls of the last hour, and the calls that the previous run showed, but left out of the stored totals.
    wanted = Q(started_at__gte=max(calls.until, now - COUNTED_FOR))
    wanted |= Q(started_at__gte=calls.until, started_at__lte=calls.until + unsettled)
    ended = ApiCall.objects.filter(wanted, project__in=Project.objects.values("pk"), ended_at__isnull=False)
    found = ended.values_list("project_id", "outcome", "started_at", "ended_at", named=True)
    calls.add(row for row in found if row.started_at < settled)
    calls.until = settled
    kept = calls.stored()
    calls.add(row for row in found if row.started_at >= settled)
    return calls, kept


def queries(projects: list[Project], names: dict[int, str], calls: Calls, now: datetime) -> Iterator[Metric]:
    """Projects' names can contain any characters, because prometheus_client escapes special ones."""
    total = CounterMetricFamily(
        "mixcyfe_queries", "Queries to Mixpanel that have ended, by outcome.", labels=("project", "outcome")
    )
    for project in projects:
        calls.outcomes.setdefault((project.pk, "ok"), 0)
    for (pk, outcome), number in sorted(calls.outcomes.items()):
        if pk in names:
            total.add_metric((names[pk], outcome), number)
    yield total

    histogram = HistogramMetricFamily(
        "mixcyfe_query_seconds", "Duration of queries to Mixpanel in seconds. It includes the time to store the answer."
    )
    reached, buckets = 0, []
    for bound, number in zip((*(str(float(bound)) for bound in SECONDS), "+Inf"), calls.buckets, strict=True):
        reached += number
        buckets.append((bound, reached))
    histogram.add_metric((), buckets, calls.seconds)
    yield histogram

    started = ApiCall.objects.filter(
        project__in=Project.objects.values("pk"), started_at__gt=now - COUNTED_FOR, counts=True
    )
    used = dict(started.values("project").annotate(n=Count("pk")).values_list("project", "n"))
    left = GaugeMetricFamily(
        "mixcyfe_queries_left", "Queries that the project can still use this hour.", labels=("project",)
    )
    limit = GaugeMetricFamily(
        "mixcyfe_queries_limit", "Queries that the project can use per hour.", labels=("project",)
    )
    held = GaugeMetricFamily(
        "mixcyfe_backoff", "1 while Mixpanel refuses the project's queries, else 0.", labels=("project",)
    )
    for project in projects:
        left.add_metric((project.name,), max(0, project.effective_hourly - used.get(project.pk, 0)))
        limit.add_metric((project.name,), project.effective_hourly)
        held.add_metric((project.name,), project.backoff_until is not None and project.backoff_until > now)
    yield from (left, limit, held)


def ages(names: dict[int, str], now: datetime) -> Iterator[Metric]:
    due_at = Min(
        Coalesce("snapshot__due_at", "snapshot__fetched_at"),
        filter=Q(snapshot__retry_at=None) | Q(snapshot__retry_at__lte=now),
    )
    rows = polled(now).values("project").annotate(Min("snapshot__fetched_at"), due_at=due_at)
    age = GaugeMetricFamily(
        "mixcyfe_data_age_seconds",
        "Age of the oldest data that a polled widget shows, in seconds.",
        labels=("project",),
    )
    overdue = GaugeMetricFamily(
        "mixcyfe_overdue_seconds",
        "Seconds since the most overdue data became stale. Data that waits after an error is left out.",
        labels=("project",),
    )
    for pk, fetched_at, due_at in rows.values_list("project", "snapshot__fetched_at__min", "due_at"):
        if pk not in names or fetched_at is None:
            continue
        age.add_metric((names[pk],), seconds_since(fetched_at, now))
        overdue.add_metric((names[pk],), seconds_since(due_at or now, now))
    yield from (age, overdue)


def polled(now: datetime) -> Any:
    return Widget.objects.filter(active=True, last_polled_at__gt=now - POLLED_WITHIN).order_by()


def seconds_since(then: datetime, now: datetime) -> float:
    return max(0, (now - then).total_seconds())


def oldest_overdue(now: datetime) -> float:
    """Seconds since the most overdue data of a polled widget became stale; 0 if no data is stale."""
    due_at = polled(now).filter(snapshot__due_at__lte=now).aggregate(at=Min("snapshot__due_at"))["at"]
    return seconds_since(due_at, now) if due_at else 0


def health(projects: list[Project], now: datetime) -> Metric:
    no_secret = [project.pk for project in projects if project.secret_problem]
    rows = with_health(Widget.objects.order_by(), now, no_secret).values_list("health_state").annotate(Count("pk"))
    found = dict(rows)
    gauge = GaugeMetricFamily("mixcyfe_widgets", "Number of widgets by health, as on the board.", labels=("health",))
    for state in STATES:
        gauge.add_metric((state,), found.get(state, 0))
    return gauge


def refreshes(now: datetime) -> Metric:
    running, waits = Q(lease_until__gt=now), Q(retry_at__gt=now)
    wanted = Q(Exists(polled(now).filter(snapshot=OuterRef("pk"))))
    due = Q(fetched_at=None) | Q(due_at=None) | Q(due_at__lte=now)
    found = Snapshot.objects.aggregate(
        running=Count("pk", filter=running),
        due=Count("pk", filter=due & ~running & ~waits & wanted),
        waiting=Count("pk", filter=waits & ~running & wanted),
        queued=Count("pk", filter=Q(queued_at__gt=now - QUEUE_TIMEOUT) & ~running),
    )
    if settings.TASKS != "celery":
        del found["queued"]
    gauge = GaugeMetricFamily(
        "mixcyfe_refreshes",
        "Queries by state: running, due, waiting after an error, or queued for Celery. A query can have two states.",
        labels=("state",),
    )
    for state, number in found.items():
        gauge.add_metric((state,), number)
    return gauge


def notices() -> Iterator[Metric]:
    opened = Notice.objects.filter(ended_at=None, told_at__isnull=False).count()
    yield GaugeMetricFamily("mixcyfe_notices", "Open problems that MixCyfe has reported to people.", value=opened)
    unsent = NoticeMessage.objects.filter(done_at=None).count()
    yield GaugeMetricFamily("mixcyfe_notice_messages", "Messages about problems that are not sent yet.", value=unsent)
