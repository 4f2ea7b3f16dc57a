"""When somebody corrects a project's settings, its widgets show no error any more, on the board and in the list."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.typed_project import WHOLE, ask_saved, change
from tests.web.people import boss
from widgets.models import Project, Snapshot, Widget
from widgets.models.encrypted import Encrypted

MakeWidget = Callable[..., Widget]
Poll = Callable[..., Any]


def refuse_credentials(mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(401, times=1)


def refuse_plan(mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(402, times=1)


def reach_limit(mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(429, times=1)


def lose_secret(mixpanel: FakeMixpanel) -> None:
    Project.objects.update(secret=Encrypted("gAAAAAlost"))


def save(client: Client, project: Project) -> None:
    assert client.post(change(project), WHOLE).status_code == 302


def ask_again(client: Client, project: Project) -> None:
    assert ask_saved(client, project)["ok"]


def states(client: Client) -> dict[str, set[str]]:
    pages = ("/", "/admin/widgets/widget/")
    return {page: set(re.findall(r'class="health health-(\w+)"', client.get(page).content.decode())) for page in pages}


@pytest.mark.parametrize(
    ("breaks", "repair"),
    [
        (refuse_credentials, save),
        (refuse_credentials, ask_again),
        (refuse_plan, save),
        (refuse_plan, ask_again),
        (reach_limit, save),
        (lose_secret, save),
    ],
)
def test_a_repair_clears_the_errors_of_all_widgets(
    make_widget: MakeWidget, project: Project, poll: Poll, mixpanel: FakeMixpanel, breaks: Any, repair: Any
) -> None:
    widgets = [make_widget(), make_widget(last=9)]
    for widget in widgets:
        poll(widget)
    yesterday = timezone.now() - timedelta(days=1)
    Snapshot.objects.update(fetched_at=yesterday, due_at=yesterday)
    breaks(mixpanel)
    for widget in widgets:
        poll(widget)
    client = boss()
    broken = "stale" if breaks is reach_limit else "failing"
    assert states(client) == {"/": {broken}, "/admin/widgets/widget/": {broken}}
    repair(client, project)
    assert not Snapshot.objects.exclude(error="").exists()
    assert states(client) == {"/": {"stale"}, "/admin/widgets/widget/": {"stale"}}
    for widget in widgets:
        poll(widget)
    assert states(client) == {"/": {"fresh"}, "/admin/widgets/widget/": {"fresh"}}
