"""The fake Mixpanel answers the requests of Mixpanel's own SDK, and refuses requests that the API description lacks."""

from typing import Any

import pytest
import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.conftest import UNPUBLISHED
from tests.reports.test_unsaved_bodies import ASKED, BODIES

DATES = {"from_date": "2026-01-05", "to_date": "2026-02-20"}
EVENT = {"event": "Signed up", **DATES}


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


def test_it_answers_the_sdks_reports_that_mixcyfe_sends_too(mixpanel: FakeMixpanel) -> None:
    for ask in ASKED:
        body = BODIES[ask] | {"project_id": DEMO_PROJECT_ID}
        url = f"{mixpanel.url}/query/insights"
        answer = requests.post(url, json=body, auth=(DEMO_USERNAME, DEMO_SECRET), timeout=20)
        found = answer.json()
        assert answer.status_code == 200, ask
        assert found.keys() >= {"computed_at", "date_range", "headers", "series", "meta"}, ask
        shown = [entry["metric_key"] for entry in found["meta"]["report_sections"]["show"]]
        assert set(found["series"]) <= set(shown), ask
        # No event of the fake's company has the property `sku`.
        assert found["series"] or "sku" in answer.text, ask
