"""What Mixpanel would refuse is refused."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from fake_mixpanel.dataset import DEMO_PROJECT_ID
from fake_mixpanel.fake import FakeMixpanel
from tests.fake_mixpanel.conftest import ACCOUNT, ask_of

DATES = {"from_date": "2026-11-01", "to_date": "2026-11-17"}
EVENT = {"event": "Signed up", **DATES}
EVENTS = {"event": '["Signed up"]', "type": "general", "unit": "day", **DATES}
PLAN = 'properties["plan"]'


@pytest.mark.parametrize(
    ("endpoint", "params", "message"),
    [
        ("segmentation", DATES, "event is a required parameter"),
        ("segmentation", {**EVENT, "event": ""}, "event is a required parameter"),
        ("segmentation", {"event": "Signed up", "to_date": "2026-11-17"}, "from_date is a required"),
        ("segmentation", {**EVENT, "from_date": "2026-11-31"}, "from_date is not a date"),
        ("segmentation", {**EVENT, "from_date": "20261101"}, "from_date is not a date"),
        ("segmentation", {**EVENT, "from_date": "2026-11-18"}, "from_date cannot be later than to_date"),
        ("segmentation", {**EVENT, "from_date": "1999-01-01"}, "days apart"),
        ("segmentation", {**EVENT, "to_date": "2026-11-19"}, "to_date cannot be later than today"),
        ("segmentation", {**EVENT, "type": "total"}, "invalid type"),
        ("segmentation", {**EVENT, "unit": "year"}, "invalid unit"),
        ("segmentation", {**EVENT, "unit": "day", "interval": 17}, "either interval or unit"),
        ("segmentation", {**EVENT, "interval": "week"}, "interval must be an integer"),
        ("segmentation", {**EVENT, "interval": 0}, "interval must be between"),
        ("segmentation", {**EVENT, "limit": 10_001}, "limit must be between"),
        ("segmentation", {**EVENT, "limit": "-1"}, "limit must be an integer"),
        ("segmentation", {**EVENT, "workspace_id": "x"}, "workspace_id must be an integer"),
        ("segmentation", {**EVENT, "on": "plan"}, "names no property"),
        ("segmentation", {**EVENT, "on": 'properties["plan"'}, "] is missing: properties["),
        ("segmentation", {**EVENT, "on": 'properties["plan]'}, "a quote is not closed"),
        ("segmentation", {**EVENT, "on": 'properties["size "cm""]'}, "names no property"),
        ("segmentation", {**EVENT, "where": f'({PLAN} == "Free"'}, "in where: ) is missing"),
        ("segmentation", {**EVENT, "where": f'{PLAN} == "Free")'}, ") closes nothing"),
        ("segmentation", {**EVENT, "where": '"plan" == "Free"'}, "names no property"),
        ("segmentation/sum", EVENT, "on is a required parameter"),
        ("segmentation/sum", {**EVENT, "on": PLAN, "unit": "week"}, "invalid unit"),
        ("segmentation/average", {**EVENT, "on": PLAN, "unit": "month"}, "invalid unit"),
        ("events", {**EVENTS, "event": "Signed up"}, "event must be a JSON array"),
        ("events", {**EVENTS, "event": "[]"}, "event must be a JSON array"),
        ("events", {**EVENTS, "event": "[1]"}, "event must be a JSON array"),
        ("events", {**EVENTS, "where": f'{PLAN} == "Free"'}, "where is not a parameter"),
        ("events", {**EVENTS, "type": None}, "type is a required parameter"),
        ("events", {**EVENTS, "unit": None}, "unit is a required parameter"),
        ("events", {**EVENTS, "to_date": None}, "from_date and to_date are required"),
        ("events", {**EVENTS, "interval": 3}, "either interval or from_date"),
        ("events", {**EVENTS, "unit": "hour", "type": "unique"}, "hourly uniques"),
        ("insights", {}, "bookmark_id is a required parameter"),
        ("insights", {"bookmark_id": "abc"}, "bookmark_id must be an integer"),
        ("funnels", DATES, "funnel_id is a required parameter"),
        ("funnels", {**DATES, "funnel_id": 1}, "funnel_id 1 does not exist"),
        ("funnels", {**DATES, "funnel_id": 7509, "unit": "hour"}, "invalid unit"),
        ("retention", DATES, "born_event is a required parameter"),
        ("retention", {**DATES, "born_event": "Signed up", "retention_type": "x"}, "invalid retention_type"),
        ("retention/addiction", {**DATES, "unit": "day"}, "addiction_unit is a required parameter"),
        ("retention/addiction", {**DATES, "unit": "day", "addiction_unit": "day"}, "smaller than unit"),
        ("events/top", {}, "type is a required parameter"),
        ("events/properties/values", {"event": "Signed up"}, "name is a required parameter"),
    ],
)
def test_it_refuses(answers: Any, endpoint: str, params: dict[str, Any], message: str) -> None:
    response: requests.Response = answers.ask(endpoint, **params)
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert response.json()["request"].startswith(f"/api/2.0/{endpoint}?")


@pytest.mark.parametrize(
    "where",
    [
        f'({PLAN} == "Free") and (properties["x"] > 5)',
        'properties["a \\" ] ( b"] == "x"',
        "'Free' in properties['plan']",
        'defined(properties["plan"])',
    ],
)
def test_it_accepts_full_expressions(answers: Callable[..., Any], where: str) -> None:
    assert answers("segmentation", **EVENT, where=where)["legend_size"] == 1


def test_it_ignores_parameters_it_does_not_know(answers: Callable[..., Any]) -> None:
    assert answers("segmentation", **EVENT, colour="blue") == answers("segmentation", **EVENT)


def test_it_wants_version_2_of_the_list_of_saved_reports(standin: FakeMixpanel) -> None:
    url = f"{standin.url}/app/projects/{DEMO_PROJECT_ID}/bookmarks"
    assert requests.get(url, auth=ACCOUNT, timeout=5).status_code == 400


def test_it_knows_what_today_is_in_each_project() -> None:
    zones = {1: "Pacific/Kiritimati", 2: "Etc/GMT+12"}  # 26 hours apart: never the same day
    with FakeMixpanel(zones=zones) as standin:
        ask = ask_of(standin)
        kiritimati = ask("events", project_id=1, **{**EVENTS, "from_date": None, "to_date": None, "interval": 1})
        today = kiritimati.json()["data"]["series"][0]
        day = EVENTS | {"from_date": today, "to_date": today}
        assert ask("events", project_id=1, **day).status_code == 200
        late = ask("events", project_id=2, **day)
        assert (late.status_code, late.json()["error"]) == (400, "to_date cannot be later than today")
