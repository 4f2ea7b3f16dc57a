"""The board in a browser: it filters as one types, keeps itself up to date, and fits where it is shown."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser

from fake_mixpanel.fake import FakeMixpanel
from tests.browser.conftest import NARROW, OpenPage
from widgets.models import Project, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.refresh.run import refresh

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

UPDATE = "document.dispatchEvent(new Event('mixcyfe:update'))"
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
DRAWN = "() => [...document.querySelectorAll('.chart')].every((each) => each.querySelector('canvas, .chart-words'))"
PLACES = "() => [...document.querySelectorAll('h3')].map((each) => JSON.stringify(each.getBoundingClientRect()))"


def new_widget(project: Project, **fields: Any) -> Widget:
    widget = Widget(**{"project": project, "report": "events", "events": ["Signed up"], "last": 5} | fields)
    widget.save()
    return widget


def fetch(widget: Widget) -> None:
    """Gets the widget's numbers, as a poll would."""
    widget.snapshot.refresh_from_db()
    refresh(widget.snapshot_id, expected_fetched_at=widget.snapshot.fetched_at, purpose=Purpose.PERSON)


@pytest.fixture
def widgets(acme: Project) -> list[Widget]:
    """Three, of which one has no data."""
    signups = new_widget(acme, title="Signups by plan", report="segmentation", breakdown="plan")
    logins = new_widget(acme, title="Logins", events=["Logged in"], chart="column")
    fetch(signups)
    fetch(logins)
    return [signups, logins, new_widget(acme, title="Not polled yet", last=9)]


def shown(page: Any) -> list[str]:
    return [card.get_attribute("data-card") for card in page.locator("[data-card]").all() if card.is_visible()]


def test_somebody_logs_in_and_is_led_to_the_first_step(open_page: OpenPage, boss: AbstractUser) -> None:
    page = open_page("/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="From Mixpanel to Cyfe in a few steps").wait_for()
    page.get_by_role("link", name="Add a project").click()
    page.get_by_role("button", name="Test connection").wait_for()


def test_it_shows_charts_and_filters_as_one_types(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]
) -> None:
    page = open_page("/", boss)
    page.wait_for_function(DRAWN)
    assert shown(page) == ["Logins", "Not polled yet", "Signups by plan"]
    page.get_by_role("searchbox").fill("PLAN sign")
    assert shown(page) == ["Signups by plan"]
    page.get_by_role("searchbox").fill("nothing like it")
    assert page.get_by_role("heading", name="Acme").is_hidden()
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == 3


def test_it_keeps_itself_up_to_date_without_a_jump(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget], mixpanel: FakeMixpanel
) -> None:
    page = open_page("/", boss)
    page.wait_for_function(DRAWN)
    before = page.evaluate(PLACES)
    link = page.get_by_role("link", name="Not polled yet", exact=True)
    link.focus()
    fetch(widgets[2])
    page.evaluate(UPDATE)
    page.locator(f"#card-{widgets[2].pk} canvas").first.wait_for()
    page.locator(f"#card-{widgets[2].pk} .health-fresh").wait_for()
    page.wait_for_function(DRAWN)
    assert page.evaluate(PLACES) == before
    assert link.evaluate("(each) => each === document.activeElement")

    Snapshot.objects.filter(pk=widgets[0].snapshot_id).update(error="Mixpanel answered 503.", error_kind="unavailable")
    new_widget(widgets[0].project, title="Quite new", last=3)
    page.get_by_role("searchbox").fill("new")
    page.evaluate(UPDATE)
    page.get_by_role("heading", name="Quite new").wait_for()
    assert shown(page) == ["Quite new"]
    page.get_by_role("searchbox").fill("")
    assert page.get_by_text("Mixpanel answered 503.").is_visible()


def test_a_lost_connection_is_said_and_got_over(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    open_page.expected = ["ERR_FAILED"]
    page = open_page("/", boss)
    page.route("**/*", lambda route: route.abort())
    page.evaluate(UPDATE)
    page.get_by_text("MixCyfe does not answer. This page tries again.").wait_for()
    assert len(shown(page)) == 3
    page.unroute("**/*")
    page.evaluate(UPDATE)
    page.get_by_text("MixCyfe does not answer. This page tries again.").wait_for(state="hidden")


def test_who_is_logged_out_meanwhile_is_told(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss)
    page.context.clear_cookies()
    page.evaluate(UPDATE)
    page.get_by_text("You are logged out. Reload this page.").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_a_wall(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget], theme: str) -> None:
    page = open_page("/", boss, viewport=NARROW, theme=theme)
    assert not page.evaluate(OVERFLOWS)
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/?wall")
    assert page.get_by_role("searchbox").is_hidden()
    tops = page.eval_on_selector_all("[data-card]", "(all) => all.map((each) => each.getBoundingClientRect().top)")
    assert len(set(tops)) == 1  # beside each other


def test_it_works_without_scripts(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss, javascript=False)
    page.get_by_role("searchbox").fill("logins")
    page.get_by_role("button", name="Filter").click()
    assert shown(page) == ["Logins"]


def test_keys_alone_reach_everything(open_page: OpenPage, boss: AbstractUser, widgets: list[Widget]) -> None:
    page = open_page("/", boss)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the widgets")
    assert skip.evaluate("(each) => each === document.activeElement && each.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Logins"


def test_the_list_refreshes_and_replaces_addresses(
    open_page: OpenPage, boss: AbstractUser, widgets: list[Widget], mixpanel: FakeMixpanel
) -> None:
    page = open_page("/admin/widgets/widget/?health=waiting", boss)
    page.get_by_role("checkbox").nth(1).check()
    page.locator("select[name=action]").select_option("Refresh now")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("Refreshed: “Not polled yet”.").wait_for()

    page.goto("/admin/widgets/widget/?q=logins")
    page.wait_for_function(DRAWN)
    page.get_by_role("checkbox").nth(1).check()
    page.locator("select[name=action]").select_option("Replace the address…")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("will show nothing").wait_for()
    page.get_by_role("button", name="Replace the address").click()
    page.get_by_text("New addresses for Logins.").wait_for()
    slug = widgets[1].slug
    widgets[1].refresh_from_db()
    assert widgets[1].slug != slug
