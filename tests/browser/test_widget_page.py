"""The page of a widget, `/w/<slug>`, in a browser."""

from typing import Any

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.test_board import fetch, new_widget
from widgets.models import Project, Widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def widget(acme: Project) -> Widget:
    widget = new_widget(acme, title="Signups by plan", report="segmentation", breakdown="plan")
    fetch(widget)
    return widget


def test_who_edits_a_widget_and_opens_it_again_sees_the_edit(open_page: OpenPage, widget: Widget) -> None:
    """Although the browser keeps the page for as long as its numbers are fresh."""
    page = open_page(f"/w/{widget.slug}")
    page.get_by_role("heading", name="Signups by plan").wait_for()
    widget.refresh_from_db()
    widget.title = "Plans"
    widget.save()
    page.evaluate("(address) => { location.href = address; }", "/admin/login/")
    page.wait_for_url("**/admin/login/")
    page.evaluate("(address) => { location.href = address; }", f"/w/{widget.slug}")
    page.get_by_role("heading", name="Plans").wait_for()


def test_a_minute_without_new_numbers_changes_nothing(open_page: OpenPage, widget: Widget) -> None:
    page = open_page("/admin/login/")
    page.clock.install()
    page.goto(f"/w/{widget.slug}")
    series: Any = page.get_by_role("button", name="Team")
    series.click()
    with page.expect_response(f"**/w/{widget.slug}"):
        page.clock.run_for(61_000)
    page.clock.run_for(1000)
    assert series.get_attribute("aria-pressed") == "false"
    widget.refresh_from_db()
    widget.title = "Plans"
    widget.save()
    page.clock.run_for(61_000)
    page.get_by_role("heading", name="Plans").wait_for()
