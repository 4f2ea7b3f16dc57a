"""The button *Test connection* on a project's page: its result, its queries, and its effect on the saved project."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_PROJECT_SECRET, FakeMixpanel
from tests.admin.typed_project import ADD, TEST, TYPED, WHOLE, ask, ask_saved, change
from tests.conftest import new_project
from tests.web.people import boss, editor, lead, viewer
from widgets.models import ApiCall, Project

ENGINES = [("insights", "insights"), ("classic", "segmentation")]
"""(engine, the endpoint to which its connection test sends a query)."""


class TestConnectionOfANewProject:
    """The connection test on the page of a project that is not saved yet."""

    def test_it_connects_and_says_that_the_time_zone_is_right(self, db: None, mixpanel: FakeMixpanel) -> None:
        verdict = ask(boss())
        assert verdict["ok"]
        assert verdict["title"] == f"Connected: Mixpanel answers for project {DEMO_PROJECT_ID}."
        assert "The time zone is right" in verdict["text"]
        assert not Project.objects.exists()
        assert not ApiCall.objects.exists()
        assert [call.endpoint for call in mixpanel.calls] == ["insights", "app/me"]

    def test_it_reads_the_time_zone_when_none_is_chosen(self, db: None, mixpanel: FakeMixpanel) -> None:
        verdict = ask(boss(), timezone="")
        assert (verdict["ok"], verdict["timezone"]) == (True, "US/Pacific")
        mixpanel.fail(403, endpoint="app/me", times=1)
        verdict = ask(boss("second"), timezone="")
        assert (verdict["ok"], verdict["timezone"]) == (True, "")
        assert "Copy it from Mixpanel's project settings" in verdict["text"]

    @pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Europe/Paris"])
    def test_a_time_zone_behind_or_ahead_is_wrong(self, db: None, mixpanel: FakeMixpanel, zone: str) -> None:
        verdict = ask(boss(), timezone=zone)
        assert (verdict["ok"], verdict["timezone"]) == (False, "US/Pacific")
        assert verdict["title"] == "The time zone is wrong: at Mixpanel, the project is in US/Pacific."

    @pytest.mark.parametrize(
        ("fields", "title", "text"),
        [
            ({"new_secret": "wrong"}, "does not accept this user name and secret", "European Union or India"),
            ({"username": "nobody"}, "does not accept this user name and secret", "Service accounts"),
            ({"project_id": "123"}, "These credentials have no access to project 123.", "number after /project/"),
            (
                {"auth": "project_secret", "username": "", "new_secret": "wrong"},
                "does not accept this project secret",
                "project id",
            ),
            ({"region": "eu", "new_secret": "wrong"}, "does not accept", "United States or India"),
        ],
    )
    def test_it_says_which_of_the_credentials_to_check(
        self, db: None, mixpanel: FakeMixpanel, fields: dict[str, str], title: str, text: str
    ) -> None:
        verdict = ask(boss(), **fields)
        assert not verdict["ok"]
        assert title in verdict["title"]
        assert text in verdict["text"]

    def test_it_warns_of_a_project_secret_that_works(self, db: None, mixpanel: FakeMixpanel) -> None:
        verdict = ask(boss(), auth="project_secret", username="", new_secret=DEMO_PROJECT_SECRET)
        assert verdict["ok"]
        assert "3 March 2027" in verdict["text"]

    def test_it_says_that_the_plan_has_no_api(self, db: None, mixpanel: FakeMixpanel) -> None:
        mixpanel.plan_allows_api = False
        assert ask(boss())["title"] == "This project's plan at Mixpanel does not include the API."

    @pytest.mark.parametrize(("engine", "endpoint"), ENGINES)
    def test_it_recognizes_a_time_zone_that_is_ahead(
        self, db: None, mixpanel: FakeMixpanel, engine: str, endpoint: str
    ) -> None:
        mixpanel.fail(400, {"error": "to_date cannot be later than today"}, endpoint=endpoint, times=1)
        mixpanel.fail(403, endpoint="app/me", times=1)
        verdict = ask(boss(), timezone="Pacific/Kiritimati", engine=engine)
        assert [call.endpoint for call in mixpanel.calls] == [endpoint, "app/me"]
        assert verdict["title"].startswith("The time zone is wrong: at Mixpanel, ")
        assert "Pacific/Kiritimati is ahead" in verdict["text"]

    def test_it_queries_today_in_the_projects_time_zone(self, db: None, mixpanel: FakeMixpanel) -> None:
        client, today = boss(), Project(timezone="Asia/Tokyo").today().isoformat()
        ask(client, timezone="Asia/Tokyo", engine="classic")
        assert (mixpanel.calls[0].params["from_date"], mixpanel.calls[0].params["to_date"]) == (today, today)
        mixpanel.reset()
        ask(client, timezone="Asia/Tokyo")
        sections = mixpanel.calls[0].body["bookmark"]["sections"]
        assert (sections["time"][0]["value"], len(sections["show"])) == ([today, today], 1)

    def test_another_name_of_the_same_time_zone_is_right(self, db: None, mixpanel: FakeMixpanel) -> None:
        assert ask(boss(), timezone="America/Los_Angeles")["ok"]

    def test_a_reached_limit_does_not_count_as_wrong_credentials(self, db: None, mixpanel: FakeMixpanel) -> None:
        mixpanel.hourly_limit = 0
        verdict = ask(boss())
        assert verdict["title"] == "Mixpanel accepted the credentials, but the project has no queries left for now."

    def test_it_says_that_mixpanel_can_not_be_reached(self, db: None, mixpanel: FakeMixpanel, settings: Any) -> None:
        settings.MIXPANEL_API_ROOT = "http://127.0.0.1:9"
        verdict = ask(boss())
        assert verdict["title"] == "MixCyfe could not query Mixpanel."
        assert "whether this server can reach Mixpanel" in verdict["text"]

    @pytest.mark.parametrize("kind", ["html", "reset"])
    def test_after_a_broken_answer_it_says_that_it_could_not_query_mixpanel(
        self, db: None, mixpanel: FakeMixpanel, kind: Any
    ) -> None:
        mixpanel.broken(kind, times=1)
        verdict = ask(boss())
        assert verdict["title"] == "MixCyfe could not query Mixpanel."
        assert "<" not in verdict["text"]

    def test_missing_fields_are_named_and_cost_no_query(self, db: None, mixpanel: FakeMixpanel) -> None:
        verdict = ask(boss(), project_id="", timezone="Mars/Base", new_secret="")
        assert set(verdict["errors"]) == {"project_id", "timezone", "new_secret"}
        assert verdict["title"] == "Some fields are empty or wrong. Correct these fields, then test again."
        assert not mixpanel.calls

    def test_the_host_can_t_be_chosen(self, db: None, mixpanel: FakeMixpanel) -> None:
        verdict = ask(boss(), region="evil.example.com/x?")
        assert set(verdict["errors"]) == {"region"}
        assert not mixpanel.calls

    def test_its_queries_count_after_the_project_is_saved(self, db: None, mixpanel: FakeMixpanel) -> None:
        client = boss()
        ask(client, new_secret="wrong")
        ask(client)
        ask(client, project_id="123")
        mixpanel.fail(404, endpoint="insights", times=1)
        assert "Choose the engine Classic" in ask(client)["title"]
        client.post(ADD, WHOLE)
        calls = ApiCall.objects.order_by("pk").values_list("summary", "outcome", "user", "project__name")
        assert list(calls) == [
            ("connection test", outcome, client.person.pk, "Acme") for outcome in ("credentials", "ok", "query", "ok")
        ]


class TestConnectionOfASavedProject:
    def test_it_uses_the_stored_secret_and_its_queries_count(self, project: Project, mixpanel: FakeMixpanel) -> None:
        client = boss()
        assert ask_saved(client, project)["ok"]
        call = ApiCall.objects.get()
        assert (call.summary, call.purpose, call.outcome, call.user) == (
            "connection test",
            "person",
            "ok",
            client.person,
        )

    def test_a_saved_project_can_be_tested_with_another_time_zone(
        self, project: Project, mixpanel: FakeMixpanel
    ) -> None:
        assert ask_saved(boss(), project, timezone="America/Los_Angeles")["ok"]

    def test_success_ends_a_backoff(self, project: Project, mixpanel: FakeMixpanel) -> None:
        project.backoff_count, project.backoff_kind, project.backoff_message = 3, "credentials", "Refused."
        project.backoff_until = timezone.now() + timedelta(minutes=40)
        project.save(update_fields=["backoff_count", "backoff_kind", "backoff_message", "backoff_until"])
        assert ask_saved(boss(), project)["ok"]
        project.refresh_from_db()
        assert (project.in_backoff, project.backoff_kind, project.backoff_message) == (False, "", "")

    def test_a_success_with_changed_values_does_not_end_a_backoff(
        self, project: Project, mixpanel: FakeMixpanel
    ) -> None:
        mixpanel.accounts["second"] = "its secret"
        Project.objects.update(
            backoff_count=1, backoff_kind="credentials", backoff_until=timezone.now() + timedelta(hours=1)
        )
        assert ask_saved(boss(), project, username="second", new_secret="its secret")["ok"]
        project.refresh_from_db()
        assert project.in_backoff
        assert ApiCall.objects.get().outcome == "ok"  # counted, because the Mixpanel project is the same

    def test_a_failure_starts_a_backoff(self, project: Project, mixpanel: FakeMixpanel) -> None:
        mixpanel.fail(401, times=1)
        assert not ask_saved(boss(), project)["ok"]
        project.refresh_from_db()
        assert (project.in_backoff, project.backoff_kind) == (True, "credentials")
        assert ApiCall.objects.get().outcome == "credentials"

    def test_a_429_response_starts_a_backoff_and_sets_the_limit_that_it_names(
        self, project: Project, mixpanel: FakeMixpanel
    ) -> None:
        mixpanel.hourly_limit = 0
        mixpanel.concurrent_limit = 7
        ask_saved(boss(), project)
        project.refresh_from_db()
        assert (project.backoff_kind, project.learned_concurrent) == ("limit", 7)
        verdict = ask_saved(boss("second"), project)  # after a 429, no query is sent for a while
        assert verdict["title"] == "Not tested: MixCyfe can't query Mixpanel now."
        assert len(mixpanel.calls) == 1

    def test_it_never_exceeds_the_hourly_limit(self, project: Project, mixpanel: FakeMixpanel) -> None:
        Project.objects.update(hourly_limit=2)
        client = boss()
        for _ in range(2):
            assert ask_saved(client, project)["ok"]
        verdict = ask_saved(client, project)
        assert verdict["title"] == "Not tested: MixCyfe can't query Mixpanel now."
        assert "60 minutes" in verdict["text"]
        assert [call.endpoint for call in mixpanel.calls].count("insights") == 2

    def test_without_scripts_it_saves_and_then_tests(self, db: None, mixpanel: FakeMixpanel) -> None:
        client = boss()
        response = client.post(ADD, WHOLE | {"_test": "1"}, follow=True)
        project = Project.objects.get()
        assert response.redirect_chain[-1][0] == change(project)
        said = [str(message) for message in response.context["messages"]]
        assert any(message.startswith("Connected: Mixpanel answers") for message in said)
        assert ApiCall.objects.get().summary == "connection test"
        response = client.post(change(project), WHOLE | {"_test": "1", "new_secret": "wrong"}, follow=True)
        said = [str(message) for message in response.context["messages"]]
        assert any("does not accept this user name" in message for message in said)

    def test_without_scripts_a_form_that_can_t_be_saved_tests_nothing(self, db: None, mixpanel: FakeMixpanel) -> None:
        assert boss().post(ADD, WHOLE | {"_test": "1", "name": ""}).status_code == 200
        assert not mixpanel.calls


class TestWhoMayTest:
    def test_leads_of_other_projects_can_not_test(self, project: Project, mixpanel: FakeMixpanel) -> None:
        client = lead(new_project(name="Globex", project_id=9))
        assert client.post(TEST, TYPED | {"project": str(project.pk), "new_secret": ""}).status_code == 404
        assert client.post(TEST, TYPED | {"project": "x'"}).status_code == 404
        assert client.post(TEST, TYPED).status_code == 404  # only superusers make projects
        assert not mixpanel.calls

    def test_leads_of_the_project_can_test_and_others_can_not(self, project: Project, mixpanel: FakeMixpanel) -> None:
        assert ask_saved(lead(project), project)["ok"]
        for client in (editor(project), viewer(project)):
            assert client.post(TEST, TYPED | {"project": str(project.pk), "new_secret": ""}).status_code == 404
