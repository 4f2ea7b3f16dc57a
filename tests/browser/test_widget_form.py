"""Making a widget in a browser: pick, see, copy. With a script and without, and when Mixpanel is down."""

import re
from typing import Any

import pytest
import requests
from django.contrib.auth.models import AbstractUser

from fake_mixpanel.fake import DEMO_PROJECT_ID, FakeMixpanel
from tests.browser.conftest import NARROW, OpenPage, expect, follow
from widgets.models import Project, Widget

pytestmark = pytest.mark.browser

ADD = "/admin/widgets/widget/add/"


def box(page: Any, name: str) -> Any:
    return page.get_by_role("combobox", name=name, exact=True)


def option(page: Any, name: str) -> Any:
    return page.get_by_role("option", name=name, exact=True)


def endpoints(mixpanel: FakeMixpanel) -> list[str]:
    return [call.endpoint for call in mixpanel.calls]


def csv(page: Any) -> str:
    return page.locator("[data-slot=csv]").text_content()


def wait_for_csv(page: Any, start: str) -> None:
    page.wait_for_function(
        "start => document.querySelector('[data-slot=csv]')?.textContent.startsWith(start)", arg=start
    )


def test_from_the_empty_form_to_a_copied_address_whose_csv_is_right(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    page = open_page(ADD, boss)
    box(page, "Events").click()
    option(page, "Signed up").click()
    wait_for_csv(page, "Date,Signed up")
    page.locator("[data-slot=figure] canvas").wait_for()
    expect(page.get_by_label("Title")).to_have_attribute("placeholder", "Signed up")
    follow(page.get_by_role("button", name="Save", exact=True))
    page.get_by_role("heading", name="Put it on your Cyfe dashboard").wait_for()
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
    assert endpoints(mixpanel) == ["events/names", "insights"], "one for the list, one for the numbers"


def test_every_picker_by_keyboard(
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
    expect(page.locator("#id_breakdown"), "what is typed stands").to_have_value("pl")
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
    box(page, "Value").click()
    option(page, "49").click()
    wait_for_csv(page, "Date,Free")
    page.get_by_text("Clean and rank the labels").click()
    box(page, "Leave out").click()
    option(page, "Free").click()
    wait_for_csv(page, "Date,Team")
    page.get_by_role("button", name="Remove Free").wait_for()
    page.get_by_text("Labels left out").click()
    page.get_by_role("row", name="Free left out").wait_for()

    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Put it on your Cyfe dashboard").wait_for()
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
    page.get_by_text("People come back when they do this event.").wait_for()
    expect(page.locator("#id_chart"), "a chart that this report can't fill is given up").to_have_value("cohort")
    expect(page.locator("#id_chart option:not([disabled])")).to_have_count(2)
    expect(page.locator("#id_chart option[value=pie]")).to_have_text("Pie (cohorts need a row each)")
    page.locator("#id_range").select_option("fixed")
    expect(page.get_by_label("From", exact=True)).to_be_visible()
    expect(page.get_by_label("How many", exact=True)).to_be_hidden()
    page.locator("#id_report").select_option("events")
    expect(page.locator("#id_chart"), "and comes back with one that can").to_have_value("gauge")


def test_drawing_anew_costs_no_query(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    mixpanel.hourly_limit = 60
    page = open_page(ADD, boss)
    box(page, "Events").press_sequentially("Signed up")
    page.keyboard.press("Enter")
    wait_for_csv(page, "Date,Signed up")
    page.get_by_text("58 of 60 queries left this hour").wait_for()
    page.locator("#id_chart").select_option("pie")
    wait_for_csv(page, "Signed up\n")
    page.locator("#id_chart").select_option("number")
    page.get_by_text("Clean and rank the labels").click()
    page.get_by_label("Rename").fill("Signed up = Joined")
    wait_for_csv(page, "Joined\n")
    page.locator(".swatches input").fill("#ff0000")
    page.locator("[data-slot=csv]", has_text="#ff0000").wait_for()
    expect(page.get_by_label("Colours")).to_have_value("Joined = #ff0000")
    page.get_by_text("58 of 60 queries left this hour").wait_for()
    assert endpoints(mixpanel) == ["events/names", "insights"]
    page.get_by_role("button", name="Refresh preview").click()
    page.get_by_text("57 of 60 queries left this hour (this preview used 1)").wait_for()


def test_typing_asks_mixpanel_once_and_after_a_pause(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    page = open_page(ADD, boss)
    box(page, "Events").press_sequentially("Signed up")
    page.keyboard.press("Enter")
    wait_for_csv(page, "Date,Signed up")
    page.get_by_label("How many", exact=True).select_text()
    page.keyboard.type("14", delay=50)
    page.wait_for_function(
        "lines => document.querySelector('[data-slot=csv]').textContent.trim().split('\\n').length === lines", arg=16
    )
    assert endpoints(mixpanel) == ["events/names", "insights", "insights"]


def test_a_slow_mixpanel_is_waited_for_with_seconds(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
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
    page.get_by_text("you have no such project here").wait_for()
    link.fill(f"https://mixpanel.com/project/{DEMO_PROJECT_ID}/view/1/app/funnels#view/7509")
    page.locator(".link-said", has_text="The form is filled in").wait_for()
    expect(page.locator("#id_chart")).to_have_value("funnel")
    wait_for_csv(page, "Step,Count")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Put it on your Cyfe dashboard").wait_for()
    assert Widget.objects.get().funnel == 7509


def test_mixpanel_down_is_said_plainly_and_stops_nobody(
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
    expect(page.locator("[data-slot=figure]"), "the numbers of before stay").to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Put it on your Cyfe dashboard").wait_for()


def test_what_is_wrong_is_shown_once_somebody_has_been_there(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss)
    page.locator("[data-missing]").wait_for()
    expect(page.locator(".errorlist"), "nobody is told off for what is still to come").to_have_count(0)
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


def test_what_is_typed_stands_however_the_list_is_left(
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
    expect(chosen, "in this order, and case counts").to_have_value("Signed\nA\nB\nsigned up")
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


def test_a_typed_name_that_the_list_lacks_is_warned_of_and_may_be_kept(
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
        warning.filter(has_text=f"Mixpanel's list has no such event: “{name}”").wait_for()
    page.get_by_role("button", name="Signed up", exact=True).click()
    page.get_by_role("button", name="Keep “Brand new”").click()
    expect(chosen).to_have_value("Signed up\nBrand new")
    wait_for_csv(page, "Date,Signed up,Brand new")
    expect(warning).to_have_count(0)


def test_errors_stay_until_they_are_mended_and_are_tied_to_their_fields(
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


def test_without_a_script_everything_is_there(
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
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Put it on your Cyfe dashboard").wait_for()
    expect(page.get_by_label("Address for Cyfe")).to_have_value(Widget.objects.get(title="Plans").url())
    assert endpoints(mixpanel) == ["insights"]


def test_it_fits_a_phone(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    page = open_page(ADD, boss, viewport=NARROW, theme="dark")
    page.locator("#id_report").select_option("segmentation")
    page.get_by_role("button", name="Add a filter").click()
    for name in ("Clean and rank the labels", "Axes and Cyfe's header", "More"):
        page.get_by_text(name, exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


def test_on_a_phone_saving_shows_the_address_and_not_the_preview(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    page = open_page(ADD, boss, viewport=NARROW)
    box(page, "Events").press_sequentially("Signed up")
    option(page, "Signed up").wait_for()
    page.keyboard.press("Enter")
    wait_for_csv(page, "Date,Signed up")
    page.get_by_role("link", name="Preview").click()
    expect(page.locator("#preview")).to_be_focused()
    page.wait_for_function("() => document.getElementById('preview').getBoundingClientRect().top < 100")
    follow(page.get_by_role("button", name="Save", exact=True))
    page.get_by_role("heading", name="Put it on your Cyfe dashboard").wait_for()
    assert page.evaluate("scrollY") == 0
