"""Fixtures for tests of the board."""

import pytest

from tests.conftest import new_project
from widgets.models import Project, Widget


@pytest.fixture
def other_team(project: Project) -> Widget:
    """A widget of another team. Its title must not appear on this team's pages."""
    theirs = new_project(name="Globex", project_id=99)
    widget = Widget(project=theirs, title="Their secret plan", report="events", events=["Signed up"])
    widget.save()
    return widget
