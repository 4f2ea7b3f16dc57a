"""The demo's project and widgets in the import format. `widgets.json` has one widget per chart type."""

import json
from pathlib import Path
from typing import Any

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME

PROJECT = "Acme (demo)"


def dashboard() -> dict[str, Any]:
    widgets = json.loads(Path(__file__).with_name("widgets.json").read_text(encoding="utf-8"))
    project = {
        "name": PROJECT,
        "project_id": DEMO_PROJECT_ID,
        "region": "us",
        "timezone": "US/Pacific",
        "auth": "service_account",
        "username": DEMO_USERNAME,
        "secret": DEMO_SECRET,
    }
    return {"projects": [project], "widgets": [{"project": PROJECT, **widget} for widget in widgets]}
