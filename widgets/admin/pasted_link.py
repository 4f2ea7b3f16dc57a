"""Fills the widget's form with values from the link of a Mixpanel report that a person pasted."""

from collections.abc import Mapping
from typing import Any

from widgets.mixpanel.links import BadLink, read_link
from widgets.mixpanel.regions import REGIONS
from widgets.models.project import VisibleProjects

CHARTS = {"funnels": "funnel", "retention": "cohort"}
"""Type of report in the link → the chart that the form chooses. For other types, the form chooses a line chart."""


class LinkProblem(Exception):
    """The link can't be used. The message gives the reason and advice."""


def fields_of(text: str, projects: VisibleProjects) -> dict[str, str]:
    """Returns form field → value for the link in `text`.

    `projects` are the projects that the person is allowed to edit.

    Raises LinkProblem if the link does not lead to a report, or if the report's project is not in `projects`.
    """
    try:
        link = read_link(text)
    except BadLink as bad:
        raise LinkProblem(str(bad)) from None
    project = projects.filter(region=link.region, project_id=link.project_id).first()
    if project is None:
        raise LinkProblem(
            f"The report is in the Mixpanel project {link.project_id} ({REGIONS[link.region]}), and you have no such "
            "project here. Ask your administrator to add the project, or ask the project's lead to make you an editor."
        )
    return {
        "project": str(project.pk),
        "report": link.report,
        link.report: str(link.id),
        "chart": CHARTS.get(link.app, "line"),
    }


def fill(data: Any, projects: VisibleProjects) -> Any:
    """Adds the link's values to the empty fields of a submitted form, for browsers without scripts.

    The fields `report` and `chart` are never empty. The link replaces their values if the person has chosen no event
    and no report.
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
