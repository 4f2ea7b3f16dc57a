"""Notices that depend on the date: credentials that will expire, and the weekly summary."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.notices.conftest import Webhook, listen
from widgets.models import Project

pytestmark = pytest.mark.django_db


def days(clock: Any, timer: Any, first: date, count: int) -> None:
    """Runs the timer at 20:00 UTC on each of `count` days, beginning with `first`."""
    for day in range(count):
        clock.move_to(datetime.combine(first + timedelta(days=day), datetime.min.time(), tzinfo=UTC).replace(hour=20))
        timer()


def test_the_end_of_project_secrets_is_announced_four_times(
    clock: Any, project: Project, timer: Any, webhook: Webhook
) -> None:
    Project.objects.update(auth="project_secret", username="")
    clock.move_to(datetime(2027, 1, 31, 20, tzinfo=UTC))
    listen(project, webhook.url)
    days(clock, timer, date(2027, 1, 31), 34)
    assert webhook.titles == ["MixCyfe, Acme: The project secret expires on 3 March 2027"] * 4
    assert [each["message"].partition("(")[2].partition(")")[0] for each in webhook.got] == [
        "in 30 days",
        "in 7 days",
        "tomorrow",
        "today",
    ]
    assert "Create a service account" in webhook.got[0]["message"]


def test_the_notice_of_an_expiry_date_is_sent_once_and_ends_when_the_date_is_changed(
    clock: Any, project: Project, timer: Any, webhook: Webhook
) -> None:
    Project.objects.update(expires_on=date(2026, 11, 25), name="Acme: web")
    listen(project, webhook.url)
    timer()
    timer()
    assert webhook.titles == ["MixCyfe, Acme: web: The service account expires on 25 November 2026"]
    assert project.notices.get().title == "The service account expires on 25 November 2026"
    Project.objects.update(expires_on=date(2027, 11, 25))
    timer()
    assert len(webhook.got) == 1
    assert not project.notices.filter(ended_at=None).exists()


def test_the_weekly_summary_comes_on_monday_morning_of_the_project(
    clock: Any, project: Project, make_widget: Any, timer: Any, webhook: Webhook
) -> None:
    make_widget()
    listen(project, webhook.url, weekly=True)
    listen(project, webhook.url)
    # The summary comes at 8:00 in US/Pacific, which is 16:00 UTC.
    for hour in (14, 15, 16, 17, 23):
        clock.move_to(datetime(2026, 11, 23, hour, 1, tzinfo=UTC))
        timer()
        assert len(webhook.got) == (hour >= 16)
    assert webhook.titles == ["MixCyfe, Acme: weekly summary"]
    assert "1 active widget: 1 waiting." in webhook.got[0]["message"]
    assert "No notice is open now." in webhook.got[0]["message"]
    clock.move_to(datetime(2026, 11, 30, 16, 1, tzinfo=UTC))
    timer()
    assert len(webhook.got) == 2
