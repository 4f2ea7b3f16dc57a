"""How notices end: with a message when the problem is solved, without a message when the widgets are paused."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.notices.conftest import Webhook, listen
from tests.notices.test_failing import MINUTE, MakeWidget, fail
from tests.refresh.test_freshness import cyfe_polls
from widgets.models import NoticeMessage, Project, Widget
from widgets.notices.delivery import claim

pytestmark = pytest.mark.django_db


def test_a_paused_widget_ends_its_notice_silently(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, told: Webhook
) -> None:
    widget = make_widget()
    fail(widget, mixpanel)
    timer()
    make_widget(title="Active", last=9)
    Widget.objects.filter(pk=widget.pk).update(active=False)
    timer()
    assert len(told.got) == 1
    assert project.notices.get().ended_at is not None


def test_an_error_in_one_project_stops_no_other_notices(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, webhook: Webhook
) -> None:
    Project.objects.update(notify_after_minutes=0)
    odd = Project.objects.create(
        name="0 odd", project_id=9, username="u", timezone="Mars/Olympus", auth="service_account"
    )
    Project.objects.filter(pk=odd.pk).update(expires_on=timezone.now().date())
    listen(odd, webhook.url)
    listen(project, webhook.url)
    fail(make_widget(), mixpanel)
    timer()
    assert webhook.titles == ["MixCyfe, Acme: Mixpanel does not answer the query of 1 widget"]


def test_new_messages_go_before_those_that_failed(project: Project) -> None:
    now = timezone.now()
    for number in range(6):
        address = listen(project, f"json://127.0.0.1:9/{number}")
        failed = number < 5
        message = NoticeMessage(project=project, address=address, subject=f"{number}", created_at=now, next_try_at=now)
        message.tries = 2 if failed else 0
        message.save()
    assert claim(timezone.now())[0].subject == "5"


def test_the_notice_of_a_corrected_widget_ends_with_its_next_poll(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, told: Webhook
) -> None:
    widget = make_widget(title="Saved", report="saved_report", events=[], saved_report=987654321)
    cyfe_polls(widget)
    timer()
    assert told.titles == ["MixCyfe, Acme: Mixpanel refuses the query of 1 widget"]
    good = make_widget(title="Good")
    Widget.objects.filter(pk=good.pk).delete()
    widget.refresh_from_db()
    widget.report, widget.events, widget.saved_report = good.report, good.events, None
    widget.save()
    timer()
    assert len(told.got) == 1
    clock.shift(5 * MINUTE)
    cyfe_polls(widget)
    timer()
    assert told.titles[1:] == ["MixCyfe, Acme: The problem is solved"]


def test_pausing_all_widgets_silently_ends_notices_of_the_secret_and_the_credentials(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, told: Webhook
) -> None:
    widget = make_widget()
    kept = Project.objects.get().secret
    Project.objects.update(secret="")
    timer()
    Widget.objects.update(active=False)
    timer()
    assert told.titles == ["MixCyfe, Acme: MixCyfe can't sign in to Mixpanel"]
    assert not project.notices.filter(ended_at=None).exists()

    Project.objects.update(secret=kept)
    Widget.objects.update(active=True)
    mixpanel.accounts.clear()
    cyfe_polls(widget)
    timer()
    assert told.titles[1:] == ["MixCyfe, Acme: Mixpanel refuses the credentials"]
    Widget.objects.update(active=False)
    timer()
    assert not project.notices.filter(ended_at=None).exists()
    assert len(told.got) == 2


def test_a_credentials_notice_without_a_stored_query_ends_silently(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, told: Webhook
) -> None:
    mixpanel.accounts.clear()
    cyfe_polls(make_widget())
    timer()
    Project.objects.get().save()
    clock.shift(timedelta(days=8))
    # The command deletes old calls from the ledger, then checks the notices.
    call_command("clean_up")
    assert told.titles == ["MixCyfe, Acme: Mixpanel refuses the credentials"]
    notice = project.notices.get()
    assert (notice.ended_at, notice.is_well) == (timezone.now(), False)
