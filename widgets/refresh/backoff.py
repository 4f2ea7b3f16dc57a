"""Backoff after errors: which queries wait, and how long.

| error                    | holds back  | until                                                     |
|--------------------------|-------------|-----------------------------------------------------------|
| passing (5xx, time)      | the query   | growing waits, 30 s to 30 min; Retry-After, up to an hour |
| hourly limit (429)       | the project | 3600 s ÷ limit, then one trial; doubled up to an hour     |
| too many at once (429)   | the project | 5 seconds                                                 |
| credentials, plan        | the project | an hour, or until the project is saved, or its connection |
|                          |             | tested with success                                       |
| refused query            | the query   | a day, or until its widget changes                        |
| wrong time zone          | the query   | an hour, or until the project's zone changes              |

`Retry-After` on a 429 is not believed: it names the whole window, which rolls on, and a refused trial is free.
"""

import random
from datetime import datetime, timedelta

from widgets.mixpanel.limits import WINDOW
from widgets.models import Project, Snapshot

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_WAIT = 30
LONGEST_WAIT = 1800
LONGEST_RETRY_AFTER = 3600
TOO_MANY_AT_ONCE = timedelta(seconds=5)

HOLDS_PROJECT = ("limit", "credentials", "plan")


def growing(times: int, at_least: float | None = None) -> timedelta:
    """The wait after so many failures in a row: doubled each time, up to half an hour, with jitter.

    The jitter keeps many queries that failed together from coming back together.
    """
    wait = min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
    asked_for = min(at_least or 0, LONGEST_RETRY_AFTER)
    return timedelta(seconds=max(wait * random.uniform(0.8, 1.2), asked_for))  # noqa: S311 - no secret


def retry_after(kind: str, failures: int, asked_for: float | None) -> timedelta | None:
    """How long one query waits after its `failures`-th failure; None where the whole project does."""
    if kind in HOLDS_PROJECT:
        return None
    if kind == "query":
        return DAY
    if kind == "timezone":
        return HOUR
    return growing(failures, asked_for)


def back_off_project(
    project: Project, now: datetime, kind: str, message: str, *, too_many_at_once: bool = False
) -> None:
    """Holds back the project's every query. The caller has its row locked, and saves it."""
    if too_many_at_once:
        # No trial after it: the limit on running queries says how many may go.
        wait = TOO_MANY_AT_ONCE
    else:
        project.backoff_count = project.backoff_count + 1 if project.backoff_kind == kind else 1
        first = timedelta(seconds=WINDOW / (project.learned[0] or project.hourly_limit))
        wait = min(first * 2 ** min(project.backoff_count - 1, 12), HOUR) if kind == "limit" else HOUR
    project.backoff_kind = kind
    project.backoff_message = message
    project.backoff_until = now + wait


def end_backoff(project: Project) -> None:
    """Mixpanel answers this project: its backoff is over, and so are the errors that came from it.

    The caller has the project's row locked, and saves it.
    """
    if project.backoff_kind or project.backoff_count:
        project.release()
    Snapshot.objects.filter(project=project, error_kind__in=HOLDS_PROJECT).update(
        error="", error_kind="", failures=0, failing_since=None, retry_at=None
    )
