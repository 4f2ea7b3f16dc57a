"""Mixpanel's endpoints, by the name a client calls them: which method, and who answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fake_mixpanel import journeys, saved_reports, segments
from fake_mixpanel.asked import Asked

_APP = re.compile(r"/api/app/projects/(\d{1,15})/bookmarks/?")
_QUERY = "/api/query/"


@dataclass(frozen=True, slots=True)
class Endpoint:
    answer: Callable[[Asked], Any]
    method: str = "GET"


ENDPOINTS: dict[str, Endpoint] = {
    "events": Endpoint(segments.events),
    "events/top": Endpoint(segments.top),
    "events/names": Endpoint(segments.names),
    "events/properties/top": Endpoint(segments.top_properties),
    "events/properties/values": Endpoint(segments.property_values),
    "segmentation": Endpoint(segments.segmentation),
    "segmentation/sum": Endpoint(segments.numeric_sum),
    "segmentation/average": Endpoint(segments.numeric_average),
    "insights": Endpoint(saved_reports.insights),
    "funnels": Endpoint(journeys.funnels),
    "funnels/list": Endpoint(journeys.funnels_list),
    "retention": Endpoint(journeys.retention),
    "retention/addiction": Endpoint(journeys.addiction),
    "cohorts/list": Endpoint(saved_reports.cohorts, "POST"),
    "app/bookmarks": Endpoint(saved_reports.bookmarks),
}


def find(path: str) -> tuple[str, str]:
    """The endpoint's name and the project id in the path (if there is one); unknown paths are their own names."""
    if app := _APP.fullmatch(path):
        return "app/bookmarks", app[1]
    if path.startswith(_QUERY):
        return path.removeprefix(_QUERY).rstrip("/"), ""
    return path, ""


def shown(endpoint: str, path: str, query: str) -> str:
    """The address as Mixpanel's errors give it, which is not the one that was asked."""
    at = path if endpoint == "app/bookmarks" or endpoint not in ENDPOINTS else f"/api/2.0/{endpoint}"
    return f"{at}?{query}" if query else at
