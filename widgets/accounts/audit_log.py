"""Writes the audit log (`models.audit_entry`). Its entries are about logins, changes and exports, also by commands.

If the caller has a transaction, the entry is saved in it: the change and its entry are saved together or not at all.
With `must=False`, for example for logins, the caller goes on if the database can't store the entry. stderr still gets
the entry if AUDIT_LOG is “stderr”.

Changes in the admin are also in Django's own log (LogEntry), from which Django makes the history pages. The entries of
both logs hold the old and new values of changed fields (`admin/changes.py`), but no credentials and no addresses of
widgets.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core import context
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.contenttypes.models import ContentType
from django.db import Error, transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Cast
from django.dispatch import receiver

from widgets import request_id
from widgets.accounts.client import client_network, harmless, program
from widgets.models import Action, AuditEntry, DeletedWidget, Project, Widget
from widgets.models.audit_entry import LONGEST_DETAILS

COMMAND_LINE = "command line"
WAYS = {
    "socialaccount": "single sign-on",
    "totp": "a code from an app",
    "webauthn": "a passkey",
    "recovery_codes": "a recovery code",
}

logger = logging.getLogger(__name__)
stream = logging.getLogger("widgets.audit")
"""Gets each entry as one line of JSON. With AUDIT_LOG=stderr, the lines go to stderr."""


def record(
    action: Action,
    about: Model | str = "",
    details: str = "",
    *,
    by: Any = None,
    project: Project | None = None,
    must: bool = True,
) -> AuditEntry:
    """`about`: the changed row, or a user name. `by`: the user who acted; by default the request's logged-in user.

    If the database can't store the entry, raises django.db.Error, or only logs the error if `must` is false.
    """
    request = context.request
    if by is None and request is not None and request.user.is_authenticated:
        by = request.user
    row = about if isinstance(about, Model) else None
    project = project or project_of(row)
    entry = AuditEntry(
        actor=line(by.get_username() if by else "" if request is not None else COMMAND_LINE, "actor"),
        actor_id=by.pk if by else None,
        address=network(request),
        action=action,
        project=line(project.name if project else "", "project"),
        project_id=project.pk if project else None,
        subject=line(str(about), "subject"),
        subject_kind=line(str(row._meta.verbose_name) if row else "", "subject_kind"),
        subject_id=row.pk if row else None,
        details="\n".join(map(harmless, details.splitlines()))[:LONGEST_DETAILS],
    )
    try:
        with transaction.atomic():
            entry.save()
    except Error as error:
        if must:
            raise
        logger.error("the audit log could not store an entry: %s", type(error).__name__)  # noqa: TRY400 - says all
    of_request = {"request_id": request_id.current()} if request_id.current() else {}
    transaction.on_commit(lambda: stream.info("%s", json.dumps(as_dict(entry) | of_request)), robust=True)
    return entry


def line(text: str, name: str) -> str:
    field: Any = AuditEntry._meta.get_field(name)
    return harmless(text)[: field.max_length]


def network(request: Any) -> str:
    """The visitor's IPv4 address, or the /64 of the IPv6 address; empty if there is no request."""
    address = client_network(request) if request is not None else ""
    return f"{address}/64" if ":" in address else address


def project_of(row: Model | None) -> Project | None:
    return row if isinstance(row, Project) else getattr(row, "project", None)


def as_dict(entry: AuditEntry, *, with_address: bool = True) -> dict[str, Any]:
    names = [field.name for field in AuditEntry._meta.fields if with_address or field.name != "address"]
    return {name: getattr(entry, name) for name in names} | {"at": entry.at.isoformat(timespec="milliseconds")}


def as_json(entry: AuditEntry, *, with_address: bool = True) -> str:
    """One line of JSON in ASCII, so that no text in the entry can end the line or control a terminal."""
    return json.dumps(as_dict(entry, with_address=with_address))


def log_change(user: Any, row: Model, sentence: str, action: Action = Action.CHANGED) -> None:
    """Logs a change in the audit log and in Django's log. `admin.audited` logs the changes by the admin's own forms."""
    log_changes(user, [row], sentence, action)


def log_changes(user: Any, rows: Iterable[Model], sentence: str, action: Action = Action.CHANGED) -> None:
    for row in rows:
        LogEntry.objects.log_actions(user.pk, [row], CHANGE, sentence, single_object=True)
        record(action, row, sentence, by=user)


def log_command(rows: Iterable[Model], sentence: str, action: Action) -> None:
    """Logs a management command's change. All commands act as one inactive user, “command line”."""
    user, is_new = get_user_model().objects.get_or_create(username=COMMAND_LINE, defaults={"is_active": False})
    if is_new:
        user.set_unusable_password()
        user.save()
    log_changes(user, rows, sentence, action)


@receiver(user_logged_in, dispatch_uid="widgets.audit_log.signed_in")
def signed_in(request: Any, user: Any, **_: Any) -> None:
    details = f"With {', '.join(ways_used(request, user))}; User-Agent: {program(request) or 'none'}"
    record(Action.SIGNED_IN, user, details, by=user, must=False)


def ways_used(request: Any, user: Any) -> list[str]:
    """The ways in which the person logged in, for example “a passkey”. allauth records all ways except the password."""
    noted = get_authentication_records(request, user)
    is_without = any(each["method"] == "socialaccount" or each.get("passwordless") for each in noted)
    kinds = (each.get("type", each["method"]) for each in noted)
    return ([] if is_without else ["password"]) + [WAYS.get(kind, kind) for kind in kinds]


@receiver(user_logged_out, dispatch_uid="widgets.audit_log.signed_out")
def signed_out(user: Any, **_: Any) -> None:
    if user is not None:
        record(Action.SIGNED_OUT, user, by=user, must=False)


def visible_to(user: Any) -> QuerySet[LogEntry]:
    """The entries of Django's log for the admin's first page. Superusers get all entries.

    Other users get the entries about those projects and widgets that they can see now.
    """
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
