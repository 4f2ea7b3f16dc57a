"""The time zones that a project can have."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

NO_ZONES = {"localtime", "Factory"}
"""Names in the system's database of time zones that mean “this machine's zone” and “no zone is set”."""


@cache
def known_zones() -> frozenset[str]:
    """Cached, because reading the names from the disk takes 10 ms or more."""
    return frozenset(available_timezones() - NO_ZONES)


def validate_timezone(name: str) -> None:
    if name not in known_zones():
        raise ValidationError(
            "There is no time zone with this name. Copy the name from the project's settings at Mixpanel, "
            "for example US/Pacific or Europe/Paris.",
            code="timezone",
        )
