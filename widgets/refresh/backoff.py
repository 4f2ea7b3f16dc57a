"""Backoff after errors: which queries wait, and how long.

| error                    | what waits  | for how long                                                |
|--------------------------|-------------|-------------------------------------------------------------|
| hourly limit (429)       | the project | 3600 s ÷ limit; doubled after each trial that fails, up to  |
|                          |             | 1 hour                                                      |
| too many at once (429)   | the project | 5 s                                                         |
| credentials, plan        | the project | 1 hour, or until the project is saved or its connection     |
|                          |             | test succeeds                                               |
| refused query            | the query   | 1 day, or until its widget changes                          |
| wrong time zone          | the query   | 1 hour, or until the project's zone changes                 |
| other (5xx, timeout, …)  | the query   | about 30 s, doubled up to about 30 min; longer if           |
|                          |             | `Retry-After` is longer, up to 1 hour                       |

A trial is the first query after the project's wait: all other queries of the project wait for its result. After the
wait of 5 s, there is no trial.

In a 429 response, MixCyfe ignores `Retry-After`: the header says 3600 seconds, but Mixpanel allows single queries
earlier, and does not count the queries that it refuses with 429.
"""

import random
from datetime import datetime, timedelta

from widgets.mixpanel.error_kind import ErrorKind
from widgets.mixpanel.limits import WINDOW
from widgets.models import Project
from widgets.models.snapshot import BACKS_OFF_PROJECT

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 1800
TOO_MANY_AT_ONCE = timedelta(seconds=5)


def retry_after(kind: ErrorKind, failures: int, asked_for: float | None) -> timedelta | None:
    """Returns how long a query waits after `failures` errors in a row, or None if the whole project waits instead.

    `kind`: the kind of the last error. `asked_for`: the seconds in Mixpanel's header `Retry-After`, or None.
    """
    if kind in BACKS_OFF_PROJECT:
        return None
    if kind == ErrorKind.QUERY:
        return DAY
    if kind == ErrorKind.TIMEZONE:
        return HOUR
    wait = min(FIRST_WAIT_SECONDS * 2 ** min(failures - 1, 10), LONGEST_WAIT_SECONDS)
    # The random factor spreads the retries of queries that failed together.
    return timedelta(seconds=max(wait * random.uniform(0.8, 1.2), asked_for or 0))  # noqa: S311 - no secret


def back_off_project(
    project: Project, now: datetime, kind: ErrorKind, message: str, *, too_many_at_once: bool = False
) -> None:
    """Makes all queries of the project wait. The caller has locked the project's row, and saves the project."""
    if too_many_at_once:
        # No trial is needed, because the concurrent limit already restricts how many queries run.
        wait = TOO_MANY_AT_ONCE
    else:
        project.backoff_count = project.backoff_count + 1 if project.backoff_kind == kind else 1
        first = timedelta(seconds=WINDOW / (project.learned[0] or project.hourly_limit))
        wait = min(first * 2 ** min(project.backoff_count - 1, 12), HOUR) if kind == ErrorKind.LIMIT else HOUR
    project.backoff_kind = kind
    project.backoff_message = message
    project.backoff_until = now + wait


def end_backoff(project: Project) -> None:
    """Ends the project's backoff, and clears the errors that it left in the project's snapshots.

    The caller has locked the project's row, and saves the project.
    """
    if project.backoff_kind or project.backoff_count:
        project.clear_backoff()
    project.snapshots.clear_project_errors()
