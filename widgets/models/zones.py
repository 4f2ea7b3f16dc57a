"""The time zones that a project may have."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

NO_ZONES = {"localtime", "Factory"}
"""Names of the system's database that mean the zone of this machine, or none."""


@cache
def known_zones() -> frozenset[str]:
    """The names of all time zones. A process reads them from the disk once: that takes 10 ms and more."""
    return frozenset(available_timezones() - NO_ZONES)


def validate_timezone(name: str) -> None:
    if name not in known_zones():
        raise ValidationError(
            "There is no time zone with this name. Copy it from Mixpanel's project settings, for example "
            "US/Pacific or Europe/Paris.",
            code="timezone",
        )
