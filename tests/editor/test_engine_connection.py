"""The connection test with each of the two engines."""

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.typed_project import ask, ask_saved
from tests.conftest import new_project
from tests.web.people import boss
from widgets.models import ApiCall, Project

REFUSED = {"error": "UserVisibleParamsError: this endpoint has ended"}


class TestConnection:
    """The test queries the chosen engine. If this engine might be the cause of an error, the test tries the other."""

    @pytest.mark.parametrize(
        ("engine", "endpoint", "other", "asked_then"),
        [("insights", "insights", "Classic", "segmentation"), ("classic", "segmentation", "Insights", "insights")],
    )
    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_it_says_that_only_the_other_engine_works(
        self, db: None, mixpanel: FakeMixpanel, engine: str, endpoint: str, other: str, asked_then: str, status: int
    ) -> None:
        mixpanel.fail(status, REFUSED if status == 400 else None, endpoint=endpoint)
        verdict = ask(boss(), engine=engine)
        assert not verdict["ok"]
        assert verdict["title"] == (
            f"Mixpanel accepted the credentials, but refused the engine {engine.capitalize()}. "
            f"Choose the engine {other}."
        )
        assert f"Mixpanel answered the same query with the engine {other}." in verdict["text"]
        assert "The time zone is right" in verdict["text"]
        assert ("this endpoint has ended" in verdict["text"]) == (status == 400)
        assert verdict["timezone"] == ""  # no suggestion, because the chosen time zone is right
        assert [call.endpoint for call in mixpanel.calls] == [endpoint, asked_then, "app/me"]

    def test_it_also_reports_a_wrong_or_missing_time_zone(self, db: None, mixpanel: FakeMixpanel) -> None:
        client = boss()
        mixpanel.fail(404, endpoint="insights")
        assert ask(client, timezone="")["timezone"] == "US/Pacific"
        verdict = ask(client, timezone="Europe/Paris")
        assert verdict["title"].endswith("Choose the engine Classic.")
        assert verdict["timezone"] == "US/Pacific"
        assert "in Europe/Paris" in verdict["text"]

    def test_it_does_not_blame_the_engine_when_both_are_refused(self, db: None, mixpanel: FakeMixpanel) -> None:
        mixpanel.fail(400, REFUSED)
        verdict = ask(boss())
        assert verdict["title"] == "Mixpanel accepted the credentials, but refused the test's query."
        assert "Check the project id" in verdict["text"]
        assert [call.endpoint for call in mixpanel.calls] == ["insights", "segmentation"]

    @pytest.mark.parametrize("status", [401, 402, 429, 500, 503])
    def test_it_sends_one_query_if_the_engine_is_not_the_reason(
        self, db: None, mixpanel: FakeMixpanel, status: int
    ) -> None:
        mixpanel.fail(status, endpoint="insights")
        assert "engine" not in ask(boss())["title"]
        assert [call.endpoint for call in mixpanel.calls] == ["insights"]

    def test_both_queries_count_towards_the_hourly_limit(self, project: Project, mixpanel: FakeMixpanel) -> None:
        client = boss()
        mixpanel.fail(404, endpoint="insights", times=1)
        assert ask_saved(client, project)["title"].endswith("Choose the engine Classic.")
        calls = ApiCall.objects.order_by("pk").values_list("summary", "outcome", "counts")
        assert list(calls) == [("connection test", "query", True), ("connection test", "ok", True)]
        project.refresh_from_db()
        assert not project.in_backoff

    def test_it_stays_within_the_hourly_limit(self, project: Project, mixpanel: FakeMixpanel) -> None:
        Project.objects.update(hourly_limit=1)
        mixpanel.fail(404, endpoint="insights")
        verdict = ask_saved(boss(), project)
        assert verdict["title"] == "Mixpanel accepted the credentials, but refused the test's query."
        assert [call.endpoint for call in mixpanel.calls] == ["insights"]

    def test_a_refused_engine_starts_no_backoff_if_the_other_one_works(
        self, project: Project, mixpanel: FakeMixpanel
    ) -> None:
        mixpanel.fail(403, endpoint="insights")
        assert "Choose the engine Classic" in ask_saved(boss(), project)["title"]
        project.refresh_from_db()
        assert not project.in_backoff

    def test_a_saved_project_is_tested_by_its_own_engine(self, db: None, mixpanel: FakeMixpanel) -> None:
        project = new_project(engine="classic")
        assert ask_saved(boss(), project)["ok"]
        assert [call.endpoint for call in mixpanel.calls] == ["segmentation", "app/me"]
