"""What tests of the board share."""

import pytest

from tests.conftest import new_project
from widgets.models import Project, Widget


@pytest.fixture
def other_team(project: Project) -> Widget:
    """Another team's widget, with a title that gives it away."""
    theirs = new_project(name="Globex", project_id=99)
    widget = Widget(project=theirs, title="Their secret plan", report="events", events=["Signed up"])
    widget.save()
    return widget
