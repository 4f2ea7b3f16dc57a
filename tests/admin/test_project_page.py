"""A project's page in the admin: its form, its queries in the last hour, and its warnings."""

import logging
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from fake_mixpanel.fake import DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.admin.typed_project import ADD, TEST, TYPED, WHOLE, change
from tests.conftest import new_project
from tests.web.people import boss, editor, viewer
from widgets.models import ApiCall, Project


class TestForm:
    def test_the_secret_is_never_shown(self, project: Project) -> None:
        html = boss().get(change(project)).content.decode()
        assert DEMO_SECRET not in html
        assert re.search(r'<input type="password" name="new_secret"[^>]*>', html)
        assert "value=" not in re.search(r'<input type="password" name="new_secret"[^>]*>', html)[0]
        assert "A secret is stored" in html

    @pytest.mark.parametrize(
        ("field", "value", "label"),
        [
            ("region", "eu", "data residency"),
            ("project_id", "77", "project id"),
            ("username", "someone-else", "user name"),
        ],
    )
    def test_fields_that_decide_where_the_secret_goes_need_the_secret_again(
        self, project: Project, field: str, value: str, label: str
    ) -> None:
        client = boss()
        response = client.post(change(project), WHOLE | {"new_secret": "", field: value})
        assert response.status_code == 200
        errors = response.context["adminform"].form.errors["new_secret"]
        assert errors == [f"Enter the secret again, because you changed: {label}."]
        assert client.post(change(project), WHOLE | {field: value}).status_code == 302

    def test_the_name_can_change_without_the_secret(self, project: Project) -> None:
        assert boss().post(change(project), WHOLE | {"new_secret": "", "name": "New name"}).status_code == 302
        project.refresh_from_db()
        assert project.name == "New name"
        assert project.secret.reveal() == DEMO_SECRET

    @pytest.mark.parametrize("who", [editor, viewer])
    def test_editors_and_viewers_see_no_credentials(self, project: Project, who: Any) -> None:
        html = who(project).get(change(project)).content.decode()
        assert "Queries in the last hour" in html
        for secret in (DEMO_USERNAME, DEMO_SECRET, "User name", "Sign in with", "new_secret", "Test connection"):
            assert secret not in html

    def test_the_secret_is_in_no_log(
        self, db: None, mixpanel: FakeMixpanel, caplog: pytest.LogCaptureFixture, settings: Any
    ) -> None:
        client = boss()
        with caplog.at_level(logging.DEBUG):
            client.post(TEST, TYPED)
            settings.MIXPANEL_API_ROOT = "http://127.0.0.1:9"
            client.post(TEST, TYPED)
            client.post(ADD, WHOLE)
        assert DEMO_SECRET not in caplog.text


class TestHour:
    """The part of the page about the project's queries in the last hour."""

    def called(self, project: Project, minutes_ago: float, **fields: Any) -> None:
        at = timezone.now() - timedelta(minutes=minutes_ago)
        values = {"purpose": "poll", "summary": "events Signed up", "outcome": "ok"} | fields
        ApiCall.objects.create(project=project, started_at=at, ended_at=at + timedelta(milliseconds=321), **values)

    def html(self, client: Client, project: Project) -> str:
        return " ".join(client.get(change(project)).content.decode().split())

    def test_it_says_who_used_the_queries(self, project: Project) -> None:
        client = boss()
        anna = editor(project, name="anna").person
        for _ in range(3):
            self.called(project, 5)
        self.called(project, 5, purpose="person", user=client.person)
        self.called(project, 6, purpose="person", user=anna)
        self.called(project, 7, purpose="command")
        self.called(project, 70)
        html = self.html(client, project)
        assert "<strong>6</strong> of 60 used" in html
        legend = re.findall(r'<li><i class="[^"]*"></i>([^<]*) <b>(\d+)</b>', unescape(html))
        expected = [("Cyfe's polls", "3"), ("refresh_widgets", "1"), ("you", "1"), ("anna", "1")]
        assert legend == [*expected, ("reserved for people", "5")]
        assert "54 queries left, 49 of them for polls." in html

    def test_it_says_when_the_next_query_is_possible(self, project: Project) -> None:
        Project.objects.update(hourly_limit=24)
        client = boss()
        for number in range(22):
            self.called(project, 50 - number)
        assert "2 queries left, all reserved for people. The next query for polls" in self.html(client, project)
        for _ in range(2):
            self.called(project, 1)
        html = self.html(client, project)
        said = r"No query is left\. The next query is available <time[^>]*>in 10 minutes</time>, and the next query"
        assert re.search(said, html)

    def test_it_lists_a_failed_call_with_its_escaped_message(self, project: Project) -> None:
        message = "Mixpanel answered 503 (<b>down</b>)."
        self.called(project, 5, summary="events <script>x</script>", outcome="unavailable", message=message)
        html = self.html(boss(), project)
        assert "events &lt;script&gt;x&lt;/script&gt;" in html
        assert "321 ms" in html
        assert '<span class="call-failed">No good answer</span>' in html
        assert "(&lt;b&gt;down&lt;/b&gt;)" in html

    def test_it_shows_no_calls_of_other_projects(self, project: Project) -> None:
        self.called(new_project(name="Globex", project_id=9), 5, summary="events Secret thing")
        html = self.html(boss(), project)
        assert "Secret thing" not in html
        assert "<strong>0</strong> of 60 used" in html


class TestWarnings:
    def html(self, project: Project) -> str:
        client = Client()
        client.force_login(get_user_model().objects.filter(is_superuser=True).first() or boss().person)
        return client.get(change(project)).content.decode()

    def test_there_is_no_warning_without_a_problem(self, project: Project) -> None:
        assert "project-warning" not in self.html(project)

    def test_it_warns_of_a_project_secret(self, project: Project) -> None:
        Project.objects.update(auth="project_secret", username="")
        assert "project secrets on 3 March 2027" in self.html(project)

    def test_it_warns_of_a_backoff(self, project: Project) -> None:
        until = timezone.now() + timedelta(minutes=30)
        Project.objects.update(backoff_until=until, backoff_kind="credentials", backoff_message="Refused <b>.")
        html = self.html(project)
        assert "Refused &lt;b&gt;. The next try is at <time" in html

    def test_it_warns_if_the_limit_is_too_low_for_the_queries(self, project: Project) -> None:
        Project.objects.update(interval_factor=1.54)
        html = " ".join(self.html(project).split())
        assert "need 80 queries per hour. Of the 60 queries that Mixpanel allows per hour, MixCyfe plans 52" in html
        assert "every 23 minutes instead of every 15 minutes" in html

    def test_it_warns_of_missing_credentials(self, project: Project) -> None:
        Project.objects.update(secret="")
        assert "needs credentials. Enter the secret below." in self.html(project)
        assert "needs credentials. A lead of the project" in viewer(project).get(change(project)).content.decode()

    def test_learned_limits_are_offered(self, project: Project) -> None:
        Project.objects.update(learned_hourly=400, learned_concurrent=5, learned_at=timezone.now())
        html = self.html(project)
        assert "400 queries per hour, 5 queries at the same time" in html
        assert "higher than those you entered" in html
        assert 'data-hourly_limit="400"' in html
        Project.objects.update(learned_hourly=30)
        assert "uses the limits that are lower than those you entered" in self.html(project)
        Project.objects.update(learned_at=timezone.now() - timedelta(days=8))
        assert "None in the last week" in self.html(project)
