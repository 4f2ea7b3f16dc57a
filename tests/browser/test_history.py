"""The history in a browser, whose zone is that of Kathmandu."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractUser

from tests.browser.conftest import OpenPage
from widgets.accounts import audit_log
from widgets.models import Project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_its_filter_counts_days_as_its_times_do(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    audit_log.log_change(boss, acme, "Changed.")
    LogEntry.objects.update(action_time=datetime(2026, 11, 24, 20, 0, tzinfo=UTC))
    page = open_page("/admin/admin/logentry/", boss)
    page.get_by_role("link", name="November 25").click()
    page.get_by_text("Nov 25, 2026, 1:45 AM GMT+5:45").wait_for()
    page.get_by_text("Changed.").wait_for()
