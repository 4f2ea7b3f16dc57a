"""Helpers for tests of the widget's form."""

from typing import Any

from fake_mixpanel.fake import FakeMixpanel
from tests.browser.conftest import follow

ADD = "/admin/widgets/widget/add/"


def box(page: Any, name: str) -> Any:
    return page.get_by_role("combobox", name=name, exact=True)


def option(page: Any, name: str) -> Any:
    return page.get_by_role("option", name=name, exact=True)


def choose(page: Any, field: str, name: str) -> None:
    """Types a name into this field and chooses it from Mixpanel's list with Enter."""
    box(page, field).press_sequentially(name)
    option(page, name).wait_for()
    page.keyboard.press("Enter")


def save(page: Any) -> None:
    """Saves the form, and waits for the page with the widget's address."""
    follow(page.get_by_role("button", name="Save", exact=True))
    page.get_by_role("heading", name="Put the widget on your Cyfe dashboard").wait_for()


def endpoints(mixpanel: FakeMixpanel) -> list[str]:
    return [call.endpoint for call in mixpanel.calls]


def csv(page: Any) -> str:
    return page.locator("[data-slot=csv]").text_content()


def wait_for_csv(page: Any, start: str) -> None:
    page.wait_for_function(
        "start => document.querySelector('[data-slot=csv]')?.textContent.startsWith(start)", arg=start
    )
