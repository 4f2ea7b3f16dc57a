"""`manage.py export_widgets` prints all projects and widgets as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from widgets.accounts.audit_log import record
from widgets.import_export.exporting import export_all
from widgets.models import Action, Project, Widget


class Command(BaseCommand):
    help = (
        "Prints all projects and widgets as JSON for import_widgets, with the widgets' addresses and without secrets."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        content = export_all(Project.objects.all(), Widget.objects.all())
        record(Action.EXPORTED, details="All projects and widgets with their addresses, without secrets.", must=False)
        self.stdout.write(json.dumps(content, indent=2, ensure_ascii=False))
