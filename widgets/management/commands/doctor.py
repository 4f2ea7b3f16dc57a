"""`manage.py doctor` checks the installation. Each line that it prints is a finding: `ok`, or `fix` with the repair."""

import logging
from typing import Any

from django.core.management.base import BaseCommand

from widgets.management.doctor.clocks import mixpanel_clock, our_clock, time_zones
from widgets.management.doctor.configuration import configuration
from widgets.management.doctor.database import database, disk
from widgets.management.doctor.finding import Finding, run
from widgets.management.doctor.keys import keys
from widgets.management.doctor.services import mail, single_sign_on, workers
from widgets.management.doctor.site_address import site_address
from widgets.management.doctor.upkeep import freshness, timers

OF_STORED_DATA = (keys, our_clock, mixpanel_clock, time_zones, timers, freshness)
"""The checks that the command skips if the database needs a repair."""

OTHERS = (disk, configuration, site_address, workers, mail, single_sign_on)


class Command(BaseCommand):
    help = (
        "Checks this installation. Prints one line per finding. The line begins with ok, or with fix if you have to "
        "repair something. The exit status is 1 if any line begins with fix."
    )
    requires_system_checks = ()  # the check `configuration` runs Django's system checks

    def handle(self, *args: Any, **options: Any) -> None:
        logging.disable()  # log lines would only repeat the errors that the findings name
        found = self.show(run(database))
        is_readable = all(finding.is_ok for finding in found)
        for check in (*OF_STORED_DATA, *OTHERS) if is_readable else OTHERS:
            found += self.show(run(check))
        if not all(finding.is_ok for finding in found):
            raise SystemExit(1)

    def show(self, found: list[Finding]) -> list[Finding]:
        for finding in found:
            self.stdout.write(str(finding))
        return found
