"""A project's page in a browser: the connection test, before and after the project is saved, and Mixpanel's limits."""

import re

import pytest
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.browser.board import OVERFLOWS
from tests.browser.conftest import NARROW, OpenPage, expect, follow
from widgets.models import ApiCall, Project

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADD = "/admin/widgets/project/add/"


def test_a_project_is_tested_before_it_is_saved(
    open_page: OpenPage, boss: AbstractUser, mixpanel: FakeMixpanel
) -> None:
    page = open_page(ADD, boss)
    test, said = page.get_by_role("button", name="Test connection"), page.locator("[data-result]")
    test.click()
    page.get_by_text("Some fields are empty or wrong. Correct these fields, then test again.").wait_for()
    expect(said).to_contain_text("User name: Enter the service account's user name")
    expect(said).to_contain_text("Secret: Enter the secret")

    page.get_by_label("Name:", exact=True).fill("Acme")
    page.get_by_label("Project id:").fill(str(DEMO_PROJECT_ID))
    page.get_by_label("User name:").fill(DEMO_USERNAME)
    page.get_by_label("Secret:").fill("wrong")
    expect(said).to_have_text("The form has changed since the test. Test again.")
    test.click()
    page.get_by_text("Mixpanel does not accept this user name and secret.").wait_for()
    page.get_by_label("Secret:").fill(DEMO_SECRET)
    test.click()
    page.get_by_text(f"Connected: Mixpanel answers for project {DEMO_PROJECT_ID}.").wait_for()
    assert not Project.objects.exists()

    follow(page.get_by_role("button", name="Save and continue editing"))
    page.get_by_text("A secret is stored.").wait_for()
    test.click()
    page.get_by_text(f"Connected: Mixpanel answers for project {DEMO_PROJECT_ID}.").wait_for()
    calls = ApiCall.objects.order_by("started_at").values_list("outcome", "user")
    assert list(calls) == [("credentials", boss.pk), ("ok", boss.pk), ("ok", boss.pk)]
    page.reload()
    expect(page.get_by_text("3 of 60 used")).to_be_visible()
    expect(page.locator(".project-calls .when time").first).to_contain_text("GMT+5:45")
    assert DEMO_SECRET not in page.content()


def test_the_test_works_again_after_a_login_in_another_tab(
    open_page: OpenPage, boss: AbstractUser, acme: Project
) -> None:
    open_page.expected.append("403")  # the form's token is too old, so the script fetches another one
    page = open_page(f"/admin/widgets/project/{acme.pk}/change/", boss)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("You are logged out. Log in again in another tab").wait_for()
    page.context.add_cookies([cookie for cookie in cookies if cookie["name"] == "sessionid"])
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Connected: Mixpanel answers").wait_for()


def test_it_saves_and_tests_without_scripts(
    open_page: OpenPage, boss: AbstractUser, acme: Project, mixpanel: FakeMixpanel
) -> None:
    page = open_page(f"/admin/widgets/project/{acme.pk}/change/", boss, javascript=False)
    page.get_by_label("Name:", exact=True).fill("Renamed")
    page.get_by_role("button", name="Save and test connection").click()
    page.get_by_text("Connected: Mixpanel answers").wait_for()
    acme.refresh_from_db()
    assert acme.name == "Renamed"


def test_a_click_fills_in_the_learned_limits(open_page: OpenPage, boss: AbstractUser, acme: Project) -> None:
    Project.objects.update(learned_hourly=400, learned_concurrent=5, learned_at=timezone.now())
    page = open_page(f"/admin/widgets/project/{acme.pk}/change/", boss, viewport=NARROW)
    page.get_by_role("button", name="Use 400 per hour").click()
    assert not page.evaluate(OVERFLOWS), "it fits a phone"
    expect(page.get_by_label("Queries per hour:")).to_have_value("400")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/admin/widgets/project/$"))
    acme.refresh_from_db()
    assert acme.effective_hourly == 400
