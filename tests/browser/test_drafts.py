"""Unsaved entries of the widget's form: they survive a closed tab and an ended session. A logout removes them."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser

from tests.browser.conftest import OpenPage, expect
from tests.browser.form import ADD, box, choose, save, wait_for_csv
from widgets.models import Project, Widget

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_unsaved_entries_outlive_a_closed_tab_and_end_with_saving(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    page.locator("#id_report").select_option("segmentation")
    choose(page, "Events", "Signed up")
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_role("combobox", name="Property").press_sequentially("plan")
    page.keyboard.press("Enter")
    page.locator("#id_chart").select_option("pie")
    box(page, "Breakdown").press_sequentially("coun")  # a name that is typed only in part
    second = reopened(page)
    second.get_by_text("This browser has entries from").wait_for()
    second.get_by_role("button", name="Restore").click()
    expect(second.locator("#id_events")).to_have_value("Signed up")
    expect(second.locator("[name=filters-property]").first).to_have_value("plan")
    expect(second.locator("#id_chart")).to_have_value("pie")
    expect(second.locator("#id_breakdown")).to_have_value("coun")
    second.get_by_role("button", name="Remove coun").click()
    second.locator("[name=filters-op]").first.select_option("set")
    wait_for_csv(second, "Signed up")
    save(second)
    second.goto(ADD)
    box(second, "Events").wait_for()
    expect(second.locator("[data-draft]")).to_be_empty()


def test_a_logout_removes_unsaved_entries(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    page = open_page(ADD, boss)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Title").fill("Secret plans")
    page.wait_for_function("() => Object.values(localStorage).some((kept) => kept.includes('Secret plans'))")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Logged out").wait_for()
    page.wait_for_function("() => !JSON.stringify(localStorage).includes('Secret plans')")


def reopened(page: Any) -> Any:
    """Opens a new tab, closes the first tab, and returns the new tab with the form."""
    second = page.context.new_page()
    with page.expect_event("close"):  # before a tab closes, it stores its entries
        page.close(run_before_unload=True)
    second.goto(ADD)
    return second


def test_an_ended_session_loses_no_entries(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    open_page.expected.append("403")  # the form's token is too old, so the script fetches another one
    page = open_page(ADD, boss)
    choose(page, "Events", "Signed up")
    wait_for_csv(page, "Date,Signed up")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_label("Title").fill("Mine")
    page.locator("[data-slot=problem]", has_text="You are logged out.").wait_for(state="attached")
    page.context.add_cookies([cookie for cookie in cookies if cookie["name"] == "sessionid"])
    page.get_by_label("Title").fill("Still mine")
    wait_for_csv(page, "Date,Signed up")
    save(page)
    assert Widget.objects.get().title == "Still mine"
