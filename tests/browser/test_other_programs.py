"""The part of a widget's page with addresses for programs other than Cyfe."""

import re

import pytest
import requests
from django.contrib.auth.models import AbstractUser

from tests.browser.conftest import NARROW, OpenPage, expect
from widgets.models import Project, Widget

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_an_address_is_copied_by_keyboard_and_answers(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    widget = Widget.objects.create(project=acme, title="Signups", report="events", events=["Signed up"], chart="number")
    page = open_page(f"/admin/widgets/widget/{widget.pk}/change/", boss)
    page.get_by_text("Use the numbers in another program").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy the address: Badge").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".format", has_text="Badge").get_by_role("status")).to_have_text("Copied")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == widget.url("badge.json")
    assert requests.get(address, timeout=60).json()["label"] == "Signups"
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_chart_of_many_numbers_has_no_badge(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    widget = Widget.objects.create(project=acme, title="Signups", report="events", events=["Signed up"])
    page = open_page(f"/admin/widgets/widget/{widget.pk}/change/", boss)
    page.get_by_text("Use the numbers in another program").click()
    expect(page.get_by_label("Plain CSV", exact=True)).to_have_value(widget.url("plain.csv"))
    expect(page.get_by_label("Badge")).to_have_count(0)
    page.goto(widget.page_url)
    expect(page.get_by_role("link", name="Plain CSV")).to_be_visible()
    expect(page.get_by_role("link", name="Badge")).to_have_count(0)


def test_hours_are_shown_as_times_and_have_no_address_for_cyfe(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    fields = {"report": "insights", "metrics": [{"event": "Signed up"}], "unit": "hour", "last": 24}
    widget = Widget.objects.create(project=acme, title="Signups", **fields)
    page = open_page(f"/admin/widgets/widget/{widget.pk}/change/", boss)
    expect(page.get_by_text("Cyfe's dates have no hours").first).to_be_visible()
    expect(page.get_by_label("Address for Cyfe")).to_have_count(0)
    expect(page.get_by_label("Plain CSV", exact=True)).to_have_value(widget.url("plain.csv"))
    page.goto(widget.page_url)
    expect(page.get_by_role("link", name="Plain CSV")).to_be_visible()
    expect(page.get_by_role("link", name="CSV for Cyfe")).to_have_count(0)
    hour = int(requests.get(widget.url("json"), timeout=60).json()["rows"][-1][0][11:13])
    ends = re.compile(rf"line chart: Signed up, .* to .*\b0?({hour}|{hour % 12 or 12}):00")
    expect(page.get_by_role("img", name=ends)).to_be_visible()
