"""Saved reports come in every shape that /insights has."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests

from fake_mixpanel import saved_reports
from fake_mixpanel.dataset import DEMO_PROJECT_ID, SIGNUP_FUNNEL
from fake_mixpanel.fake import FakeMixpanel
from tests.fake_mixpanel.conftest import ACCOUNT

Answers = Callable[..., Any]


def series(answers: Answers, bookmark_id: int) -> Any:
    return answers("insights", bookmark_id=bookmark_id)["series"]


def test_it_dates_a_report_in_the_projects_zone(answers: Answers) -> None:
    answer = answers("insights", bookmark_id=saved_reports.SIGNUPS_REPORT)
    assert set(answer) == {"computed_at", "date_range", "headers", "series"}
    assert answer["headers"] == ["$event"]
    assert answer["date_range"] == {
        "from_date": "2026-10-20T00:00:00-07:00",
        "to_date": "2026-11-18T23:59:59.999000-08:00",
    }
    found = answer["series"]["Signed up"]
    assert len(found) == 30
    assert {"2026-10-20T00:00:00-07:00", "2026-11-18T00:00:00-08:00"} <= set(found)
    assert set(series(answers, saved_reports.TWO_METRICS_REPORT)) == {"Signed up", "Logged in"}


def test_it_nests_one_level_for_each_breakdown(answers: Answers) -> None:
    one = answers("insights", bookmark_id=saved_reports.BREAKDOWN_REPORT)
    assert one["headers"] == ["$event", "plan"]
    plans = one["series"]["Order completed"]
    assert set(plans) == {"$overall", "Free", "Team", "Business", "undefined"}
    day = "2026-11-10T00:00:00-08:00"
    assert sum(dated.get(day, 0) for plan, dated in plans.items() if plan != "$overall") == plans["$overall"][day]
    two = answers("insights", bookmark_id=saved_reports.TWO_BREAKDOWNS_REPORT)
    assert two["headers"] == ["$event", "plan", "$browser"]
    assert set(two["series"]["Order completed"]["Free"]) >= {"$overall", "Chrome", "Safari"}
    assert isinstance(two["series"]["Order completed"]["Free"]["Chrome"][day], int)


def test_it_has_reports_without_dates(answers: Answers) -> None:
    assert all(set(leaf) == {"all"} for leaf in series(answers, saved_reports.UNDATED_REPORT).values())
    countries = series(answers, saved_reports.UNDATED_BREAKDOWN_REPORT)["Signed up"]
    assert countries["$overall"]["all"] == 2 * countries["$overall"]["all"] - sum(
        leaf["all"] for country, leaf in countries.items() if country != "$overall"
    )


def test_it_has_reports_by_the_hour_and_by_the_week(answers: Answers) -> None:
    hours = series(answers, saved_reports.HOURLY_REPORT)["App Open"]
    assert len({datetime.fromisoformat(stamp).date() for stamp in hours}) == 2
    assert len(hours) == 48
    weeks = series(answers, saved_reports.WEEKLY_UNIQUES_REPORT)["Logged in - Unique"]
    assert {datetime.fromisoformat(stamp).weekday() for stamp in weeks} == {0}


def test_it_has_saved_retention_and_funnels(answers: Answers) -> None:
    cohorts = series(answers, saved_reports.RETENTION_REPORT)["Signed up and then Logged in"]
    assert "$average" in cohorts
    assert all(set(cohort) == {"first", "counts", "rates"} for cohort in cohorts.values())
    for bookmark_id, steps in (saved_reports.FUNNEL_REPORT, 3), (SIGNUP_FUNNEL, 4):
        (funnel,) = series(answers, bookmark_id).values()
        assert len(funnel["count"]) == steps
        assert all(set(leaf) == {"all"} for leaf in funnel["step_conv_ratio"].values())
    assert list(series(answers, saved_reports.FUNNEL_REPORT)["First game"]["count"]) == [
        "1. App Open", "2. Game Played", "3. Invite sent",
    ]  # fmt: skip


def test_it_refuses_unknown_reports_and_flows(answers: Any) -> None:
    assert answers.ask("insights", bookmark_id=1).status_code == 404
    flows = answers.ask("insights", bookmark_id=saved_reports.FLOWS_REPORT)
    assert flows.status_code == 400
    assert "flows" in flows.json()["error"]


def test_it_lists_all_saved_reports_by_type(standin: FakeMixpanel) -> None:
    def listed(**params: Any) -> list[dict[str, Any]]:
        url = f"{standin.url}/app/projects/{DEMO_PROJECT_ID}/bookmarks"
        results: list[dict[str, Any]] = requests.get(url, {"v": 2, **params}, auth=ACCOUNT, timeout=5).json()["results"]
        return results

    assert {report["id"] for report in listed()} == set(saved_reports.SAVED_REPORTS)
    assert {report["type"] for report in listed()} == {"insights", "funnels", "retention", "flows"}
    assert [report["id"] for report in listed(bookmark_type="flows")] == [saved_reports.FLOWS_REPORT]
