"""From the login to a copied address without a mouse. Each element with the focus must have an outline."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.browser.conftest import OpenPage
from widgets.models import Project, Widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUSED = """() => {
  const each = document.activeElement;
  const label = each.getAttribute("aria-label") || each.labels?.[0]?.innerText || each.innerText || each.value || "";
  const outlined = [each, each.closest(".select2-selection")].filter(Boolean).map((box) => getComputedStyle(box))
    .some(({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && outlineWidth !== "0px");
  return {
    name: label.trim().replace(/:$/, ""),
    shown: outlined || each === document.body,
    tag: each.outerHTML.slice(0, 120),
  };
}"""
FAR = 80
"""The maximum number of presses of the Tab key per step."""


def tab_to(page: Any, name: str) -> None:
    """Presses Tab until the element with this name has the focus. Each element on the way must have an outline."""
    seen = []
    for _ in range(FAR):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["shown"], f"the focus can't be seen on {focused['tag']}"
        if focused["name"] == name:
            return
        seen.append(focused["name"])
    raise AssertionError(f"Tab does not reach “{name}”, but {seen}")


def enter(page: Any, name: str) -> None:
    """Presses Tab up to the link or button with this name, then Enter, and waits for the next page."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fill(page: Any, name: str, text: str) -> None:
    tab_to(page, name)
    page.keyboard.type(text)


def test_from_the_login_to_a_copied_address_by_keys(
    open_page: OpenPage, boss: AbstractUser, mixpanel: FakeMixpanel
) -> None:
    page = open_page("/admin/login/?next=/")
    page.wait_for_function("document.activeElement.name === 'username'")  # the page itself focuses the first field
    page.keyboard.type("boss")
    fill(page, "Password", "a long password")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    enter(page, "Add a project")
    fill(page, "Name", "Acme")
    fill(page, "Project id", str(DEMO_PROJECT_ID))
    fill(page, "User name", DEMO_USERNAME)
    fill(page, "Secret", DEMO_SECRET)
    tab_to(page, "Test connection")
    page.keyboard.press("Enter")
    page.get_by_text(f"Connected: Mixpanel answers for project {DEMO_PROJECT_ID}.").wait_for()
    enter(page, "Save")
    assert Project.objects.get().name == "Acme"

    page.goto("/")
    enter(page, "Make a widget")
    fill(page, "Events", "Signed u")
    page.get_by_role("option", name="Signed up", exact=True).wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove Signed up").wait_for()
    enter(page, "Save")
    tab_to(page, "Copy address")
    page.keyboard.press("Enter")
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == Widget.objects.get().url()
