"""MixCyfe sends one message with advice when widgets fail, and one more when they work again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from fake_mixpanel.saved_reports import UNDATED_BREAKDOWN_REPORT
from tests.notices.conftest import PASSWORD, Webhook, listen
from tests.refresh.test_freshness import cyfe_polls
from tests.running.site import free_port
from widgets.models import NoticeMessage, Project, Snapshot, Widget
from widgets.notices.delivery import claim
from widgets.notices.telling import check_projects

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:Requiring AUTH")]
MINUTE = timedelta(minutes=1)
MakeWidget = Callable[..., Widget]


class Inbox:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    """The inbox of a mail server on this machine, and the notice address that leads to it."""
    inbox = Inbox()

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == PASSWORD.encode())

    options = {"authenticator": login, "auth_require_tls": False, "auth_required": True}
    port = free_port()
    smtp = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    smtp.start()
    yield inbox, f"mailto://robot:{PASSWORD}@127.0.0.1:{port}?from=mixcyfe@example.com&to=team@example.com"
    smtp.stop()


def fail(widget: Widget, mixpanel: FakeMixpanel) -> None:
    """Polls the widget while Mixpanel answers 503."""
    mixpanel.clear_faults()
    mixpanel.fail(503)
    cyfe_polls(widget)


def test_a_failure_and_its_end_come_by_mail(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, inbox: Any
) -> None:
    mails, url = inbox
    listen(project, url)
    widget = make_widget(title="Sign-ups <!channel> @everyone [x](https://evil.example)")
    fail(widget, mixpanel)
    for _ in range(2):
        timer()
        clock.shift(29 * MINUTE)
    assert mails.mails == [], "an hour has not passed yet"
    clock.shift(3 * MINUTE)
    for _ in range(2):
        timer()
    [mail] = mails.mails
    assert mail["Subject"] == "MixCyfe, Acme: Mixpanel does not answer the query of 1 widget"
    assert (mail["To"], mail.get_content_type()) == ("team@example.com", "text/plain")
    text = mail.get_content()
    assert "What to do: MixCyfe tries again by itself" in text
    assert f"http://testserver/?project={project.pk}&health=failing" in text
    assert "Sign-ups" in text
    assert not any(bad in text for bad in ("<!", "@everyone", "](", "https://evil", "evil.example"))

    mixpanel.clear_faults()
    clock.shift(31 * MINUTE)
    cyfe_polls(widget)
    for _ in range(2):
        timer()
    assert mails.mails[1]["Subject"] == "MixCyfe, Acme: The problem is solved"
    assert "Mixpanel does not answer the query of 1 widget. It began on" in mails.mails[1].get_content()
    assert len(mails.mails) == 2


def test_the_credentials_notice_ends_when_mixpanel_accepts_them(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, told: Webhook
) -> None:
    widgets = [make_widget(last=days) for days in (3, 4)]
    secret = mixpanel.accounts.popitem()
    cyfe_polls(widgets[0])
    timer()
    assert told.titles == ["MixCyfe, Acme: Mixpanel refuses the credentials"]
    assert told.got[0]["type"] == "failure"
    assert f"/admin/widgets/project/{project.pk}/change/" in told.got[0]["message"]
    # Saving the project ends the backoff, even if the credentials are still wrong.
    Project.objects.get().save()
    timer()
    cyfe_polls(widgets[1])
    timer()
    assert len(told.got) == 1
    mixpanel.accounts = dict([secret])
    Project.objects.get().save()
    for widget in widgets:
        cyfe_polls(widget)
    timer()
    assert told.titles[1:] == ["MixCyfe, Acme: Mixpanel accepts the credentials again"]
    assert told.got[1]["type"] == "success"


def test_many_failures_with_one_cause_are_one_message(
    clock: Any, project: Project, timer: Any, webhook: Webhook
) -> None:
    listen(project, webhook.url)
    now = timezone.now()
    failing = {"failing_since": now - 2 * MINUTE * 60, "retry_at": now, "failures": 9}
    Snapshot.objects.bulk_create(
        Snapshot(project=project, key=f"{i}", query={}, error=f"No. {i}", error_kind="query", **failing)
        for i in range(500)
    )
    Widget.objects.bulk_create(
        Widget(project=project, title=f"W{i:03}", report="events", events=["a"], snapshot=snapshot, last_polled_at=now)
        for i, snapshot in enumerate(Snapshot.objects.order_by("pk"))
    )
    for _ in range(3):
        timer()
        clock.shift(MINUTE)
    assert webhook.titles == ["MixCyfe, Acme: Mixpanel refuses the queries of 500 widgets"]
    assert "and 490 more" in webhook.got[0]["message"]
    assert len(webhook.got[0]["message"]) < 3000


def test_more_widgets_with_a_reported_cause_are_reported_together_a_day_later(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, told: Webhook
) -> None:
    widgets: list[Widget] = []
    for days in (3, 4, 5):
        widgets.append(make_widget(last=days, title=f"W{days}"))
        fail(widgets[-1], mixpanel)
        timer()
        clock.shift(MINUTE)
    assert len(told.got) == 1
    clock.shift(timedelta(days=1))
    for widget in widgets:
        cyfe_polls(widget)
    timer()
    assert told.titles[1:] == [
        "MixCyfe, Acme: Mixpanel does not answer the queries of 3 widgets (2 are newly affected)"
    ]


def test_old_numbers_are_reported_only_if_the_widget_is_polled(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, webhook: Webhook
) -> None:
    listen(project, webhook.url)
    widget = make_widget(include_today=True)
    cyfe_polls(widget)
    clock.shift(timedelta(hours=5))
    timer()
    assert not webhook.got, "nobody polls the widget"
    Project.objects.update(full_until=timezone.now() + timedelta(hours=3))
    cyfe_polls(widget)
    clock.shift(2 * MINUTE)
    timer()
    assert webhook.titles == ["MixCyfe, Acme: 1 widget gets no new numbers"]
    assert "No queries are left this hour." in webhook.got[0]["message"]
    assert f"http://testserver/?project={project.pk}\n" in f"{webhook.got[0]['message']}\n", "not only stale widgets"
    Project.objects.update(full_until=None)
    Snapshot.objects.update(lease_until=timezone.now() + MINUTE)
    timer()
    assert project.notices.get().ended_at is None, "the running refresh could still fail"
    Snapshot.objects.update(lease_until=None)
    cyfe_polls(widget)
    timer()
    assert webhook.titles[1:] == ["MixCyfe, Acme: The problem is solved"]


def test_a_dead_service_is_tried_again_but_not_told_of_the_end_of_a_failure_it_missed(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, webhook: Webhook
) -> None:
    Project.objects.update(notify_after_minutes=0)
    address = listen(project, webhook.url)
    webhook.status = 503
    widget = make_widget()
    fail(widget, mixpanel)
    tries = []
    for minutes in (0, 0.5, 0.6, 4, 2, 14, 2):
        clock.shift(minutes * MINUTE)
        timer()
        tries.append(len(webhook.got))
    assert tries == [1, 1, 2, 2, 3, 3, 4], "new tries after 1, 5 and 15 minutes"
    address.refresh_from_db()
    assert address.last_failure.startswith("The service answered with an error.")
    webhook.status = 200
    mixpanel.clear_faults()
    cyfe_polls(widget)
    timer()
    assert len(webhook.got) == 4
    assert not NoticeMessage.objects.filter(done_at=None).exists()


def test_it_gives_up_after_eight_tries(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any
) -> None:
    Project.objects.update(notify_after_minutes=0)
    listen(project, "json://127.0.0.1:9/")
    widget = make_widget()
    for _ in range(9):
        fail(widget, mixpanel)
        timer()
        clock.shift(timedelta(hours=12, minutes=1))
    message = NoticeMessage.objects.get()
    assert (message.tries, message.body, message.failure) == (
        8,
        "",
        "No program accepts connections at this host and port.",
    )
    assert message.done_at is not None


def test_a_chart_that_can_not_show_its_data_and_a_missing_secret_are_reported(
    clock: Any, project: Project, make_widget: MakeWidget, timer: Any, told: Webhook
) -> None:
    widget = make_widget(report="saved_report", events=[], saved_report=UNDATED_BREAKDOWN_REPORT)
    cyfe_polls(widget)
    timer()
    assert told.titles == ["MixCyfe, Acme: 1 widget can't show its data"]
    widget.chart = "list"
    widget.save()
    cyfe_polls(widget)
    timer()
    assert told.titles[1:] == ["MixCyfe, Acme: The problem is solved"]
    secret = Project.objects.get().secret
    Project.objects.update(secret="")
    timer()
    assert told.titles[2:] == ["MixCyfe, Acme: MixCyfe can't sign in to Mixpanel"]
    Project.objects.update(secret=secret)
    timer()
    assert told.titles[3:] == ["MixCyfe, Acme: MixCyfe has the secret for Mixpanel again"]


def test_a_problem_that_comes_and_goes_is_reported_at_most_six_times_per_hour(
    clock: Any, project: Project, make_widget: MakeWidget, timer: Any, told: Webhook
) -> None:
    make_widget()
    secret = Project.objects.get().secret
    for _ in range(8):
        for each in ("", secret):
            Project.objects.update(secret=each)
            clock.shift(MINUTE)
            check_projects(timezone.now())
    assert project.notices.exclude(told_at=None).count() == 6
    Project.objects.update(secret="")
    clock.shift(60 * MINUTE)
    check_projects(timezone.now())
    assert project.notices.exclude(told_at=None).count() == 7


def test_another_process_sends_the_messages_of_a_killed_process(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, timer: Any, told: Webhook
) -> None:
    fail(make_widget(), mixpanel)
    check_projects(timezone.now())
    assert len(claim(timezone.now())) == 1
    timer()
    assert not told.got
    clock.shift(2 * MINUTE)
    timer()
    assert len(told.got) == 1
