"""A request that was let in, as those who answer see it; and how they refuse."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fake_mixpanel import counts
from fake_mixpanel.dataset import Event


class Refused(Exception):
    """A request that gets an error for its answer: a status and Mixpanel's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Asked:
    """Who for, when, and what was given, read and checked."""

    project_id: int
    zone: ZoneInfo
    now: datetime
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """In the project's zone."""
        return self.now.astimezone(self.zone).date()

    def get(self, name: str, default: Any = None) -> Any:
        return self.given.get(name, default)

    def daily(self, event: Event, days: Iterable[date], where: str = "") -> counts.Daily:
        """How often on each day, in this project; days on which nothing happened are left out, as Mixpanel does."""
        counted = {day: counts.happened(event, day, self.today, self.project_id, where) for day in days}
        return {day: number for day, number in counted.items() if number}
