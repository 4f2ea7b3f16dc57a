"""The pickers in the widget's form: with keyboard and mouse, with names from Mixpanel's list and with other names."""

import pytest
from django.contrib.auth.models import AbstractUser

from fake_mixpanel.fake import FakeMixpanel
from tests.browser.conftest import OpenPage, expect
from tests.browser.form import ADD, box, endpoints, option, save, wait_for_csv
from widgets.models import Project, Widget

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_pickers_for_events_properties_values_and_labels(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    page = open_page(ADD, boss)
    page.locator("#id_report").select_option("segmentation")
    box(page, "Events").press_sequentially("order")
    option(page, "Order completed").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#id_events")).to_have_value("Order completed")

    box(page, "Breakdown").press_sequentially("pl")
    option(page, "plan").wait_for()
    expect(box(page, "Breakdown")).to_have_attribute("aria-activedescendant", option(page, "plan").get_attribute("id"))
    page.keyboard.press("Escape")
    expect(option(page, "plan")).to_be_hidden()
    expect(page.locator("#id_breakdown"), "the typed text stays").to_have_value("pl")
    page.keyboard.press("ArrowDown")
    option(page, "plan").click()
    expect(page.locator("#id_breakdown")).to_have_value("plan")
    page.keyboard.press("Backspace")
    expect(page.locator("#id_breakdown")).to_have_value("")
    page.keyboard.type("plan")
    option(page, "plan").wait_for()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Refresh list").press("Tab")
    expect(page.locator("#id_breakdown")).to_have_value("plan")

    page.get_by_role("button", name="Add a filter").press("Enter")
    page.keyboard.type("amount")
    # The preview can still move the form, so a click could meet another option.
    box(page, "Value").click()
    page.keyboard.type("49")
    option(page, "49").wait_for()
    page.keyboard.press("Enter")
    wait_for_csv(page, "Date,Free")
    page.get_by_text("Clean and rank the labels").click()
    box(page, "Leave out").click()
    option(page, "Free").click()
    wait_for_csv(page, "Date,Team")
    page.get_by_role("button", name="Remove Free").wait_for()
    page.get_by_text("Labels left out").click()
    page.get_by_role("row", name="Free left out").wait_for()

    save(page)
    widget = Widget.objects.get()
    assert (widget.events, widget.breakdown, widget.exclude) == (["Order completed"], "plan", ["Free"])
    assert widget.filters == [{"property": "amount", "op": "is", "value": 49}]


def test_several_events_saved_reports_and_funnels_by_name(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    for name in ("Signed up", "Logged in"):
        box(page, "Events").click()
        option(page, name).click()
    page.get_by_role("button", name="Remove Signed up").wait_for()
    box(page, "Events").press_sequentially("Typed by hand")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove Logged in").press("Enter")
    expect(page.locator("#id_events")).to_have_value("Signed up\nTyped by hand")

    page.locator("#id_report").select_option("saved_report")
    expect(box(page, "Events")).to_be_hidden()
    page.get_by_text("Pick a report by its name").wait_for()
    box(page, "Saved report").press_sequentially("orders by plan")
    page.get_by_role("option", name="Orders by plan Insights · 41003").click()
    expect(page.locator("#id_saved_report")).to_have_value("41003")
    page.get_by_text("Orders by plan · 41003").wait_for()
    wait_for_csv(page, "Date,Free")

    page.locator("#id_report").select_option("funnel")
    box(page, "Funnel").click()
    page.get_by_role("option", name="Signup funnel").click()
    expect(page.locator("#id_chart"), "the usual chart of this report").to_have_value("funnel")
    wait_for_csv(page, "Step,Count")


def test_typed_text_stays_however_the_list_is_closed(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(200, ["Signed up", "Signed up again"], endpoint="events/names")
    page = open_page(ADD, boss)
    chosen = page.locator("#id_events")
    box(page, "Events").click()
    option(page, "Signed up again").hover()
    page.keyboard.type("Signed")
    page.get_by_role("option", name="Signed as typed").wait_for()
    page.keyboard.press("Enter")
    expect(chosen, "a mouse that rests on a list chooses nothing").to_have_value("Signed")
    for name, leave in (("A", "Escape"), ("B", "Shift+Tab")):
        box(page, "Events").press_sequentially(name)
        page.keyboard.press(leave)
    box(page, "Events").press_sequentially("signed up")
    page.get_by_role("heading", name="Preview").click()
    expect(chosen, "names keep their order and their case").to_have_value("Signed\nA\nB\nsigned up")
    page.evaluate("navigator.clipboard.writeText('C\\n D \\nA')")
    box(page, "Events").press("Control+V")
    expect(chosen).to_have_value("Signed\nA\nB\nsigned up\nC\nD")


def test_a_list_is_fetched_again_by_keyboard_and_says_how_old_it_is(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    page = open_page(ADD, boss)
    box(page, "Events").press("ArrowDown")
    foot = page.locator(".picker-foot", has_text="Mixpanel's list, fetched just now")
    foot.wait_for()
    mixpanel.fail(200, ["Brand new"], endpoint="events/names")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    option(page, "Brand new").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("#id_events")).to_have_value("Brand new")
    assert endpoints(mixpanel)[:2] == ["events/names", "events/names"]


def test_a_typed_name_that_the_list_lacks_gets_a_warning(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    chosen, warning = page.locator("#id_events"), page.locator(".unknown-name")
    box(page, "Events").press_sequentially("Sig")
    option(page, "Signed up").wait_for()
    page.keyboard.press("Enter")
    expect(chosen, "the only match").to_have_value("Signed up")
    page.keyboard.press("Backspace")
    expect(chosen).to_have_value("")
    for name in ("Sginup", "Brand new"):
        box(page, "Events").press_sequentially(name)
        page.get_by_role("option", name=f"{name} as typed").wait_for()
        page.keyboard.press("Enter")
        warning.filter(has_text=f"Mixpanel's list has no event “{name}”").wait_for()
    page.get_by_role("button", name="Signed up", exact=True).click()
    page.get_by_role("button", name="Keep “Brand new”").click()
    expect(chosen).to_have_value("Signed up\nBrand new")
    wait_for_csv(page, "Date,Signed up,Brand new")
    expect(warning).to_have_count(0)


def test_hostile_names_stay_text(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    mixpanel.fail(200, [evil], endpoint="events/names")
    page = open_page(ADD, boss)
    title = page.title()
    box(page, "Events").click()
    option(page, evil).click()
    page.get_by_role("button", name=f"Remove {evil}").wait_for()
    page.locator("[data-slot=csv]", has_text="<img").wait_for()
    assert page.title() == title
