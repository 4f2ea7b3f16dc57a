"""`manage.py import_widgets FILE` creates or updates the projects and widgets in a JSON file."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from widgets.accounts.audit_log import log_command
from widgets.import_export.importing import BadImport, import_all, read_json
from widgets.models import Action
from widgets.notices import sending


def log(rows: Sequence[Model]) -> None:
    log_command(rows, "Imported.", Action.IMPORTED)


class Command(BaseCommand):
    help = (
        "Creates or updates the projects and widgets in a JSON file. If one entry is wrong, nothing is changed. "
        "Prints each widget's address."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the JSON file, or - for standard input")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            projects, widgets = import_all(read_json(data), sending.check, log)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except BadImport as bad:
            raise CommandError(f"Nothing was imported. {bad}") from None
        for project in projects:
            if not project.has_secret:
                self.stderr.write(
                    f"{project.name}: the project needs credentials. Enter a secret in the admin, or import a secret."
                )
        for widget in widgets:
            self.stdout.write(f"{' '.join(widget.title.split())}\t{widget.url()}")
