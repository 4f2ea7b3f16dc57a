"""A project's engine: the explanations on the project's page, and the effects of switching the engine."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.typed_project import ADD, WHOLE, change
from tests.web.people import boss
from widgets.models import DeletedWidget, Project, Snapshot, Widget


def save(client: Client, project: Project, **fields: str) -> Any:
    return client.post(change(project), WHOLE | {"new_secret": "", "project_id": str(project.project_id)} | fields)


class TestPage:
    def test_it_says_what_each_engine_means(self, project: Project) -> None:
        html = " ".join(boss().get(change(project)).content.decode().split())
        assert '<select name="engine"' in html
        for words in ("current engine. Choose Classic only if", "expressions, saved funnels", "might switch off"):
            assert words in html

    def test_a_new_project_uses_insights(self, db: None, mixpanel: FakeMixpanel) -> None:
        client = boss()
        client.post(ADD, WHOLE)
        assert Project.objects.get().engine == "insights"

    def test_a_form_without_the_field_keeps_the_engine(self, project: Project) -> None:
        Project.objects.update(engine="classic")
        assert save(boss(), project, name="Other").status_code == 302
        project.refresh_from_db()
        assert (project.name, project.engine) == ("Other", "classic")

    def test_an_unknown_engine_is_refused(self, project: Project) -> None:
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
        assert named in [call["summary"] for call in boss().get(change(project)).context["calls"]]


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
        assert said.startswith("This engine can't query the widget “")
        assert message in said
        assert "Other widgets that this engine can't query: 1. Change or delete such widgets first." in said
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
        assert poll(widget).content == first.content  # after this answer, a query to Mixpanel starts
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
        assert len(mixpanel.calls) == 1

    def test_the_new_engine_is_queried_even_if_another_change_is_saved_first(
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
        poll(widget)  # shows the classic endpoint's answer to the previous poll's query
        Snapshot.objects.filter(widgets=None).update(fetched_at=timezone.now() - timedelta(hours=20), report_json="{}")
        newest = Widget.objects.get().snapshot
        assert newest is not None and len(mixpanel.calls) == 2
        assert save(client, project, engine="insights").status_code == 302
        now = Widget.objects.get().snapshot
        assert now is not None and now.pk != newest.pk
        assert (now.fetched_at, now.report_json) == (newest.fetched_at, newest.report_json)

    def test_a_widget_that_was_read_before_the_switch_uses_the_new_engine(
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
    def test_a_widget_that_is_brought_back_after_the_switch_has_the_same_data(
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
