"""A project's engine: what its page says, what switching it does, and how the connection test tries it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fake_mixpanel.fake import DEMO_SECRET, FakeMixpanel
from tests.admin.typed_project import ADD, TYPED, WHOLE, change
from tests.conftest import new_project
from tests.web.people import boss
from widgets.models import ApiCall, DeletedWidget, Project, Snapshot, Widget

TEST = "/admin/widgets/project/connection/"
REFUSED = {"error": "UserVisibleParamsError: this endpoint has ended"}


def save(client: Client, project: Project, **fields: str) -> Any:
    return client.post(change(project), WHOLE | {"new_secret": "", "project_id": str(project.project_id)} | fields)


class TestPage:
    def test_it_says_what_each_engine_means(self, project: Project) -> None:
        html = " ".join(boss().get(change(project)).content.decode().split())
        assert '<select name="engine"' in html
        for words in ("the engine that Mixpanel builds on", "expressions and the dates of saved funnels", "may end it"):
            assert words in html

    def test_a_new_project_asks_insights(self, db: None, mixpanel: FakeMixpanel) -> None:
        client = boss()
        client.post(ADD, WHOLE)
        assert Project.objects.get().engine == "insights"

    def test_a_page_without_the_field_keeps_the_engine(self, project: Project) -> None:
        Project.objects.update(engine="classic")
        assert save(boss(), project, name="Other").status_code == 302
        project.refresh_from_db()
        assert (project.name, project.engine) == ("Other", "classic")

    def test_there_is_no_third_engine(self, project: Project) -> None:
        response = save(boss(), project, engine="jql")
        assert "jql is not one of the available choices" in str(response.context["adminform"].form.errors["engine"])

    @pytest.mark.parametrize(
        ("widget", "named"),
        [
            ({"events": ["Signed up", "Logged in"]}, "events Logged in, Signed up"),
            ({"report": "segmentation", "measure": "average", "breakdown": "plan"}, "segmentation Signed up"),
            (
                {"report": "insights", "events": [], "metrics": [{"event": "Paid"}, {"event": "Paid", "label": "B"}]},
                "insights Paid",
            ),
            (
                {"report": "funnel", "chart": "funnel", "events": ["Page viewed", "Signed up"]},
                "funnel Page viewed, Signed up",
            ),
        ],
    )
    def test_the_last_queries_name_their_events(
        self,
        project: Project,
        make_widget: Callable[..., Widget],
        poll: Callable[..., Any],
        widget: dict[str, Any],
        named: str,
    ) -> None:
        poll(make_widget(**widget))
        assert named in [call["what"] for call in boss().get(change(project)).context["calls"]]


class TestSwitching:
    @pytest.mark.parametrize(
        ("before", "widget", "after", "message"),
        [
            (
                "classic",
                {"report": "segmentation", "breakdown": 'properties["plan"]'},
                "insights",
                "An expression works only",
            ),
            (
                "insights",
                {"report": "insights", "events": [], "metrics": [{"event": "Signed up"}]},
                "classic",
                "works only in a project with the engine “Insights”",
            ),
            ("insights", {"report": "funnel", "events": ["App opened", "Signed up"], "chart": "funnel"}, "classic", ""),
        ],
    )
    def test_it_is_refused_while_a_widget_needs_the_old_engine(
        self,
        project: Project,
        make_widget: Callable[..., Widget],
        mixpanel: FakeMixpanel,
        before: str,
        widget: dict[str, Any],
        after: str,
        message: str,
    ) -> None:
        project.engine = before
        project.save()
        made = [make_widget(project=project, title=title, **widget) for title in ("Plans", "More plans")]
        response = save(boss(), project, engine=after, name="Other")
        assert response.status_code == 200
        [said] = response.context["adminform"].form.errors["engine"]
        assert said.startswith("This engine can't ask the widget “")
        assert message in said
        assert "1 more can't be asked either. Change or delete such widgets first." in said
        project.refresh_from_db()
        assert (project.engine, project.name) == (before, "Acme")
        assert [each.snapshot_id for each in Widget.objects.order_by("pk")] == [each.snapshot_id for each in made]
        assert not mixpanel.calls

    @pytest.mark.parametrize(
        ("before", "asked", "after", "asked_then"),
        [
            ("classic", ("GET", "segmentation"), "insights", ("POST", "insights")),
            ("insights", ("POST", "insights"), "classic", ("GET", "segmentation")),
        ],
    )
    def test_it_keeps_the_last_good_answer_until_the_new_engine_has_answered(
        self,
        project: Project,
        make_widget: Callable[..., Widget],
        poll: Callable[..., Any],
        mixpanel: FakeMixpanel,
        before: str,
        asked: tuple[str, str],
        after: str,
        asked_then: tuple[str, str],
    ) -> None:
        project.engine = before
        project.save()
        widget = make_widget(project=project, report="segmentation", breakdown="plan")
        first = poll(widget)
        assert [(call.method, call.endpoint) for call in mixpanel.calls] == [asked]
        old = Widget.objects.get().snapshot
        mixpanel.fail(503, endpoint=asked_then[1], times=1)

        assert save(boss(), project, engine=after).status_code == 302
        new = Widget.objects.get().snapshot
        assert old is not None and new is not None
        assert (new.pk != old.pk, new.fetched_at) == (True, old.fetched_at)
        kept = poll(widget)
        assert (kept.status_code, kept.content) == (200, first.content)
        assert kept["Cache-Status"].startswith("mixcyfe; hit; ttl=-") or "ttl=0" in kept["Cache-Status"]
        assert [(call.method, call.endpoint) for call in mixpanel.calls] == [asked, asked_then]

        new.refresh_from_db()
        assert (new.error_kind, new.fetched_at) == ("unavailable", old.fetched_at)
        type(new).objects.update(retry_at=None)
        assert poll(widget).content == first.content  # and asks behind the answer
        new.refresh_from_db()
        assert new.fetched_at is not None and old.fetched_at is not None
        assert (new.fetched_at > old.fetched_at, new.error) == (True, "")
        assert [(call.method, call.endpoint) for call in mixpanel.calls] == [asked, asked_then, asked_then]
        assert poll(widget).content == first.content
        assert len(mixpanel.calls) == 3

    def test_switching_back_finds_the_first_answer(
        self, project: Project, make_widget: Callable[..., Widget], poll: Callable[..., Any], mixpanel: FakeMixpanel
    ) -> None:
        widget, client = make_widget(), boss()
        first = poll(widget)
        for engine in ("classic", "insights"):
            assert save(client, project, engine=engine).status_code == 302
        assert poll(widget).content == first.content

    def test_it_asks_anew_whatever_else_is_saved_first(
        self, project: Project, make_widget: Callable[..., Widget], poll: Callable[..., Any], mixpanel: FakeMixpanel
    ) -> None:
        widget, client = make_widget(), boss()
        poll(widget)
        assert save(client, project, engine="classic").status_code == 302
        assert save(client, project, engine="classic", name="Another name").status_code == 302
        poll(widget)
        assert [call.endpoint for call in mixpanel.calls] == ["insights", "events"]

    def test_switching_back_shows_no_older_numbers(
        self, project: Project, make_widget: Callable[..., Widget], poll: Callable[..., Any], mixpanel: FakeMixpanel
    ) -> None:
        widget, client = make_widget(), boss()
        poll(widget)
        assert save(client, project, engine="classic").status_code == 302
        poll(widget)
        poll(widget)  # the answer of the classic endpoint, which came behind the first poll
        Snapshot.objects.filter(widgets=None).update(fetched_at=timezone.now() - timedelta(hours=20), report_json="{}")
        newest = Widget.objects.get().snapshot
        assert newest is not None and len(mixpanel.calls) == 2
        assert save(client, project, engine="insights").status_code == 302
        now = Widget.objects.get().snapshot
        assert now is not None and now.pk != newest.pk
        assert (now.fetched_at, now.report_json) == (newest.fetched_at, newest.report_json)

    def test_a_page_that_was_open_during_the_switch_asks_the_new_engine(
        self, project: Project, make_widget: Callable[..., Widget], poll: Callable[..., Any], mixpanel: FakeMixpanel
    ) -> None:
        make_widget(report="segmentation")
        open_before = Widget.objects.select_related("project").get()
        assert save(boss(), project, engine="classic").status_code == 302
        open_before.title = "Another title"
        open_before.save()
        poll(open_before)
        assert [call.endpoint for call in mixpanel.calls] == ["segmentation"]

    @pytest.mark.parametrize(
        ("engine", "fields", "endpoint"),
        [
            (
                "classic",
                {"funnel": 7001, "events": [], "filters": [{"property": "plan", "op": "is", "value": "Team"}]},
                "funnels",
            ),
            ("classic", {"funnel": 7001, "events": [], "chart": "line"}, "funnels"),
            ("insights", {"events": ["Page viewed", "Signed up"]}, "insights"),
            ("classic", {"report": "segmentation", "breakdown": 'properties["plan"]', "chart": "pie"}, "segmentation"),
        ],
    )
    def test_a_widget_that_is_brought_back_after_the_switch_asks_what_it_asked(
        self,
        project: Project,
        make_widget: Callable[..., Widget],
        poll: Callable[..., Any],
        mixpanel: FakeMixpanel,
        engine: str,
        fields: dict[str, Any],
        endpoint: str,
    ) -> None:
        project.engine = engine
        project.save()
        widget = make_widget(project=project, **{"report": "funnel", "chart": "table"} | fields)
        first = poll(widget).content
        DeletedWidget.objects.take(Widget.objects.all(), None)
        assert save(boss(), project, engine="classic" if engine == "insights" else "insights").status_code == 302
        Snapshot.objects.all().delete()
        assert poll(DeletedWidget.objects.get().bring_back()).content == first
        assert [call.endpoint for call in mixpanel.calls] == [endpoint, endpoint]


class TestConnection:
    """The test asks by the chosen engine, and by the other one only if Mixpanel refuses the first query."""

    def ask(self, client: Client, **fields: str) -> dict[str, Any]:
        response = client.post(TEST, TYPED | fields)
        assert response.status_code == 200
        assert DEMO_SECRET.encode() not in response.content
        return response.json()

    @pytest.mark.parametrize(
        ("engine", "endpoint", "other", "asked_then"),
        [("insights", "insights", "Classic", "segmentation"), ("classic", "segmentation", "Insights", "insights")],
    )
    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_it_says_that_only_the_other_engine_works(
        self, db: None, mixpanel: FakeMixpanel, engine: str, endpoint: str, other: str, asked_then: str, status: int
    ) -> None:
        mixpanel.fail(status, REFUSED if status == 400 else None, endpoint=endpoint)
        verdict = self.ask(boss(), engine=engine)
        assert not verdict["ok"]
        assert verdict["title"] == (
            f"Mixpanel accepted the credentials, but refused the engine {engine.capitalize()}. "
            f"Choose the engine {other}."
        )
        assert f"Mixpanel answered the same question with the engine {other}." in verdict["text"]
        assert "The time zone is right" in verdict["text"]
        assert ("this endpoint has ended" in verdict["text"]) == (status == 400)
        assert verdict["timezone"] == ""  # nothing to change
        assert [call.endpoint for call in mixpanel.calls] == [endpoint, asked_then, "app/me"]

    def test_it_tells_a_wrong_or_missing_time_zone_too(self, db: None, mixpanel: FakeMixpanel) -> None:
        client = boss()
        mixpanel.fail(404, endpoint="insights")
        assert self.ask(client, timezone="")["timezone"] == "US/Pacific"
        verdict = self.ask(client, timezone="Europe/Paris")
        assert verdict["title"].endswith("Choose the engine Classic.")
        assert verdict["timezone"] == "US/Pacific"
        assert "in Europe/Paris" in verdict["text"]

    def test_it_does_not_blame_the_engine_when_both_are_refused(self, db: None, mixpanel: FakeMixpanel) -> None:
        mixpanel.fail(400, REFUSED)
        verdict = self.ask(boss())
        assert verdict["title"] == "Mixpanel accepted the credentials, but refused the test's query."
        assert "Check the project id" in verdict["text"]
        assert [call.endpoint for call in mixpanel.calls] == ["insights", "segmentation"]

    @pytest.mark.parametrize("status", [401, 402, 429, 500, 503])
    def test_it_asks_once_when_the_engine_is_not_the_reason(
        self, db: None, mixpanel: FakeMixpanel, status: int
    ) -> None:
        mixpanel.fail(status, endpoint="insights")
        assert "engine" not in self.ask(boss())["title"]
        assert [call.endpoint for call in mixpanel.calls] == ["insights"]

    def test_both_queries_count_to_the_hour(self, project: Project, mixpanel: FakeMixpanel) -> None:
        client = boss()
        mixpanel.fail(404, endpoint="insights", times=1)
        saved = {"project": str(project.pk), "new_secret": ""}
        assert self.ask(client, **saved)["title"].endswith("Choose the engine Classic.")
        calls = ApiCall.objects.order_by("pk").values_list("what", "outcome", "counts")
        assert list(calls) == [("connection test", "query", True), ("connection test", "ok", True)]
        project.refresh_from_db()
        assert not project.in_backoff

    def test_both_count_when_the_project_is_saved_afterwards(self, db: None, mixpanel: FakeMixpanel) -> None:
        client = boss()
        mixpanel.fail(404, endpoint="insights", times=1)
        self.ask(client)
        client.post(ADD, WHOLE)
        assert [call.outcome for call in ApiCall.objects.order_by("pk")] == ["query", "ok"]

    def test_it_stays_within_the_hour(self, project: Project, mixpanel: FakeMixpanel) -> None:
        Project.objects.update(hourly_limit=1)
        mixpanel.fail(404, endpoint="insights")
        verdict = self.ask(boss(), project=str(project.pk), new_secret="")
        assert verdict["title"] == "Mixpanel accepted the credentials, but refused the test's query."
        assert [call.endpoint for call in mixpanel.calls] == ["insights"]

    def test_a_refused_engine_holds_no_project_back_that_the_other_answers(
        self, project: Project, mixpanel: FakeMixpanel
    ) -> None:
        mixpanel.fail(403, endpoint="insights")
        assert "Choose the engine Classic" in self.ask(boss(), project=str(project.pk), new_secret="")["title"]
        project.refresh_from_db()
        assert not project.in_backoff

    def test_a_saved_project_is_tested_by_its_own_engine(self, db: None, mixpanel: FakeMixpanel) -> None:
        project = new_project(engine="classic")
        assert self.ask(boss(), project=str(project.pk), new_secret="")["ok"]
        assert [call.endpoint for call in mixpanel.calls] == ["segmentation", "app/me"]
