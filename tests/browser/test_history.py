"""The audit log in a browser that has the time zone of Kathmandu (UTC+5:45)."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AbstractUser

from tests.browser.conftest import OpenPage
from widgets.models import AuditEntry, Project

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_filter_uses_the_same_time_zone_as_the_times(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    AuditEntry(at=datetime(2026, 11, 24, 20, 0, tzinfo=UTC), action="changed", details="Changed.").save()
    page = open_page("/admin/widgets/auditentry/", boss)
    for name in ("From", "To"):
        page.get_by_label(name, exact=True).fill("2026-11-25")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_text("Nov 25, 2026, 1:45 AM GMT+5:45").wait_for()
    page.get_by_text("Changed.").wait_for()


def test_long_words_do_not_make_the_table_wider(open_page: OpenPage, boss: AbstractUser) -> None:
    long = {"actor": "a" * 150, "project": "W" * 100, "subject": "y" * 200, "details": "z" * 900}
    AuditEntry(action="changed", address="2001:db8:aaaa:bbbb::/64", **long).save()
    page = open_page("/admin/widgets/auditentry/", boss)
    results = page.locator(".results")
    assert results.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
