"""What polls and pages show after wrong, huge and incomplete answers from Mixpanel."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.filling_in import answers_of
from tests.refresh.test_freshness import clock, cyfe_polls, header
from tests.reports.samples import data
from tests.web.people import boss
from widgets.models import Project, Snapshot, Widget

__all__ = ["clock"]
MakeWidget = Callable[..., Widget]

WRONG = {
    "dates of 1999": {"data": {"values": {"Signed up": {"1999-01-01": 5}}}},
    "unreadable dates": {"data": {"values": {"Signed up": {"soon": 5}}}},
    "another event": {"data": {"values": {"Signed out": {"2026-01-01": 5}}}},
    "infinity": '{"data": {"values": {"Signed up": {"%s": Infinity}}}}',
    "too large a number": '{"data": {"values": {"Signed up": {"%s": 1e999}}}}',
    "NaN": '{"data": {"values": {"Signed up": {"%s": NaN}}}}',
    "700,000 labels": '{"data": {"values": {'
    + ", ".join(f'"value {i}": {{"2026-11-01": 1}}' for i in range(700_000))
    + "}}}",
    "too many labels": {"data": {"values": {f"v{i}": {} for i in range(200)}}},
    "too deep": '{"a":' * 500 + "1" + "}" * 500,
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_leaves_the_last_good_numbers(
    name: str, clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget(include_today=True, last=1)
    good = cyfe_polls(widget)
    kept = Snapshot.objects.get()
    clock.shift(timedelta(minutes=30))
    wrong = WRONG[name]
    mixpanel.fail(200, wrong.replace("%s", str(project.today())) if isinstance(wrong, str) else wrong)
    assert cyfe_polls(widget).body == good.body
    reply = cyfe_polls(widget)
    assert (reply.status, reply.body) == (200, good.body)
    assert "Mixpanel" in header(reply, "Cache-Status")
    now = Snapshot.objects.get()
    assert (now.report_json, now.version, now.fetched_at) == (kept.report_json, kept.version, kept.fetched_at)
    assert now.error.startswith("Mixpanel")
    mixpanel.clear_faults()


@pytest.mark.django_db
def test_the_same_numbers_computed_later_are_the_same_answer(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget(report="saved_report", events=[], saved_report=900_123, chart="number")
    for hour in (8, 9):
        mixpanel.fail(200, {"computed_at": f"2026-11-05T0{hour}:00:00+00:00", "series": {"A": {"all": 5}}})
        assert cyfe_polls(widget).status == 200
        clock.shift(timedelta(minutes=30))
    cyfe_polls(widget)
    assert Snapshot.objects.get().version == 1


SAMPLED = "Mixpanel computed these numbers from a sample of about 10 percent of the data."


@pytest.fixture
def sampled(mixpanel: FakeMixpanel) -> dict[str, Any]:
    answer = {"headers": ["$event"], "series": {"A": {"all": 5}}, "meta": {"min_sampling_factor": 0.1}}
    mixpanel.fail(200, answer)
    return {"report": "saved_report", "saved_report": 900_123, "chart": "number"}


def test_people_see_that_numbers_are_a_sample(
    make_widget: MakeWidget, poll: Callable[..., Any], sampled: dict[str, Any]
) -> None:
    poll(make_widget(**sampled, events=[]))
    client = boss()
    assert SAMPLED in client.get("/").content.decode()
    assert SAMPLED in client.get("/admin/widgets/widget/").content.decode()


def test_a_preview_says_that_numbers_are_a_sample(
    client: Client, admin_user: Any, project: Project, sampled: dict[str, Any]
) -> None:
    client.force_login(admin_user)
    form = answers_of(project, **sampled, events="", ask="missing")
    address = reverse("admin:widgets_widget_preview")
    shown = client.post(address, form, headers={"accept": "application/json"}).json()["preview"]
    assert shown["data_note"].startswith(SAMPLED) and not shown["problem"]
    assert SAMPLED in client.post(address, form, headers={"accept": "text/html"}).content.decode()


def test_complete_answers_get_no_note(make_widget: MakeWidget, poll: Callable[..., Any]) -> None:
    poll(make_widget())
    client = boss()
    for page in ("/", "/admin/widgets/widget/"):
        assert "Mixpanel computed" not in client.get(page).content.decode()


def test_a_saved_report_gives_the_period_before_over_http(
    make_widget: MakeWidget, poll: Callable[..., Any], mixpanel: FakeMixpanel
) -> None:
    before = {"series": {"A": {"all": 40}}, "date_range": {}}
    mixpanel.fail(200, {"headers": ["$event"], "series": {"A": {"all": 50}}, "time_comparison": before})
    options = {"comparison": True}
    widget = make_widget(report="saved_report", events=[], saved_report=1, chart="number", options=options)
    assert poll(widget).content == b"A\n50\n40\n"


def test_labels_that_run_as_formulas_behind_a_semicolon_are_guarded_over_http(
    make_widget: MakeWidget, poll: Callable[..., Any], mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(200, {"events": [{"event": "a,=cmd|x", "amount": 2}, {"event": "x;=1+1", "amount": 1}]})
    widget = make_widget(report="top_events", events=[], chart="list")
    assert poll(widget).content == b"Event,Total\na;'=cmd|x,2\nx;'=1+1,1\n"


def test_saved_retention_with_a_breakdown_over_http(
    make_widget: MakeWidget, poll: Callable[..., Any], mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(200, json.dumps(data("recorded/retention_by_value")["body"]))
    widget = make_widget(report="saved_report", events=[], saved_report=1, chart="cohort")
    assert poll(widget).content == b"Date,Users,0,1,2\n20240318,3123,1317,1296,1282\n"
