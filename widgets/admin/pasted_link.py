"""Fills in the widget's form from a pasted link to a Mixpanel report."""

from collections.abc import Mapping
from typing import Any

from widgets.mixpanel.links import BadLink, read_link
from widgets.mixpanel.regions import REGIONS
from widgets.models.project import VisibleProjects

CHARTS = {"funnels": "funnel", "retention": "cohort"}
"""`Link.app` → the chart that the form chooses. For other links, the form chooses “line”."""


def fields_of(text: str, projects: VisibleProjects) -> dict[str, str]:
    """Form field → value, for the fields that the link fills in. `projects`: the projects that the person can edit.

    Raises BadLink if `text` is not a link to a report, or if the report's project is not one of `projects`.
    """
    link = read_link(text)
    project = projects.filter(region=link.region, project_id=link.project_id).first()
    if project is None:
        raise BadLink(
            f"The report is in Mixpanel's project {link.project_id} ({REGIONS[link.region]}), and you can't edit this "
            "project in MixCyfe. Ask the project's lead to make you an editor. If MixCyfe does not have the project, "
            "ask your administrator to add the project."
        )
    return {
        "project": str(project.pk),
        "report": link.report,
        link.report: str(link.id),
        "chart": CHARTS.get(link.app, "line"),
    }


def fill(data: Any, projects: VisibleProjects) -> Any:
    """A copy of a submitted form with the link's values in the empty fields, for browsers without scripts.

    Report and Chart are never empty, so the link also replaces them. But if the person has chosen an event, a saved
    report or a funnel, Report and Chart stay as they are. Raises BadLink as `fields_of` does.
    """
    found = fields_of(data["link"], projects)
    filled = data.copy()
    undecided = not any(text(data, name) for name in ("events", "saved_report", "funnel", "born_event"))
    for name, value in found.items():
        if not text(data, name) or (undecided and name in ("report", "chart")):
            filled[name] = value
    return filled


def text(data: Mapping[str, str], name: str) -> str:
    return (data.get(name) or "").strip()
