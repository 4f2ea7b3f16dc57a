"""Notices of a whole site: each is sent once by one of several processes. No poll waits for a service that is down."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.notices.conftest import Webhook, webhook
from tests.running.conftest import DATABASES, needs_cluster
from tests.running.site import REDIS, eventually
from tests.running.slow import timed, widgets

pytestmark = pytest.mark.slow

__all__ = ["webhook"]
FAILS = "MixCyfe, Acme: Mixpanel does not answer the quer"


def polled_until(site: Any, addresses: list[str], true: Callable[[], object]) -> None:
    """A server starts its thread for notices at the first poll that comes some seconds after its start."""

    def is_true_after_polls() -> object:
        for address in addresses:
            site.session.get(address)
        return true()

    eventually(is_true_after_polls, 30)


def fail_and_recover(site: Any, bases: list[str], fake: FakeMixpanel, hook: Webhook, paths: list[str]) -> None:
    fake.fail(503)
    polled_until(site, [base + path for base in bases for path in paths], lambda: hook.got)
    time.sleep(2.2)  # until the other processes have looked for failures too
    assert [title[: len(FAILS)] for title in hook.titles] == [FAILS]
    fake.clear_faults()
    site.make_old(minutes=30)
    site.sql("UPDATE widgets_snapshot SET retry_at = NULL")
    for base in bases * 2:
        for path in paths:
            eventually(lambda base=base, path=path: site.session.get(base + path).status_code == 200)
    polled_until(site, [base + path for base in bases for path in paths], lambda: len(hook.got) > 1)
    time.sleep(2.2)
    assert hook.titles[1:] == ["MixCyfe, Acme: The problem is solved"]


@pytest.mark.parametrize("database", DATABASES)
def test_several_processes_send_each_notice_once(
    host: Any, fake: FakeMixpanel, webhook: Webhook, database: str
) -> None:
    site = host(database)
    paths = site.add(*widgets(2), notify=[webhook.url], notify_after_minutes=0)
    fail_and_recover(site, [site.web(workers=2)[0]], fake, webhook, paths)


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=needs_cluster)])
def test_workers_send_notices(host: Any, fake: FakeMixpanel, webhook: Webhook, database: str) -> None:
    site = host(database, TASKS="celery", BROKER_URL=f"{REDIS}/9")
    paths = site.add(*widgets(2), notify=[webhook.url], notify_after_minutes=0)
    site.worker()
    fail_and_recover(site, [site.web()[0]], fake, webhook, paths)


def test_no_poll_and_no_refresh_waits_for_a_service_that_does_not_answer(
    host: Any, fake: FakeMixpanel, webhook: Webhook
) -> None:
    webhook.is_mute = True
    site = host()
    [fresh, failing] = site.add(*widgets(2), notify=[webhook.url], notify_after_minutes=0)
    base, _ = site.web(threads=2)
    assert site.session.get(base + fresh).status_code == 200
    fake.fail(503)
    site.make_old(minutes=30)
    # The webhook has got the message, but does not answer.
    polled_until(site, [base + failing], lambda: webhook.got)
    fake.clear_faults()
    site.sql("UPDATE widgets_snapshot SET retry_at = NULL")
    asked = len(fake.calls)
    measured = [timed(lambda: site.session.get(base + fresh)) for _ in range(50)]
    assert {status for status, _ in measured} == {200}
    assert max(seconds for _, seconds in measured) < 1
    eventually(lambda: len(fake.calls) > asked, 10)
