"""Several metrics and formulas in a browser. Each metric is a row with a letter, pickers and filters."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser

from fake_mixpanel.fake import FakeMixpanel
from tests.browser.board import OVERFLOWS
from tests.browser.conftest import NARROW, OpenPage, expect, follow
from tests.browser.form import ADD, choose, option, save, wait_for_csv
from tests.browser.test_accessibility import Judge
from tests.browser.test_drafts import reopened
from widgets.models import Project, Widget

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def page(open_page: OpenPage, boss: AbstractUser, acme: Project) -> Any:
    page = open_page(ADD, boss)
    page.locator("#id_report").select_option("insights")
    return page


def add(page: Any, letter: str, event: str, measure: str = "total") -> None:
    if not page.get_by_role("group", name=f"Metric {letter}", exact=True).is_visible():
        page.get_by_role("button", name="Add a metric").click()
    choose(page, f"Event of metric {letter}", event)
    page.get_by_label(f"Measure of metric {letter}").select_option(measure)


def formula(page: Any, text: str, label: str) -> None:
    page.get_by_role("button", name="Add a formula").click()
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.type(label)


def test_from_the_empty_form_to_a_conversion_rate(page: Any, mixpanel: FakeMixpanel) -> None:
    page.locator("#id_report").select_option("events")
    choose(page, "Events", "Order completed")
    page.locator("#id_report").select_option("insights")
    add(page, "A", "Signed up", "unique")
    page.get_by_role("combobox", name="Breakdown").click()
    option(page, "plan").wait_for()
    expect(option(page, "amount"), "of the hidden event").to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Property of metric A")).to_be_hidden()
    add(page, "B", "Order completed", "sum")
    choose(page, "Property of metric B", "amount")
    formula(page, "B / A", "Sales per person")
    wait_for_csv(page, "Date,Sales per person")
    expect(page.get_by_label("Title")).to_have_attribute("placeholder", "Sales per person")
    save(page)
    widget = Widget.objects.get()
    assert widget.metrics[1] == {"event": "Order completed", "measure": "sum", "property": "amount"}
    assert (widget.formulas, widget.chart) == ([{"formula": "B / A", "label": "Sales per person"}], "line")


def test_letters_follow_the_rows_and_a_draft_brings_all_of_them_back(page: Any) -> None:
    for letter, event in zip("ABC", ("Page viewed", "Signed up", "Logged in"), strict=True):
        add(page, letter, event)
    second = page.get_by_role("group", name="Metric B", exact=True)
    second.get_by_text("Filters").click()
    second.get_by_role("button", name="Add a filter").click()
    for part, name in (("Property", "plan"), ("Value", "Team")):
        second.get_by_role("combobox", name=part, exact=True).press_sequentially(name)
        option(page, name).wait_for()
        page.keyboard.press("Enter")
    formula(page, "C / A", "")
    remove = page.get_by_role("button", name="Remove Signed up")
    remove.click()
    expect(remove).to_have_count(0)
    page.wait_for_function("document.activeElement.closest('.select2')")  # the focus is in the picker again
    # The preview's answer comes while the focus is still in the metrics. The error appears when the focus leaves them.
    expect(page.locator("[data-slot=status]")).to_contain_text("choose an event")
    page.get_by_label("Title").click()
    second.get_by_text("Metric B: choose an event.").wait_for()  # an empty row keeps its letter
    choose(page, "Event of metric B", "Signed up")
    page.get_by_role("button", name="Remove metric A").click()
    page.wait_for_function("() => document.activeElement.textContent === 'Add a metric'")
    first = page.get_by_role("group", name="Metric A", exact=True)
    expect(first.locator("[name$='-event']")).to_have_value("Signed up")
    page.get_by_role("textbox", name="Formula", exact=True).fill("B / A")
    wait_for_csv(page, "Date,B / A")

    again = reopened(page)
    again.get_by_role("button", name="Restore").click()
    expect(again.get_by_role("textbox", name="Formula", exact=True).first).to_have_value("B / A")
    wait_for_csv(again, "Date,B / A")
    save(again)
    widget = Widget.objects.get()
    filters = [{"property": "plan", "op": "is", "value": "Team"}]
    assert widget.metrics == [{"event": "Signed up", "filters": filters}, {"event": "Logged in"}]
    assert widget.formulas == [{"formula": "B / A"}]


def test_twenty_metrics_have_low_rows_and_fit_the_screen(page: Any) -> None:
    for _ in range(19):
        page.get_by_role("button", name="Add a metric").click()
    page.get_by_label("Measure of metric T").select_option("median")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.get_by_role("group", name="Metric A", exact=True).bounding_box()["height"] < 100
    for viewport in ({"width": 1280, "height": 800}, NARROW):
        page.set_viewport_size(viewport)
        assert not page.evaluate(OVERFLOWS)


def test_an_error_is_shown_at_its_row(page: Any) -> None:
    for letter, event in zip("ABC", ("Page viewed", "Signed up", "Order completed"), strict=True):
        add(page, letter, event)
    formula(page, "A * 2", "")
    formula(page, "A / Z", "")
    page.get_by_label("Measure of metric C").select_option("p90")
    page.get_by_label("Title").focus()
    row = page.get_by_role("group", name="Metric C", exact=True)
    row.get_by_text("Metric C: “90th percentile of a property” needs a property.").wait_for()
    wrong = page.get_by_role("combobox", name="Property of metric C")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_attribute("aria-describedby", "id_metrics_error")
    expect(page.locator(".field-metrics [aria-invalid]")).to_have_count(1)
    follow(page.get_by_role("button", name="Save", exact=True))
    page.locator(".errornote").wait_for()
    expect(wrong).to_be_focused()
    second = page.get_by_role("group", name="Formula 2", exact=True)
    second.get_by_text("Formula 2: There is no metric Z.").wait_for()
    choose(page, "Property of metric C", "amount")
    row.locator(".why").wait_for(state="detached")
    expect(second.locator("[aria-invalid]")).to_have_count(1)
    judge = Judge(page)
    judge.look("a form with metrics and formulas")
    judge.check()
    second.get_by_role("textbox", name="Formula", exact=True).fill("A * 3")
    page.get_by_role("button", name="Remove Page viewed").click()
    page.get_by_role("combobox", name="Event of metric A").press_sequentially("Loged in")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Logged in", exact=True).click()
    first = page.get_by_role("group", name="Metric A", exact=True)
    expect(first.locator("[name$='-event']")).to_have_value("Logged in")
