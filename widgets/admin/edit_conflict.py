"""Refuses to save a widget that was changed while the form was open.

The error message lists the changes and their authors from Django's log.

The form's hidden field `stored_state` holds the widget's state at the time when the form was opened. After a refusal,
the field holds the new state, so that saving again overwrites the change. If the widget was deleted, the page shows the
form of a new widget, without this field, and saving again makes a new widget.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from widgets.models import Widget
from widgets.models.ids import is_id
from widgets.times import from_now

SAVING = ("_save", "_continue", "_addanother")
"""The buttons that overwrite this widget. The other buttons show a preview or make a new widget."""

DELETED = (
    "Not saved: while you had this form open, the widget was deleted, or moved to a project that you can't see. Your "
    "entries are still below. To keep the widget's address, bring the widget back from "
    '<a href="{}" target="_blank">Recently deleted</a>. To make a new widget from your entries, save again.'
)


def state_of(widget: Widget) -> str:
    """The time of the widget's last change, and the id of its last entry in Django's log."""
    last = entries(widget).aggregate(last=Max("pk"))["last"] or 0
    return f"{widget.changed_at.isoformat()} {last}"


def conflict(widget: Widget, data: Mapping[str, Any]) -> str:
    """The message of the refusal, or "" if there is no conflict.

    `widget`: the stored widget, or a widget without an id if the stored one was deleted. `data`: the submitted form.
    """
    changed_at, _, last = str(data.get("stored_state") or "").partition(" ")
    if not changed_at or not any(button in data for button in SAVING):
        return ""
    if widget.pk is None:
        return format_html(DELETED, reverse("admin:widgets_deletedwidget_changelist"))
    if changed_at == widget.changed_at.isoformat():
        return ""
    since = entries(widget).filter(pk__gt=last) if is_id(last) else entries(widget).none()
    changes = [f"{entry.user.get_username()}: {entry.get_change_message()}" for entry in since.select_related("user")]
    return format_html(
        "Not saved: this widget was changed {} while you had this form open. {}Your entries are still below. To "
        "replace that change with your entries, save again. To look at the change first, "
        '<a href="{}" target="_blank">open the widget in a new tab</a>.',
        from_now(widget.changed_at, timezone.now()),
        "".join(f"{change} " for change in changes),
        reverse("admin:widgets_widget_change", args=(widget.pk,)),
    )


def entries(widget: Widget) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(Widget)
    return LogEntry.objects.filter(content_type=kind, object_id=str(widget.pk)).order_by("pk")
