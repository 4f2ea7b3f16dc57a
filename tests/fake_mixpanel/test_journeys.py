"""Funnels, retention and frequency have Mixpanel's shapes."""

from collections.abc import Callable
from typing import Any

import pytest

from fake_mixpanel.dataset import CUSTOM_EVENT, FIRST_GAME_FUNNEL, SIGNUP_FUNNEL

Answers = Callable[..., Any]
RECENT = {"from_date": "2026-11-02", "to_date": "2026-11-18"}


def test_it_lists_its_funnels(answers: Answers) -> None:
    assert answers("funnels/list") == [
        {"funnel_id": SIGNUP_FUNNEL, "name": "Signup funnel"},
        {"funnel_id": FIRST_GAME_FUNNEL, "name": "First game"},
    ]


@pytest.mark.parametrize(
    ("unit", "dates"),
    [
        ("week", ["2026-11-02", "2026-11-09", "2026-11-16"]),
        ("month", ["2026-11-01"]),
        ("day", [f"2026-11-{day:02d}" for day in range(2, 19)]),
    ],
)
def test_it_measures_a_funnel_by_date(answers: Answers, unit: str, dates: list[str]) -> None:
    answer = answers("funnels", funnel_id=FIRST_GAME_FUNNEL, unit=unit, **RECENT)
    assert answer["meta"]["dates"] == dates == list(answer["data"])
    for cell in answer["data"].values():
        first, second, third = cell["steps"]
        assert first["count"] > second["count"] > third["count"] > 0
        assert (first["step_conv_ratio"], first["avg_time"]) == (1, None)
        assert second["step_conv_ratio"] == pytest.approx(second["count"] / first["count"])
        assert third["overall_conv_ratio"] == pytest.approx(third["count"] / first["count"])
        assert third["avg_time_from_start"] == second["avg_time"] + third["avg_time"]
        assert (second["event"], second["goal"]) == (CUSTOM_EVENT, CUSTOM_EVENT)
        assert (second["step_label"], second["custom_event_id"]) == ("Game Played", 12345)
        analysis = {"completion": third["count"], "starting_amount": first["count"], "steps": 3, "worst": 2}
        assert cell["analysis"] | {"worst": 2} == analysis


def test_it_adds_a_funnels_counts_up_over_dates(answers: Answers) -> None:
    def counted(**unit: Any) -> list[int]:
        cells = answers("funnels", funnel_id=SIGNUP_FUNNEL, **RECENT, **unit)["data"].values()
        return [sum(step) for step in zip(*([step["count"] for step in cell["steps"]] for cell in cells), strict=True)]

    assert counted(unit="day") == counted(unit="week") == counted(interval=5)
    assert len(counted()) == 4


def test_it_breaks_a_funnel_down(answers: Answers) -> None:
    asked = {"funnel_id": SIGNUP_FUNNEL, "unit": "week", **RECENT}
    plain = answers("funnels", **asked)["data"]
    split = answers("funnels", **asked, on='properties["$browser"]')["data"]
    for day, cell in split.items():
        assert cell["$overall"] == plain[day]["steps"]
        started = {label: steps[0]["count"] for label, steps in cell.items()}
        assert sum(started.values()) == 2 * started["$overall"]
    two = answers("funnels", **asked, on='properties["$browser"]', limit=2)["data"]
    assert set(two["2026-11-09"]) == {"$overall", "Chrome", "Safari"}


def test_it_fills_retention_up_with_zeros_for_what_has_not_begun(answers: Answers) -> None:
    answer = answers("retention", born_event="Signed up", event="Logged in", interval_count=8, **RECENT)
    assert list(answer) == [f"2026-11-{day:02d}" for day in range(2, 19)]
    assert all(len(cohort["counts"]) == 8 for cohort in answer.values())
    assert all(max(cohort["counts"]) < cohort["first"] for cohort in answer.values())
    assert all(answer["2026-11-02"]["counts"])
    assert [bool(number) for number in answer["2026-11-16"]["counts"]] == [True] * 3 + [False] * 5
    assert [bool(number) for number in answer["2026-11-18"]["counts"]] == [True] + [False] * 7


def test_it_groups_cohorts_by_week_and_month(answers: Answers) -> None:
    weeks = answers("retention", born_event="Signed up", unit="week", interval_count=3, **RECENT)
    assert list(weeks) == ["2026-11-02", "2026-11-09", "2026-11-16"]
    assert [bool(number) for number in weeks["2026-11-09"]["counts"]] == [True, True, False]
    months = answers("retention", born_event="Signed up", unit="month", from_date="2026-09-01", to_date="2026-11-18")
    assert {first: len(cohort["counts"]) for first, cohort in months.items()} == {
        "2026-09-01": 1, "2026-10-01": 1, "2026-11-01": 1,
    }  # fmt: skip


def test_it_knows_the_other_kinds_of_retention(answers: Answers) -> None:
    compounded = answers("retention", retention_type="compounded", event="Logged in", interval_count=4, **RECENT)
    assert len(compounded) == 17
    unbounded = answers("retention", born_event="Signed up", interval_count=6, unbounded_retention="true", **RECENT)
    for cohort in unbounded.values():
        assert cohort["counts"] == sorted(cohort["counts"], reverse=True)
    assert answers("retention", born_event="Nope", **RECENT) == {}


@pytest.mark.parametrize(
    ("unit", "addiction_unit", "columns"), [("day", "hour", 24), ("week", "day", 7), ("month", "day", 31)]
)
def test_it_counts_how_often_people_come(answers: Answers, unit: str, addiction_unit: str, columns: int) -> None:
    data = answers("retention/addiction", unit=unit, addiction_unit=addiction_unit, **RECENT)["data"]
    for row in data.values():
        assert len(row) == columns
        assert row == sorted(row, reverse=True)
        assert row[0] > row[1] > 0
    assert answers("retention/addiction", unit=unit, addiction_unit=addiction_unit, event="Nope", **RECENT) == {
        "data": {}
    }


def test_it_lists_cohorts(answers: Answers) -> None:
    cohorts = answers("cohorts/list", method="POST")
    assert {"id", "name", "count", "description", "created", "project_id", "is_visible"} == set(cohorts[0])
