"""The audit log lists every change: person, action, project or widget, time. People read only the
entries about projects and widgets that they may see.

This is Django's own log of the admin. It holds old and new values (`admin/changes.py`), but no credentials and no
addresses of widgets.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Cast

from widgets.models import DeletedWidget, Project, Widget

COMMAND_LINE = "command line"


def log_change(user: Any, row: Model, what: str) -> None:
    """Logs a change that was made outside the admin's own forms. Django logs the forms by itself."""
    LogEntry.objects.log_actions(user.pk, [row], CHANGE, what, single_object=True)


def log_command(rows: Iterable[Model], what: str) -> None:
    """Logs the work of a command. One inactive user stands for everyone who runs commands on the server."""
    user, is_new = get_user_model().objects.get_or_create(username=COMMAND_LINE, defaults={"is_active": False})
    if is_new:
        user.set_unusable_password()
        user.save()
    for row in rows:
        log_change(user, row, what)


def visible_to(user: Any) -> QuerySet[LogEntry]:
    """Entries about projects and widgets that this user may see now. Superusers also see those of deleted rows."""
    entries = LogEntry.objects.select_related("content_type", "user")
    if not user.is_active:
        return entries.none()
    if user.is_superuser:
        return entries
    about = Q(pk__in=())
    for model, rows in ((Project, Project), (Widget, Widget), (Widget, DeletedWidget)):
        kind = ContentType.objects.get_for_model(model)
        seen = rows.objects.visible_to(user).order_by().annotate(key=Cast("pk", LogEntry._meta.get_field("object_id")))
        about |= Q(content_type=kind, object_id__in=seen.values("key"))
    return entries.filter(about)
