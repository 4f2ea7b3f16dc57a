"""Steps that tests of the list of widgets share: showing the list, and running its actions."""

import re
from collections.abc import Callable

from django.contrib.admin.models import LogEntry
from django.test import Client

from widgets.models import Widget

LIST = "/admin/widgets/widget/"
BIN = "/admin/widgets/deletedwidget/"
MakeWidget = Callable[..., Widget]


def show(client: Client, query: str = "") -> str:
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200, response.get("Location")
    return response.content.decode()


def titles(html: str) -> list[str]:
    return re.findall(r'<th class="field-title">(?:<a[^>]*>)?([^<]*)', html)


def act(client: Client, action: str, *widgets: Widget, address: str = LIST, **more: str) -> list[str]:
    """Selects the widgets and runs the action of this list. Returns the messages that the list shows then."""
    data = {"action": action, "_selected_action": [widget.pk for widget in widgets], **more}
    response = client.post(address, data, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def admin_log() -> list[tuple[str, str]]:
    """Returns (widget, message) of each entry in the admin's log, the oldest first."""
    return [(entry.object_repr, entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]
