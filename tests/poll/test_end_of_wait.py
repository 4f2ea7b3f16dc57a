"""A poll that waits for its first numbers stops waiting as soon as no refresh can bring them."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from widgets.models import Snapshot, Widget
from widgets.poll import wait
from widgets.poll.response import answer

pytestmark = pytest.mark.django_db


def edit(widget: Widget) -> None:
    widget.last = 9
    widget.save()


def pause(widget: Widget) -> None:
    Widget.objects.update(active=False)


def fail(widget: Widget) -> None:
    Snapshot.objects.update(retry_at=timezone.now() + timedelta(minutes=1))


@pytest.mark.parametrize(("happens", "status"), [(edit, 503), (pause, 404), (fail, 503)])
def test_a_poll_does_not_wait_in_vain(
    make_widget: Callable[..., Widget], monkeypatch: pytest.MonkeyPatch, happens: Any, status: int, settings: Any
) -> None:
    settings.POLL_WAIT = 30
    widget, pauses = make_widget(), [happens]
    monkeypatch.setattr(wait, "ask", lambda row: Future())
    monkeypatch.setattr("widgets.poll.wait.time.sleep", lambda seconds: pauses.pop()(widget))
    assert answer(widget.slug, "csv").status == status
    assert not pauses
