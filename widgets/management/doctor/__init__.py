"""The checks of `manage.py doctor`: functions that yield findings, and repair nothing."""

from widgets.management.doctor.clocks import mixpanel_clock, our_clock, time_zones
from widgets.management.doctor.configuration import configuration
from widgets.management.doctor.database import database, disk
from widgets.management.doctor.finding import Check
from widgets.management.doctor.keys import keys
from widgets.management.doctor.services import mail, single_sign_on, workers
from widgets.management.doctor.site_address import site_address
from widgets.management.doctor.upkeep import freshness, timers

DATABASE = database
"""The first check. If the database needs a repair, the command skips the checks in OF_STORED_DATA."""

OF_STORED_DATA: tuple[Check, ...] = (keys, our_clock, mixpanel_clock, time_zones, timers, freshness)
OTHERS: tuple[Check, ...] = (disk, configuration, site_address, workers, mail, single_sign_on)

__all__ = ["DATABASE", "OF_STORED_DATA", "OTHERS"]
