"""Helpers for tests of the widget's form."""

from typing import Any

from fake_mixpanel.fake import FakeMixpanel

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
