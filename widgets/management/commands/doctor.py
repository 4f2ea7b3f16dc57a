"""`manage.py doctor`: prints one line per finding: `ok`, or `fix` and what to do."""

import logging
from typing import Any

from django.core.management.base import BaseCommand

from widgets.management.doctor import DATABASE, OF_STORED_DATA, OTHERS
from widgets.management.doctor.finding import Finding, run


class Command(BaseCommand):
    help = (
        "Checks this installation. Prints one line per finding: ok, or fix and what to do. Exits with 1 after any fix."
    )
    requires_system_checks = ()  # the doctor's check `configuration` runs Django's checks

    def handle(self, *args: Any, **options: Any) -> None:
        logging.disable()  # Django's log lines would repeat the errors that the findings name
        found = self.show(run(DATABASE))
        is_readable = all(finding.is_ok for finding in found)
        for check in (*OF_STORED_DATA, *OTHERS) if is_readable else OTHERS:
            found += self.show(run(check))
        if not all(finding.is_ok for finding in found):
            raise SystemExit(1)

    def show(self, found: list[Finding]) -> list[Finding]:
        for finding in found:
            self.stdout.write(str(finding))
        return found
