"""The page of a project's notices: it shows no whole address, and reports at once whether a test message worked."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from tests.notices.conftest import PASSWORD, Webhook, listen
from tests.security.conftest import make_user
from widgets.admin.notices import MOST_TESTS
from widgets.models import Notice, NoticeAddress, NoticeMessage, Project, Role
from widgets.models.notice import MOST_ADDRESSES
from widgets.notices.sending import WORDS

pytestmark = pytest.mark.django_db
__all__ = ["make_user"]
Post = Callable[..., str]


@pytest.fixture
def post(client: Client, admin_user: Any, project: Project) -> Post:
    """A function that sends the page's form, follows the redirect, and returns the text of the page."""
    client.force_login(admin_user)

    def send(action: str = "", **fields: Any) -> str:
        address = f"/admin/widgets/project/{project.pk}/notices/"
        reply = client.post(address, {"action": action, **fields}, follow=True) if action else client.get(address)
        assert reply.status_code == 200
        text = unescape(re.sub("</?time[^>]*>", "", reply.content.decode()))
        assert PASSWORD not in text
        return text

    return send


def test_it_says_that_nobody_gets_notices_and_how_to_change_that(post: Post) -> None:
    text = post()
    assert "Nobody gets messages yet" in text
    assert "https://hooks.slack.com/services/" in text


def test_an_address_is_added_and_its_test_message_arrives(post: Post, webhook: Webhook, project: Project) -> None:
    text = post("add", name="Wall <b>", address=webhook.url, weekly="on")
    assert "Added Wall <b>." in text
    assert f"json://127.0.0.1:{webhook.port}" in text
    assert "Messages to this address are not encrypted" in text
    address = NoticeAddress.objects.get()
    assert "was sent. Check that the message has arrived." in post("test", pk=address.pk)
    assert webhook.titles == ["MixCyfe, Acme: test"]
    assert "admin sent the message" in webhook.got[0]["message"]
    assert "Last sent just now." in post()
    assert "The weekly summary for Wall <b> is off." in post("weekly", pk=address.pk)
    assert "Removed Wall <b>." in post("remove", pk=address.pk)
    assert not NoticeAddress.objects.exists()
    assert "This address is not in the list." in post("test", pk=address.pk)
    log = "\n".join(entry.get_change_message() for entry in LogEntry.objects.filter(object_id=project.pk))
    assert "added the address “Wall <b>”" in log
    assert "removed the address" in log
    assert PASSWORD not in log


def test_a_failed_test_says_why_in_our_words(post: Post, webhook: Webhook, project: Project) -> None:
    address = listen(project, webhook.url)
    webhook.status = 404
    assert f"failed. {WORDS['http']}" in post("test", pk=address.pk)
    assert f"Last failed just now: {WORDS['http']}" in post()


def test_a_wrong_address_is_refused_and_not_shown_again(post: Post) -> None:
    for wrong in (f"file:///{PASSWORD}", f"slack://{PASSWORD}", f"https://example.com/{PASSWORD}", ""):
        text = post("add", address=wrong)
        assert "errorlist" in text, wrong
    assert not NoticeAddress.objects.exists()


def test_a_lead_can_add_no_host_inside_the_network_and_no_plain_address(
    client: Client, make_user: Any, project: Project
) -> None:
    lead = make_user("lead", Role.LEAD, (project,))
    client.force_login(lead, backend="django.contrib.auth.backends.ModelBackend")
    address = f"/admin/widgets/project/{project.pk}/notices/"
    for typed, why in (
        ("json://hooks.example.com/", WORDS["plain"]),
        ("jsons://127.0.0.1:8443/", WORDS["inside"]),
        ("jsons://2130706433/", WORDS["inside"]),
        ("mailtos://u:p@example.com?smtp=localhost&from=a@example.com", WORDS["inside"]),
        ("mailtos://u:p@example.com?mode=%69nsecure&smtp=8.8.8.8&from=a@example.com", WORDS["plain"]),
    ):
        text = unescape(client.post(address, {"action": "add", "address": typed}).content.decode())
        assert why in text, typed
    assert not NoticeAddress.objects.exists()
    # A lead can test an address that a superuser added, but can't read it.
    made = listen(project, f"json://127.0.0.1:9/{PASSWORD}")
    reply = client.post(address, {"action": "test", "pk": made.pk}, follow=True)
    text = reply.content.decode()
    assert WORDS["refused"] in text
    assert PASSWORD not in text


def test_addresses_and_tests_are_limited(post: Post, webhook: Webhook, project: Project) -> None:
    for _ in range(MOST_ADDRESSES):
        address = listen(project, webhook.url)
    assert f"at most {MOST_ADDRESSES} addresses" in post("add", address=webhook.url)
    now = timezone.now()
    NoticeMessage.objects.bulk_create(
        NoticeMessage(project=project, is_test=True, created_at=now, next_try_at=now, done_at=now, subject="x")
        for _ in range(MOST_TESTS)
    )
    # These test messages went to addresses that were removed later. They still count against the hourly limit.
    assert f"{MOST_TESTS} tests per hour" in post("test", pk=address.pk)
    assert not webhook.got


def test_it_shows_open_and_ended_notices(post: Post, project: Project) -> None:
    now = timezone.now()
    Notice.objects.create(project=project, cause="plan", since=now, told_at=now, title="Open <b>")
    Notice.objects.create(
        project=project, cause="query", since=now, told_at=now, ended_at=now, is_well=True, title="Over"
    )
    Notice.objects.create(project=project, cause="stale", since=now, told_at=now, ended_at=now, title="Unused")
    text = post()
    assert "Open <b>" in text
    assert "solved just now" in text
    assert "closed just now" in text


def test_the_minutes_are_saved_and_end_no_backoff(post: Post, project: Project) -> None:
    Project.objects.update(backoff_kind="plan", backoff_message="No plan.")
    assert "Saved." in post("when", notify_after_minutes="0")
    project.refresh_from_db()
    assert (project.notify_after_minutes, project.backoff_kind) == (0, "plan")
    assert "errorlist" in post("when", notify_after_minutes="-1")


def test_an_address_of_another_project_can_not_be_tested(post: Post, webhook: Webhook, project: Project) -> None:
    other = Project.objects.create(name="Other", project_id=7, username="x")
    address = listen(other, webhook.url)
    assert "This address is not in the list." in post("test", pk=address.pk)
    assert "This address is not in the list." in post("remove", pk="1" * 30)
    assert not webhook.got
