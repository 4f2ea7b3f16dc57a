"""The time zones that a project can have."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

NO_ZONES = {"localtime", "Factory"}
"""Names in the system's time zone database that are not the names of time zones.

“localtime” means the zone of this machine, and “Factory” means that no zone is set.
"""


@cache
def known_zones() -> frozenset[str]:
    """The names of all time zones. Each process reads them from the disk only once, which takes 10 ms or more."""
    return frozenset(available_timezones() - NO_ZONES)


def validate_timezone(name: str) -> None:
    if name not in known_zones():
        raise ValidationError(
            "There is no time zone with this name. Copy the name from the project's settings at Mixpanel, "
            "for example US/Pacific or Europe/Paris.",
            code="timezone",
        )
