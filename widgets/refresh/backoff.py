"""Backoff after errors: which queries wait, and how long.

| error                    | waits       | for                                                         |
|--------------------------|-------------|-------------------------------------------------------------|
| temporary (5xx, timeout) | the query   | 30 s, doubled up to 30 min; or Retry-After, up to 1 hour    |
| hourly limit (429)       | the project | 3600 s ÷ limit, then one trial; doubled up to 1 hour        |
| too many at once (429)   | the project | 5 s                                                         |
| credentials, plan        | the project | 1 hour, or until the project is saved or its connection     |
|                          |             | test succeeds                                               |
| refused query            | the query   | 1 day, or until its widget changes                          |
| wrong time zone          | the query   | 1 hour, or until the project's zone changes                 |

`Retry-After` on a 429 is ignored: it names the whole hour, but calls become free one by one, and Mixpanel does not
count refused trials.
"""

import random
from datetime import datetime, timedelta

from widgets.mixpanel.error_kind import ErrorKind
from widgets.mixpanel.limits import WINDOW
from widgets.models import Project
from widgets.models.snapshot import HOLDS_PROJECT

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_WAIT = 30
LONGEST_WAIT = 1800
TOO_MANY_AT_ONCE = timedelta(seconds=5)


def retry_after(kind: ErrorKind, failures: int, asked_for: float | None) -> timedelta | None:
    """How long one query waits after `failures` errors in a row. None: the whole project waits instead."""
    if kind in HOLDS_PROJECT:
        return None
    if kind == ErrorKind.QUERY:
        return DAY
    if kind == ErrorKind.TIMEZONE:
        return HOUR
    wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    # The random part keeps queries that failed together from being retried together.
    return timedelta(seconds=max(wait * random.uniform(0.8, 1.2), asked_for or 0))  # noqa: S311 - no secret


def back_off_project(
    project: Project, now: datetime, kind: ErrorKind, message: str, *, too_many_at_once: bool = False
) -> None:
    """Makes all queries of the project wait. The caller has locked the project's row and saves it."""
    if too_many_at_once:
        # No trial follows: the concurrent limit decides how many queries may run.
        wait = TOO_MANY_AT_ONCE
    else:
        project.backoff_count = project.backoff_count + 1 if project.backoff_kind == kind else 1
        first = timedelta(seconds=WINDOW / (project.learned[0] or project.hourly_limit))
        wait = min(first * 2 ** min(project.backoff_count - 1, 12), HOUR) if kind == ErrorKind.LIMIT else HOUR
    project.backoff_kind = kind
    project.backoff_message = message
    project.backoff_until = now + wait


def end_backoff(project: Project) -> None:
    """Ends the project's backoff and clears the errors that it caused, because Mixpanel answers again.

    The caller has locked the project's row and saves it.
    """
    if project.backoff_kind or project.backoff_count:
        project.release()
    project.snapshots.clear_project_errors()
