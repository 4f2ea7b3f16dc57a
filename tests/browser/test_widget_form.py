"""Making a widget in a browser: choices, preview, copied address. Also without JavaScript, and with Mixpanel down."""

import re

import pytest
import requests
from django.contrib.auth.models import AbstractUser

from fake_mixpanel.fake import DEMO_PROJECT_ID, FakeMixpanel
from tests.browser.board import new_widget
from tests.browser.conftest import NARROW, OpenPage, expect, follow
from tests.browser.form import ADD, box, choose, csv, endpoints, option, save, wait_for_csv
from widgets.models import Project, Widget

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_new_widgets_copied_address_has_the_right_csv(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    page = open_page(ADD, boss)
    box(page, "Events").click()
    option(page, "Signed up").click()
    wait_for_csv(page, "Date,Signed up")
    page.locator("[data-slot=figure] canvas").wait_for()
    expect(page.get_by_label("Title")).to_have_attribute("placeholder", "Signed up")
    save(page)
    page.get_by_role("button", name="Copy address").click()
    page.get_by_text("Copied", exact=True).wait_for()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == Widget.objects.get().url()
    wait_for_csv(page, "Date,Signed up")
    assert requests.get(address, timeout=60).text == csv(page)
    page.get_by_text("Show the chart on another site").click()
    page.get_by_role("button", name="Copy code").click()
    page.locator(".ready details").get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith(f'<iframe src="{Widget.objects.get().page_url}"')
    assert endpoints(mixpanel) == ["events/names", "insights"], "one query for the list, one for the numbers"


def test_only_what_the_report_and_the_chart_use_is_shown(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    page.get_by_text("Pick one or several names").wait_for()
    for hidden in ("Funnel", "Saved report", "Breakdown", "Property", "First event"):
        expect(box(page, hidden)).to_be_hidden()
    expect(page.get_by_label("Target")).to_be_hidden()
    page.locator("#id_chart").select_option("gauge")
    expect(page.get_by_label("Target")).to_be_visible()
    page.locator("#id_report").select_option("retention")
    expect(box(page, "First event")).to_be_visible()
    page.get_by_text("The event that people do when they come back.").wait_for()
    expect(page.locator("#id_chart"), "a chart that does not fit this report is replaced").to_have_value("cohort")
    expect(page.locator("#id_chart option:not([disabled])")).to_have_count(2)
    expect(page.locator("#id_chart option[value=pie]")).to_have_text("Pie (each cohort needs a row of its own)")
    page.locator("#id_range").select_option("fixed")
    expect(page.get_by_label("From", exact=True)).to_be_visible()
    expect(page.get_by_label("How many", exact=True)).to_be_hidden()
    page.locator("#id_report").select_option("events")
    expect(page.locator("#id_chart"), "the chosen chart comes back if it fits again").to_have_value("gauge")


def test_typing_costs_one_query_and_changing_the_chart_none(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    mixpanel.hourly_limit = 60
    page = open_page(ADD, boss)
    box(page, "Events").press_sequentially("Signed up")
    page.keyboard.press("Enter")
    wait_for_csv(page, "Date,Signed up")
    page.get_by_text("58 of 60 queries left this hour").wait_for()
    page.get_by_label("How many", exact=True).select_text()
    page.keyboard.type("14", delay=50)
    page.wait_for_function(
        "lines => document.querySelector('[data-slot=csv]').textContent.trim().split('\\n').length === lines", arg=16
    )
    page.get_by_text("57 of 60 queries left this hour").wait_for()
    page.locator("#id_chart").select_option("pie")
    wait_for_csv(page, "Signed up\n")
    page.locator("#id_chart").select_option("number")
    page.get_by_text("Clean and rank the labels").click()
    page.get_by_label("Rename").fill("Signed up = Joined")
    wait_for_csv(page, "Joined\n")
    page.locator(".swatches input").fill("#ff0000")
    page.locator("[data-slot=csv]", has_text="#ff0000").wait_for()
    expect(page.get_by_label("Colours")).to_have_value("Joined = #ff0000")
    page.get_by_text("57 of 60 queries left this hour").wait_for()
    assert endpoints(mixpanel) == ["events/names", "insights", "insights"]
    page.get_by_role("button", name="Refresh preview").click()
    page.get_by_text("56 of 60 queries left this hour (this preview used 1)").wait_for()


def test_the_form_counts_seconds_while_it_waits_for_mixpanel(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    box(page, "Events").click()
    page.evaluate(
        "() => { const now = window.fetch; const answered = new Promise((answer) => { window.answer = answer; });"
        " window.fetch = async (address, options) => {"
        " if (options.body.get('ask')) await answered; return now(address, options); }; }"
    )
    option(page, "Signed up").click()
    page.get_by_text(re.compile(r"Asking Mixpanel… \d+ s")).locator("visible=true").wait_for()
    expect(page.locator("[data-slot=status]"), "heard once, not each second").to_have_text("Asking Mixpanel…")
    page.evaluate("window.answer()")
    wait_for_csv(page, "Date,Signed up")
    expect(page.locator("[data-progress]")).to_be_hidden()
    expect(page.locator("[data-slot=status]")).to_have_text("The preview is ready.")


def test_a_pasted_link_fills_the_form(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    page = open_page(ADD, boss)
    link = page.get_by_label("Link from Mixpanel")
    link.fill("https://eu.mixpanel.com/project/77/view/1/app/insights#report/5")
    page.get_by_text("you can't edit this project in MixCyfe").wait_for()
    link.fill(f"https://mixpanel.com/project/{DEMO_PROJECT_ID}/view/1/app/funnels#view/7509")
    page.locator(".link-said", has_text="The form is filled in").wait_for()
    expect(page.locator("#id_chart")).to_have_value("funnel")
    wait_for_csv(page, "Step,Count")
    save(page)
    assert Widget.objects.get().funnel == 7509


def test_screen_readers_hear_that_numbers_without_a_country_make_no_map(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    widget = new_widget(acme, report="segmentation", breakdown="plan", chart="map")
    page = open_page(f"/admin/widgets/widget/{widget.pk}/change/", boss)
    status = page.locator("[data-slot=status]")
    expect(status).to_contain_text("There is no preview. ")
    expect(status).to_contain_text("country")


def test_a_widget_can_be_saved_while_mixpanel_is_down(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(503)
    page = open_page(ADD, boss)
    box(page, "Events").click()
    page.locator(".picker-foot", has_text="Mixpanel answered 503").wait_for()
    page.keyboard.type("Signed up")
    page.keyboard.press("Enter")
    page.locator("[data-slot=problem]", has_text="Mixpanel answered 503").wait_for()
    mixpanel.clear_faults()
    page.get_by_role("button", name="Ask Mixpanel now").click()
    wait_for_csv(page, "Date,Signed up")
    mixpanel.fail(503)
    page.get_by_role("button", name="Refresh preview").click()
    page.locator("[data-slot=beside]", has_text="Mixpanel answered 503").wait_for()
    expect(page.locator("[data-slot=figure]"), "the old numbers stay").to_be_visible()
    save(page)


def test_an_error_is_shown_only_after_its_field_was_edited(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    page.locator("[data-missing]").wait_for()
    expect(page.locator(".errorlist"), "no error at a field that nobody has edited").to_have_count(0)
    box(page, "Events").press_sequentially("Signed up")
    page.keyboard.press("Enter")
    page.get_by_label("How many", exact=True).fill("0")
    page.keyboard.press("Tab")
    page.locator(".field-last .errorlist, div:has(> .field-last) .errorlist").wait_for()
    page.get_by_label("How many", exact=True).fill("3")
    page.keyboard.press("Tab")
    wait_for_csv(page, "Date,Signed up")
    expect(page.locator(".errorlist")).to_have_count(0)
    page.get_by_role("button", name="Remove Signed up").click()
    follow(page.get_by_role("button", name="Save", exact=True))
    page.locator(".field-events .errorlist", has_text="Enter an event's name").wait_for()
    box(page, "Events").press_sequentially("Logged in")
    page.keyboard.press("Enter")
    page.locator(".field-events .errorlist").wait_for(state="detached")


def test_errors_stay_until_they_are_corrected_and_belong_to_their_fields(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    link, limit = page.get_by_label("Link from Mixpanel"), page.locator("#id_refresh_minutes")
    link.fill("nonsense")
    page.locator(".link-said.bad").wait_for()
    page.get_by_text("More", exact=True).click()
    limit.fill("0")
    follow(page.get_by_role("button", name="Save", exact=True))
    for field in (link, limit):
        error = f"{field.get_attribute('id')}_error"
        page.locator(f"#{error}").wait_for()
        expect(field).to_have_attribute("aria-describedby", re.compile(error))
        expect(field).to_have_attribute("aria-invalid", "true")
    expect(link).to_be_focused()
    expect(limit, "its section is open").to_be_visible()
    page.get_by_role("status").filter(has_text="To see a preview:").wait_for()
    expect(page.locator("#id_link_error")).to_be_visible()
    limit.fill("30")
    page.keyboard.press("Tab")
    page.locator("#id_refresh_minutes_error").wait_for(state="detached")
    expect(page.locator("#id_link_error")).to_be_visible()
    link.fill("")
    page.locator("#id_link_error").wait_for(state="detached")


def test_the_form_works_without_javascript(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    page = open_page(ADD, boss, javascript=False)
    page.locator("#id_report").select_option("segmentation")
    page.locator("#id_events").fill("Signed up")
    page.get_by_label("Breakdown").fill("plan")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview in a new tab").click()
    opened.value.get_by_text("Date,Free,Team,Business").wait_for()
    page.get_by_label("Title").fill("Plans")
    save(page)
    expect(page.get_by_label("Address for Cyfe")).to_have_value(Widget.objects.get(title="Plans").url())
    assert endpoints(mixpanel) == ["insights"]


def test_on_a_phone_it_fits_and_saving_shows_the_address_and_not_the_preview(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss, viewport=NARROW, theme="dark")
    choose(page, "Events", "Signed up")
    wait_for_csv(page, "Date,Signed up")
    page.get_by_role("link", name="Preview").click()
    expect(page.locator("#preview")).to_be_focused()
    page.wait_for_function("() => document.getElementById('preview').getBoundingClientRect().top < 100")
    save(page)
    page.wait_for_function("() => scrollY === 0")
    page.locator("#id_report").select_option("segmentation")
    page.get_by_role("button", name="Add a filter").click()
    for name in ("Clean and rank the labels", "Axes and Cyfe's header", "More"):
        page.get_by_text(name, exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
