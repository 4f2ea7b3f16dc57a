"""`manage.py doctor` checks the installation. Each line that it prints is a finding: `ok`, or `fix` with the repair."""

import logging
from typing import Any

from django.core.management.base import BaseCommand

from widgets.management.doctor import DATABASE, OF_STORED_DATA, OTHERS
from widgets.management.doctor.finding import Finding, run


class Command(BaseCommand):
    help = (
        "Checks this installation. Prints one line per finding. The line begins with ok, or with fix if you have to "
        "repair something. The exit status is 1 if any line begins with fix."
    )
    requires_system_checks = ()  # the check `configuration` runs Django's system checks

    def handle(self, *args: Any, **options: Any) -> None:
        logging.disable()  # log lines would only repeat the errors that the findings name
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
