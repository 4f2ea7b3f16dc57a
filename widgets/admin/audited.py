"""The admin writes each addition, change and deletion to the audit log, and also to Django's own log."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from widgets.accounts.audit_log import record
from widgets.models import Action


class Audited(admin.ModelAdmin):
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self.mirrored(request, obj, super().log_addition(request, obj, message), Action.ADDED)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        entry = super().log_change(request, obj, message)
        return self.mirrored(request, obj, entry, self.action_of(entry.get_change_message()))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django calls this method before it deletes the rows."""
        for row in queryset:
            record(Action.DELETED, row, by=request.user)
        return super().log_deletions(request, queryset)

    def action_of(self, said: str) -> Action:
        """The action that the audit log shows for a change. `said`: the change's message."""
        return Action.CHANGED

    def mirrored(self, request: HttpRequest, obj: Any, entry: Any, action: Action) -> Any:
        record(action, obj, entry.get_change_message(), by=request.user)
        return entry
