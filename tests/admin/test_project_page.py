"""A project's page in the admin: its form, testing the connection, and its hour of queries."""

import logging
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from tests.conftest import new_project
from tests.pages.people import boss, editor, viewer
from widgets.demo.standin import DEMO_PROJECT_ID, DEMO_PROJECT_SECRET, DEMO_SECRET, DEMO_USERNAME, StandIn
from widgets.models import ApiCall, Project

TEST = "/admin/widgets/project/connection/"
ADD = "/admin/widgets/project/add/"
TYPED = {
    "region": "us",
    "project_id": str(DEMO_PROJECT_ID),
    "workspace_id": "",
    "timezone": "US/Pacific",
    "auth": "service_account",
    "username": DEMO_USERNAME,
    "new_secret": DEMO_SECRET,
}
WHOLE = TYPED | {"name": "Acme", "hourly_limit": "60", "concurrent_limit": "5", "refresh_minutes": "15"}


def change(project: Project) -> str:
    return f"/admin/widgets/project/{project.pk}/change/"


def test_connection(client: Client, **fields: str) -> dict[str, Any]:
    response = client.post(TEST, TYPED | fields)
    assert response.status_code == 200, response.status_code
    assert DEMO_SECRET.encode() not in response.content
    return response.json()


test_connection.__test__ = False


def of_saved(client: Client, project: Project, **fields: str) -> dict[str, Any]:
    """Tests what the page of a saved project shows: its secret's field is empty."""
    return test_connection(client, **({"project": str(project.pk), "new_secret": ""} | fields))


class TestConnectionOfANewProject:
    """What the button says before anything is saved."""

    def test_it_connects_and_says_what_time_it_is_there(self, db: None, mixpanel: StandIn) -> None:
        verdict = test_connection(boss())
        assert verdict["ok"]
        assert verdict["title"] == f"Connected: Mixpanel answers for project {DEMO_PROJECT_ID}."
        assert "in US/Pacific now" in verdict["text"]
        assert not Project.objects.exists()
        assert not ApiCall.objects.exists()
        assert len(mixpanel.calls) == 1

    @pytest.mark.parametrize(
        ("fields", "title", "text"),
        [
            ({"new_secret": "wrong"}, "does not accept this user name and secret", "European Union or India"),
            ({"username": "nobody"}, "does not accept this user name and secret", "Service accounts"),
            ({"project_id": "123"}, "These credentials may not see project 123.", "number after /project/"),
            (
                {"auth": "project_secret", "username": "", "new_secret": "wrong"},
                "does not accept this project secret",
                "project id",
            ),
            ({"region": "eu", "new_secret": "wrong"}, "does not accept", "United States or India"),
        ],
    )
    def test_it_says_which_of_the_credentials_to_check(
        self, db: None, mixpanel: StandIn, fields: dict[str, str], title: str, text: str
    ) -> None:
        verdict = test_connection(boss(), **fields)
        assert not verdict["ok"]
        assert title in verdict["title"]
        assert text in verdict["text"]

    def test_it_warns_of_a_project_secret_that_works(self, db: None, mixpanel: StandIn) -> None:
        verdict = test_connection(boss(), auth="project_secret", username="", new_secret=DEMO_PROJECT_SECRET)
        assert verdict["ok"]
        assert "3 March 2027" in verdict["text"]

    def test_a_plan_without_api(self, db: None, mixpanel: StandIn) -> None:
        mixpanel.plan_allows_api = False
        assert test_connection(boss())["title"] == "This project's plan at Mixpanel has no API."

    def test_a_time_zone_that_is_ahead(self, db: None, mixpanel: StandIn) -> None:
        mixpanel.fail(400, {"error": "to_date cannot be later than today"}, times=1)
        verdict = test_connection(boss(), timezone="Pacific/Kiritimati")
        assert verdict["title"].startswith("The time zone is wrong: for Mixpanel it is not yet ")
        assert "Pacific/Kiritimati is ahead" in verdict["text"]

    def test_it_asks_for_today_as_the_time_zone_has_it(self, db: None, mixpanel: StandIn) -> None:
        test_connection(boss(), timezone="Asia/Tokyo")
        [call] = mixpanel.calls
        assert call.params["from_date"] == call.params["to_date"] == Project(timezone="Asia/Tokyo").today().isoformat()

    def test_a_reached_limit_is_no_wrong_credential(self, db: None, mixpanel: StandIn) -> None:
        mixpanel.hourly_limit = 0
        verdict = test_connection(boss())
        assert verdict["title"] == "Mixpanel let MixCyfe in, but the project's queries are used up for now."

    def test_no_network(self, db: None, mixpanel: StandIn, settings: Any) -> None:
        settings.MIXPANEL_API_ROOT = "http://127.0.0.1:9"
        verdict = test_connection(boss())
        assert verdict["title"] == "Mixpanel could not be asked."
        assert "whether it may reach Mixpanel" in verdict["text"]

    @pytest.mark.parametrize("kind", ["garbage", "html", "empty", "reset"])
    def test_broken_answers(self, db: None, mixpanel: StandIn, kind: Any) -> None:
        mixpanel.broken(kind, times=1)
        verdict = test_connection(boss())
        assert verdict["title"] == "Mixpanel could not be asked."
        assert "<" not in verdict["text"]

    def test_what_is_missing_is_named_by_field_and_costs_nothing(self, db: None, mixpanel: StandIn) -> None:
        verdict = test_connection(boss(), project_id="", timezone="Mars/Base", new_secret="")
        assert set(verdict["errors"]) == {"project_id", "timezone", "new_secret"}
        assert verdict["title"] == "There is not enough to test yet."
        assert not mixpanel.calls

    def test_the_host_can_t_be_chosen(self, db: None, mixpanel: StandIn) -> None:
        verdict = test_connection(boss(), region="evil.example.com/x?")
        assert set(verdict["errors"]) == {"region"}
        assert not mixpanel.calls

    def test_it_counts_to_the_hour_as_soon_as_the_project_is_saved(self, db: None, mixpanel: StandIn) -> None:
        client = boss()
        test_connection(client, new_secret="wrong")
        test_connection(client)
        test_connection(client, project_id="123")
        client.post(ADD, WHOLE)
        calls = ApiCall.objects.order_by("pk").values_list("what", "outcome", "user", "project__name")
        assert list(calls) == [
            ("connection test", "credentials", client.person.pk, "Acme"),
            ("connection test", "ok", client.person.pk, "Acme"),
        ]


class TestConnectionOfASavedProject:
    def test_it_uses_the_stored_secret_and_counts_to_the_hour(self, project: Project, mixpanel: StandIn) -> None:
        client = boss()
        assert of_saved(client, project)["ok"]
        call = ApiCall.objects.get()
        assert (call.what, call.purpose, call.outcome, call.user) == ("connection test", "person", "ok", client.person)

    @pytest.mark.parametrize(
        "fields",
        [
            {"region": "eu"},
            {"project_id": "123"},
            {"username": "someone-else"},
            {"auth": "project_secret", "username": ""},
        ],
    )
    def test_the_stored_secret_goes_nowhere_else(
        self, project: Project, mixpanel: StandIn, fields: dict[str, str]
    ) -> None:
        verdict = of_saved(boss(), project, **fields)
        assert verdict["errors"]["new_secret"][0].startswith("Enter the secret again, because you changed: ")
        assert not mixpanel.calls

    def test_another_time_zone_may_be_tried_with_it(self, project: Project, mixpanel: StandIn) -> None:
        assert of_saved(boss(), project, timezone="America/Los_Angeles")["ok"]

    def test_success_ends_a_hold(self, project: Project, mixpanel: StandIn) -> None:
        project.hold_count, project.hold_kind, project.hold_message = 3, "credentials", "Refused."
        project.held_until = timezone.now() + timedelta(minutes=40)
        project.save(update_fields=["hold_count", "hold_kind", "hold_message", "held_until"])
        assert of_saved(boss(), project)["ok"]
        project.refresh_from_db()
        assert (project.is_held, project.hold_kind, project.hold_message) == (False, "", "")

    def test_a_success_with_other_values_says_nothing_of_the_saved_ones(
        self, project: Project, mixpanel: StandIn
    ) -> None:
        mixpanel.who.accounts["second"] = "its secret"
        Project.objects.update(hold_count=1, hold_kind="credentials", held_until=timezone.now() + timedelta(hours=1))
        assert of_saved(boss(), project, username="second", new_secret="its secret")["ok"]
        project.refresh_from_db()
        assert project.is_held
        assert ApiCall.objects.get().outcome == "ok"  # the same Mixpanel project, so the same hour

    def test_a_failure_holds_the_project_back(self, project: Project, mixpanel: StandIn) -> None:
        mixpanel.fail(401, times=1)
        assert not of_saved(boss(), project)["ok"]
        project.refresh_from_db()
        assert (project.is_held, project.hold_kind) == (True, "credentials")
        assert ApiCall.objects.get().outcome == "credentials"

    def test_a_429_teaches_the_limits(self, project: Project, mixpanel: StandIn) -> None:
        mixpanel.hourly_limit = 0
        mixpanel.concurrent_limit = 7
        of_saved(boss(), project)
        project.refresh_from_db()
        assert (project.hold_kind, project.learned_concurrent) == ("limit", 7)
        verdict = of_saved(boss("second"), project)  # Mixpanel asked to be left alone
        assert verdict["title"] == "Not tested: Mixpanel can't be asked now."
        assert len(mixpanel.calls) == 1

    def test_it_never_goes_over_the_hour(self, project: Project, mixpanel: StandIn) -> None:
        Project.objects.update(hourly_limit=2)
        client = boss()
        for _ in range(2):
            assert of_saved(client, project)["ok"]
        verdict = of_saved(client, project)
        assert verdict["title"] == "Not tested: Mixpanel can't be asked now."
        assert "60 minutes" in verdict["text"]
        assert len(mixpanel.calls) == 2

    def test_a_lost_key_is_named(self, project: Project, mixpanel: StandIn, settings: Any) -> None:
        settings.FIELD_ENCRYPTION_KEYS = ["Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGw="]
        assert "FIELD_ENCRYPTION_KEYS" in of_saved(boss(), project)["text"]

    def test_without_scripts_it_saves_and_then_tests(self, db: None, mixpanel: StandIn) -> None:
        client = boss()
        response = client.post(ADD, WHOLE | {"_test": "1"}, follow=True)
        project = Project.objects.get()
        assert response.redirect_chain[-1][0] == change(project)
        said = [str(message) for message in response.context["messages"]]
        assert any(message.startswith("Connected: Mixpanel answers") for message in said)
        assert ApiCall.objects.get().what == "connection test"
        response = client.post(change(project), WHOLE | {"_test": "1", "new_secret": "wrong"}, follow=True)
        said = [str(message) for message in response.context["messages"]]
        assert any("does not accept this user name" in message for message in said)

    def test_without_scripts_a_form_that_can_t_be_saved_tests_nothing(self, db: None, mixpanel: StandIn) -> None:
        assert boss().post(ADD, WHOLE | {"_test": "1", "name": ""}).status_code == 200
        assert not mixpanel.calls


class TestWhoMayTest:
    @pytest.mark.parametrize("who", [editor, viewer])
    def test_not_those_who_may_not_change_projects(self, project: Project, mixpanel: StandIn, who: Any) -> None:
        client = who(project)
        assert client.post(TEST, TYPED | {"project": str(project.pk)}).status_code == 404
        assert client.post(TEST, TYPED).status_code == 404
        assert not mixpanel.calls

    def test_not_another_team(self, project: Project, mixpanel: StandIn) -> None:
        client = editor()
        client.person.user_permissions.add(*Permission.objects.filter(codename__in=["change_project", "add_project"]))
        assert client.post(TEST, TYPED | {"project": str(project.pk), "new_secret": ""}).status_code == 404
        assert client.post(TEST, TYPED | {"project": "x'"}).status_code == 404
        assert client.post(TEST, TYPED).json()["ok"]
        assert not ApiCall.objects.exists()  # a test of their own costs the other team's ledger nothing

    def test_only_by_post_and_logged_in(self, db: None, client: Client) -> None:
        assert boss().get(TEST).status_code == 405
        assert client.post(TEST, TYPED).status_code == 302


class TestForm:
    def test_the_secret_is_never_shown(self, project: Project) -> None:
        html = boss().get(change(project)).content.decode()
        assert DEMO_SECRET not in html
        assert re.search(r'<input type="password" name="new_secret"[^>]*>', html)
        assert "value=" not in re.search(r'<input type="password" name="new_secret"[^>]*>', html)[0]
        assert "A secret is set" in html

    @pytest.mark.parametrize(
        ("field", "value", "label"),
        [
            ("region", "eu", "data residency"),
            ("project_id", "77", "project id"),
            ("username", "someone-else", "user name"),
        ],
    )
    def test_where_it_is_sent_can_t_change_without_it(
        self, project: Project, field: str, value: str, label: str
    ) -> None:
        client = boss()
        response = client.post(change(project), WHOLE | {"new_secret": "", field: value})
        assert response.status_code == 200
        errors = response.context["adminform"].form.errors["new_secret"]
        assert errors == [f"Enter the secret again, because you changed: {label}."]
        assert client.post(change(project), WHOLE | {field: value}).status_code == 302

    def test_everything_else_can(self, project: Project) -> None:
        assert boss().post(change(project), WHOLE | {"new_secret": "", "name": "New name"}).status_code == 302
        project.refresh_from_db()
        assert project.name == "New name"
        assert project.secret.reveal() == DEMO_SECRET

    @pytest.mark.parametrize("who", [editor, viewer])
    def test_who_may_only_look_sees_no_credentials(self, project: Project, who: Any) -> None:
        html = who(project).get(change(project)).content.decode()
        assert "Queries in the last hour" in html
        for secret in (DEMO_USERNAME, DEMO_SECRET, "User name", "Sign in with", "new_secret", "Test connection"):
            assert secret not in html

    def test_other_teams_projects_are_not_there(self, project: Project) -> None:
        client = viewer()
        response = client.get(change(project))
        assert response.status_code == 302  # as Django's admin answers for what does not exist
        assert "Acme" not in client.get("/admin/widgets/project/").content.decode()
        assert "Acme" not in client.get("/admin/").content.decode()

    def test_the_secret_is_in_no_log(
        self, db: None, mixpanel: StandIn, caplog: pytest.LogCaptureFixture, settings: Any
    ) -> None:
        client = boss()
        with caplog.at_level(logging.DEBUG):
            test_connection(client)
            settings.MIXPANEL_API_ROOT = "http://127.0.0.1:9"
            test_connection(client)
            client.post(ADD, WHOLE)
        assert DEMO_SECRET not in caplog.text


class TestHour:
    """What the page says of the project's queries."""

    def called(self, project: Project, minutes_ago: float, **fields: Any) -> None:
        at = timezone.now() - timedelta(minutes=minutes_ago)
        values = {"purpose": "poll", "what": "events Signed up", "outcome": "ok"} | fields
        ApiCall.objects.create(project=project, started_at=at, ended_at=at + timedelta(milliseconds=321), **values)

    def html(self, client: Client, project: Project) -> str:
        return " ".join(client.get(change(project)).content.decode().split())

    def test_it_says_who_used_it(self, project: Project) -> None:
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
        assert legend == [*expected, ("kept for people", "5")]
        assert "54 left, 49 of them for polls." in html

    def test_it_says_when_the_next_is_free(self, project: Project) -> None:
        Project.objects.update(hourly_limit=24)
        client = boss()
        for number in range(22):
            self.called(project, 50 - number)
        assert "2 left, for people. Polls have spent theirs: their next one is free <time" in self.html(client, project)
        for _ in range(2):
            self.called(project, 1)
        html = self.html(client, project)
        assert re.search(r"None is left\. The next one is free <time[^>]*>in 10 minutes</time>, and for polls", html)

    def test_it_lists_the_last_calls(self, project: Project) -> None:
        message = "Mixpanel answered 503 (<b>down</b>)."
        self.called(project, 5, what="events <script>x</script>", outcome="unavailable", message=message)
        html = self.html(boss(), project)
        assert "events &lt;script&gt;x&lt;/script&gt;" in html
        assert "321 ms" in html
        assert '<span class="call-failed">No good answer</span>' in html
        assert "(&lt;b&gt;down&lt;/b&gt;)" in html

    def test_it_shows_no_other_project_s(self, project: Project) -> None:
        self.called(new_project(name="Globex", project_id=9), 5, what="events Secret thing")
        html = self.html(boss(), project)
        assert "Secret thing" not in html
        assert "<strong>0</strong> of 60 used" in html


class TestWarnings:
    def html(self, project: Project) -> str:
        client = Client()
        client.force_login(get_user_model().objects.filter(is_superuser=True).first() or boss().person)
        return client.get(change(project)).content.decode()

    def test_all_is_well(self, project: Project) -> None:
        assert "project-warning" not in self.html(project)

    def test_of_a_project_secret(self, project: Project) -> None:
        Project.objects.update(auth="project_secret", username="")
        assert "project secrets on 3 March 2027" in self.html(project)

    def test_of_a_hold(self, project: Project) -> None:
        until = timezone.now() + timedelta(minutes=30)
        Project.objects.update(held_until=until, hold_kind="credentials", hold_message="Refused <b>.")
        html = self.html(project)
        assert "Refused &lt;b&gt;. Mixpanel is asked again <time" in html

    def test_of_more_queries_than_the_limit_keeps_fresh(self, project: Project) -> None:
        Project.objects.update(stretch=1.54)
        html = " ".join(self.html(project).split())
        assert "would need 80 queries an hour; 55 of the 60 are for them" in html
        assert "every 23 minutes instead of every 15 minutes" in html

    def test_of_missing_credentials(self, project: Project) -> None:
        Project.objects.update(secret="")
        assert "needs credentials" in self.html(project)

    def test_learned_limits_are_offered(self, project: Project) -> None:
        Project.objects.update(learned_hourly=400, learned_concurrent=5)
        html = self.html(project)
        assert "400 an hour, 5 at once" in html
        assert "More than you use" in html
        assert 'data-hourly_limit="400"' in html
        Project.objects.update(learned_hourly=30)
        assert "keeps to these, since they are lower" in self.html(project)


def test_who_creates_a_project_becomes_its_member(db: None) -> None:
    client = editor()
    client.person.user_permissions.add(*Permission.objects.filter(codename__in=["add_project", "change_project"]))
    client.post(ADD, WHOLE)
    assert list(Project.objects.get().members.all()) == [client.person]
