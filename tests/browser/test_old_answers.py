"""Answers to the widget's form that arrive after the person has changed the form."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser

from tests.browser.conftest import OpenPage
from tests.browser.form import ADD, choose, wait_for_csv
from widgets.models import Project

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_an_error_in_an_old_answer_is_not_shown(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    """The old answer says that the event is missing. An error that comes and goes would move the form below a click."""
    page = open_page(ADD, boss)
    held: list[Any] = []
    page.route("**/preview/", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/preview/"):
        page.locator("#id_report").select_option("segmentation")
    page.evaluate(
        "() => { window.seen = false; new MutationObserver(() => { window.seen ||= document.querySelector('.errors')"
        " !== null; }).observe(document.body, { subtree: true, childList: true, attributes: true }); }"
    )
    choose(page, "Events", "Signed up")
    held[0].continue_()
    page.keyboard.press("Tab")
    wait_for_csv(page, "Date,Signed up")
    assert not page.evaluate("window.seen")
