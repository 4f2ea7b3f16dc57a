"""Compares requests with Mixpanel's published description of its Query API.

Only tests use this module, because it needs openapi-core. `query.openapi.yaml` is Mixpanel's description, unchanged.
CHANGES and `_rules_in_words` add rules that the description states only in words. CHANGES also corrects the description
where Mixpanel accepts other requests.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from fake_mixpanel.server import Request

DESCRIPTION = Path(__file__).with_name("query.openapi.yaml")
ROOT = "https://mixpanel.com/api/query"

CHANGES: dict[str, dict[str, Any]] = {
    # Optional, because a project secret belongs to one project. With a service account, `accounts` requires the id.
    "project_id": {"required": False},
    # The description says "yyyy-mm-dd" only in words.
    "from_date": {"schema": {"type": "string", "format": "date"}},
    "to_date": {"schema": {"type": "string", "format": "date"}},
    # The description says "Maximum value 10,000" only in words.
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 10_000}},
    # The description lacks `week`, but Mixpanel's own client library sends it.
    "/segmentation unit": {"schema": {"enum": ["minute", "hour", "day", "week", "month"]}},
}
"""Name of a parameter, or path and name → the new part of the parameter's description."""


def problems(request: Request) -> Iterator[str]:
    """Yields the mistakes in a request.

    Mixpanel's description lacks /api/app and unsaved reports, so requests for these are not checked.
    """
    path = request.path.removeprefix("/api/query")
    if path.startswith("/api/app/") or (request.method, path) == ("POST", "/insights"):
        return
    headers = {"Authorization": request.authorization} if request.authorization else {}
    described = RequestsOpenAPIRequest(requests.Request(request.method, f"{ROOT}{path}?{request.query}", headers))
    found = [f"{error} {error.__cause__ or ''}" for error in api().iter_request_errors(described)]
    yield from found or _rules_in_words(path, request.params)


def _rules_in_words(path: str, given: dict[str, str]) -> Iterator[str]:
    names = {
        parameter["name"]
        for operation in description()["paths"][path].values()
        for parameter in operation["parameters"]
    }
    for name in given.keys() - names:
        yield f"{path} has no parameter {name}"
    if path in ("/segmentation", "/funnels") and {"interval", "unit"} <= given.keys():
        yield "the request has both interval and unit, but only one of them is allowed"
    if path == "/retention" and given.get("retention_type", "birth") == "birth" and not given.get("born_event"):
        yield "born_event is required when retention_type is birth"
    if path == "/retention/addiction" and given["unit"] == given["addiction_unit"]:
        yield "addiction_unit must be smaller than unit"


@cache
def description() -> dict[str, Any]:
    """Returns the published description with CHANGES applied, and with shared parameters in place of references."""
    described: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text())
    shared = described["components"]["parameters"]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            for number, entry in enumerate(operation["parameters"]):
                parameter = shared[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
                name = parameter["name"]
                change = CHANGES.get(f"{path} {name}") or CHANGES.get(name, {})
                operation["parameters"][number] = parameter | change
    return described


@cache
def api() -> OpenAPI:
    return OpenAPI.from_dict(description())
