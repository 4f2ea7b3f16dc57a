"""A project's secret is missing or can't be decrypted: no backoff begins, pages report the fault, polls stay cheap."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.cache import cache

from fake_mixpanel.fake import FakeMixpanel
from tests.refresh.test_backoff_ends import health_word
from tests.refresh.test_freshness import clock, cyfe_polls, header
from widgets.models import ApiCall, Project, Snapshot, Widget

pytestmark = pytest.mark.django_db
__all__ = ["clock"]

MakeWidget = Callable[..., Widget]


def lose_the_key(settings: Any) -> list[str]:
    right = list(settings.FIELD_ENCRYPTION_KEYS)
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    return right


def test_with_the_right_key_everything_works_again_at_once(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel, settings: Any
) -> None:
    widget = make_widget(include_today=True)
    good = cyfe_polls(widget)
    right = lose_the_key(settings)
    clock.shift(timedelta(minutes=20))
    reply = cyfe_polls(widget)
    assert (reply.status, reply.body) == (200, good.body)
    assert "FIELD_ENCRYPTION_KEYS" in header(reply, "Cache-Status")
    assert health_word(widget) == "failing"
    assert Project.objects.filter(backoff_kind="", backoff_until=None).count() == 1
    settings.FIELD_ENCRYPTION_KEYS = right
    cyfe_polls(widget)
    assert "ttl=900" in header(cyfe_polls(widget), "Cache-Status")
    assert len(mixpanel.calls) == 2


def test_polls_get_old_data_without_a_wait_a_write_or_a_log_line_each(
    clock: Any,
    make_widget: MakeWidget,
    mixpanel: FakeMixpanel,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    django_assert_num_queries: Any,
) -> None:
    widget = make_widget()
    cyfe_polls(widget)
    lose_the_key(settings)
    clock.shift(timedelta(hours=30))
    # Polls store their time only once per hour, so the polls after this one write nothing.
    cyfe_polls(widget)
    cache.clear()
    caplog.clear()
    with caplog.at_level(logging.WARNING), django_assert_num_queries(20):
        for _ in range(20):
            assert cyfe_polls(widget).status == 200
    assert [record.message for record in caplog.records if "not refreshed" in record.message] != []
    assert len(caplog.records) == 1
    assert ApiCall.objects.count() == 1


def test_a_project_without_a_secret_says_so_and_sends_queries_once_it_has_one(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    secret = project.secret
    Project.objects.update(secret="")
    widget = make_widget()
    reply = cyfe_polls(widget)
    assert (reply.status, b"no secret yet" in reply.body) == (503, True)
    assert (len(mixpanel.calls), ApiCall.objects.count()) == (0, 0)
    Project.objects.update(secret=secret)
    assert cyfe_polls(widget).status == 200
    assert Snapshot.objects.get().error == ""
