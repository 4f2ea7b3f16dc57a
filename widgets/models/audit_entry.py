"""The audit log: who did what, when and where. `accounts.audit_log` writes the entries, which never change.

Entries have no foreign keys, so that they keep the names of deleted accounts, projects and widgets.
"""

from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from widgets.models.access import VisibleQuerySet

KEEPS = timedelta(days=400)
"""The command `clean_up` removes older entries."""

KEEPS_FAILURES = timedelta(days=90)
"""The command `clean_up` removes failed logins earlier, because strangers can cause any number of them."""

LONGEST_DETAILS = 4000


class Action(models.TextChoices):
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Failed to sign in"
    SIGNED_OUT = "signed_out", "Signed out"
    SESSIONS_ENDED = "sessions_ended", "Ended sessions"
    WAYS_TO_SIGN_IN = "ways_to_sign_in", "Ways to sign in"
    PASSWORD = "password", "Password set"
    INVITED = "invited", "Invited"
    ROLE = "role", "Role changed"
    REMOVED = "removed", "Removed"
    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    DELETED = "deleted", "Deleted"
    MOVED = "moved", "Moved"
    CREDENTIALS = "credentials", "Credentials changed"
    ADDRESS_REPLACED = "address_replaced", "Address replaced"
    BOARD_SHARED = "board_shared", "Board shared"
    BOARD_ENDED = "board_ended", "Sharing ended"
    EXPORTED = "exported", "Exported"
    IMPORTED = "imported", "Imported"
    BACKED_UP = "backed_up", "Backed up"
    KEYS_ROTATED = "keys_rotated", "Keys rotated"
    CLEANED_UP = "cleaned_up", "Cleaned up"


class AuditEntryQuerySet(VisibleQuerySet["AuditEntry"]):
    """Only superusers see entries without a project."""

    project_lookup = "project_id"

    def removable(self, now: datetime) -> "AuditEntryQuerySet":
        """The entries that are old enough for `clean_up` to remove.

        On PostgreSQL, a trigger prevents the deletion of entries that are younger than 399 days (one day less than
        KEEPS), except failed logins.
        """
        failed = models.Q(action=Action.SIGN_IN_FAILED, at__lt=now - KEEPS_FAILURES)
        return self.filter(failed | models.Q(at__lt=now - KEEPS))

    def update(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("entries of the audit log never change")

    bulk_update = update


class AuditEntry(models.Model):
    """`actor`: the user name at that time, “command line” for commands, empty for strangers.

    `address`: the client's network, from `accounts.client.client_network`. The ids can belong to deleted rows.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True, verbose_name="when")
    actor = models.CharField(max_length=150, blank=True, verbose_name="who")
    actor_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=50, blank=True, verbose_name="network")
    action = models.CharField(max_length=20, choices=Action.choices)
    project = models.CharField(max_length=200, blank=True)
    project_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=200, blank=True)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    details = models.TextField(max_length=LONGEST_DETAILS, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-pk",)
        verbose_name = "audit log entry"
        verbose_name_plural = "audit log entries"
        indexes = (
            models.Index(fields=["project_id", "id"], name="audit_by_project"),
            models.Index(fields=["actor_id", "id"], name="audit_by_actor"),
            models.Index(fields=["action", "address", "id"], name="audit_by_action"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("entries of the audit log never change")
        super().save(*args, **kwargs)
