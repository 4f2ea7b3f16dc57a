"""The Query that an endpoint receives after access and limits are checked, and the exception that refuses it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fake_mixpanel import counts
from fake_mixpanel.buckets import buckets, days_between
from fake_mixpanel.conditions import Where, of_expression
from fake_mixpanel.dataset import Event

LONGEST_RANGE = timedelta(days=3660)


class Refused(Exception):
    """Raised to answer a call with an error: a status, Mixpanel's message and headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


def unacceptable(words: str) -> Refused:
    """Mixpanel's answer to an Insights query with a mistake. `words` explain the mistake to people."""
    return Refused(400, f"UserVisibleParamsError: {words}")


@dataclass(frozen=True, slots=True)
class Query:
    """The project, its local time, and the sent parameters. A method that needs a missing parameter raises Refused.

    `body`: the JSON of a POST.
    """

    project_id: int
    now: datetime
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def where(self) -> Where:
        return of_expression(self.params.get("where", ""))

    def text(self, name: str, default: str | None = None) -> str:
        value = self.params.get(name) or default
        if value is None:
            raise Refused(400, f"{name} is a required parameter")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        try:
            return int(self.text(name, None if default is None else str(default)))
        except ValueError:
            raise Refused(400, f"{name} must be an integer: {self.params[name]!r}") from None

    def days(self) -> list[date]:
        """All days from `from_date` to `to_date`. Neither may be in the future, in the project's time zone."""
        try:
            first, last = (date.fromisoformat(self.text(name)) for name in ("from_date", "to_date"))
        except ValueError as error:
            raise Refused(400, f"not a date, yyyy-mm-dd expected: {error}") from None
        if last > self.today:
            raise Refused(400, "to_date cannot be later than today")
        if first > last or last - first > LONGEST_RANGE:
            raise Refused(400, f"from_date must be before to_date, and at most {LONGEST_RANGE.days} days")
        return days_between(first, last)

    def buckets(self) -> dict[date, list[date]]:
        """The days grouped by `unit`. Without `unit`, each group has `interval` days."""
        interval = self.number("interval", 1)
        return buckets(self.days(), self.text("unit", "day"), 1 if "unit" in self.params else interval)

    def daily(self, event: Event, days: Iterable[date], where: Where = ()) -> counts.Daily:
        """The count of the event on each day, in this project. Days without events are left out, as at Mixpanel."""
        daily = {day: counts.event_count(event, day, self.today, self.project_id, where) for day in days}
        return {day: number for day, number in daily.items() if number}

    def stamp(self, day: date, hour: int = 0) -> str:
        return datetime.combine(day, time(hour), self.now.tzinfo).isoformat()

    def timing(self, days: list[date]) -> dict[str, Any]:
        """The parts of an Insights answer that say when it was computed, and its dates."""
        end = datetime.combine(days[-1], time(23, 59, 59, 999_000), self.now.tzinfo)
        return {
            "computed_at": self.now.astimezone(UTC).isoformat(),
            "date_range": {"from_date": self.stamp(days[0]), "to_date": end.isoformat()},
        }
