"""A link pasted from Mixpanel becomes what the widget's form wants to know."""

from collections.abc import Mapping
from typing import Any

from widgets.mixpanel.links import BadLink, read_link
from widgets.mixpanel.regions import REGIONS
from widgets.models.project import VisibleProjects

CHARTS = {"funnels": "funnel", "retention": "cohort"}
"""What a part of Mixpanel is best drawn as; the rest as a line, until a preview shows what it holds."""


class LinkProblem(Exception):
    """Why a link can't be used; the message says what to do."""


def fields_of(text: str, projects: VisibleProjects) -> dict[str, str]:
    """The form's fields that a link fills. `projects`: those that the person may see. Raises LinkProblem."""
    try:
        link = read_link(text)
    except BadLink as bad:
        raise LinkProblem(str(bad)) from None
    project = projects.filter(region=link.region, project_id=link.project_id).first()
    if project is None:
        raise LinkProblem(
            f"That report is in Mixpanel's project {link.project_id} ({REGIONS[link.region]}), and you have no such "
            "project here. Add it first, or ask whoever looks after MixCyfe to add it or to make you a member."
        )
    return {
        "project": str(project.pk),
        "report": link.report,
        link.report: str(link.id),
        "chart": CHARTS.get(link.app, "line"),
    }


def fill(data: Any, projects: VisibleProjects) -> Any:
    """A submitted form with a link's fields where nothing else was chosen, for browsers without a script.

    Report and chart always have some value: they follow the link as long as the form asks for nothing else.
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
