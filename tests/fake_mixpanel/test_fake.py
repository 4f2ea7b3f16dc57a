"""What every other test relies on: a request that Mixpanel does not describe is refused, and fails its test."""

from typing import Any

import pytest
import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.conftest import UNPUBLISHED

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
def test_it_refuses_what_mixpanel_does_not_describe(
    mixpanel: FakeMixpanel, endpoint: str, params: dict[str, Any]
) -> None:
    asked = {"project_id": DEMO_PROJECT_ID, **params}
    answer = requests.get(
        f"{mixpanel.url}/query/{endpoint}", params=asked, auth=(DEMO_USERNAME, DEMO_SECRET), timeout=5
    )
    assert answer.status_code == 400
    assert UNPUBLISHED, "and the test that asks so fails"
    UNPUBLISHED.clear()
