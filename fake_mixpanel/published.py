"""Holds requests against Mixpanel's published description of its Query API: for tests only, it needs openapi-core.

The description lies beside this file, word for word. CHANGES and `_in_words` are where Mixpanel differs from it, or
where it states a rule in words only.
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
    # A project secret is of one project; with a service account `accounts` asks for the id.
    "project_id": {"required": False},
    # "yyyy-mm-dd", in words.
    "from_date": {"schema": {"type": "string", "format": "date"}},
    "to_date": {"schema": {"type": "string", "format": "date"}},
    # "Maximum value 10,000", in words.
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 10_000}},
    # Mixpanel's own client library sends `week` too.
    "/segmentation unit": {"schema": {"enum": ["minute", "hour", "day", "week", "month"]}},
}
"""Of a parameter, everywhere or of one path."""


def problems(request: Request) -> Iterator[str]:
    """What is wrong with a request; nothing of /api/app is described, so nothing is wrong with it."""
    path = request.path.removeprefix("/api/query")
    if path.startswith("/api/app/"):
        return
    headers = {"Authorization": request.authorization} if request.authorization else {}
    asked = RequestsOpenAPIRequest(requests.Request(request.method, f"{ROOT}{path}?{request.query}", headers))
    found = [f"{error} {error.__cause__ or ''}" for error in api().iter_request_errors(asked)]
    yield from found or _in_words(path, request.params)


def _in_words(path: str, given: dict[str, str]) -> Iterator[str]:
    names = {
        parameter["name"]
        for operation in description()["paths"][path].values()
        for parameter in operation["parameters"]
    }
    for name in given.keys() - names:
        yield f"{path} has no parameter {name}"
    if path in ("/segmentation", "/funnels") and {"interval", "unit"} <= given.keys():
        yield "interval stands in lieu of unit"
    if path == "/retention" and given.get("retention_type", "birth") == "birth" and not given.get("born_event"):
        yield "born_event is required when retention_type is birth"
    if path == "/retention/addiction" and given["unit"] == given["addiction_unit"]:
        yield "addiction_unit is smaller than unit"


@cache
def description() -> dict[str, Any]:
    """The published description with the changes, and every parameter where it is used."""
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
