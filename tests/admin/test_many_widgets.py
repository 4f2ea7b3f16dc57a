"""Actions on more than a thousand widgets: which the list runs, and which it refuses with their limit."""

import re

import pytest

from tests.admin.widget_list import BIN, LIST, act
from tests.conftest import new_project
from tests.web.people import boss
from widgets.models import DeletedWidget, Project, Widget

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def many(project: Project) -> list[Widget]:
    same = {"project": project, "report": "events", "events": ["Signed up"], "last": 5}
    return Widget.objects.bulk_create(Widget(title=f"Widget {number}", **same) for number in range(2100))


def test_all_can_be_paused_and_resumed(many: list[Widget]) -> None:
    client = boss()
    assert act(client, "pause", many[0], select_across="1")[0].startswith("Paused 2100 widgets.")
    assert act(client, "resume", *many[:1500])[0].startswith("Resumed 1500 widgets.")


@pytest.mark.parametrize("action", ["delete_selected", "move", "replace_address", "duplicate"])
def test_an_action_on_too_many_widgets_names_its_limit(many: list[Widget], action: str) -> None:
    new_project(name="Second", project_id=5)
    most = "1,000" if action in ("delete_selected", "move") else "100"
    said = f"Select at most {most} widgets for this action."
    assert act(boss(), action, many[0], select_across="1") == [said]
    assert act(boss("another"), action, *many[:1500], post="yes", confirmed="yes") == [said]
    assert Widget.objects.count() == 2100


def test_at_most_a_thousand_can_be_deleted_or_brought_back_at_once(many: list[Widget]) -> None:
    client = boss()
    page = client.post(LIST, {"action": "delete_selected", "_selected_action": [each.pk for each in many[:1000]]})
    sent = re.findall('name="_selected_action" value="([0-9]+)"', page.content.decode())
    assert len(sent) == 1000
    client.post(LIST, {"action": "delete_selected", "_selected_action": sent, "post": "yes"})
    assert DeletedWidget.objects.count() == 1000
    act(client, "delete_selected", *many[1000:2000], post="yes")
    for action in ("bring_back", "delete_selected"):
        said = act(client, action, many[0], address=BIN, select_across="1")
        assert said[-1].startswith("Select at most 1,000")
