"""The board in a browser: filters, actions and moves without a new page, updates, and phones. Also the admin's list."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser

from fake_mixpanel.fake import FakeMixpanel
from tests.browser.board import OVERFLOWS, UPDATE, fetch, new_widget, wait_for
from tests.browser.conftest import NARROW, OpenPage, expect, follow
from widgets.models import Project, Snapshot, Widget

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DRAWN = "() => document.querySelectorAll('.chart:not([aria-busy]) > .chart-drawing').length === {}"
PLACES = "() => [...document.querySelectorAll('.card')].map((each) => JSON.stringify(each.getBoundingClientRect()))"


@pytest.fixture
def widgets(acme: Project) -> list[Widget]:
    """Three widgets. One of them has no data."""
    signups = new_widget(acme, title="Signups by plan", report="segmentation", breakdown="plan")
    logins = new_widget(acme, title="Logins", events=["Logged in"], chart="column")
    fetch(signups)
    fetch(logins)
    return [signups, logins, new_widget(acme, title="Not polled yet", last=9)]


def choose(page: Any, card: str, item: str) -> None:
    page.get_by_label(f"Actions for {card}", exact=True).click()
    page.get_by_role("button", name=item, exact=True).locator("visible=true").click()


def wait_for_path(page: Any, path: str) -> None:
    expect(page).to_have_url(re.compile(rf"//[^/]*{re.escape(path)}$"))


def test_after_the_first_login_the_first_step_is_shown(open_page: OpenPage, boss: AbstractUser) -> None:
    page = open_page("/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("heading", name="From Mixpanel to Cyfe in a few steps").wait_for()
    page.get_by_role("link", name="Add a project").click()
    page.get_by_role("button", name="Test connection").wait_for()


def test_it_draws_charts_and_filters_all_pages_during_typing(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widgets.web.board.CARDS_ON_A_PAGE", 2)
    page = open_page("/", boss)
    page.wait_for_function(DRAWN.format(2))
    wait_for(page, "Logins", "Not polled yet")
    search = page.get_by_role("searchbox")
    search.press_sequentially("PLAN sign")  # this widget is on the second page
    wait_for(page, "Signups by plan")
    wait_for_path(page, "/?q=PLAN+sign")
    expect(search).to_be_focused()
    expect(page.get_by_role("link", name="All 1")).to_be_visible()
    search.fill("nothing like it")
    page.get_by_role("heading", name="Nothing matches").wait_for()
    search.fill("")
    wait_for(page, "Logins", "Not polled yet")
    wait_for_path(page, "/")


def test_the_actions_of_a_card_load_no_new_page(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget], mixpanel: FakeMixpanel
) -> None:
    page = open_page("/?q=o", boss)
    page.evaluate("window.same = true")
    choose(page, "Not polled yet", "Refresh now")
    page.get_by_text("Refreshed: “Not polled yet”.").wait_for()
    page.locator(f"#card-{widgets[2].pk} .health-fresh").wait_for()
    page.get_by_label("Actions for Logins").click()
    page.get_by_role("button", name="Copy address").locator("visible=true").click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == widgets[1].url()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Copy address").locator("visible=true")).to_have_count(0)
    choose(page, "Logins", "Duplicate")
    wait_for(page, "Logins", "Logins (copy)", "Not polled yet")
    assert page.evaluate("window.same") is True


def test_an_action_without_an_answer_asks_the_person_to_look(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]
) -> None:
    open_page.expected = ["ERR_FAILED"]
    page = open_page("/?q=o", boss)
    page.route("**/*", lambda route: route.abort())
    choose(page, "Not polled yet", "Refresh now")
    page.get_by_text("MixCyfe does not answer. Reload this page to see whether the action worked.").wait_for()


def test_an_action_on_a_deleted_widget_shows_a_message_and_keeps_the_other_cards(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]
) -> None:
    open_page.expected.append("status of 404")
    page = open_page("/?q=o", boss)
    Widget.objects.filter(title="Logins").delete()
    choose(page, "Logins", "Duplicate")
    page.get_by_text("This widget was deleted, or you no longer have access to it.").wait_for()
    wait_for(page, "Logins", "Not polled yet")
    page.evaluate(UPDATE)
    wait_for(page, "Not polled yet")


def test_keys_and_the_mouse_set_the_order(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss)
    choose(page, "Logins", "Move down")
    wait_for(page, "Not polled yet", "Logins", "Signups by plan")
    page.wait_for_function("document.activeElement.textContent === 'Move down'")
    page.keyboard.press("Enter")  # the focus is still on “Move down”
    wait_for(page, "Not polled yet", "Signups by plan", "Logins")
    page.keyboard.press("Escape")
    last, first = (page.locator(f"#card-{widget.pk} .card-head") for widget in (widgets[1], widgets[2]))
    # The card moves before the server answers.
    with page.expect_response(lambda response: response.request.method == "POST"):
        last.drag_to(first, source_position={"x": 5, "y": 15}, target_position={"x": 5, "y": 15})
    wait_for(page, "Logins", "Not polled yet", "Signups by plan")
    page.reload()
    wait_for(page, "Logins", "Not polled yet", "Signups by plan")


def test_an_update_shows_what_is_new_and_keeps_places_and_focus(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget], mixpanel: FakeMixpanel
) -> None:
    page = open_page("/", boss)
    page.wait_for_function(DRAWN.format(3))
    before = page.evaluate(PLACES)
    link = page.get_by_role("link", name="Not polled yet", exact=True)
    link.focus()
    before_address = page.locator(f"#card-{widgets[2].pk} .chart").get_attribute("data-chart")
    fetch(widgets[2])
    page.evaluate(UPDATE)
    page.wait_for_function(
        "([id, was]) => document.querySelector(`#card-${id} .chart`).dataset.chart !== was",
        arg=[widgets[2].pk, before_address],
    )
    page.locator(f"#card-{widgets[2].pk} .health-fresh").wait_for()
    page.wait_for_function(DRAWN.format(3))
    assert page.evaluate(PLACES) == before
    expect(link).to_be_focused()

    Snapshot.objects.filter(pk=widgets[0].snapshot_id).update(error="Mixpanel answered 503.", error_kind="unavailable")
    new_widget(widgets[0].project, title="Quite new", last=3)
    page.evaluate(UPDATE)
    wait_for(page, "Logins", "Not polled yet", "Quite new", "Signups by plan")
    expect(page.get_by_text("Mixpanel answered 503.")).to_be_visible()
    expect(page.get_by_role("link", name="Failing 1")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("Refreshed: “Signups by plan”.").wait_for()
    page.get_by_text("Mixpanel answered 503.").wait_for(state="hidden")


def test_hidden_series_stay_hidden_after_a_move_and_an_update(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]
) -> None:
    page = open_page("/", boss)
    page.wait_for_function(DRAWN.format(3))
    series = page.get_by_role("button", name="Team", exact=True)
    series.click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/charts/" in request.url else None)
    choose(page, "Signups by plan", "Move to the top")
    wait_for(page, "Signups by plan", "Logins", "Not polled yet")
    expect(series).to_have_attribute("aria-pressed", "false")
    widgets[0].refresh_from_db()
    widgets[0].save()  # now the chart's data has a new address
    with page.expect_response("**/charts/**"):
        page.evaluate(UPDATE)
    page.wait_for_function(DRAWN.format(3))
    assert len(asked) == 1, "a move loads no chart"
    expect(series).to_have_attribute("aria-pressed", "false")
    series.click()
    expect(series).to_have_attribute("aria-pressed", "true")


def test_it_updates_itself_every_45_seconds(
    open_page: OpenPage, boss: AbstractUser, acme: Project, widgets: list[Widget]
) -> None:
    page = open_page("/admin/", boss, own=True)
    page.clock.install()
    page.goto("/")
    wait_for(page, "Logins", "Not polled yet", "Signups by plan")
    new_widget(acme, title="Quite new", last=3)
    page.clock.run_for(46_000)
    wait_for(page, "Logins", "Not polled yet", "Quite new", "Signups by plan")


def test_it_reports_a_lost_connection_and_recovers(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]
) -> None:
    open_page.expected = ["ERR_FAILED"]
    page = open_page("/", boss)
    page.wait_for_function(DRAWN.format(3))
    page.route("**/*", lambda route: route.abort())
    page.evaluate(UPDATE)
    page.get_by_text("MixCyfe does not answer. This page tries again.").wait_for()
    wait_for(page, "Logins", "Not polled yet", "Signups by plan")
    page.unroute("**/*")
    page.evaluate(UPDATE)
    page.get_by_text("MixCyfe does not answer. This page tries again.").wait_for(state="hidden")


def test_it_says_that_the_session_has_ended(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss)
    page.context.clear_cookies()
    page.evaluate(UPDATE)
    page.get_by_text("You are logged out. Reload this page.").wait_for()


def test_it_fits_a_phone(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss, viewport=NARROW)
    page.get_by_label("Actions for Logins").click()
    page.get_by_role("button", name="Refresh now").locator("visible=true").wait_for()
    assert not page.evaluate(OVERFLOWS)


def test_it_works_without_scripts(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss, javascript=False)
    page.get_by_role("searchbox").fill("logins")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("[data-card]")).to_have_count(1)
    page.get_by_label("Actions for Logins").click()
    page.get_by_role("button", name="Refresh now").click()
    page.get_by_text("Refreshed: “Logins”.").wait_for()
    wait_for_path(page, "/?q=logins")


def test_the_first_link_skips_the_navigation(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Add widget")).to_be_focused()


def test_the_admins_list_refreshes_widgets_and_replaces_addresses(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget], mixpanel: FakeMixpanel
) -> None:
    page = open_page("/admin/widgets/widget/?health=waiting", boss)
    page.get_by_role("checkbox").nth(1).check()
    page.locator("select[name=action]").select_option("Refresh now")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("Refreshed: “Not polled yet”.").wait_for()

    page.goto("/admin/widgets/widget/?q=logins")
    page.get_by_role("checkbox").nth(1).check()
    page.locator("select[name=action]").select_option("Replace the address…")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("will show nothing").wait_for()
    follow(page.get_by_role("button", name="Replace the address"))
    address = page.get_by_role("textbox", name="New address of Logins")
    slug = widgets[1].slug
    widgets[1].refresh_from_db()
    assert slug not in widgets[1].url()
    expect(address).to_have_value(widgets[1].url())
    page.get_by_role("button", name="Copy address").click()
    page.get_by_text("Copied").wait_for()
    page.reload()
    expect(address).to_have_value(widgets[1].url())
