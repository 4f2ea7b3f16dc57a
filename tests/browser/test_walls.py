"""Wall screens and shared boards in a browser: they fit the screen, show page after page, and can be ended."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser

from tests.browser.board import OVERFLOWS, UPDATE, new_widget, wait_for
from tests.browser.conftest import NARROW, OpenPage, expect
from widgets.models import Project, SharedBoard

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FITS = "[...document.querySelectorAll('.card')].every((each) => each.getBoundingClientRect().bottom <= innerHeight)"
WALL = {"width": 1920, "height": 1080}


def test_a_wall_screen_fits_and_shows_page_after_page(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    for number in range(8):
        new_widget(acme, title=f"W{number}", last=number + 1)
    first, second = [f"W{number}" for number in range(6)], ["W6", "W7"]
    page = open_page("/?wall", boss, viewport=WALL)
    fits_the_wall(page, first)
    page.goto("/shared/")
    page.get_by_role("button", name="Create the link").click()
    page = open_page(page.get_by_label("Link of this board").input_value(), viewport=WALL, own=True)
    page.clock.install()
    page.reload()
    fits_the_wall(page, first)
    page.clock.run_for(21_000)
    wait_for(page, *second)
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(41_000)
    wait_for(page, *second)
    page.get_by_role("button", name="Resume").click()
    page.clock.run_for(21_000)
    wait_for(page, *first)
    page.mouse.move(300, 300)
    page.clock.run_for(41_000)
    wait_for(page, *first)


def test_a_low_and_wide_wall_screen_shows_all_cards_in_one_row(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    for number in range(3):
        new_widget(acme, title=f"W{number}", last=number + 1)
    page = open_page("/?wall", boss, viewport={"width": 2560, "height": 800})
    fits_the_wall(page, ["W0", "W1", "W2"])


def fits_the_wall(page: Any, titles: list[str]) -> None:
    wait_for(page, *titles)
    expect(page.get_by_role("navigation")).to_have_count(0)
    assert page.evaluate(FITS)
    assert not page.evaluate(OVERFLOWS)


@pytest.mark.parametrize("viewport", [NARROW, {"width": 844, "height": 390}])
def test_on_a_phone_a_shared_board_is_a_list_to_scroll(
    open_page: OpenPage, boss: AbstractUser, acme: Project, viewport: dict[str, int]
) -> None:
    for number in range(3):
        new_widget(acme, title=f"W{number}", last=number + 1)
    page = open_page(f"/b/{SharedBoard.objects.create(maker=boss).token}", viewport=viewport)
    wait_for(page, "W0", "W1", "W2")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    assert not page.evaluate(OVERFLOWS)
    expect(page.locator(".chart").first).to_have_css("font-size", "12px")


def test_an_ended_board_shows_no_widgets_any_more(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    open_page.expected = ["404"]
    new_widget(acme, title="Signups")
    board = SharedBoard.objects.create(maker=boss)
    page = open_page(f"/b/{board.token}")
    wait_for(page, "Signups")
    SharedBoard.objects.update(active=False)
    page.evaluate(UPDATE)
    page.get_by_text("This board is no longer shared.").wait_for()
    wait_for(page)
