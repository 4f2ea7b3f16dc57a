"""The fake Mixpanel answers the requests of Mixpanel's own SDK, and refuses requests that the API description lacks."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.conftest import UNPUBLISHED

DATES = {"from_date": "2026-01-05", "to_date": "2026-02-20"}
EVENT = {"event": "Signed up", **DATES}
BODIES = json.loads((Path(__file__).parent.parent / "data" / "insights_bodies.json").read_text())["queries"]


@pytest.mark.parametrize(
    ("endpoint", "params"),
    [
        ("segmentation", DATES),
        ("segmentation", {**EVENT, "unit": "year"}),
        ("segmentation", {**EVENT, "colour": "blue"}),
        ("insights", {"bookmark_id": "abc"}),
    ],
)
def test_it_refuses_requests_that_mixpanel_does_not_describe(
    mixpanel: FakeMixpanel, endpoint: str, params: dict[str, Any]
) -> None:
    asked = {"project_id": DEMO_PROJECT_ID, **params}
    answer = requests.get(
        f"{mixpanel.url}/query/{endpoint}", params=asked, auth=(DEMO_USERNAME, DEMO_SECRET), timeout=5
    )
    assert answer.status_code == 400
    assert UNPUBLISHED, "the wrong request makes its test fail"
    UNPUBLISHED.clear()


def test_it_answers_the_sdks_reports_that_have_at_most_one_breakdown(mixpanel: FakeMixpanel) -> None:
    for query in BODIES:
        body = query["body"] | {"project_id": DEMO_PROJECT_ID}
        url = f"{mixpanel.url}/query/insights"
        answer = requests.post(url, json=body, auth=(DEMO_USERNAME, DEMO_SECRET), timeout=20)
        found = answer.json()
        if len(body["bookmark"]["sections"]["group"]) > 1:
            assert found["error"] == "UserVisibleParamsError: this fake Mixpanel supports one breakdown", query["ask"]
            continue
        assert answer.status_code == 200, query["ask"]
        assert found.keys() >= {"computed_at", "date_range", "headers", "series", "meta"}, query["ask"]
        shown = [entry["metric_key"] for entry in found["meta"]["report_sections"]["show"]]
        assert set(found["series"]) <= set(shown), query["ask"]
        # No event of the fake's company has the property `sku`.
        assert found["series"] or "sku" in answer.text, query["ask"]
