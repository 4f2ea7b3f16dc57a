"""The command `refresh_widgets`, for cron: it refreshes stale data of polled widgets, within the limits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.apart import APART
from tests.commands.conftest import Printed
from widgets.models import Project, Snapshot, Widget

Run = Callable[..., Printed]
SEVEN_HOURS = timedelta(hours=7)


@pytest.fixture
def polled(make_widget: Callable[..., Widget]) -> list[Widget]:
    """Three widgets without data, polled a moment ago. Two of them have the same query."""
    widgets = [make_widget(title="a"), make_widget(title="b", chart="pie"), make_widget(title="c", last=9, **APART)]
    Widget.objects.update(last_polled_at=timezone.now())
    return widgets


def test_it_sends_each_stale_query_once(manage: Run, polled: list[Widget], mixpanel: FakeMixpanel) -> None:
    printed = manage("refresh_widgets")
    assert sorted(printed.lines[:-1]) == ["Acme\ta, b\tstored", "Acme\tc\tstored"]
    assert printed.lines[-1] == "2 refreshed, 0 failed, 0 left"
    assert len(mixpanel.calls) == 2
    assert manage("refresh_widgets").lines == ["0 refreshed, 0 failed, 0 left"]
    old = timezone.now() - SEVEN_HOURS
    Snapshot.objects.update(fetched_at=old, due_at=old)
    assert manage("refresh_widgets").lines[-1] == "2 refreshed, 0 failed, 0 left"
    assert len(mixpanel.calls) == 4


def test_it_skips_widgets_that_are_paused_or_not_polled(
    manage: Run, polled: list[Widget], mixpanel: FakeMixpanel
) -> None:
    Widget.objects.filter(title__in="ab").update(last_polled_at=timezone.now() - timedelta(hours=25))
    Widget.objects.filter(title="c").update(active=False)
    assert manage("refresh_widgets").lines == ["0 refreshed, 0 failed, 0 left"]
    assert mixpanel.calls == []


def test_all_refreshes_every_active_widget_fresh_or_not(
    manage: Run, polled: list[Widget], mixpanel: FakeMixpanel
) -> None:
    Widget.objects.update(last_polled_at=None)
    Widget.objects.filter(title="c").update(active=False)
    assert manage("refresh_widgets", "--all").lines[-1] == "1 refreshed, 0 failed, 0 left"
    assert manage("refresh_widgets", "--all").lines == ["Acme\ta, b\tstored", "1 refreshed, 0 failed, 0 left"]
    assert len(mixpanel.calls) == 2


def test_its_exit_code_is_1_if_a_query_failed(manage: Run, polled: list[Widget], mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(503, times=1)
    with pytest.raises(CommandError, match=r"^1 failed$"):
        manage("refresh_widgets")
    assert Snapshot.objects.exclude(fetched_at=None).count() == 1
    # The failed query waits before its next try. Until then, the command still counts it as failed.
    with pytest.raises(CommandError, match=r"^1 failed$"):
        manage("refresh_widgets")
    assert len(mixpanel.calls) == 2


def test_it_keeps_to_the_limit_and_a_reached_limit_is_no_failure(
    manage: Run, polled: list[Widget], project: Project, mixpanel: FakeMixpanel
) -> None:
    Project.objects.update(hourly_limit=1)
    printed = manage("refresh_widgets")
    assert printed.lines[-1] == "1 refreshed, 0 failed, 1 left"
    assert "waits because the project's hourly limit is used up" in printed.out
    assert len(mixpanel.calls) == 1


def test_it_prints_no_secret(polled: list[Widget], mixpanel: FakeMixpanel, capfd: Any) -> None:
    secret = Project.objects.get().secret.reveal()
    mixpanel.fail(400, f"bad request for {secret}", times=1)
    with pytest.raises(CommandError) as failed:
        call_command("refresh_widgets")
    printed = capfd.readouterr()
    assert "1 refreshed, 1 failed" in printed.out
    assert secret not in str(failed.value)
    assert secret not in printed.out + printed.err
    assert secret not in "".join(Snapshot.objects.values_list("error", flat=True))
