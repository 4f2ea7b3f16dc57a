"""The daily command `clean_up`: it removes old records, keeps the others, and prints how many it removed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.commands.conftest import Printed
from tests.refresh.test_freshness import MOVABLE, NOT_MOVABLE
from widgets.management.commands import clean_up
from widgets.models import ApiCall, AuditEntry, Project, Session, Widget

Run = Callable[..., Printed]
NOTHING = [
    "removed 0 ended sessions",
    "removed 0 entries of the audit log",
    "removed 0 counters of failed logins",
    "removed 0 calls to Mixpanel",
    "removed 0 deleted widgets",
    "removed 0 unused queries",
    "removed 0 unused lists",
    "removed 0 old notices",
    "removed 0 clock warnings",
]


@pytest.fixture
def a_day_of_work(make_widget: Callable[..., Widget], poll: Any, django_user_model: Any) -> None:
    """Makes records of a day: one query, one session and one failed login."""
    poll(make_widget())
    django_user_model.objects.create_superuser("root", "root@example.com", "a long password")
    for password in ("a long password", "wrong"):
        Client().post("/admin/login/", {"username": "root", "password": password})


def left() -> list[int]:
    return [model.objects.count() for model in (Session, AuditEntry, AccessAttempt, ApiCall)]


def test_it_keeps_records_that_are_needed(manage: Run, a_day_of_work: None) -> None:
    assert manage("clean_up").lines == NOTHING
    assert left() == [1, 2, 1, 1]


@pytest.mark.skipif(not MOVABLE, reason=NOT_MOVABLE)
@pytest.mark.parametrize(
    ("later", "removed", "stay"),
    [
        (timedelta(minutes=16), [0, 0, 1, 0], [1, 2, 0, 1]),
        (timedelta(days=15), [1, 0, 1, 1], [0, 2, 0, 0]),
        (timedelta(days=89), [1, 0, 1, 1], [0, 2, 0, 0]),
        # `clean_up` removes the audit entry of the failed login, and adds an entry about itself.
        (timedelta(days=91), [1, 1, 1, 1], [0, 2, 0, 0]),
    ],
)
def test_it_removes_old_records(
    manage: Run, a_day_of_work: None, later: timedelta, removed: list[int], stay: list[int]
) -> None:
    with time_machine.travel(timezone.now() + later):
        printed = manage("clean_up").lines
        assert [int(line.split()[1]) for line in printed] == [*removed, 0, 0, 0, 0, 0]
        assert left() == stay
        assert manage("clean_up").lines == NOTHING
    assert Project.objects.count() == Widget.objects.count() == 1


def test_many_rows_are_removed_in_batches(manage: Run, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean_up, "BATCH", 10)
    now = timezone.now()
    Session.objects.bulk_create(
        Session(session_key=f"{i:040}", session_data="", expire_date=now + timedelta(days=1 if i >= 25 else -1))
        for i in range(30)
    )
    with CaptureQueriesContext(connection) as queries:
        assert manage("clean_up").lines[0] == "removed 25 ended sessions"
    assert Session.objects.count() == 5
    deletes = [query for query in queries if query["sql"].startswith(f'DELETE FROM "{Session._meta.db_table}"')]
    assert len(deletes) == 3
