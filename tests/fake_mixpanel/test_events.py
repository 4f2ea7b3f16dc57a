"""The answers about events have Mixpanel's shapes, and numbers one can believe."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from fake_mixpanel.dataset import EVENTS, ODD_EVENT
from fake_mixpanel.fake import FakeMixpanel
from tests.fake_mixpanel.conftest import TODAY, ask_of

Answers = Callable[..., Any]
MONTH = {"from_date": "2026-10-01", "to_date": "2026-10-31"}
COUNTRY = 'properties["mp_country_code"]'


def values(answer: Any, label: str) -> dict[str, Any]:
    return answer["data"]["values"][label]


def test_it_counts_several_events_with_dates_in_no_order(answers: Answers) -> None:
    answer = answers("events", event='["Signed up", "Logged in", "Nope"]', type="general", unit="day", **MONTH)
    dates = answer["data"]["series"]
    assert dates != sorted(dates)
    assert sorted(dates) == [f"2026-10-{day:02d}" for day in range(1, 32)]
    assert set(answer["data"]["values"]) == {"Signed up", "Logged in"}
    assert answer["legend_size"] == 2


def test_it_counts_the_last_units_up_to_today(answers: Answers) -> None:
    answer = answers("events", event='["Signed up"]', type="general", unit="week", interval=3)
    assert sorted(answer["data"]["series"]) == ["2026-11-02", "2026-11-09", "2026-11-16"]


def test_it_says_the_same_of_an_event_wherever_it_is_asked(answers: Answers) -> None:
    one = answers("segmentation", event="Signed up", **MONTH)
    many = answers("events", event='["Signed up"]', type="general", unit="day", **MONTH)
    assert one == many


def test_it_gives_the_same_answer_to_the_same_question_for_ever() -> None:
    heard = []
    for _ in range(2):
        with FakeMixpanel(today=TODAY) as standin:
            ask = ask_of(standin)
            heard.append(ask("segmentation", event="Signed up", on=COUNTRY, **MONTH).content)
    assert heard[0] == heard[1]


def test_it_moves_from_day_to_day_and_leaves_today_unfinished(answers: Answers) -> None:
    found = values(
        answers("segmentation", event="Page viewed", from_date="2026-11-02", to_date="2026-11-18"), "Page viewed"
    )
    assert len(set(found.values())) == len(found)
    assert found["2026-11-18"] < found["2026-11-11"] / 2
    assert found["2026-11-07"] < found["2026-11-06"]


def test_it_gives_every_project_its_own_numbers() -> None:
    with FakeMixpanel(today=TODAY, zones={7: "UTC"}) as standin:
        ask = ask_of(standin)
        demo = ask("segmentation", event="Signed up", **MONTH).json()
        other = ask("segmentation", event="Signed up", project_id=7, **MONTH).json()
    assert values(other, "Signed up") != values(demo, "Signed up")


def test_it_answers_an_unknown_event_with_no_values(answers: Answers) -> None:
    answer = answers("segmentation", event="Nope", on=COUNTRY, **MONTH)
    assert len(answer["data"]["series"]) == 31
    assert (answer["data"]["values"], answer["legend_size"]) == ({}, 0)


def test_it_leaves_out_dates_without_events(answers: Answers) -> None:
    closed = values(answers("segmentation", event=ODD_EVENT, **MONTH), ODD_EVENT)
    assert "2026-10-04" not in closed  # a Sunday
    assert 0 < len(closed) < 31
    rare = values(answers("segmentation", event="Signed up", on=COUNTRY, **MONTH), "IS")
    assert 0 < len(rare) < 31
    assert 0 not in rare.values()


def test_it_breaks_a_total_down_into_parts_that_add_up(answers: Answers) -> None:
    whole = values(answers("segmentation", event="Signed up", **MONTH), "Signed up")
    parts = answers("segmentation", event="Signed up", on=COUNTRY, **MONTH)["data"]["values"]
    assert {"US", "undefined", ""} <= set(parts)
    for day, number in whole.items():
        assert sum(part.get(day, 0) for part in parts.values()) == number


def test_it_has_labels_that_are_hard_to_show(answers: Answers) -> None:
    labels = answers("segmentation", event="Page viewed", on='properties["utm_source"]', **MONTH)["data"]["values"]
    assert {"news,letter", "<b>Bold</b>", "Total", "2,000 - 2,100", "", "undefined", "null"} <= set(labels)
    assert any(label.startswith("=HYPERLINK") for label in labels)
    sizes = answers("segmentation", event=ODD_EVENT, on='properties["size \\"cm\\""]', **MONTH)
    assert set(sizes["data"]["values"]) == {"26", "32", "40"}


def test_it_keeps_the_largest_values_within_the_limit(answers: Answers) -> None:
    asked = {"event": "Page viewed", "on": 'properties["campaign"]', **MONTH}
    everything = answers("segmentation", **asked, limit=10_000)["data"]["values"]
    usual = answers("segmentation", **asked)
    five = answers("segmentation", **asked, limit=5)
    ranked = sorted(everything, key=lambda label: -sum(everything[label].values()))
    assert len(everything) > 60 == usual["legend_size"] == len(usual["data"]["values"])
    assert set(five["data"]["values"]) == set(ranked[:5])


def test_it_calls_a_property_the_event_lacks_undefined(answers: Answers) -> None:
    assert set(answers("segmentation", event="Signed up", on='properties["x"]', **MONTH)["data"]["values"]) == {
        "undefined"
    }
    compared = answers("segmentation", event="Signed up", on=f'{COUNTRY} == "US"', **MONTH)
    assert set(compared["data"]["values"]) == {"true", "false"}


def test_it_counts_people_once(answers: Answers) -> None:
    asked = {"event": "Logged in", "type": "unique", **MONTH}
    total = sum(values(answers("segmentation", event="Logged in", **MONTH), "Logged in").values())
    days = values(answers("segmentation", **asked), "Logged in")
    month = values(answers("segmentation", **asked, interval=31), "Logged in")
    weeks = values(answers("segmentation", **asked, unit="week"), "Logged in")
    assert list(month) == ["2026-10-01"]
    people = month["2026-10-01"]
    assert max(days.values()) < max(weeks.values()) < people < sum(weeks.values()) < sum(days.values()) < total
    average = values(answers("segmentation", **asked | {"type": "average"}, interval=31), "Logged in")
    assert average["2026-10-01"] == pytest.approx(total / people)


def test_it_groups_by_week_from_monday_and_month_from_the_first(answers: Answers) -> None:
    asked = {"event": "Signed up", "from_date": "2026-09-30", "to_date": "2026-10-06"}
    weeks = values(answers("segmentation", **asked, unit="week"), "Signed up")
    months = values(answers("segmentation", **asked, unit="month"), "Signed up")
    days = values(answers("segmentation", **asked, unit="day"), "Signed up")
    assert (sorted(weeks), sorted(months)) == (["2026-09-28", "2026-10-05"], ["2026-09-01", "2026-10-01"])
    assert sum(weeks.values()) == sum(months.values()) == sum(days.values())
    assert months["2026-09-01"] == days["2026-09-30"]


def test_it_groups_by_hour_and_minute(answers: Answers) -> None:
    asked = {"event": "Page viewed", "from_date": "2026-10-06", "to_date": "2026-10-06"}
    day = values(answers("segmentation", **asked), "Page viewed")["2026-10-06"]
    hours = values(answers("segmentation", **asked, unit="hour"), "Page viewed")
    minutes = values(answers("segmentation", **asked, unit="minute"), "Page viewed")
    assert sum(hours.values()) == sum(minutes.values()) == day
    assert "2026-10-06 13:00:00" in hours
    assert len(answers("segmentation", **asked, unit="minute")["data"]["series"]) == 1440


def test_it_lets_a_condition_through_in_part(answers: Answers) -> None:
    asked = {"event": "Signed up", **MONTH}
    free, team = (f'properties["plan"] == "{plan}"' for plan in ("Free", "Team"))
    whole, some, others = (
        sum(values(answers("segmentation", **asked, where=where), "Signed up").values()) for where in ("", free, team)
    )
    assert 0 < some < whole
    assert 0 < others < whole
    assert some != others


def test_it_sums_and_averages_a_numeric_property(answers: Answers) -> None:
    asked = {"event": "Order completed", "on": 'properties["amount"]', **MONTH}
    sums, averages = answers("segmentation/sum", **asked), answers("segmentation/average", **asked)
    number = values(answers("segmentation", event="Order completed", **MONTH), "Order completed")
    assert (sums["status"], averages["status"]) == ("ok", "ok")
    for day, amount in sums["results"].items():
        assert averages["results"][day] == pytest.approx(amount / number[day], abs=0.01)
    by_hour = answers("segmentation/sum", **asked, unit="hour")["results"]
    assert sum(by_hour.values()) == pytest.approx(sum(sums["results"].values()), abs=5)
    assert set(answers("segmentation/sum", **asked | {"on": 'properties["plan"]'})["results"].values()) == {0}
    assert answers("segmentation/sum", **asked | {"event": "Nope"})["results"] == {}


def test_it_ranks_todays_events(answers: Answers) -> None:
    answer = answers("events/top", type="unique", limit=3)
    assert answer["type"] == "unique"
    assert [entry["event"] for entry in answer["events"]] == ["App Open", "Logged in", "Page viewed"]
    assert all(isinstance(entry["percent_change"], float) for entry in answer["events"])
    assert len(answers("events/top", type="general")["events"]) == len(EVENTS)


def test_it_lists_names_properties_and_values(answers: Answers) -> None:
    names = answers("events/names", type="general")
    assert set(names) == set(EVENTS)
    assert answers("events/names", type="general", limit=2) == names[:2] == ["Page viewed", "App Open"]
    properties = answers("events/properties/top", event="Order completed")
    assert {"plan", "amount"} <= set(properties)
    assert all(isinstance(entry["count"], int) for entry in properties.values())
    plans = answers("events/properties/values", event="Signed up", name="plan")
    assert plans == ["Free", "Team", "Business"]
    assert len(answers("events/properties/values", event="Signed up", name="campaign", limit=7)) == 7
    assert answers("events/properties/values", event="Nope", name="plan") == []
    assert answers("events/properties/top", event="Nope") == {}


def test_it_believes_in_every_weekday_of_ten_years(answers: Answers) -> None:
    first = date(2017, 1, 1)
    asked = {"from_date": str(first), "to_date": str(first + timedelta(days=3600))}
    found = values(answers("segmentation", event="Page viewed", unit="month", **asked), "Page viewed")
    assert all(number > 0 for number in found.values())
