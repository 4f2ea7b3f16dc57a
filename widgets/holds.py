"""What a failure holds back, and for how long: one query, or the whole project.

| error                | holds back  | until                                             |
|----------------------|-------------|---------------------------------------------------|
| passing (5xx, time)  | the query   | growing waits, 30 s to 30 min, or Retry-After     |
| limit (429)          | the project | Retry-After, else growing waits, 30 s to 30 min   |
| credentials, plan    | the project | an hour, or until the project is saved            |
| refused query        | the query   | a day, or until its widget changes                |
| wrong time zone      | the query   | an hour, or until the project's zone changes      |
"""

import random
from datetime import datetime, timedelta

from .models import Project

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_WAIT = 30
LONGEST_WAIT = 1800

HOLDS_PROJECT = ("limit", "credentials", "plan")


def growing(times: int, at_least: float | None = None) -> timedelta:
    """The wait after so many failures in a row: doubled each time, up to half an hour, with jitter.

    The jitter keeps many queries that failed together from coming back together.
    """
    wait = min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
    return timedelta(seconds=max(wait * random.uniform(0.8, 1.2), at_least or 0))  # noqa: S311 - no secret


def retry_after(kind: str, failures: int, asked_for: float | None) -> timedelta | None:
    """How long one query waits after its `failures`-th failure; None where the whole project does."""
    if kind in HOLDS_PROJECT:
        return None
    if kind == "query":
        return DAY
    if kind == "timezone":
        return HOUR
    return growing(failures, asked_for)


def hold_project(project: Project, now: datetime, kind: str, message: str, asked_for: float | None) -> None:
    """Holds back the project's every query. The caller has its row locked, and saves it."""
    project.hold_count += 1
    project.hold_kind = kind
    project.hold_message = message
    if kind == "limit":
        wait = timedelta(seconds=asked_for) if asked_for else growing(project.hold_count)
    else:
        wait = HOUR
    project.held_until = now + wait
