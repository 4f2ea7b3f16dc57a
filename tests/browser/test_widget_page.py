"""The page of a widget, `/w/<slug>`, in a browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.browser.board import fetch, new_widget
from tests.browser.conftest import OpenPage, expect
from tests.charts.samples import dated
from widgets.models import Project, Snapshot, Widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def widget(acme: Project) -> Widget:
    widget = new_widget(acme, title="Signups by plan", report="segmentation", breakdown="plan")
    fetch(widget)
    return widget


def test_an_edit_is_visible_when_the_page_is_opened_again(open_page: OpenPage, widget: Widget) -> None:
    """The browser must not show the old page from its cache."""
    page = open_page(f"/w/{widget.slug}")
    page.get_by_role("heading", name="Signups by plan").wait_for()
    widget.refresh_from_db()
    widget.title = "Plans"
    widget.save()
    page.evaluate("(address) => { location.href = address; }", "/admin/login/")
    page.wait_for_url("**/admin/login/")
    page.evaluate("(address) => { location.href = address; }", f"/w/{widget.slug}")
    page.get_by_role("heading", name="Plans").wait_for()


def test_each_minute_it_shows_edits_and_otherwise_changes_nothing(open_page: OpenPage, widget: Widget) -> None:
    page = open_page("/admin/login/", own=True)
    page.clock.install()
    page.goto(f"/w/{widget.slug}")
    series: Any = page.get_by_role("button", name="Team")
    series.click()
    with page.expect_response(f"**/w/{widget.slug}"):
        page.clock.run_for(61_000)
    page.clock.run_for(1000)
    expect(series).to_have_attribute("aria-pressed", "false")
    widget.refresh_from_db()
    widget.title = "Plans"
    widget.save()
    page.clock.run_for(61_000)
    page.get_by_role("heading", name="Plans").wait_for()


def test_a_table_shows_its_rows_under_a_label_of_255_characters(open_page: OpenPage, acme: Project) -> None:
    long = "a word " * 36 + "and"
    widget = new_widget(acme, title="Signups", chart="table")
    report = dated(**{long: (123, 4)}, **{f"Other {k}": (7, 8) for k in range(5)})
    Snapshot.objects.filter(pk=widget.snapshot_id).update(
        report_json=report.to_json(), fetched_at=timezone.now(), due_at=timezone.now() + timedelta(days=1), version=1
    )
    page = open_page(f"/w/{widget.slug}", viewport={"width": 390, "height": 400})
    page.get_by_role("columnheader", name=long).wait_for()
    row = page.get_by_role("cell", name="123").bounding_box()
    assert row["y"] < 200
