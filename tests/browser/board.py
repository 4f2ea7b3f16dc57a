"""Helpers for tests of the board and of charts."""

from typing import Any

from widgets.models import Project, Widget
from widgets.models.call import Purpose
from widgets.refresh.run import refresh

UPDATE = "document.dispatchEvent(new Event('mixcyfe:update'))"
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SHOWN = """
() => [...document.querySelectorAll('[data-card]')].filter((each) => !each.hidden).map((each) => each.dataset.card)
"""


def new_widget(project: Project, **fields: Any) -> Widget:
    widget = Widget(**{"project": project, "report": "events", "events": ["Signed up"], "last": 5} | fields)
    widget.save()
    return widget


def fetch(widget: Widget) -> None:
    """Refreshes the widget's data from the fake Mixpanel."""
    widget.snapshot.refresh_from_db()
    refresh(widget.snapshot_id, expected_fetched_at=widget.snapshot.fetched_at, purpose=Purpose.PERSON)


def wait_for(page: Any, *titles: str) -> None:
    """Waits until the board shows exactly these cards, in this order."""
    page.wait_for_function(f"(titles) => JSON.stringify(({SHOWN})()) === JSON.stringify(titles)", arg=list(titles))
